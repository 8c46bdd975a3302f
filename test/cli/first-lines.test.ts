// The first line of each key, and how progress is worded.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CopyWords } from '../../src/cli/copy-progress.ts';
import { FirstLines } from '../../src/cli/first-lines.ts';
import { durationText, progressText } from '../../src/cli/progress-text.ts';

describe('the first line of a key', () => {
  test('is remembered as a map would, whatever the keys are', () => {
    const keys = fc.array(fc.string({ unit: 'binary', maxLength: 3 }), { maxLength: 200 });
    fc.assert(
      fc.property(keys, (all) => {
        const lines = new FirstLines();
        const map = new Map<string, number>();
        all.forEach((key, index) => {
          expect(lines.lineBefore(key, index + 2)).toBe(map.get(key) ?? null);
          if (!map.has(key)) map.set(key, index + 2);
        });
      }),
    );
  });

  test('stays known among 100,000 others', () => {
    const lines = new FirstLines();
    const line = (index: number) => index + 2;
    const key = (index: number) => `user${index}`;
    const indexes = Array.from({ length: 100_000 }, (_, index) => index);
    expect(indexes.filter((index) => lines.lineBefore(key(index), line(index)) !== null)).toEqual([]);
    expect(indexes.filter((index) => lines.lineBefore(key(index), 1) !== line(index))).toEqual([]);
  });
});

describe('progress', () => {
  test.each([
    [0, 1_000_000, 5000, '0 of 1,000,000 rows'],
    [2000, 1_000_000, 100, '2,000 of 1,000,000 rows'],
    [120_000, 1_000_000, 3000, '120,000 of 1,000,000 rows, 40,000 rows/s, 22 s left'],
    [1000, 1_000_000, 10_000, '1,000 of 1,000,000 rows, 100 rows/s, 2 h 46 min left'],
    [1_000_000, 1_000_000, 20_000, '1,000,000 of 1,000,000 rows, 50,000 rows/s'],
  ])('%i of %i after %i ms is %j', (done, total, elapsedMs, text) => {
    expect(progressText(done, total, 'rows', elapsedMs)).toBe(text);
  });

  test.each([
    [1, '1 s'],
    [59_000, '59 s'],
    [60_000, '1 min 0 s'],
    [3_725_000, '1 h 2 min'],
  ])('%i ms are %j', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  test('of a copy of the store is worded alike, at the rate of each of its steps', () => {
    let now = 60_000;
    const words = new CopyWords(() => now);
    const wordsAfter = (ms: number, ...[step, done, total]: ['copying' | 'comparing', number, number]) => {
      now += ms;
      return words.of({ step, done, total });
    };
    expect([
      wordsAfter(0, 'copying', 0, 1_000_000),
      wordsAfter(3000, 'copying', 120_000, 1_000_000),
      wordsAfter(17_000, 'copying', 1_000_000, 1_000_000),
      wordsAfter(500, 'comparing', 0, 1_000_000),
      wordsAfter(2000, 'comparing', 10_000, 1_000_000),
    ]).toEqual([
      'Sealed; copying: 0 of 1,000,000 rows',
      'Sealed; copying: 120,000 of 1,000,000 rows, 40,000 rows/s, 22 s left',
      'Sealed; copying: 1,000,000 of 1,000,000 rows, 50,000 rows/s',
      'Sealed; comparing: 0 of 1,000,000 rows',
      'Sealed; comparing: 10,000 of 1,000,000 rows, 5,000 rows/s, 3 min 18 s left',
    ]);
  });
});
