// The nearest known name to a mistyped one.
import { expect, test } from 'vitest';
import { nearest } from '../../src/rules/nearest.ts';

const practices = ['Northside Pediatrics', 'Northside Cardiology', 'Eastside'];

test.each([
  ['Nortside Pediatrics', 'Northside Pediatrics'],
  ['northside cardiology', 'Northside Cardiology'],
  ['ＥＡＳＴＳＩＤＥ', 'Eastside'],
  ['Westside', 'Eastside'],
  ['Eastside', 'Eastside'],
])('%j probably means %j', (name, meant) => {
  expect(nearest(name, practices)).toBe(meant);
});

test.each(['', 'Radiology', 'x', 'E', 'Northside'])('%j means none of them', (name) => {
  expect(nearest(name, practices)).toBeNull();
});

test('of two equally near ones it is the first', () => {
  expect(nearest('code.verfy', ['code.verify', 'code.verfys'])).toBe('code.verify');
});

test('what shares no character with a short name does not mean it', () => {
  expect(nearest('xy', ['id', 'to'])).toBeNull();
  expect(nearest('', ['id'])).toBeNull();
  expect(nearest('ip', ['id', 'to'])).toBe('id');
});

test('without known names there is none', () => {
  expect(nearest('code', [])).toBeNull();
});
