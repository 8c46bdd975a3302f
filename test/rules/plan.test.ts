// The digest of a preview: it is another whenever anything is, and says which aspect.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Aspect, aspects, changedAspects, isPlanShaped, planOf } from '../../src/rules/plan.ts';

const seen = Object.fromEntries(aspects.map((aspect) => [aspect, `${aspect} as it was`])) as Record<
  Aspect,
  string
>;
const plan = planOf(seen);

test('it is one word that needs no quotes, and the same for the same', () => {
  expect(plan).toMatch(/^p1\.[0-9a-f]{64}\.[0-9a-f]{24}$/);
  expect(isPlanShaped(plan)).toBe(true);
  expect(planOf({ ...seen })).toBe(plan);
  expect(changedAspects(plan, planOf({ ...seen }))).toEqual([]);
});

test('it stays what it is, or a digest that was written down would be worth nothing', () => {
  const empty = Object.fromEntries(aspects.map((aspect) => [aspect, ''])) as Record<Aspect, string>;
  expect(planOf(empty)).toBe(
    'p1.3f2b0bfa9201ebc0de3d23593f1c6d1ed9131f654cbc895c6ab9b0f2d3790071.7efd75d572b68c83669e7437',
  );
});

test.each(aspects)('a change of %s alone is named', (aspect) => {
  expect(changedAspects(plan, planOf({ ...seen, [aspect]: 'otherwise' }))).toEqual([aspect]);
});

test('changes of any aspects are named, and no other', () => {
  fc.assert(
    fc.property(fc.subarray([...aspects]), fc.string(), (chosen, value) => {
      const now = { ...seen };
      for (const aspect of chosen) now[aspect] = `not ${value}`;
      expect(changedAspects(plan, planOf(now))).toEqual(chosen);
      expect(planOf(now) === plan).toBe(chosen.length === 0);
    }),
  );
});

test('what moves from one aspect to its neighbour is a change', () => {
  const before = planOf({ ...seen, users: 'a', roles: 'bc' });
  expect(changedAspects(before, planOf({ ...seen, users: 'ab', roles: 'c' }))).toEqual(['users', 'roles']);
});

test('where the short parts are equal and the whole is not, it is another digest all the same', () => {
  const other = `${plan.slice(0, -1)}${plan.endsWith('0') ? '1' : '0'}`;
  expect(changedAspects(other, plan)).toEqual(['digest']);
});

describe('what is no digest, or a part of one', () => {
  test.each([
    ['nothing', ''],
    ['one of another version', plan.replace('p1', 'p2')],
    ['a digit less', plan.slice(0, -1)],
    ['a digit more', `${plan}0`],
    ['capitals', plan.toUpperCase()],
    ['a line break after', `${plan}\n`],
    ['the parts alone', plan.split('.').slice(0, 2).join('.')],
    ['what an earlier version printed', '0123456789abcdef'],
  ])('%s', (_, text) => {
    expect(isPlanShaped(text)).toBe(false);
  });
});
