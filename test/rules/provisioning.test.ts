// What a provisioning file asks for: examples, and what holds of any two files applied one after the other.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { storedEmail, storedPhone } from '../../src/rules/contact.ts';
import { changesAnything } from '../../src/rules/planned-change.ts';
import {
  type PlanOptions,
  type Provisioned,
  type ProvisionedUser,
  type Provisioner,
  type ProvisioningDocument,
  type ProvisioningPlan,
  planDocument,
} from '../../src/rules/provisioning.ts';
import { foldKey } from '../../src/rules/text.ts';

const kid = '10482';
const now = Date.parse('2026-03-02T09:00:00Z');
const provisioner: Provisioner = { role: 'provisioner', mayContacts: false };
const administrator: Provisioner = { role: 'system-administrator', mayContacts: false };
const leave: PlanOptions = { prune: false, pruneLimit: null };

/** An account as a test has it: everything that there is, of which each plan sees its part. */
interface Model {
  account: Provisioned['account'];
  practices: string[];
  users: ProvisionedUser[];
}

const nothing: Model = { account: null, practices: [], users: [] };

function person(id: number, username: string, more: Partial<ProvisionedUser> = {}): ProvisionedUser {
  return {
    ...{ id, username, name: username, language: null, systemAdministrator: false, practices: [] },
    ...storedEmail(`${username}@northside.example`),
    ...storedPhone(`+120155501${String(id).padStart(2, '0')}`, 'US'),
    ...{ active: true, lockedAt: null },
    ...more,
  };
}

function found(model: Model, document: ProvisioningDocument): Provisioned {
  const active = model.users.filter((user) => user.active);
  const keys = new Set((document.users ?? []).map(({ username }) => foldKey(username)));
  const named = model.users.filter((user) => keys.has(foldKey(user.username)));
  const holders = new Map<string, string[]>();
  for (const { emailKey, username } of active) {
    if (emailKey !== null) holders.set(emailKey, [...(holders.get(emailKey) ?? []), username]);
  }
  return {
    account: model.account,
    practices: model.practices,
    users: new Map(named.map((user) => [foldKey(user.username), user])),
    formerUsernames: new Set(['former']),
    emailHolders: holders,
    administrators: new Set(
      active.filter((user) => user.systemAdministrator && user.lockedAt === null).map(({ id }) => id),
    ),
    activeUsers: active.length,
    unnamed: active.filter((user) => !keys.has(foldKey(user.username))),
    now,
  };
}

/** The account once a plan is carried out. */
function carried(model: Model, { steps }: ProvisioningPlan): Model {
  const { wanted, ...known } = steps.saveAccount;
  const base = steps.createAccount
    ? { ...steps.createAccount, enabledAt: null, wanted: false }
    : model.account;
  const gone = new Set(steps.deactivations.map(({ user }) => user.id));
  const users = model.users.map((user): ProvisionedUser => {
    const update = steps.updates.find((each) => each.user.id === user.id)?.difference;
    const practices = update?.practices ?? user.practices;
    return { ...user, ...update?.change, practices, active: user.active && !gone.has(user.id) };
  });
  const ids = Math.max(0, ...users.map(({ id }) => id));
  const added = steps.additions.map(
    (user, index): ProvisionedUser => ({ ...user, id: ids + 1 + index, active: true, lockedAt: null }),
  );
  return {
    account: base && {
      ...{ ...base, ...known, wanted: wanted ?? base.wanted },
      enabledAt: steps.enables ? now : base.enabledAt,
    },
    practices: [...model.practices, ...steps.practices],
    users: [...users, ...added],
  };
}

const plan = (model: Model, document: ProvisioningDocument, by = provisioner, options = leave) =>
  planDocument(document, found(model, document), by, options);

const enabled: Model = {
  account: { name: 'Northside', country: 'US', enabledAt: now, wanted: true },
  practices: ['Pediatrics', 'Cardiology'],
  users: [
    person(1, 'maria', { systemAdministrator: true, practices: ['Pediatrics'] }),
    person(2, 'jane', { practices: ['Pediatrics'] }),
    person(3, 'li'),
  ],
};
const prepared: Model = {
  ...enabled,
  account: { name: 'Northside', country: 'US', enabledAt: null, wanted: false },
};

const codes = ({ refusals }: ProvisioningPlan) => refusals.map(({ code, path }) => [code, path.join('.')]);

describe('a document', () => {
  it('that is of a new account creates all of it', () => {
    const document: ProvisioningDocument = {
      account: { kid, name: 'Northside', twoFactor: { wanted: true } },
      practices: ['Pediatrics'],
      users: [{ username: 'maria', name: 'Maria', phone: '(201) 555-0123', practices: ['pediatrics'] }],
    };
    const { changes, refusals } = plan(nothing, document);
    expect(refusals).toEqual([]);
    expect(changes.map(({ action, kind, name }) => `${action} ${kind} ${name}`)).toEqual([
      'create account 10482',
      'create practice Pediatrics',
      'create user maria',
    ]);
    expect(changes[0]?.fields.country).toEqual({ from: null, to: 'US' });
    expect(changes[2]?.fields).toMatchObject({
      phone: { from: null, to: '+12015550123' },
      practices: { from: null, to: ['Pediatrics'] },
    });
  });

  it('shows of a user what differs, and nothing that is equal after normalisation', () => {
    const users = [
      { username: 'jane', name: 'Jane Doe', email: 'JANE@northside.example', phone: '201 555 0102' },
      { username: 'li', practices: ['Cardiology'] },
    ];
    const { changes } = plan(prepared, { account: { kid }, users });
    expect(changes).toEqual([
      {
        ...{ account: kid, action: 'update', kind: 'user', name: 'jane' },
        fields: { name: { from: 'jane', to: 'Jane Doe' } },
      },
      {
        ...{ account: kid, action: 'update', kind: 'user', name: 'li' },
        fields: { practices: { from: [], to: ['Cardiology'] } },
      },
    ]);
  });

  it('names a practice in any spelling, and one that there is not is refused with the nearest', () => {
    const users = [{ username: 'jane', practices: ['PEDIATRICS', 'Kardiology'] }];
    const { refusals } = plan(prepared, { account: { kid }, users });
    expect(refusals).toMatchObject([
      {
        code: 'practice-not-found',
        hint: 'Did you mean "Cardiology"?',
        path: ['users', 0, 'practices', 1],
      },
    ]);
  });

  it('reads national numbers by the country that it gives the account', () => {
    const document = {
      account: { kid, country: 'GB' },
      users: [{ username: 'li', phone: '07400 123456' }],
    };
    expect(plan(prepared, document).steps.updates[0]?.difference.change.phone).toBe('+447400123456');
  });

  it.each([
    ['another spelling of a username', { username: 'Jane' }, 'user-exists', 'users.0.username'],
    ['a username that somebody had', { username: 'Former', name: 'F' }, 'user-exists', 'users.0.username'],
    ['a new user without a name', { username: 'new' }, 'invalid-input', 'users.0'],
  ])('is refused for %s', (_, user, code, path) => {
    expect(codes(plan(prepared, { account: { kid }, users: [user] }))).toEqual([[code, path]]);
  });

  it('is refused for a new account without a name, and for a country without telephones', () => {
    expect(codes(plan(nothing, { account: { kid, country: 'ZZ' } }))).toEqual([
      ['invalid-input', 'account.country'],
      ['invalid-input', 'account'],
    ]);
  });

  it("gives an account another name, but not for the account's own administrator", () => {
    const document = { account: { kid, name: 'Northside Health' } };
    expect(plan(prepared, document).steps.saveAccount).toEqual({ name: 'Northside Health' });
    expect(codes(plan(prepared, document, administrator))).toEqual([['not-permitted', 'account.name']]);
  });

  it('brings no inactive user back, whoever asks (R10)', () => {
    const model = { ...prepared, users: [...prepared.users, person(4, 'gone', { active: false })] };
    for (const by of [provisioner, administrator]) {
      const { changes, steps } = plan(model, { account: { kid }, users: [{ username: 'gone' }] }, by);
      expect(changes).toMatchObject([{ action: 'needs-administrator', name: 'gone' }]);
      expect(changesAnything(changes)).toBe(false);
      expect(steps).toMatchObject({ updates: [], additions: [] });
    }
  });
});

describe('wanted', () => {
  const document = (twoFactor: ProvisioningDocument['account']['twoFactor']) => ({
    account: { kid, twoFactor },
  });

  it('leaves the account waiting, and is taken back only before 2FA is on (R3)', () => {
    expect(plan(prepared, document({ wanted: true })).steps.saveAccount).toEqual({ wanted: true });
    const waiting = carried(prepared, plan(prepared, document({ wanted: true })));
    expect(plan(waiting, document({ wanted: true })).changes).toEqual([]);
    expect(plan(waiting, document(undefined)).changes).toEqual([]);
    expect(plan(waiting, document({ wanted: false })).steps.saveAccount).toEqual({ wanted: false });
    expect(plan(enabled, document({ wanted: false })).changes).toEqual([]);
  });

  it("with the administrator's consent turns 2FA on, and with nobody else's", () => {
    const consented = document({ wanted: true, confirm: kid });
    expect(plan(prepared, consented, administrator).changes).toMatchObject([{ action: 'enable' }]);
    for (const role of ['owner', 'provisioner'] as const) {
      const { steps } = plan(prepared, consented, { role, mayContacts: true });
      expect(steps).toMatchObject({ enables: false, saveAccount: { wanted: true } });
    }
    expect(plan(enabled, consented, administrator).changes).toEqual([]);
  });
});

describe('once 2FA is on', () => {
  const users = (...users: NonNullable<ProvisioningDocument['users']>) => ({ account: { kid }, users });

  it('two users may swap their emails, since it is the end that counts (R12)', () => {
    const swapped = users(
      { username: 'jane', email: 'li@northside.example' },
      { username: 'li', email: 'jane@northside.example' },
    );
    expect(plan(enabled, swapped, administrator).refusals).toEqual([]);
  });

  it.each([
    ['of a user whom the document does not name', [{ username: 'jane', email: 'maria@northside.example' }]],
    [
      'of two users of the document',
      [
        { username: 'jane', email: 'one@northside.example' },
        { username: 'li', email: 'ONE@northside.example' },
      ],
    ],
  ])('an email %s is refused', (_, wanted) => {
    const { refusals } = plan(enabled, users(...wanted), administrator);
    expect(refusals.length).toBeGreaterThan(0);
    for (const { code, message } of refusals) {
      expect(code).toBe('contact-data-required');
      expect(message).toMatch(/The email is (maria|jane|li)'s already\./);
    }
  });

  it('the email of a user who is pruned is free', () => {
    const document = users({ username: 'maria' }, { username: 'jane', email: 'li@northside.example' });
    const { refusals } = plan(enabled, document, administrator, { prune: true, pruneLimit: 1 });
    expect(refusals).toEqual([]);
  });

  it.each([
    ['clears contact data', { username: 'jane', phone: '' }, 'contact-data-required', 'users.0.phone'],
    [
      'adds a user who cannot be reached',
      { username: 'new', name: 'New' },
      'contact-data-required',
      'users.0',
    ],
  ])('what %s is refused (R4)', (_, user, code, path) => {
    expect(codes(plan(enabled, users(user), administrator))).toEqual([[code, path]]);
  });

  it.each([
    ['contact data', { username: 'jane', phone: '+12015550199' }, 'users.0.phone'],
    ["an administrator's contact data", { username: 'maria', email: 'm@northside.example' }, 'users.0.email'],
    ['the role', { username: 'jane', systemAdministrator: true }, 'users.0.systemAdministrator'],
  ])("the footnote keeps a provisioner from %s, and not the account's administrator", (_, user, path) => {
    expect(codes(plan(enabled, users(user)))).toEqual([['not-permitted', path]]);
    expect(codes(plan(enabled, users(user), administrator))).toEqual([]);
  });

  it('the last administrator keeps the role, unless another gets it in the same document (R13)', () => {
    const demoted = { username: 'maria', systemAdministrator: false };
    expect(codes(plan(enabled, users(demoted), administrator))).toEqual([
      ['last-administrator', 'users.0.systemAdministrator'],
    ]);
    const passed = users(demoted, { username: 'jane', systemAdministrator: true });
    expect(codes(plan(enabled, passed, administrator))).toEqual([]);
  });
});

describe('pruning', () => {
  const model = (size: number): Model => ({
    ...prepared,
    users: Array.from({ length: size }, (_, id) =>
      person(id, `user${id}`, { systemAdministrator: id === 0 }),
    ),
  });
  const without = (of: Model, missing: number): ProvisioningDocument => ({
    account: { kid },
    users: of.users.slice(0, of.users.length - missing).map(({ username }) => ({ username })),
  });

  it.each([
    [100, 5, null, true],
    [100, 6, null, false],
    [200, 6, null, false],
    [99, 5, null, false],
    [20, 1, null, true],
    [10, 1, null, false],
    [10, 3, 3, true],
    [10, 4, 3, false],
    [1000, 0, 0, true],
  ])('of %i active users %i, with the limit %o: permitted %o', (size, missing, pruneLimit, permitted) => {
    const { refusals, steps } = plan(model(size), without(model(size), missing), provisioner, {
      ...{ prune: true, pruneLimit },
    });
    expect(refusals.map(({ code }) => code)).toEqual(permitted ? [] : ['prune-limit']);
    expect(steps.deactivations).toHaveLength(missing);
  });

  it('leaves users whom the file does not name alone unless it is asked for', () => {
    expect(plan(model(10), without(model(10), 3)).changes).toEqual([]);
  });

  it('never deactivates the last administrator (R13), nor for a provisioner one once 2FA is on', () => {
    const options = { prune: true, pruneLimit: 3 };
    const document = { account: { kid }, users: [{ username: 'jane' }, { username: 'li' }] };
    expect(codes(plan(prepared, document, provisioner, options))).toEqual([['last-administrator', '']]);
    expect(codes(plan(enabled, document, provisioner, options))).toEqual([
      ['not-permitted', ''],
      ['last-administrator', ''],
    ]);
  });
});

const practiceNames = ['Pediatrics', 'Cardiology', 'Dental'];
const wantedUser = fc.record(
  {
    username: fc.constantFrom('maria', 'jane', 'li', 'omar', 'nina'),
    name: fc.constantFrom('A', 'B'),
    email: fc.constantFrom('', 'a@northside.example', 'B@northside.example', 'not an email'),
    phone: fc.constantFrom('', '+12015550123', '(201) 555-0124', '12'),
    language: fc.constantFrom('' as const, 'en' as const, 'es' as const),
    practices: fc.uniqueArray(fc.constantFrom(...practiceNames)),
    systemAdministrator: fc.boolean(),
  },
  { requiredKeys: ['username', 'name'] },
);
const anyDocument: fc.Arbitrary<ProvisioningDocument> = fc.record({
  account: fc.record({
    kid: fc.constant(kid),
    name: fc.constantFrom('Northside', 'Northside Health'),
    twoFactor: fc.record({ wanted: fc.boolean() }, { requiredKeys: [] }),
  }),
  practices: fc.constant(practiceNames),
  users: fc.uniqueArray(wantedUser, { selector: ({ username }) => username, maxLength: 5 }),
});
const anyOptions = fc.record({ prune: fc.boolean(), pruneLimit: fc.constant(1000) });

describe('of any files, on an account without 2FA', () => {
  it('applied again each changes nothing', () => {
    fc.assert(
      fc.property(anyDocument, anyDocument, anyOptions, (first, second, options) => {
        let model = nothing;
        for (const document of [first, second]) {
          const planned = plan(model, document, provisioner, options);
          if (planned.refusals.length > 0) continue;
          model = carried(model, planned);
          expect(changesAnything(plan(model, document, provisioner, options).changes)).toBe(false);
        }
      }),
    );
  });

  it("the second's contact data, practices and additions stand, and nobody of the first is lost", () => {
    fc.assert(
      fc.property(anyDocument, anyDocument, (first, second) => {
        const once = carried(nothing, plan(nothing, first));
        const planned = plan(once, second);
        fc.pre(planned.refusals.length === 0);
        const { users } = carried(once, planned);
        const named = (username: string) => users.find((user) => user.username === username);
        for (const wanted of second.users ?? []) {
          const user = named(wanted.username);
          if (wanted.email !== undefined) expect(user?.emailKey).toBe(storedEmail(wanted.email).emailKey);
          if (wanted.phone !== undefined)
            expect(user?.phoneKey).toBe(storedPhone(wanted.phone, 'US').phoneKey);
          if (wanted.practices)
            expect([...(user?.practices ?? [])].sort()).toEqual([...wanted.practices].sort());
        }
        for (const { username } of first.users ?? []) expect(named(username)?.active).toBe(true);
      }),
    );
  });

  it('a plan is a function of what there is: the order of users does not matter', () => {
    fc.assert(
      fc.property(anyDocument, anyDocument, (first, second) => {
        const model = carried(nothing, plan(nothing, first));
        const turned = { ...second, users: [...(second.users ?? [])].reverse() };
        const names = (document: ProvisioningDocument) =>
          plan(model, document)
            .changes.map((change) => JSON.stringify(change))
            .sort();
        expect(names(turned)).toEqual(names(second));
      }),
    );
  });
});
