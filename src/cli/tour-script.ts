// The steps of the tour: an account's whole lifecycle on a sample roster with the faults that real ones have.

/** A command of the tour, and the exit code that it is there to show. */
export interface Step {
  /** What a person should know before it; absent where the command speaks for itself. */
  says?: string;
  args: string[];
  exit: number;
  /** What is piped in: the code that the outbox received last for the user, or another one. */
  code?: { of: string; right: boolean };
}

export interface Chapter {
  title: string;
  steps: Step[];
}

/**
 * Toll-free, British landline, missing and malformed data, one email for two people, a practice that does not
 * exist, one administrator only.
 */
export const sampleRoster = `username,name,email,phone,practices,system_administrator
maria,Maria Lopez,maria@northside.example,+1 201 555 0123,Northside Pediatrics,yes
jane,Jane Doe,jane@northside.example,+1 201 555 0124,Northside Pediatrics;Northside Cardiology,
david,David Okafor,david@northside.example,+1 201 555 0125,Northside Cardiology,
sam,Sam Whitfield,sam@northside,+1 201 555 0126,Northside Pediatrics,
rosa,"Rosa ""Rosie"" Kim",,+1 800 555 0199,Northside Cardiology,
tom,Tom Hughes,jane@northside.example,+44 20 7946 0018,Northside Cardiology,
nina,Nina Petrova,nina@northside.example,,Northside Pediatrics,
omar,Omar Said,omar@northside.example,+1 201 555 0130,Northside Cardiolgy,
`;

const kid = '10482';
const home = '203.0.113.7';
const elsewhere = '198.51.100.23';
const admin = ['-a', kid, '-p', 'maria'];
const platform = ['-a', kid, '-p', 'platform'];
const pm = ['-a', kid, '-p', 'pm'];
const care = ['-a', kid, '-p', 'care'];

const prepare: Chapter = {
  title: 'An installation, an account, its roster',
  steps: [
    {
      says: 'The key, the store and the owner. A sandbox delivers to a file.',
      args: ['init', '--sandbox'],
      exit: 0,
    },
    { args: ['account', 'create', kid, '--name', 'Northside Family Health'], exit: 0 },
    { args: ['practice', 'add', 'Northside Pediatrics', '-a', kid], exit: 0 },
    { args: ['practice', 'add', 'Northside Cardiology', '-a', kid], exit: 0 },
    {
      says: 'A real roster has faults. What cannot be stored at all is rejected, with the reason; the rest is stored to be mended.',
      args: ['user', 'import', 'roster.csv', '-a', kid],
      exit: 2,
    },
    {
      says: 'The System Administrator, the two applications and Customer Care get tokens, here as profiles.',
      args: [
        'token',
        'create',
        '--role',
        'system-administrator',
        '-a',
        kid,
        '--user',
        'maria',
        '--save',
        'maria',
        '-q',
      ],
      exit: 0,
    },
    {
      args: ['token', 'create', '--role', 'application', '--app', 'platform', '--save', 'platform', '-q'],
      exit: 0,
    },
    { args: ['token', 'create', '--role', 'application', '--app', 'pm', '--save', 'pm', '-q'], exit: 0 },
    {
      args: ['token', 'create', '--role', 'customer-care', '--name', 'Care', '--save', 'care', '-q'],
      exit: 0,
    },
  ],
};

const mend: Chapter = {
  title: 'The checklist, and what it takes to be ready',
  steps: [
    { says: 'Not ready: exit 6.', args: ['checklist', ...admin], exit: 6 },
    { args: ['enable', '--confirm', kid, ...admin], exit: 6 },
    { args: ['user', 'update', 'sam', '--email', 'sam@northside.example', ...admin, '-q'], exit: 0 },
    {
      args: [
        'user',
        'update',
        'rosa',
        '--email',
        'rosa@northside.example',
        '--phone',
        '201 555 0127',
        ...admin,
        '-q',
      ],
      exit: 0,
    },
    {
      args: [
        'user',
        'update',
        'tom',
        '--email',
        'tom@northside.example',
        '--phone',
        '+44 7400 123456',
        ...admin,
        '-q',
      ],
      exit: 0,
    },
    {
      args: ['user', 'update', 'nina', '--phone', '(201) 555-0129', '--system-administrator', ...admin, '-q'],
      exit: 0,
    },
    { says: 'Ready; the warnings are advice.', args: ['checklist', ...admin], exit: 0 },
  ],
};

const enable: Chapter = {
  title: 'Enabling: for the whole account, for ever',
  steps: [
    { args: ['enable', '--preview', ...admin], exit: 0 },
    {
      says: 'On a terminal the KID is typed; in a script it is given. Recovery codes are for locked administrators.',
      args: ['enable', '--confirm', kid, '--recovery-codes-file', 'recovery-codes.txt', ...admin],
      exit: 0,
    },
    { says: 'There is no way back.', args: ['disable'], exit: 6 },
    {
      says: 'From now on the administrator is asked too: their token works 12 hours by a code of their own.',
      args: ['checklist', ...admin],
      exit: 7,
    },
    { args: ['auth', 'challenge', '--via', 'email', '-p', 'maria'], exit: 0 },
    { args: ['auth', 'verify', '-p', 'maria'], exit: 0, code: { of: 'maria', right: true } },
  ],
};

const signIn: Chapter = {
  title: 'Sign-ins: by email, by text message, and seven days without',
  steps: [
    {
      says: 'The Platform has checked the password. Exit 7: a code is needed.',
      args: ['login', 'jane', '--ip', home, ...platform],
      exit: 7,
    },
    { args: ['code', 'send', 'jane', '--via', 'email', ...platform], exit: 0 },
    {
      args: ['code', 'verify', 'jane', '--ip', home, ...platform],
      exit: 0,
      code: { of: 'jane', right: true },
    },
    {
      says: 'Trusted for seven days, in the Desktop Application too.',
      args: ['login', 'jane', '--ip', home, ...pm],
      exit: 0,
    },
    { says: 'Another address asks again.', args: ['login', 'jane', '--ip', elsewhere, ...platform], exit: 7 },
    { says: 'By text message.', args: ['code', 'send', 'david', '--via', 'sms', ...pm], exit: 0 },
    {
      args: ['code', 'verify', 'david', '--ip', elsewhere, ...pm],
      exit: 0,
      code: { of: 'david', right: true },
    },
  ],
};

const wrong = (application: string[], exit: number): Step => ({
  args: ['code', 'verify', 'sam', '--ip', elsewhere, ...application],
  exit,
  code: { of: 'sam', right: false },
});

const lockout: Chapter = {
  title: 'Seven failures over all applications, and the lock',
  steps: [
    {
      says: 'Sam signs in from the practice, as usual.',
      args: ['code', 'send', 'sam', '--via', 'email', ...platform],
      exit: 0,
    },
    { args: ['code', 'verify', 'sam', '--ip', home, ...platform], exit: 0, code: { of: 'sam', right: true } },
    {
      says: "Somebody else has Sam's password, and tries from elsewhere.",
      args: ['code', 'send', 'sam', '--via', 'email', ...platform],
      exit: 0,
    },
    { says: 'Three failures in the Platform …', ...wrong([...platform, '-o', 'ndjson'], 8) },
    wrong([...platform, '-o', 'ndjson'], 8),
    wrong([...platform, '-o', 'ndjson'], 8),
    {
      says: '… leave four in the Desktop Application; the seventh locks.',
      ...wrong([...pm, '-o', 'ndjson'], 8),
    },
    wrong([...pm, '-o', 'ndjson'], 8),
    wrong([...pm, '-o', 'ndjson'], 8),
    wrong([...pm, '-o', 'ndjson'], 9),
    {
      says: 'Now the right code is refused too.',
      args: ['code', 'verify', 'sam', '--ip', elsewhere, ...platform],
      exit: 9,
      code: { of: 'sam', right: true },
    },
  ],
};

const reactivation: Chapter = {
  title: 'Who may help, and who may not',
  steps: [
    { says: 'Customer Care sees, masked.', args: ['lockouts', ...care], exit: 0 },
    { args: ['status', 'sam', ...care], exit: 0 },
    { says: 'How it came about: not by mistyping.', args: ['lockouts', 'show', 'sam', ...care], exit: 0 },
    {
      says: 'Customer Care is prohibited from reactivating.',
      args: ['reactivate', 'sam', '--reason', 'called in', ...care],
      exit: 4,
    },
    {
      says: 'The System Administrator of the account does it; but seven more guesses would follow.',
      args: ['reactivate', 'sam', '--reason', 'called back', ...admin],
      exit: 6,
    },
    {
      says: 'Once the password has been changed in the product:',
      args: ['reactivate', 'sam', '--reason', 'not him; new password', '--password-changed', ...admin],
      exit: 0,
    },
    { args: ['code', 'send', 'sam', '--via', 'sms', ...platform], exit: 0 },
    { args: ['code', 'verify', 'sam', '--ip', home, ...platform], exit: 0, code: { of: 'sam', right: true } },
  ],
};

const trail: Chapter = {
  title: 'The trail',
  steps: [
    { args: ['audit', 'list', '--user', 'sam', ...admin], exit: 0 },
    {
      says: 'Every event and every row, against the chain of HMACs.',
      args: ['audit', 'verify', '-p', 'owner'],
      exit: 0,
    },
    { args: ['status', ...admin], exit: 0 },
  ],
};

export const chapters: readonly Chapter[] = [prepare, mend, enable, signIn, lockout, reactivation, trail];
