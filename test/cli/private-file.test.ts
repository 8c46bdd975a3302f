// Files that hold secrets: the old one or the new one is there, whole, and nothing is left beside it.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writePrivate } from '../../src/cli/private-file.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'twofa-private-'));
  file = join(folder, 'profiles.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('one is written for its owner alone, in place of the one before', () => {
  writePrivate(file, 'one');
  writePrivate(file, 'another, with an é in it');
  expect(readFileSync(file, 'utf8')).toBe('another, with an é in it');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['profiles.json']);
});

test('what a killed process of the same number left is not in the way', () => {
  writeFileSync(`${file}.${process.pid}.new`, 'half', { mode: 0o644 });
  writePrivate(file, 'whole');
  expect(readFileSync(file, 'utf8')).toBe('whole');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['profiles.json']);
});

test('one that cannot be written leaves nothing beside it', () => {
  mkdirSync(file);
  expect(() => writePrivate(file, 'whole')).toThrow();
  expect(readdirSync(folder)).toEqual(['profiles.json']);
  expect(statSync(file).isDirectory()).toBe(true);
});
