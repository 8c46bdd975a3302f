// The topic roles: the permission matrix and its footnote, as the rules have them.
import {
  type Grant,
  matrix,
  type Permission,
  type Role,
  type RosterChange,
  roles,
  rosterRefusal,
} from '../../rules/authority.ts';
import { broken, paragraph, terms } from './layout.ts';

/** The commands that ask for each permission; null for what no command of this version does. */
const commands: Record<Permission, string | null> = {
  'token.create': 'token create, token rotate',
  'token.list': 'token list',
  'token.revoke': 'token revoke',
  store: 'db status, db prune, db backup, db restore, db copy, db rotate-key, maintain, metrics',
  'account.create': 'account create',
  roster:
    'practice add, user add, user update, user rename, user deactivate, user import, plan, apply, account export¹',
  see: 'account list, account show, practice list, user list, user show, user export, find, checklist, status, lockouts, lockouts show',
  enable: 'enable',
  reactivate: 'reactivate',
  recovery: 'recovery renew',
  announce: 'announce',
  rollcall: 'rollcall start, rollcall status',
  'rollcall.confirm': 'rollcall confirm',
  'sign-in': 'login, code send, code verify',
  'location.list': 'location list',
  'location.forget': 'location forget',
  'lockout.remind': 'lockouts remind',
  notices: 'notices list, notices retry',
  audit: 'audit list, audit verify, audit checkpoint, audit export, audit follow',
  'second-factor': 'auth challenge, auth verify',
  self: 'auth status',
};

const titles: Record<Role, string> = {
  owner: 'owner',
  'system-administrator': 'administrator',
  'customer-care': 'care',
  provisioner: 'provisioner',
  application: 'application',
};

const people: Record<Role, string> = {
  owner: 'who runs the installation and makes the tokens',
  'system-administrator': 'a System Administrator of the account; the token belongs to that user',
  'customer-care': 'looks at status; each look-up is in the audit trail',
  provisioner: 'scripts that set up accounts and rosters',
  application: 'the Platform, the Desktop Application and others that sign users in',
};

const words: Record<Grant, string> = { yes: 'yes', own: 'own account', masked: 'masked', no: '–' };
const labelWidth = 26;

/** A cell in its role's column, which is as wide as its title and as any grant that it can have. */
function cell(role: Role, text: string): string {
  const grants = Object.values(matrix).map((row) => words[row[role]].length);
  return text.padEnd(Math.max(titles[role].length, ...grants) + 2);
}

function rowLines(permission: Permission, label: string): string[] {
  const cells = roles.map((role) => cell(role, words[matrix[permission][role]]));
  const [first = '', ...more] = broken(label, labelWidth - 2);
  return [`${first.padEnd(labelWidth)}${cells.join('')}`.trimEnd(), ...more.map((line) => `  ${line}`)];
}

/** The footnote in the words of the rule itself: what it answers a provisioner who may not. */
function footnote(): string[] {
  const untouched: RosterChange = {
    enabled: true,
    administrator: false,
    changesRole: false,
    deactivates: false,
    changesContact: false,
  };
  const changes: Partial<RosterChange>[] = [
    { changesRole: true },
    { administrator: true, deactivates: true },
    { administrator: true, changesContact: true },
    { changesContact: true },
  ];
  return changes.flatMap((change) => {
    const refusal = rosterRefusal({ role: 'provisioner', mayContacts: false }, { ...untouched, ...change });
    return refusal === null ? [] : [refusal];
  });
}

export function rolesTopic(): string {
  const header = `${''.padEnd(labelWidth)}${roles.map((role) => cell(role, titles[role])).join('')}`;
  const rows = (Object.keys(matrix) as Permission[]).flatMap((permission) => {
    const label = commands[permission];
    return label === null ? [] : rowLines(permission, label);
  });
  return [
    'ROLES: who may do what\n\n',
    `${[header.trimEnd(), ...rows].join('\n')}\n\n`,
    'own account: of the account that the token is for, and of no other.\n',
    'masked: email and phone are shown as j•••@northside.example and •••0125.\n\n',
    terms(
      footnote().map((sentence, index) => [index === 0 ? '¹' : '', sentence]),
      0,
    ),
    '\n',
    terms(roles.map((role) => [titles[role], people[role]])),
    '\n',
    paragraph(
      'Without a token: help, version, completion, policy, config, tour, doctor, health, disable, auth login and auth logout; init, which makes an owner only where the store has none; and db migrate, db rekey and db grants, of which the first needs the key. batch and serve are for whoever has a token: each of their requests is looked up above.',
    ),
    paragraph(
      'What you may not see is answered exactly as what does not exist: exit 5. The others are told that they are not permitted: exit 4, and the call is in the audit trail.',
    ),
    paragraph(
      'Whoever can read the key and write the store is the owner, whatever token they use: roles attribute and prevent mistakes. Where twofa serve has both, and everybody else is its client, roles are a boundary.',
    ),
  ].join('');
}
