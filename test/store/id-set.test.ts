// A set of ids in bits is a set, wherever the ids lie.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IdSet } from '../../src/store/id-set.ts';

const id = fc.oneof(
  fc.integer({ min: -70_000, max: 140_000 }),
  fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
  fc.constantFrom(0, 31, 32, 65_535, 65_536),
);

describe('a set of ids', () => {
  test('has what was added and not deleted, and gives the lowest of it', () => {
    fc.assert(
      fc.property(fc.array(id), fc.array(id), (added, others) => {
        const set = new IdSet();
        const model = new Set(added);
        for (const each of added) set.add(each);
        for (const each of [...others, ...added.slice(0, 3)]) {
          expect(set.delete(each)).toBe(model.delete(each));
        }
        expect(set.lowest()).toBe(model.size === 0 ? null : [...model].sort((a, b) => a - b)[0]);
      }),
    );
  });

  test('an id is deleted once', () => {
    const set = new IdSet();
    set.add(65_536);
    expect([set.lowest(), set.delete(65_536), set.delete(65_536), set.lowest()]).toEqual([
      65_536,
      true,
      false,
      null,
    ]);
  });
});
