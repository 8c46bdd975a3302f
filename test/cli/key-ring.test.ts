// The key ring where it is kept: what a file and a command may be, and how a ring gets another key.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keyCommandSource, readKeyCommand } from '../../src/cli/key-command.ts';
import { addKey, createKeyFile, putAside, readKeyFile } from '../../src/cli/key-file.ts';
import { nextKeyId, readRing } from '../../src/cli/key-ring.ts';
import { keyFileSource } from '../../src/cli/key-source.ts';
import { TwofaError } from '../../src/errors.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'twofa-test-'));
  file = join(folder, 'key.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const now = new Date('2026-03-02T09:00:00Z');
const secret = (seed: number) => Buffer.alloc(32, seed);
const made = (seed = 1) => createKeyFile(file, { secret: secret(seed), now });
const ringIn = (path = file) => JSON.parse(readFileSync(path, 'utf8'));

function errorOf(work: () => unknown): TwofaError {
  try {
    work();
  } catch (error) {
    if (error instanceof TwofaError) return error;
    throw error;
  }
  throw new Error('Nothing was refused.');
}

describe('a key file', () => {
  test('is made with one key, for its owner alone', () => {
    const ring = made();
    expect(ring.current.id).toBe('k1');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(ringIn()).toEqual({
      current: 'k1',
      keys: { k1: { secret: secret(1).toString('base64'), createdAt: '2026-03-02T09:00:00.000Z' } },
    });
    expect(readdirSync(folder), 'and nothing beside it').toEqual(['key.json']);
  });

  test('that is there stays', () => {
    const first = made(1);
    expect(made(2).current.fingerprint).toBe(first.current.fingerprint);
  });

  test('gets another key, and keeps the ones it has', () => {
    const first = made();
    const before = ringIn().keys.k1;
    addKey(file, { secret: secret(2), now });
    addKey(file, { secret: secret(3), now });
    const ring = readKeyFile(file);
    expect(ring?.current.id).toBe('k3');
    expect(ring?.get('k1')?.fingerprint).toBe(first.current.fingerprint);
    expect(ringIn().keys.k1).toEqual(before);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['key.json']);
  });

  test('that is a link is written where it points', () => {
    mkdirSync(join(folder, 'vault'), { mode: 0o700 });
    const target = join(folder, 'vault', 'ring.json');
    createKeyFile(target, { secret: secret(1), now });
    symlinkSync(target, file);
    addKey(file, { secret: secret(2), now });
    expect(ringIn(target).current).toBe('k2');
    expect(readKeyFile(file)?.current.id).toBe('k2');
  });

  test('that cannot be written leaves the ring as it was', () => {
    made();
    const broken = join(folder, 'missing', 'key.json');
    expect(errorOf(() => addKey(broken, { secret: secret(2), now }))).toMatchObject({
      code: 'key-unavailable',
    });
    expect(ringIn().current).toBe('k1');
  });

  test('that is not the store’s is put aside, and what was put aside before stays', () => {
    expect(putAside(file, now)).toBeNull();
    made(1);
    const first = putAside(file, now);
    made(2);
    const second = putAside(file, now);
    expect(first).toBe(join(folder, 'key.json.replaced-20260302T090000Z'));
    expect(second).toBe(`${first}~`);
    expect(ringIn(first ?? '').keys.k1.secret).toBe(secret(1).toString('base64'));
    expect(existsSync(file)).toBe(false);
  });

  test('that does not exist is none', () => {
    expect(readKeyFile(file)).toBeNull();
  });

  test.each([0o644, 0o604, 0o602, 0o666, 0o606])(
    'that others can read (%o) is refused, with what to do',
    (mode) => {
      made();
      chmodSync(file, mode);
      const error = errorOf(() => readKeyFile(file));
      expect(error).toMatchObject({ code: 'key-unavailable', exit: 11 });
      expect(error.message).toContain(file);
      expect(error.hint).toBe(`chmod 600 ${file}`);
    },
  );

  test('that is a folder is refused in words', () => {
    mkdirSync(file);
    expect(errorOf(() => readKeyFile(file))).toMatchObject({ code: 'key-unavailable', exit: 11 });
  });
});

describe('what is no key ring is refused, and what it holds is not shown:', () => {
  const good = { current: 'k1', keys: { k1: { secret: secret(7).toString('base64'), createdAt: '' } } };
  const shown = secret(7).toString('base64');

  test('a good one is read', () => {
    expect(readRing('No.', JSON.stringify(good)).keyring.current.id).toBe('k1');
  });

  test.each([
    ['nothing', ''],
    ['half of it', JSON.stringify(good).slice(0, -2)],
    ['null', 'null'],
    ['a list', '[]'],
    ['no keys', JSON.stringify({ ...good, keys: {} })],
    ['no current key', JSON.stringify({ keys: good.keys })],
    ['a current key that it has not', JSON.stringify({ ...good, current: 'k2' })],
    ['keys without a secret', JSON.stringify({ current: 'k1', keys: { k1: {} } })],
    ['a key that is text', JSON.stringify({ current: 'k1', keys: { k1: shown } })],
    ['a short secret', JSON.stringify({ current: 'k1', keys: { k1: { secret: shown.slice(4) } } })],
    ['a long secret', JSON.stringify({ current: 'k1', keys: { k1: { secret: `AAAA${shown}` } } })],
    [
      'a secret with something in it',
      JSON.stringify({ current: 'k1', keys: { k1: { secret: `${shown}!` } } }),
    ],
    ['a second key that is none', JSON.stringify({ current: 'k1', keys: { ...good.keys, k2: null } })],
    ['an id with a space', JSON.stringify({ current: 'k 1', keys: { 'k 1': good.keys.k1 } })],
  ])('%s', (_what, text) => {
    const error = errorOf(() => readRing('key.json is no key file of twofa.', text));
    expect(error).toMatchObject({ code: 'key-unavailable', exit: 11 });
    expect(error.message).toBe('key.json is no key file of twofa.');
    expect(error.hint).toContain('twofa db rekey --lost-key');
    expect(JSON.stringify([error.report(), String(error.cause)])).not.toContain(shown.slice(4, 20));
  });
});

test('an id is above all that are used', () => {
  expect(nextKeyId([])).toBe('k1');
  expect(nextKeyId(['k1', 'k12', 'k3'])).toBe('k13');
  expect(nextKeyId(['production', 'k2x'])).toBe('k1');
});

describe('a key command', () => {
  /** A program that prints what it is told, as a script of its own. */
  function program(body: string): string {
    const path = join(folder, 'vault');
    writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o700 });
    return path;
  }

  test('prints the ring; its arguments reach it as they are, by no shell', () => {
    made();
    expect(readKeyCommand(['cat', file]).current.id).toBe('k1');
    const path = program(`[ "$1" = '$(id); *' ] && cat ${file}`);
    expect(readKeyCommand([path, '$(id); *']).current.id).toBe('k1');
    expect(errorOf(() => readKeyCommand([path, 'other'])).message).toBe(
      `The key command ${path} failed (1).`,
    );
  });

  test.each([
    ['that fails', 'echo s3cret; echo s3cret >&2; exit 3', 'failed (3)'],
    ['that is killed', 'kill -9 $$', 'failed (SIGKILL)'],
    ['that prints no ring', 'echo s3cret', 'prints no key ring of twofa'],
    ['that prints nothing', 'exit 0', 'prints no key ring of twofa'],
    ['that prints without end', 'yes s3cret', 'printed more than a key ring'],
  ])('%s is named, without what it says and without its arguments', (_what, body, why) => {
    const path = program(body);
    const error = errorOf(() => readKeyCommand([path, 's3cret']));
    expect(error).toMatchObject({ code: 'key-unavailable', exit: 11 });
    expect(error.message).toContain(`${path} ${why}`);
    expect(JSON.stringify([error.report(), error.stack, String(error.cause)])).not.toContain('s3cret');
  });

  test('that does not exist is named', () => {
    expect(errorOf(() => readKeyCommand([join(folder, 'gone')])).message).toMatch(/cannot be run \(ENOENT\)/);
  });

  test('is given another key by whoever keeps it: a rotation says so until it has one', () => {
    const first = made();
    const source = keyCommandSource(['cat', file]);
    const key = { secret: secret(9), now };
    const { fingerprint } = first.current;
    expect(errorOf(() => source.rotate(key, fingerprint))).toMatchObject({
      code: 'key-kept-elsewhere',
      exit: 6,
    });
    expect(ringIn().current).toBe('k1');
    addKey(file, { secret: secret(2), now });
    source.rotate(key, fingerprint);
    expect(Object.keys(ringIn().keys)).toEqual(['k1', 'k2']);
  });

  test('in place of a lost ring must call its key otherwise', () => {
    made();
    const source = keyCommandSource(['cat', file]);
    const key = { secret: secret(9), now };
    expect(errorOf(() => source.replace(key, ['k1', 'k4']))).toMatchObject({
      code: 'key-mismatch',
      hint: 'Give it another id: k5 is free.',
    });
    expect(source.replace(key, ['k4']).keyring.current.id).toBe('k1');
  });
});

test('in place of a lost key file there is one with a single key, under an id that was never used', () => {
  made(1);
  const { keyring, keep } = keyFileSource(file).replace({ secret: secret(2), now }, ['k1', 'k3']);
  expect(keyring.current.id).toBe('k4');
  expect(ringIn().current, 'nothing is written yet').toBe('k1');
  const aside = keep();
  expect(ringIn(aside ?? '').current).toBe('k1');
  expect(Object.keys(ringIn().keys)).toEqual(['k4']);
  expect(readKeyFile(file)?.current.fingerprint).toBe(keyring.current.fingerprint);
});
