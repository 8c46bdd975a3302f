// The preparation checklist: its items, when each holds, and when an account is ready (R4).
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ChecklistFacts, evaluateChecklist } from '../../src/rules/checklist.ts';
import { arbitraryFacts, prepared } from './prepared.ts';

const two = { count: 2, users: ['jane', 'omar'] };

function itemOf(facts: ChecklistFacts, id: string) {
  const item = evaluateChecklist(facts).items.find((each) => each.id === id);
  if (!item) throw new Error(`The checklist has no item ${id}.`);
  return item;
}

test('R4: a prepared account is ready, and every item passes without users or hint', () => {
  const checklist = evaluateChecklist(prepared);
  expect(checklist).toMatchObject({ ready: true, blockers: 0, warnings: 0 });
  expect(checklist.items.map(({ id, severity, mendedBy }) => [id, severity, mendedBy])).toEqual([
    ['practices', 'blocker', 'account'],
    ['administrator', 'blocker', 'account'],
    ['email-present', 'blocker', 'account'],
    ['email-valid', 'blocker', 'account'],
    ['email-unique', 'blocker', 'account'],
    ['phone-present', 'blocker', 'account'],
    ['phone-valid', 'blocker', 'account'],
    ['delivery', 'blocker', 'installation'],
    ['second-administrator', 'warning', 'account'],
    ['phone-shared', 'warning', 'account'],
    ['mailbox-shared', 'warning', 'account'],
    ['reachable', 'warning', 'account'],
  ]);
  for (const item of checklist.items) {
    expect(item).toMatchObject({ status: 'pass', count: 0, users: [], hint: null });
  }
});

describe('each finding fails or warns in its own item alone, names the users and says how to mend them', () => {
  test.each([
    ['emailMissing', 'email-present', 'fail', '--email'],
    ['emailInvalid', 'email-valid', 'fail', '--email'],
    ['emailRepeated', 'email-unique', 'fail', '--email'],
    ['phoneMissing', 'phone-present', 'fail', '--phone'],
    ['phoneInvalid', 'phone-valid', 'fail', '--phone'],
    ['phoneShared', 'phone-shared', 'warn', '--phone'],
    ['mailboxShared', 'mailbox-shared', 'warn', '--email'],
    ['unproven', 'reachable', 'warn', 'twofa rollcall start'],
  ] as const)('%s: %s', (fact, id, status, hint) => {
    const checklist = evaluateChecklist({ ...prepared, [fact]: two });
    expect(checklist.items.filter((each) => each.status !== 'pass').map((each) => each.id)).toEqual([id]);
    expect(itemOf({ ...prepared, [fact]: two }, id)).toMatchObject({ status, ...two });
    expect(itemOf({ ...prepared, [fact]: two }, id).hint).toContain(hint);
    expect(checklist.ready).toBe(status === 'warn');
  });
});

test.each([
  [0, 3, 'fail', 'twofa practice add'],
  [1, 0, 'fail', 'twofa user import'],
  [0, 0, 'fail', 'twofa practice add'],
  [1, 1, 'pass', null],
])('with %d practices and %d active users, `practices` is %s', (practices, activeUsers, status, hint) => {
  const item = itemOf({ ...prepared, practices, activeUsers }, 'practices');
  expect(item.status).toBe(status);
  if (hint === null) expect(item.hint).toBeNull();
  else expect(item.hint).toContain(hint);
});

describe('administrators', () => {
  test('without any, the role is to be given', () => {
    const facts = { ...prepared, ableAdministrators: 0, administrators: [] };
    expect(itemOf(facts, 'administrator')).toMatchObject({ status: 'fail', count: 0, users: [] });
    expect(itemOf(facts, 'administrator').hint).toContain('--system-administrator');
  });

  test('one without valid contact data is named, to be mended', () => {
    const facts = { ...prepared, ableAdministrators: 0, administrators: ['maria'] };
    expect(itemOf(facts, 'administrator')).toMatchObject({ status: 'fail', count: 1, users: ['maria'] });
    expect(itemOf(facts, 'administrator').hint).toContain('--email EMAIL --phone PHONE');
  });

  test('the only one is ready, with a warning', () => {
    const facts = { ...prepared, ableAdministrators: 1, administrators: ['maria'] };
    expect(itemOf(facts, 'second-administrator')).toMatchObject({ status: 'warn', users: ['maria'] });
    expect(itemOf(facts, 'second-administrator').hint).toContain('--system-administrator');
    expect(evaluateChecklist(facts)).toMatchObject({ ready: true, blockers: 0, warnings: 1 });
  });

  test('a second one without valid contact data is no second one', () => {
    const facts = { ...prepared, ableAdministrators: 1, administrators: ['maria', 'omar'] };
    expect(itemOf(facts, 'second-administrator')).toMatchObject({ status: 'warn', count: 2 });
    expect(itemOf(facts, 'second-administrator').hint).toContain('--email EMAIL --phone PHONE');
  });
});

describe('delivery', () => {
  test.each([
    [false, true, true, 'pass'],
    [false, false, true, 'fail'],
    [false, true, false, 'fail'],
    [false, false, false, 'fail'],
    [true, false, false, 'pass'],
    [true, true, false, 'pass'],
  ])('sandbox %j, email %j, text messages %j: %s', (sandbox, email, sms, status) => {
    const item = itemOf({ ...prepared, delivery: { sandbox, email, sms } }, 'delivery');
    expect(item).toMatchObject({ status, mendedBy: 'installation', count: 0, users: [] });
  });

  test.each([
    [false, true, 'email not configured'],
    [true, false, 'text messages not configured'],
    [false, false, 'email and text messages not configured'],
  ])('with email %j and text messages %j the hint begins with what is missing', (email, sms, hint) => {
    const item = itemOf({ ...prepared, delivery: { sandbox: false, email, sms } }, 'delivery');
    expect(item.hint?.startsWith(hint)).toBe(true);
  });
});

test('R4: an account is ready exactly when no blocker failed, and only blockers fail', () => {
  const seen = new Set<boolean>();
  fc.assert(
    fc.property(arbitraryFacts, (facts) => {
      const { ready, blockers, warnings, items } = evaluateChecklist(facts);
      const failed = items.filter((item) => item.severity === 'blocker' && item.status !== 'pass');
      const warned = items.filter((item) => item.severity === 'warning' && item.status !== 'pass');
      seen.add(ready);
      expect(ready).toBe(failed.length === 0);
      expect(blockers).toBe(failed.length);
      expect(warnings).toBe(warned.length);
      for (const item of items) {
        const failing = item.severity === 'blocker' ? 'fail' : 'warn';
        expect(item.status).toBe(item.hint === null ? 'pass' : failing);
      }
    }),
    { numRuns: 300 },
  );
  expect(seen).toEqual(new Set([true, false]));
});
