// Who may do what: the whole table literally, and the footnote's refusals.
import { describe, expect, test } from 'vitest';
import {
  type Grant,
  grantOf,
  matrix,
  type Permission,
  type Role,
  type RosterChange,
  roles,
  rosterRefusal,
} from '../../src/rules/authority.ts';

const table: [Permission, Grant, Grant, Grant, Grant, Grant][] = [
  // action             owner  administrator  care  provisioner  application
  ['token.create', 'yes', 'no', 'no', 'no', 'no'],
  ['token.list', 'yes', 'own', 'no', 'no', 'no'],
  ['token.revoke', 'yes', 'own', 'no', 'no', 'no'],
  ['store', 'yes', 'no', 'no', 'no', 'no'],
  ['account.create', 'yes', 'no', 'no', 'yes', 'no'],
  ['roster', 'yes', 'own', 'no', 'yes', 'no'],
  ['see', 'yes', 'own', 'masked', 'yes', 'no'],
  ['enable', 'no', 'own', 'no', 'no', 'no'],
  ['reactivate', 'no', 'own', 'no', 'no', 'no'],
  ['recovery', 'no', 'own', 'no', 'no', 'no'],
  ['announce', 'no', 'own', 'no', 'no', 'no'],
  ['rollcall', 'no', 'own', 'no', 'no', 'no'],
  ['rollcall.confirm', 'no', 'own', 'no', 'no', 'yes'],
  ['sign-in', 'no', 'no', 'no', 'no', 'yes'],
  ['location.list', 'no', 'own', 'no', 'no', 'no'],
  ['location.forget', 'no', 'own', 'no', 'no', 'yes'],
  ['lockout.remind', 'no', 'no', 'yes', 'no', 'no'],
  ['notices', 'yes', 'own', 'no', 'no', 'no'],
  ['audit', 'yes', 'own', 'no', 'no', 'no'],
  ['second-factor', 'no', 'own', 'no', 'no', 'no'],
  ['self', 'yes', 'yes', 'yes', 'yes', 'yes'],
];

describe('the matrix', () => {
  test('has these rows and these roles, and no others', () => {
    expect(Object.keys(matrix)).toEqual(table.map(([permission]) => permission));
    expect(roles).toEqual(['owner', 'system-administrator', 'customer-care', 'provisioner', 'application']);
  });

  test.each(table)('%s: owner %s, administrator %s, care %s, provisioner %s, application %s', (...row) => {
    const [permission, ...grants] = row;
    expect(roles.map((role) => grantOf(permission, role))).toEqual(grants);
  });

  test('R2, R10: only a System Administrator of the account turns 2FA on and reactivates', () => {
    for (const permission of ['enable', 'reactivate', 'recovery'] as const) {
      expect(roles.filter((role) => grantOf(permission, role) !== 'no')).toEqual(['system-administrator']);
      expect(grantOf(permission, 'system-administrator')).toBe('own');
    }
  });
});

describe('the footnote, once 2FA is on', () => {
  const nothing: RosterChange = {
    enabled: true,
    administrator: false,
    changesRole: false,
    deactivates: false,
    changesContact: false,
  };
  const outsiders: Role[] = ['owner', 'provisioner'];
  const kinds: [string, Partial<RosterChange>, string | null, string | null][] = [
    // change                          without --may contacts            with it
    ['a new name', {}, null, null],
    ["a System Administrator's new name", { administrator: true }, null, null],
    ['a role granted', { changesRole: true }, 'removes that role', 'removes that role'],
    ['a role removed', { administrator: true, changesRole: true }, 'removes that role', 'removes that role'],
    ['a user deactivated', { deactivates: true }, null, null],
    [
      'a System Administrator deactivated',
      { administrator: true, deactivates: true },
      'deactivates',
      'deactivates',
    ],
    ["a user's contact data", { changesContact: true }, '--may contacts', null],
    [
      "a System Administrator's contact data",
      { administrator: true, changesContact: true },
      "System Administrator's contact data",
      "System Administrator's contact data",
    ],
  ];

  describe.each(outsiders)('%s', (role) => {
    test.each(kinds)('%s', (_, touched, without, withContacts) => {
      const change = { ...nothing, ...touched };
      for (const [mayContacts, reason] of [
        [false, without],
        [true, withContacts],
      ] as const) {
        const refusal = rosterRefusal({ role, mayContacts }, change);
        if (reason === null) expect(refusal).toBeNull();
        else expect(refusal).toContain(reason);
      }
    });

    test.each(kinds)('before 2FA is on, nothing is refused: %s', (_, touched) => {
      const change = { ...nothing, ...touched, enabled: false };
      expect(rosterRefusal({ role, mayContacts: false }, change)).toBeNull();
    });
  });

  test.each(kinds)('a System Administrator of the account may: %s', (_, touched) => {
    const operator = { role: 'system-administrator', mayContacts: false } as const;
    expect(rosterRefusal(operator, { ...nothing, ...touched })).toBeNull();
  });

  test('of several things in one change, one that is refused is enough', () => {
    const change = { ...nothing, changesContact: true, changesRole: true };
    expect(rosterRefusal({ role: 'owner', mayContacts: true }, change)).toContain('removes that role');
  });
});
