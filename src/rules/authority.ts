// Who may do what: the permission matrix as one table, and its footnote.

export type Role = 'owner' | 'system-administrator' | 'customer-care' | 'provisioner' | 'application';
export const roles: readonly Role[] = [
  'owner',
  'system-administrator',
  'customer-care',
  'provisioner',
  'application',
];

/** `own`: for the operator's own account only. `masked`: contact data is masked. `no`: refused. */
export type Grant = 'yes' | 'own' | 'masked' | 'no';

type Row = Readonly<Record<Role, Grant>>;

function row(
  owner: Grant,
  administrator: Grant,
  customerCare: Grant,
  provisioner: Grant,
  application: Grant,
): Row {
  return {
    owner,
    'system-administrator': administrator,
    'customer-care': customerCare,
    provisioner,
    application,
  };
}

/** The matrix: what each role may do, a row an action. */
export const matrix = {
  //                   owner, administrator, care, provisioner, application
  'token.create': row('yes', 'no', 'no', 'no', 'no'),
  'token.list': row('yes', 'own', 'no', 'no', 'no'),
  'token.revoke': row('yes', 'own', 'no', 'no', 'no'),
  store: row('yes', 'no', 'no', 'no', 'no'),
  'account.create': row('yes', 'no', 'no', 'yes', 'no'),
  roster: row('yes', 'own', 'no', 'yes', 'no'),
  see: row('yes', 'own', 'masked', 'yes', 'no'),
  enable: row('no', 'own', 'no', 'no', 'no'),
  reactivate: row('no', 'own', 'no', 'no', 'no'),
  recovery: row('no', 'own', 'no', 'no', 'no'),
  announce: row('no', 'own', 'no', 'no', 'no'),
  rollcall: row('no', 'own', 'no', 'no', 'no'),
  'rollcall.confirm': row('no', 'own', 'no', 'no', 'yes'),
  'sign-in': row('no', 'no', 'no', 'no', 'yes'),
  'location.list': row('no', 'own', 'no', 'no', 'no'),
  'location.forget': row('no', 'own', 'no', 'no', 'yes'),
  'lockout.remind': row('no', 'no', 'yes', 'no', 'no'),
  notices: row('yes', 'own', 'no', 'no', 'no'),
  audit: row('yes', 'own', 'no', 'no', 'no'),
  'second-factor': row('no', 'own', 'no', 'no', 'no'),
  /** Anyone with a token may ask who they are. */
  self: row('yes', 'yes', 'yes', 'yes', 'yes'),
} as const satisfies Record<string, Row>;

export type Permission = keyof typeof matrix;

/** What the matrix grants a role. */
export function grantOf(permission: Permission, role: Role): Grant {
  return matrix[permission][role];
}

/** What a change to a user of an account touches, for the footnote. */
export interface RosterChange {
  /** Whether 2FA is on for the account. */
  enabled: boolean;
  /** Whether the user is a System Administrator before the change. */
  administrator: boolean;
  /** Whether the change grants or removes that role. */
  changesRole: boolean;
  deactivates: boolean;
  /** Whether the change replaces or clears an address of an existing user. */
  changesContact: boolean;
}

/**
 * The footnote of the matrix: once 2FA is on, only a System Administrator of the account grants or removes
 * that role, deactivates one, or changes a System Administrator's contact data; owner and provisioner change
 * other users' contact data only with a token made with `--may contacts`.
 * @returns why the change is not permitted, or null.
 */
export function rosterRefusal(
  operator: { role: Role; mayContacts: boolean },
  change: RosterChange,
): string | null {
  if (!change.enabled || operator.role === 'system-administrator') return null;
  if (change.changesRole) {
    return 'Once 2FA is on, only a System Administrator of the account grants or removes that role.';
  }
  if (change.administrator && change.deactivates) {
    return 'Once 2FA is on, only a System Administrator of the account deactivates another.';
  }
  if (change.administrator && change.changesContact) {
    return "Once 2FA is on, only a System Administrator of the account changes a System Administrator's contact data.";
  }
  if (change.changesContact && !operator.mayContacts) {
    return 'Once 2FA is on, contact data changes only with a token made with "--may contacts".';
  }
  return null;
}
