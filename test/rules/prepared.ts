// The facts of an account that is prepared in every point, and arbitrary ones.
import fc from 'fast-check';
import { type ChecklistFacts, evaluateChecklist, type Finding } from '../../src/rules/checklist.ts';

const nobody: Finding = { count: 0, users: [] };

/** Facts by which every item of the checklist passes. */
export const prepared: ChecklistFacts = {
  practices: 2,
  activeUsers: 3,
  ableAdministrators: 2,
  administrators: ['maria', 'omar'],
  emailMissing: nobody,
  emailInvalid: nobody,
  emailRepeated: nobody,
  phoneMissing: nobody,
  phoneInvalid: nobody,
  phoneShared: nobody,
  mailboxShared: nobody,
  unproven: nobody,
  delivery: { sandbox: false, email: true, sms: true },
};

const few = fc.nat({ max: 2 });
const usually = fc.oneof({ arbitrary: fc.constant(true), weight: 4 }, { arbitrary: fc.boolean(), weight: 1 });
// Most findings are of nobody, so that some accounts are ready.
const finding = fc.oneof(
  { arbitrary: fc.constant(nobody), weight: 9 },
  { arbitrary: fc.constant({ count: 2, users: ['jane', 'omar'] }), weight: 1 },
);

export const arbitraryFacts: fc.Arbitrary<ChecklistFacts> = fc.record({
  practices: few,
  activeUsers: few,
  ableAdministrators: few,
  administrators: fc.subarray(['maria', 'omar']),
  emailMissing: finding,
  emailInvalid: finding,
  emailRepeated: finding,
  phoneMissing: finding,
  phoneInvalid: finding,
  phoneShared: finding,
  mailboxShared: finding,
  unproven: finding,
  delivery: fc.record({ sandbox: fc.boolean(), email: usually, sms: usually }),
});

export const arbitraryChecklist = arbitraryFacts.map(evaluateChecklist);
