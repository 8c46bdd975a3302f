// Instants as they are shown, durations as they are typed.
import { expect, test } from 'vitest';
import { dayOf, isDay, iso, parseDuration, within } from '../../src/rules/time.ts';

test('an instant is shown in ISO 8601, in UTC with milliseconds', () => {
  expect(iso(0)).toBe('1970-01-01T00:00:00.000Z');
  expect(iso(Date.UTC(2026, 1, 28, 23, 59, 59, 7))).toBe('2026-02-28T23:59:59.007Z');
  expect(iso(null)).toBeNull();
});

test.each([
  ['1m', 60_000],
  ['12h', 43_200_000],
  ['90d', 7_776_000_000],
  ['2w', 1_209_600_000],
  ['3650d', 315_360_000_000],
])('%s is %d milliseconds', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  '',
  '0d',
  '90',
  'd',
  '-1d',
  '+1d',
  '1.5h',
  '1e3d',
  '01d',
  ' 1d',
  '1d ',
  '1d\n',
  '1 d',
  '1D',
  '1s',
  '1y',
  '١d',
  '3651d',
  '522w',
  '1000000m',
])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeNull();
});

test.each([
  [9, false],
  [10, true],
  [19, true],
  [20, false],
])('%d lies in [10, 20): %j', (now, inside) => {
  expect(within(now, 10, 20)).toBe(inside);
});

test('the day of an instant is that of UTC', () => {
  expect(dayOf(Date.UTC(2026, 1, 28, 23, 59, 59, 999))).toBe('2026-02-28');
  expect(dayOf(Date.UTC(2026, 2, 1))).toBe('2026-03-01');
});

test.each([
  ['2026-02-28', true],
  ['2028-02-29', true],
  ['2026-02-29', false],
  ['2026-06-31', false],
  ['2026-00-10', false],
  ['2026-1-1', false],
  ['2026-01-01 ', false],
  ['+02026-01-01', false],
  ['', false],
])('%j is a day of the calendar: %j', (text, exists) => {
  expect(isDay(text)).toBe(exists);
});
