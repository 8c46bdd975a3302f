// What is left of secrets after a whole lifecycle: a search of every file, of all that was said, and a guess at what is kept.
import { createHash, createHmac } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readKeyFile } from '../../src/cli/key-file.ts';
import { codeDigest } from '../../src/rules/keyring.ts';
import { checkWords, codes, end, here, live, messages, recoveryCodes, tokens } from './lifecycle.ts';

beforeAll(live);
afterAll(end);

interface File {
  name: string;
  bytes: Buffer;
}

/** Every file that the installation left, the write-ahead log included. */
function filesLeft(): File[] {
  const names = readdirSync(here.home, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => statSync(join(here.home, name)).isFile())
    .map((name) => ({ name, bytes: readFileSync(join(here.home, name)) }));
}

const reversed = (text: string) => [...text].reverse().join('');

/** A secret as it could be written: plainly, turned round, or encoded by what needs no key. */
function writings(secret: string): Buffer[] {
  const bytes = Buffer.from(secret);
  const encoded = (['base64', 'base64url', 'hex'] as const).map((encoding) => bytes.toString(encoding));
  return [
    ...[secret, reversed(secret), ...encoded.map((text) => text.replace(/=+$/, ''))].map((text) =>
      Buffer.from(text),
    ),
    Buffer.from(encoded[2]?.toUpperCase() ?? ''),
    Buffer.from(secret, 'utf16le'),
  ];
}

const has = ({ bytes }: File, secret: string) => writings(secret).some((written) => bytes.includes(written));

/** Whether digits stand somewhere that are not part of a longer number, or are there encoded or as a plain digest. */
function hasCode({ bytes }: File, code: string): boolean {
  const text = bytes.toString('latin1');
  const alone = (digits: string) => new RegExp(`(?<![0-9])${digits}(?![0-9])`).test(text);
  if (alone(code) || alone(reversed(code))) return true;
  const [, , ...encoded] = writings(code);
  const digests = ['md5', 'sha1', 'sha256', 'sha512'].flatMap((algorithm) => {
    const digest = createHash(algorithm).update(code).digest();
    const written = (['base64', 'base64url', 'hex'] as const).map((encoding) => digest.toString(encoding));
    return [digest, ...written.map((each) => Buffer.from(each.replace(/=+$/, '')))];
  });
  return [...encoded, ...digests].some((written) => bytes.includes(written));
}

const named = (files: readonly File[], found: (file: File) => boolean) =>
  files.filter(found).map(({ name }) => name);

const sent = (): File => ({
  name: 'sent',
  bytes: Buffer.from(
    messages()
      .map(({ text }) => text)
      .join('\n'),
  ),
});

describe('nothing readable in folder or database', () => {
  it('is searched: the database, its write-ahead log, what was exported, and all else', () => {
    const files = filesLeft();
    const names = ['twofa.sqlite', 'twofa.sqlite-wal', 'key.json', 'high-water.json', 'audit.ndjson'];
    expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    const log = files.find(({ name }) => name === 'twofa.sqlite-wal');
    expect(log?.bytes.includes('user.locked')).toBe(true);
    expect(here.said.length).toBeGreaterThan(60);
  });

  it('reveals a code', () => {
    expect(codes.length).toBeGreaterThan(5);
    for (const { code } of codes) {
      expect(hasCode(sent(), code), 'as it was sent').toBe(true);
      expect(named(filesLeft(), (file) => hasCode(file, code))).toEqual([]);
    }
    const database = here.database();
    for (const table of ['codes', 'messages', 'audit_events', 'requests', 'notices', 'check_words']) {
      const rows = database.prepare(`SELECT * FROM ${table}`).all() as object[];
      expect(rows.length, table).toBeGreaterThan(0);
      const shown = new Set(rows.flatMap((row) => Object.values(row).map(String)));
      expect(
        codes.filter(({ code }) => shown.has(code) || shown.has(String(Number(code)))),
        table,
      ).toEqual([]);
    }
    database.close();
  });

  it('reveals a token, but the profile of whoever made the store, which is theirs alone', () => {
    const profiles = filesLeft().find(({ name }) => name === 'profiles.json');
    const { owner } = JSON.parse(profiles?.bytes.toString() ?? '').profiles;
    expect(statSync(join(here.home, 'profiles.json')).mode & 0o777).toBe(0o600);
    expect(named(filesLeft(), (file) => has(file, owner.token))).toEqual(['profiles.json']);
    expect(Object.keys(tokens).sort()).toEqual(['app', 'maria', 'nina', 'rotated']);
    for (const token of Object.values(tokens)) {
      expect(named(filesLeft(), (file) => has(file, token))).toEqual([]);
      expect(named(filesLeft(), (file) => has(file, token.replace(/^twofa_/, '')))).toEqual([]);
    }
  });

  it('reveals a recovery code or a check word', () => {
    expect(recoveryCodes).toHaveLength(2);
    for (const code of recoveryCodes) {
      for (const written of [code, code.replaceAll('-', ''), code.toLowerCase()]) {
        expect(named(filesLeft(), (file) => has(file, written))).toEqual([]);
      }
    }
    expect(checkWords.length).toBeGreaterThan(5);
    for (const words of checkWords) {
      expect(has(sent(), words), 'as it was sent').toBe(true);
      expect(named(filesLeft(), (file) => has(file, words))).toEqual([]);
    }
  });
});

it('nothing that the program said has a code, a token, a recovery code or a check word in it', () => {
  const said: File = { name: 'said', bytes: Buffer.from(here.said.join('\n')) };
  for (const { code } of codes) expect(hasCode(said, code)).toBe(false);
  for (const secret of [...Object.values(tokens), ...recoveryCodes, ...checkWords]) {
    expect(has(said, secret)).toBe(false);
  }
});

describe('a guess without the key', () => {
  type Row = Record<string, string | number | null>;

  /** What a code would be kept as, were it hashed with anything that can be read beside it. */
  function* guesses(code: string, shown: readonly string[]): Generator<Buffer> {
    for (const algorithm of ['sha256', 'sha1', 'sha512']) {
      const hash = (text: string) => createHash(algorithm).update(text).digest();
      yield hash(code);
      for (const salt of shown) {
        for (const between of ['', ':', '.', '-', '|', '\n', ' ']) {
          yield hash(`${salt}${between}${code}`);
          yield hash(`${code}${between}${salt}`);
        }
        yield createHmac(algorithm, salt).update(code).digest();
        yield createHmac(algorithm, code).update(salt).digest();
        for (const other of shown) yield createHmac(algorithm, salt).update(`${other}:${code}`).digest();
      }
    }
  }

  /** Everything that the database shows of a code: its row, its message, its user, the account and the installation. */
  function shownBeside(row: Row): string[] {
    const database = here.database();
    const get = (table: string, id: string | number | null | undefined) =>
      database.prepare(`SELECT * FROM ${table} WHERE id = ?`).get(id) as Row;
    const account = database.prepare('SELECT * FROM accounts').get() as Row;
    const rows = [row, get('messages', row.message_id), get('users', row.user_id), get('installation', 1)];
    database.close();
    const values = [...rows, account].flatMap((each) => Object.values(each));
    return [...new Set(values.filter((value) => value !== null).map(String))];
  }

  // Trying a million codes finds one exactly where the right one fits: so the right one alone is tried, in many ways.
  it('does not fit what is kept, however it is salted with what can be read; with the key it does', () => {
    const keyring = readKeyFile(join(here.home, 'key.json'));
    const database = here.database();
    const rows = database.prepare('SELECT * FROM codes').all() as Row[];
    database.close();
    expect(rows).toHaveLength(codes.length);
    for (const row of rows) {
      const key = keyring?.get(String(row.key_id));
      const [right, ...others] = codes.filter(
        ({ code }) => key && codeDigest(key, Number(row.user_id), code) === row.digest,
      );
      expect(right).toBeDefined();
      expect(others).toEqual([]);
      const shown = shownBeside(row);
      expect(shown.length).toBeGreaterThan(20);
      const tried = [...guesses(right?.code ?? '', shown)].flatMap((guess) => [
        guess.toString('base64url'),
        guess.toString('hex'),
      ]);
      expect(tried).not.toContain(row.digest);
    }
  });
});
