// The roster file: what is refused whole, what is read, what goes to the rejected file, and that an export comes back.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { UserView } from '../../src/actions/views.ts';
import { csvCell, csvRow, rosterHeader, rosterRow, unguard } from '../../src/cli/csv-cells.ts';
import { checkRosterFile, type RosterLine, readRoster } from '../../src/cli/roster-file.ts';
import { ProofReader } from '../../src/cli/roster-proof.ts';
import { RejectedFile, rejectedFileOf } from '../../src/cli/roster-rejected.ts';
import { TwofaError } from '../../src/errors.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'twofa-roster-'));
  file = join(folder, 'roster.csv');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function linesOf(text: string | Buffer): Promise<RosterLine[]> {
  writeFileSync(file, text);
  const lines: RosterLine[] = [];
  for await (const line of readRoster(file)) lines.push(line);
  return lines;
}

async function rowsOf(text: string | Buffer) {
  return (await linesOf(text)).map((line) => line.rejected ?? line.row);
}

async function check(text: string | Buffer) {
  writeFileSync(file, text);
  return (await checkRosterFile(file)).rows;
}

async function refusal(work: Promise<unknown>): Promise<TwofaError> {
  const error = await work.then(
    () => null,
    (error) => error,
  );
  expect(error).toBeInstanceOf(TwofaError);
  return error as TwofaError;
}

/** The message and the place of the error that refuses a file. */
async function fault(text: string | Buffer) {
  const error = await refusal(check(text));
  expect(error.code).toBe('file-malformed');
  expect(error.hint).toMatch(/Nothing was imported\.$/);
  const { file: named, ...place } = error.details ?? {};
  expect(named).toBe(file);
  return { message: error.message, place };
}

/** What the check says of a file whose bytes come one at a time. */
function rowsByteByByte(text: string): number | string {
  const proof = new ProofReader(file, ['username', 'name']);
  try {
    for (const byte of Buffer.from(text)) proof.read(Buffer.of(byte));
    proof.end();
    return proof.rows - 1;
  } catch (error) {
    return (error as TwofaError).message;
  }
}

const user: UserView = {
  id: 'usr_7',
  account: '10482',
  username: 'maria',
  name: 'Maria Lopez',
  email: 'maria@northside.example',
  phone: '+12015550123',
  practices: ['Northside Pediatrics', 'Northside Cardiology'],
  systemAdministrator: true,
  status: 'active',
  attemptsLeft: 7,
  lockedAt: null,
  lastVerifiedAt: '2026-01-31T09:00:00.000Z',
  contactChangedAt: null,
  language: null,
};

const exported = (users: UserView[]) => [rosterHeader, ...users.map(rosterRow)].map(csvRow).join('');

describe('cells', () => {
  test.each([
    ['plain', 'plain'],
    ['', ''],
    ['Lopez, Maria', '"Lopez, Maria"'],
    ['the "boss"', '"the ""boss"""'],
    ['two\nlines', '"two\nlines"'],
    ['=1+1', "'=1+1"],
    ['-kiosk', "'-kiosk"],
    ['@home', "'@home"],
    ['\tx', "'\tx"],
    ['\rx', '"\'\rx"'],
    ['=a,b', '"\'=a,b"'],
    ['+12015550123', '+12015550123'],
    ['+1 201 555 0123', "'+1 201 555 0123"],
    ['+', "'+"],
    ["'=1", "''=1"],
    ["'t Hooft", "'t Hooft"],
    ["O'Neil", "O'Neil"],
  ])('%j is written as %j', (text, cell) => {
    expect(csvCell(text)).toBe(cell);
    expect(unguard(parse(`${cell}\n`, { relax_column_count: true })[0]?.[0] ?? '')).toBe(text);
  });

  test('any values come back through a CSV parser', () => {
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom("'", '=', '+', '-', '@', '\t', '\r', '\n', '"', ',', '1', 'x') }),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 5 }), (values) => {
        const [row] = parse(csvRow(values), { record_delimiter: '\n' });
        expect(row?.map(unguard)).toEqual(values);
      }),
    );
  });
});

describe('a file that is no roster is refused whole', () => {
  test.each([
    ['empty', ''],
    ['a byte order mark alone', '\ufeff'],
    ['blank lines alone', '\n\r\n  \n'],
  ])('%s', async (_, text) => {
    expect((await fault(text)).message).toBe('roster.csv is empty.');
  });

  test('a header without rows', async () => {
    expect((await fault('username,name\n')).message).toBe('roster.csv has no rows after its header.');
    expect((await fault('username,name')).message).toBe('roster.csv has no rows after its header.');
    expect((await fault('username,name\n\n ,\n')).message).toBe('roster.csv has no rows after its header.');
  });

  test('missing, a folder, not a regular file', async () => {
    const missing = await refusal(checkRosterFile(join(folder, 'none.csv')));
    expect([missing.code, missing.message]).toEqual([
      'file-unreadable',
      `${folder}/none.csv does not exist.`,
    ]);
    const directory = await refusal(checkRosterFile(folder));
    expect([directory.code, directory.message]).toEqual(['file-unreadable', `${folder} is a folder.`]);
    const device = await refusal(checkRosterFile('/dev/null'));
    expect([device.code, device.hint]).toEqual(['file-unreadable', 'Write it to a file first.']);
  });

  test('a spreadsheet, UTF-16, NUL bytes', async () => {
    const xlsx = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), Buffer.from([20, 0, 6, 0])]);
    expect((await fault(xlsx)).message).toBe('roster.csv is a spreadsheet or an archive, not CSV.');
    const utf16 = Buffer.from('\ufeffusername,name\r\njane,Jane\r\n', 'utf16le');
    expect((await fault(utf16)).message).toBe('roster.csv is in UTF-16.');
    const late = `username,name\n${'jane,Jane\n'.repeat(50_000)}\0`;
    expect((await fault(late)).message).toBe('roster.csv is not text: it has NUL bytes.');
  });

  test('another encoding, with the line', async () => {
    const text = 'username,name\njane,Jane\n\njosé,José\n';
    expect(await check(text)).toBe(2);
    expect(await fault(Buffer.from(text, 'latin1'))).toEqual({
      message: 'roster.csv, line 4: the text is not UTF-8.',
      place: { line: 4 },
    });
    const long = `username,name\n${'jané,Jane\n'.repeat(60_000)}`;
    expect(await check(long)).toBe(60_000);
    const bad = Buffer.concat([Buffer.from(long), Buffer.from('jan\xe9,Jane\n', 'latin1')]);
    expect((await fault(bad)).place).toEqual({ line: 60_002 });
    expect((await fault(Buffer.from('usernamé,name\njane,Jane\n', 'latin1'))).place).toEqual({ line: 1 });
  });

  test.each([
    [';', 'semicolons'],
    ['\t', 'tabs'],
    ['|', 'vertical bars'],
  ])('separated by %j', async (separator, named) => {
    const text = 'username,name,email\njane,"Jane, Dr",j@x.example\n';
    expect((await fault(text.replaceAll(',', separator))).message).toBe(
      `roster.csv, line 1: the cells are separated by ${named}, not commas.`,
    );
  });

  test('lines that end with carriage returns alone', async () => {
    expect((await fault('username,name\rjane,Jane\r')).message).toBe(
      'roster.csv, line 1: the lines end with carriage returns alone.',
    );
    expect((await fault('username,name\njane,Jane\rbob,Bob\n')).message).toBe(
      'roster.csv, line 2: a carriage return stands alone.',
    );
  });

  test.each([
    ['user_name,name', 'unknown column "user_name"; the nearest known one is "username"', 1],
    ['username, E-Mail', 'unknown column " E-Mail"; the nearest known one is "email"', 2],
    [
      'username,System Administrator',
      'unknown column "System Administrator"; the nearest known one is "system_administrator"',
      2,
    ],
    ['username,practice', 'unknown column "practice"; the nearest known one is "practices"', 2],
    ['username,zodiac', 'unknown column "zodiac"', 2],
    ['username,name,USERNAME', 'the column "username" is there twice', 3],
    ['username,,name', 'column 2 has no name', 2],
    ['name,email', 'there is no column "username"', undefined],
    ['username,"na"me', 'the header is not well-formed CSV', undefined],
  ])('the header %s', async (header, what, column) => {
    const { message, place } = await fault(`${header}\nx,x,x\n`);
    expect(message).toBe(`roster.csv, line 1: ${what}.`);
    expect(place).toMatchObject(column === undefined ? { line: 1 } : { line: 1, column });
  });

  test('a row of another length, with line, column and counts', async () => {
    expect(await fault('username,name,email\n"jane\n",Jane,\n\nbob,Bob\nkim,,\n')).toEqual({
      message: 'roster.csv, line 5: the row has 2 cells, the header 3.',
      place: { line: 5, column: 3, field: 'email' },
    });
    expect(await fault('username,name\njane,Lopez, Maria\n')).toEqual({
      message: 'roster.csv, line 2: the row has 3 cells, the header 2.',
      place: { line: 2, column: 3 },
    });
  });

  test('quotes that are misplaced', async () => {
    expect(await fault('username,name\njane,Jane "J" Doe\n')).toEqual({
      message: 'roster.csv, line 2: a quote stands inside a cell that is not quoted.',
      place: { line: 2, column: 2, field: 'name' },
    });
    expect((await fault('username,name\njane,"Jane\nbob,"Bob"\n')).message).toBe(
      "roster.csv, line 3: something stands between a closing quote and the next comma (the cell's quote was opened in line 2).",
    );
  });

  test('a row that would fill the memory', async () => {
    const fill = (bytes: number) => `username,name\njane,"${'x\n'.repeat(bytes / 2)}"\n`;
    expect(await check(fill(1024 * 1024 - 20))).toBe(1);
    expect((await fault(fill(1024 * 1024))).message).toBe('roster.csv, line 2: the row has more than 1 MiB.');
  });

  test.each([
    [
      'in a quoted cell',
      'username,name,email\njane,"Jane","ja',
      'line 2: a quote is opened and never closed: the file is cut off, or the quote is missing',
    ],
    [
      'between cells',
      'username,name,email\njane,Jane,\nbob,Bo',
      'line 3: the file is cut off: the last line has 2 of 3 cells and no line end',
    ],
    [
      'in a line end',
      'username,name,email\r\njane,Jane,\r',
      'line 2: the file is cut off in the middle of a line end',
    ],
    [
      'in a character',
      Buffer.from('username,name,email\njane,Jane,josé').subarray(0, -1),
      'line 2: the file is cut off in the middle of a character',
    ],
  ])('cut off %s', async (_, text, what) => {
    expect((await fault(text)).message).toBe(`roster.csv, ${what}.`);
  });

  test('an export cut anywhere but at the end of a row or in its last cell', async () => {
    const text = exported([
      { ...user, name: 'Maria "M" Lopez, Dr', contactChangedAt: '2026-01-31T09:00:00.000Z' },
    ]);
    const lastCell = text.lastIndexOf(',') + 1;
    for (let length = 0; length < lastCell; length++) {
      expect((await refusal(check(text.slice(0, length)))).code).toBe('file-malformed');
    }
    expect(await check(text.slice(0, -1))).toBe(1);
  });
});

describe('rows', () => {
  test('any order and case of the header, byte order mark, CRLF, quotes, a last line without its end', async () => {
    const text =
      '\ufeff Practices ,USERNAME,"Name",system_administrator,phone,email\r\n' +
      ' North ;; South;,jane,"Doe, ""JD"" Jane",Yes,+12015550123, jane@x.example \r\n' +
      '\r\n' +
      ',bob,,,,';
    expect(await check(text)).toBe(2);
    expect(await linesOf(text)).toEqual([
      {
        line: 2,
        cells: [' North ;; South;', 'jane', 'Doe, "JD" Jane', 'Yes', '+12015550123', ' jane@x.example '],
        username: 'jane',
        row: {
          username: 'jane',
          name: 'Doe, "JD" Jane',
          email: 'jane@x.example',
          phone: '+12015550123',
          practices: ['North', 'South'],
          systemAdministrator: true,
        },
      },
      { line: 4, cells: ['', 'bob', '', '', '', ''], username: 'bob', row: { username: 'bob' } },
    ]);
  });

  test('a file of usernames alone, with blank lines and rows of nothing but commas', async () => {
    expect(await rowsOf('username\n\njane\n   \nbob\n')).toEqual([{ username: 'jane' }, { username: 'bob' }]);
    expect(await rowsOf('username,name\n,\njane,Jane\n , \n"",\n')).toEqual([
      { username: 'jane', name: 'Jane' },
    ]);
  });

  test.each([
    ...['yes', 'Y', 'TRUE', '1', 'x'].map((cell) => [cell, true] as const),
    ...['no', 'N', 'False', '0'].map((cell) => [cell, false] as const),
  ])('system_administrator %s is %s', async (cell, systemAdministrator) => {
    expect(await rowsOf(`username,system_administrator\njane,${cell}\n`)).toEqual([
      { username: 'jane', systemAdministrator },
    ]);
  });

  test('rejected: an unclear role, no username, a username once more', async () => {
    const text =
      'username,name,system_administrator\njane,Jane,maybe\n,Bob,no\n"kim\n",Kim,\nKIM,Kim,\nſtraße,,\nSTRASSE,,\n';
    const lines = await linesOf(text);
    expect(lines.map(({ line, username, rejected }) => ({ line, username, ...rejected }))).toEqual([
      {
        line: 2,
        username: 'jane',
        field: 'system_administrator',
        reason: 'system_administrator must be yes or no.',
      },
      { line: 3, username: null, field: 'username', reason: 'username is empty.' },
      { line: 4, username: 'kim' },
      { line: 6, username: 'KIM', field: 'username', reason: 'The same username is in line 4 already.' },
      { line: 7, username: 'ſtraße' },
      { line: 8, username: 'STRASSE', field: 'username', reason: 'The same username is in line 7 already.' },
    ]);
    expect(lines[1]?.cells).toEqual(['', 'Bob', 'no']);
  });

  test('exactly one apostrophe goes, and only before a sign of a formula', async () => {
    const text = "username,name\na,'=1\nb,''=1\nc,'t Hooft\nd,=1\ne,'+49 30 1\n";
    expect((await rowsOf(text)).map((row) => ('name' in row ? row.name : null))).toEqual([
      '=1',
      "'=1",
      "'t Hooft",
      '=1',
      '+49 30 1',
    ]);
  });

  test('a file that is changed after its check ends with an error', async () => {
    writeFileSync(file, 'username,name\njane,Jane\nbob\n');
    const rows: string[] = [];
    const error = await refusal(
      (async () => {
        for await (const line of readRoster(file)) rows.push(line.username ?? '');
      })(),
    );
    expect(rows).toEqual(['jane']);
    expect(error.code).toBe('file-malformed');
    expect(error.message).toBe('roster.csv, line 3: the file was changed while it was imported.');
    rmSync(file);
    expect((await refusal(readRoster(file).next())).code).toBe('file-unreadable');
  });

  test('what passes the check is read to its end by the parser, row for row', async () => {
    const piece = fc.constantFrom(
      '"',
      ',',
      '\n',
      '\r\n',
      '\r',
      'x',
      'é',
      ' ',
      '""',
      ',"a"',
      '"b\n",',
      '\ufeff',
      'y,z\n',
    );
    let passed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 14 }), async (pieces) => {
        const text = `username,name\n${pieces.join('')}`;
        const rows = await check(text).catch((error: TwofaError) => error.message);
        expect(rowsByteByByte(text)).toBe(rows);
        if (typeof rows === 'string') return;
        passed++;
        expect((await linesOf(text)).length).toBe(rows);
      }),
      { numRuns: 1500 },
    );
    expect(passed).toBeGreaterThan(50);
  });

  test.each([0, 1, 2, 3])('characters that span the parts, shifted by %i', async (shift) => {
    const name = 'x'.repeat(shift) + '😀'.repeat(100_000);
    const text = `username,name\njane,${name}\n`;
    expect(await check(text)).toBe(1);
    expect(await rowsOf(text)).toEqual([{ username: 'jane', name }]);
  });

  test('rows that span the parts in which a file is read', async () => {
    const rows = Array.from(
      { length: 30_000 },
      (_, index) => `user${index},"Zoë ""${index}""\r\n",z${index}@é.example\r\n`,
    );
    const text = `username,name,email\r\n${rows.join('')}`;
    expect(await check(text)).toBe(30_000);
    const lines = await linesOf(text);
    expect(lines.length).toBe(30_000);
    expect(lines[29_999]).toEqual({
      line: 2 + 2 * 29_999,
      cells: ['user29999', 'Zoë "29999"\r\n', 'z29999@é.example'],
      username: 'user29999',
      row: { username: 'user29999', name: 'Zoë "29999"', email: 'z29999@é.example' },
    });
  });
});

describe('an export', () => {
  test('has the columns that import reads, then the others, and the language last', () => {
    expect(
      exported([
        { ...user, language: 'es' },
        { ...user, email: null, phone: null, practices: [], systemAdministrator: false },
      ]),
    ).toBe(
      'username,name,email,phone,practices,system_administrator,id,account,status,attempts_left,locked_at,last_verified_at,contact_changed_at,language\n' +
        'maria,Maria Lopez,maria@northside.example,+12015550123,Northside Pediatrics;Northside Cardiology,yes,usr_7,10482,active,7,,2026-01-31T09:00:00.000Z,,es\n' +
        'maria,Maria Lopez,,,,no,usr_7,10482,active,7,,2026-01-31T09:00:00.000Z,,\n',
    );
  });

  test('imports unchanged, whatever its values', async () => {
    const text = fc
      .oneof(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
        fc.string({
          unit: fc.constantFrom("'", '=', '+', '-', '@', '"', ',', '1', 'x', 'ß'),
          minLength: 1,
          maxLength: 6,
        }),
      )
      .map((value) => value.trim())
      .filter((value) => value !== '');
    const practice = text.map((value) => value.replaceAll(';', '').trim()).filter((value) => value !== '');
    const person = fc.record({
      name: text,
      email: fc.option(text),
      phone: fc.option(fc.oneof(text, fc.constantFrom('+12015550123', '+1 201 555 0123'))),
      practices: fc.array(practice, { maxLength: 3 }),
      systemAdministrator: fc.boolean(),
      language: fc.constantFrom(null, 'en', 'es'),
      start: text,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(person, { minLength: 1, maxLength: 6 }), async (people) => {
        const users = people.map(({ start, ...each }, index) => ({
          ...user,
          ...each,
          username: `${start}${index}`,
        }));
        const csv = exported(users);
        expect(await check(csv)).toBe(users.length);
        expect(await rowsOf(csv)).toEqual(
          users.map(({ username, name, email, phone, practices, systemAdministrator, language }) => ({
            username,
            name,
            systemAdministrator,
            ...(email === null ? {} : { email }),
            ...(phone === null ? {} : { phone }),
            ...(practices.length === 0 ? {} : { practices }),
            ...(language === null ? {} : { language }),
          })),
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe('the rejected file', () => {
  const path = () => join(folder, 'roster.rejected.csv');

  test('is named after the file', () => {
    expect(rejectedFileOf('/data/roster.csv')).toBe('/data/roster.rejected.csv');
    expect(rejectedFileOf('staff')).toBe('staff.rejected.csv');
  });

  test('holds line, reason and the cells, for its owner alone, and is there only once it is whole', async () => {
    const rejected = new RejectedFile(file, ['Username', 'name']);
    await rejected.add(3, 'The name is "x", which is wrong.', ['jane', '=1, 2']);
    expect(existsSync(path())).toBe(false);
    await rejected.add(5, 'username is empty.', ['', "'=3"]);
    expect(await rejected.close()).toBe(path());
    expect(readFileSync(path(), 'utf8')).toBe(
      'line,reason,Username,name\n3,"The name is ""x"", which is wrong.",jane,"\'=1, 2"\n5,username is empty.,,\'=3\n',
    );
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['roster.rejected.csv']);
  });

  test('replaces the one of an earlier import, or removes it when every row was taken', async () => {
    writeFileSync(path(), 'old', { mode: 0o644 });
    const second = new RejectedFile(file, ['username']);
    await second.add(2, 'no', ['jane']);
    await second.close();
    expect(readFileSync(path(), 'utf8')).toBe('line,reason,username\n2,no,jane\n');
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(await new RejectedFile(file, ['username']).close()).toBe(null);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('leaves the earlier one and no trace when the import is broken off', async () => {
    writeFileSync(path(), 'old');
    const rejected = new RejectedFile(file, ['username']);
    await rejected.add(2, 'no', ['jane']);
    await rejected.discard();
    expect(readdirSync(folder)).toEqual(['roster.rejected.csv']);
    expect(readFileSync(path(), 'utf8')).toBe('old');
  });

  test('imports again with the same values; what is rejected then has one line and one reason', async () => {
    const lines = await linesOf("username,name,email\njane,'=1,j@x.example\nbob,''=2,\nkim, =3,\n");
    const rejected = new RejectedFile(file, (await checkRosterFile(file)).header);
    for (const { line, cells } of lines) await rejected.add(line, 'no', cells);
    await rejected.close();
    const again = readFileSync(path());
    file = path();
    expect(await check(again)).toBe(3);
    expect((await linesOf(again)).map((line) => line.row)).toEqual(lines.map((line) => line.row));
    const { header } = await checkRosterFile(file);
    const twice = new RejectedFile(file, header);
    await twice.add(2, 'still no', (await linesOf(again))[0]?.cells ?? []);
    expect(readFileSync((await twice.close()) ?? '', 'utf8')).toBe(
      "line,reason,username,name,email\n2,still no,jane,'=1,j@x.example\n",
    );
  });

  test('holds many rows', async () => {
    const rejected = new RejectedFile(file, ['username', 'name']);
    for (let line = 2; line < 10_002; line++) await rejected.add(line, 'no', [`user${line}`, 'ü'.repeat(20)]);
    await rejected.close();
    const rows = parse(readFileSync(path()));
    expect(rows.length).toBe(10_001);
    expect(rows[10_000]).toEqual(['10001', 'no', 'user10001', 'ü'.repeat(20)]);
  });

  test('says so when it cannot be written', async () => {
    mkdirSync(path());
    writeFileSync(join(path(), 'x'), '');
    const rejected = new RejectedFile(file, ['username']);
    await rejected.add(2, 'no', ['jane']);
    const error = await refusal(rejected.close());
    expect(error.code).toBe('file-unwritable');
    expect(error.message).toContain(`${path()} cannot be written: `);
    expect(readdirSync(folder)).toEqual(['roster.rejected.csv']);
  });
});
