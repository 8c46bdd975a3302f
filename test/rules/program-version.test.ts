// Which of two versions is older.
import { expect, test } from 'vitest';
import { isOlder, newestOf } from '../../src/rules/program-version.ts';

test.each([
  ['0.1.0', '0.2.0', true],
  ['0.2.0', '0.1.0', false],
  ['0.9.0', '0.10.0', true],
  ['1.0.0', '0.99.99', false],
  ['1.2.3', '1.2.3', false],
  ['1.2.3-rc.1', '1.2.3', false],
  ['1.2', '1.2.1', true],
])('%s is older than %s: %s', (version, than, older) => {
  expect(isOlder(version, than)).toBe(older);
});

test('the newest of some', () => {
  expect(newestOf(['0.2.0', '0.10.0', '0.9.9'])).toBe('0.10.0');
  expect(newestOf([])).toBe('0.0.0');
});
