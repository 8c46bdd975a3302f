// plan, apply, schema and account export: files by the built program, and where in a file something is wrong.
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { safeParse } from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { provisioningDocument, provisioningSchema } from '../../src/actions/provisioning-file.ts';
import { helpTopic } from '../../src/cli/topics.ts';
import type { PlannedChange } from '../../src/rules/planned-change.ts';
import { type Prepared, quickNorthside } from '../support/in-process.ts';
import { kid } from '../support/program.ts';
import { hasTerminal, onTerminal, readable } from '../support/terminal.ts';
import { exactly, fieldsOf } from './fields.ts';

let here: Prepared;

beforeAll(async () => {
  here = await quickNorthside();
});
afterAll(() => here.remove());

interface Result {
  changes: PlannedChange[];
  changed: boolean;
}

const ci = ['-p', 'ci'];
const path = (name: string) => join(here.home, name);

/** Writes a file into the installation's home. @returns its name. */
function file(content: string | Buffer, name = 'file.yaml'): string {
  writeFileSync(path(name), content);
  return name;
}

function head(more = ''): string {
  return `account: { kid: "${kid}"${more} }\n`;
}

const brief = ({ changes }: Result) => changes.map(({ action, kind, name }) => `${action} ${kind} ${name}`);

describe('plan and apply', () => {
  const users = `${head()}practices: [Oncology]
users:
  - { username: jane, phone: (201) 555-0177, practices: [Northside Pediatrics, oncology] }
  - { username: rosa, name: Rosa Diaz, email: rosa@northside.example, phone: "+12015550140" }
`;

  it('plan shows the difference and changes nothing; --detailed-exitcode says that there is one', async () => {
    const name = file(users);
    const { exit, stdout, stderr } = await here.run(['plan', '-f', name, ...ci]);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toBe(
      [
        `Account ${kid}`,
        '  + practice Oncology',
        '  ~ user jane',
        '      phone: +12015550124 → +12015550177',
        '      practices: Northside Cardiology; Northside Pediatrics → Northside Pediatrics; Oncology',
        '  + user rosa  name Rosa Diaz, email rosa@northside.example, phone +12015550140',
        'Plan: 2 to create, 1 to update.',
        '',
      ].join('\n'),
    );
    const document = await here.json<Result>(['plan', '-f', name, '--detailed-exitcode', ...ci], 3);
    expect(fieldsOf(document)).toEqual(exactly(['changes', 'changed']));
    expect(document.changed).toBe(false);
    for (const change of document.changes)
      expect(fieldsOf(change)).toEqual(exactly(['account', 'action', 'kind', 'name', 'fields']));
    expect(brief(document)).toEqual(['create practice Oncology', 'update user jane', 'create user rosa']);
  });

  it('apply does it, a second apply changes nothing and says so, and plan exits 0', async () => {
    const name = file(users);
    const applied = await here.run(['apply', '-f', name, ...ci]);
    expect(applied).toMatchObject({ exit: 0, stderr: '' });
    expect(applied.stdout).toMatch(/✓ Applied: 2 created, 1 updated\.\n$/);
    expect(await here.run(['apply', '-f', name, ...ci])).toEqual({
      ...{ exit: 0, stderr: '' },
      stdout: '· Nothing to change: all is as the file says.\n',
    });
    expect(await here.json(['plan', '-f', name, '--detailed-exitcode', ...ci])).toEqual({
      ...{ changes: [], changed: false },
    });
  });

  it('reads standard input, JSON, a byte order mark and CRLF', async () => {
    const json = JSON.stringify(
      { account: { kid }, users: [{ username: 'rosa', name: 'Rosa' }] },
      null,
      '\t',
    );
    const fromInput = await here.json<Result>(['apply', '-f', '-', ...ci], 0, { input: json });
    expect(brief(fromInput)).toEqual(['update user rosa']);
    const windows = `\ufeff${head()}users:\r\n  - { username: rosa, name: Rosa Diaz }\r\n`;
    expect(brief(await here.json<Result>(['apply', '-f', file(windows), ...ci]))).toEqual([
      'update user rosa',
    ]);
  });

  it('an inactive user is left for a System Administrator, and nothing is pending by that', async () => {
    await here.json(['user', 'deactivate', 'rosa', '-a', kid]);
    const name = file(`${head()}users: [{ username: rosa }]\n`);
    const result = await here.json<Result>(['plan', '-f', name, '--detailed-exitcode', ...ci]);
    expect(brief(result)).toEqual(['needs-administrator user rosa']);
    const { stdout } = await here.run(['apply', '-f', name, ...ci]);
    expect(stdout).toContain(`twofa reactivate rosa --deactivated -a ${kid}`);
    expect(stdout).toContain('Nothing to change');
  });

  it('each document is all or nothing: those before one that fails stay done, and are named', async () => {
    const documents = [
      'account: { kid: "30101", name: Lakeside }\n',
      `${head()}users:\n  - { username: sam, name: Sam W. }\n  - { username: nobody }\n`,
      'account: { kid: "30102", name: Hillside }\n',
    ];
    const name = file(documents.join('---\n'));
    const error = await here.error(['apply', '-f', name, ...ci], 2);
    expect(error.message).toBe(`${name}:6:5: nobody is a new user, who needs a name.`);
    expect(error.details).toMatchObject({
      problems: [{ line: 6, column: 5, path: 'users[1]', text: '  - { username: nobody }' }],
      applied: { accounts: ['30101'], changed: true, changes: [{ action: 'create', name: '30101' }] },
    });
    expect(await here.json(['user', 'show', 'sam', '-a', kid])).toMatchObject({ name: 'Sam Whitfield' });
    expect(await here.json(['account', 'show', '-a', '30101'])).toMatchObject({ name: 'Lakeside' });
    await here.error(['account', 'show', '-a', '30102'], 5);
    const { stdout, stderr } = await here.run(['apply', '-f', name, ...ci]);
    expect(stdout).toBe('');
    expect(stderr).toContain('Before that, these documents were applied and stay so: 30101.\n');
  });

  it('a file names its accounts: another one in --account is refused, TWOFA_ACCOUNT does not matter', async () => {
    const name = file(head());
    const error = await here.error(['apply', '-f', name, '-a', '20967', ...ci], 2);
    expect(error.message).toContain(`${name}:1:17: the document is of account ${kid}`);
    await here.json(['plan', '-f', name, ...ci], 0, { env: { TWOFA_ACCOUNT: '20967' } });
  });

  it.each([
    ['nothing to apply', ['apply'], 'missing-option'],
    ['no file to plan', ['plan'], 'missing-option'],
    ['a limit without --prune', ['apply', '-f', 'file.yaml', '--prune-limit', '3'], 'usage'],
    [
      'a limit that is no number',
      ['plan', '-f', 'file.yaml', '--prune', '--prune-limit', 'x'],
      'invalid-input',
    ],
    ['a plan and a file', ['apply', 'p.json', '-f', 'file.yaml'], 'usage'],
    ['a file that is not there', ['apply', '-f', 'nowhere.yaml'], 'file-unreadable'],
    ['a file in place of a plan', ['apply', 'file.yaml'], 'file-malformed'],
    ['a plan that is not there', ['apply', 'nowhere.json'], 'file-unreadable'],
  ])('%s is exit 2', async (_, args, code) => {
    file(head());
    expect((await here.error([...args, ...ci], 2)).code).toBe(code);
  });
});

describe('a plan in a file', () => {
  const renamed = (name: string) => `${head()}users: [{ username: david, name: ${name} }]\n`;
  const out = ['plan', '-f', 'file.yaml', '--out'];

  it('is private, carried out exactly, and worthless afterwards', async () => {
    file(renamed('Dave'));
    const { stderr } = await here.run([...out, 'p1.json', ...ci]);
    expect(stderr).toBe('The plan is in p1.json. Carry it out with: twofa apply p1.json\n');
    expect(statSync(path('p1.json')).mode & 0o777).toBe(0o600);
    file(renamed('Somebody else'));
    expect(brief(await here.json<Result>(['apply', 'p1.json', ...ci]))).toEqual(['update user david']);
    expect(await here.json(['user', 'show', 'david', '-a', kid])).toMatchObject({ name: 'Dave' });
    expect((await here.error(['apply', 'p1.json', ...ci], 6)).code).toBe('plan-changed');
    expect((await here.error([...out, 'p1.json', ...ci], 2)).code).toBe('file-unwritable');
  });

  it('is refused once the store has moved, when it was changed, and for another operator', async () => {
    file(renamed('David O.'));
    await here.run([...out, 'p2.json', ...ci]);
    expect((await here.error(['apply', 'p2.json', '-p', 'owner'], 6)).code).toBe('plan-changed');
    file(readFileSync(path('p2.json'), 'utf8').replace('David O.', 'Mallory'), 'p3.json');
    expect((await here.error(['apply', 'p3.json', ...ci], 6)).message).toContain('was changed since');
    await here.json(['user', 'update', 'sam', '--phone', '+12015550189', '-a', kid]);
    expect((await here.error(['apply', 'p2.json', ...ci], 6)).message).toContain('contacts changed');
    expect(await here.json(['user', 'show', 'david', '-a', kid])).toMatchObject({ name: 'Dave' });
  });
});

describe('prune', () => {
  const others = ['maria', 'nina', 'jane', 'david'].map((username) => `  - { username: ${username} }\n`);

  it('leaves users alone unless asked, refuses without a limit, and deactivates with one', async () => {
    const name = file(`${head()}users:\n${others.join('')}`);
    expect(await here.json(['apply', '-f', name, ...ci])).toMatchObject({ changes: [] });
    const error = await here.error(['apply', '-f', name, '--prune', ...ci], 6);
    expect(error).toMatchObject({
      code: 'prune-limit',
      message: `--prune would deactivate 1 of the 5 active users of account ${kid}, more than 5 users or 5 %. Nothing was changed.`,
      hint: 'If the file is meant to leave them out, say so: --prune-limit 1',
    });
    const pruned = ['apply', '-f', name, '--prune', '--prune-limit', '1'];
    expect(brief(await here.json<Result>([...pruned, ...ci]))).toEqual(['deactivate user sam']);
    expect(await here.json(['user', 'show', 'sam', '-a', kid])).toMatchObject({ status: 'inactive' });
  });

  it.skipIf(!hasTerminal)(
    'shows on a terminal whom it deactivates, and asks; no is the default',
    async () => {
      const name = file(`${head()}users:\n${others.slice(0, 3).join('')}`);
      const args = ['apply', '-f', name, '--prune', '--prune-limit', '1', ...ci];
      const question = /Apply this: 1 to deactivate\?/;
      const no = await onTerminal(here.home, args, { typing: [{ when: question, type: '\r' }] });
      expect(no.exit).toBe(130);
      expect(readable(no.screen)).toContain('- user david is deactivated');
      expect(await here.json(['user', 'show', 'david', '-a', kid])).toMatchObject({ status: 'active' });
      const yes = await onTerminal(here.home, args, { typing: [{ when: question, type: 'y\r' }] });
      expect(yes.exit).toBe(0);
      expect(await here.json(['user', 'show', 'david', '-a', kid])).toMatchObject({ status: 'inactive' });
    },
  );
});

describe('wanted', () => {
  it('mails the administrators the command, and the account is listed as awaiting', async () => {
    const name = file(head(', twoFactor: { wanted: true }'));
    await here.json(['apply', '-f', name, ...ci]);
    await here.json(['apply', '-f', name, ...ci]);
    const mailed = here.outbox().filter(({ text }) => text.includes(`twofa enable -a ${kid}`));
    expect(mailed.map(({ user }) => user).sort()).toEqual(['maria', 'nina']);
    expect(await here.json(['account', 'list', '--awaiting'])).toMatchObject([{ kid }]);
    expect((await here.run(['account', 'list', '--awaiting'])).stdout).toContain('awaits its administrator');
    expect((await here.run(['account', 'show', '-a', kid])).stdout).toContain('awaits its administrator');
  });
});

describe('what is wrong in a file is shown at its line and column', () => {
  const many: [what: string, source: string, at: string, says: string][] = [
    ['a KID without quotes', 'account: { kid: 10482 }\n', '1:17', 'account.kid 10482 is read as a number'],
    ['one that begins with 0', 'account:\n  kid: 010\n', '2:8', 'account.kid 010 is read as a number'],
    [
      'a phone without quotes',
      `${head()}users:\n  - { username: jane, phone: +12015550123 }\n`,
      '3:30',
      'users[0].phone +12015550123 is read as a number: put it in quotes',
    ],
    [
      'a name that reads as true',
      `${head()}users:\n  - username: jane\n    name: true\n`,
      '4:11',
      'users[0].name true is read as true: put it in quotes',
    ],
    [
      'a role in quotes',
      `${head()}users:\n  - { username: jane, systemAdministrator: "yes" }\n`,
      '3:44',
      'users[0].systemAdministrator "yes" must be true or false, without quotes',
    ],
    [
      'an address without a value',
      `${head()}users:\n  - username: jane\n    email:\n`,
      '4:5',
      'users[0].email has no value: leave it out to leave it alone, or write "" to clear it',
    ],
    [
      'a key that is mistyped',
      `${head()}users:\n  - { username: jane, emial: x }\n`,
      '3:23',
      'users[0].emial is no key here; did you mean email?',
    ],
    [
      'a lock',
      `${head()}users:\n  - { username: jane, attemptsLeft: 7 }\n`,
      '3:23',
      'users[0].attemptsLeft is no key here: a file never carries locks',
    ],
    ['a missing account', 'users: []\n', '1:1', 'account is missing'],
    ['a missing username', `${head()}users:\n  - { name: X }\n`, '3:5', 'users[0].username is missing'],
    [
      'the same user twice',
      `${head()}users:\n  - { username: jane }\n  - { username: JANE }\n`,
      '4:17',
      'users[1].username JANE is in line 3 already',
    ],
    ['the same account twice', `${head()}---\n${head()}`, '3:17', `in this file already, in line 1`],
    ['the same key twice', `${head()}${head()}`, '2:1', 'account stands in this mapping twice'],
    ['a tab', 'account:\n\tkid: "1"\n', '2:1', 'Tabs are not allowed as indentation'],
    ['an open quote', 'account: { kid: "1 }\n', '2:1', 'Missing closing'],
    ['a list', '- a\n', '1:1', 'a document is keys and values'],
    ['a word', 'hello\n', '1:1', 'must be keys and values'],
    ['an unknown tag', 'account: !secret x\n', '1:10', 'Unresolved tag'],
    ['an alias of nothing', 'account: *nothing\n', '1:1', 'Unresolved alias'],
    [
      'consent to another account',
      'account:\n  kid: "1"\n  twoFactor: { wanted: true, confirm: "2" }\n',
      '3:39',
      'account.twoFactor.confirm "2" is not the KID of the account',
    ],
    [
      'consent without wanted',
      head(`, twoFactor: { confirm: "${kid}" }`),
      '1:48',
      'stands only beside wanted: true',
    ],
    ['a country', head(', country: us'), '1:35', 'account.country us must be a country by ISO 3166-1'],
    ['no such country', head(', country: ZZ'), '1:35', 'country "ZZ" is no country with telephone numbers'],
    [
      'an invisible character',
      `${head()}users:\n  - { username: "jane\\u202e" }\n`,
      '3:17',
      'contains an invisible or direction-changing character',
    ],
    [
      'a practice that there is not',
      `${head()}users:\n  - { username: jane, practices: [Northside Pediatric] }\n`,
      '3:35',
      'has no practice "Northside Pediatric"',
    ],
    [
      'a user behind an alias',
      `${head()}users:\n  - &one { username: jane, phone: 1 }\n`,
      '3:35',
      'users[0].phone 1 is read as a number',
    ],
  ];

  it.each(many)('%s', async (_, source, at, says) => {
    const name = file(source);
    for (const command of ['plan', 'apply']) {
      const { exit, stdout, stderr } = await here.run([command, '-f', name, ...ci]);
      expect([2, 5]).toContain(exit);
      expect(stdout).toBe('');
      expect(stderr).toContain(`twofa: ${name}:${at}: `);
      expect(stderr).toContain(says);
    }
    const line = Number(at.split(':')[0]);
    const error = await here.run(['plan', '-f', name, '--json', ...ci]);
    const { details } = JSON.parse(error.stderr).error;
    const where = details.problems?.[0] ?? details;
    expect(where).toMatchObject({ line, column: Number(at.split(':')[1]) });
    expect(where.text).toBe(source.split('\n')[line - 1]);
  });

  it('marks the text that is meant, and names all that is wrong', async () => {
    const name = file(`${head()}users:\n  - { username: jane, phone: +12015550123, nmae: Jane }\n`);
    const { stderr } = await here.run(['plan', '-f', name, ...ci]);
    expect(stderr).toBe(
      [
        `${name}:3:30: users[0].phone +12015550123 is read as a number: put it in quotes`,
        '  3 |   - { username: jane, phone: +12015550123, nmae: Jane }',
        '    |                              ^^^^^^^^^^^^',
        `${name}:3:44: users[0].nmae is no key here; did you mean name?`,
        '  3 |   - { username: jane, phone: +12015550123, nmae: Jane }',
        '    |                                            ^^^^',
        `twofa: ${name}:3:30: users[0].phone +12015550123 is read as a number: put it in quotes. And 1 more in this file.`,
        '',
      ].join('\n'),
    );
  });

  it.each([
    ['nothing', '', 'has no document'],
    ['a comment alone', '# later\n---\n', 'has no document'],
    ['UTF-16', Buffer.from('\ufeffaccount', 'utf16le'), 'is UTF-16'],
    ['Latin-1', Buffer.from(`account: { kid: "1" }\npractices: [Caf\xe9]\n`, 'latin1'), 'line 2 is no UTF-8'],
    ['more than a file may hold', Buffer.alloc(33 * 1024 * 1024, '#'), 'longer than 32 MiB'],
  ])('%s is refused as a whole', async (_, content, says) => {
    const error = await here.error(['plan', '-f', file(content), ...ci], 2);
    expect(error.code).toBe('file-malformed');
    expect(error.message).toContain(says);
  });

  it('aliases cannot make a little file a huge one', async () => {
    const levels = Array.from({ length: 12 }, (_, n) => `  a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(9)}]\n`);
    const bomb = `account:\n  a0: &a0 [x]\n${levels.join('')}`;
    const error = await here.error(['plan', '-f', file(bomb), ...ci], 2);
    expect(error.message).toContain('Excessive alias count');
  });

  it('what a file says is shown without anything that moves a cursor', async () => {
    const name = file(`${head()}users:\n  - { username: jane, phone: "\x1b[2J\u202e", zz: 1 }\n`);
    const { stderr } = await here.run(['plan', '-f', name, ...ci]);
    expect(stderr).not.toMatch(/[\x1b\u202e]/);
    expect(stderr).toContain('\\u{202e}');
  });
});

describe('schema', () => {
  const northside = {
    account: { kid: '1', name: 'N', country: 'US', twoFactor: { wanted: true, confirm: '1' } },
    practices: ['P'],
    users: [{ username: 'jane', name: 'Jane', email: '', phone: '+1', language: 'es', practices: [] }],
  };

  it('is printed without a token, the same that is in the package, and takes what the help shows', async () => {
    const bare = await here.run(['schema'], { env: { TWOFA_HOME: path('nowhere') } });
    expect(bare).toMatchObject({ exit: 0, stderr: '' });
    const shipped = join(import.meta.dirname, '../../dist/provisioning.schema.json');
    expect(bare.stdout).toBe(readFileSync(shipped, 'utf8'));
    expect(JSON.parse(bare.stdout)).toEqual(await here.json(['schema']));
    const valid = new Ajv({ strict: true }).compile(JSON.parse(bare.stdout));
    expect(valid(northside), JSON.stringify(valid.errors)).toBe(true);
    const shown = /^ {2}account:[\s\S]*?(?=\n\n)/m.exec(helpTopic('provisioning') ?? '')?.[0] ?? '';
    expect(valid(parse(shown)), JSON.stringify(valid.errors)).toBe(true);
  });

  it('refuses nothing that plan takes', async () => {
    const valid = new Ajv({ strict: true }).compile(await provisioningSchema());
    const text = fc.oneof(
      fc.string({ maxLength: 5 }),
      fc.constantFrom('jane', '', 'US', 'es', '10482'),
      fc.integer(),
    );
    const user = fc.record(
      {
        ...{ username: text, name: text, email: text, phone: text, language: text, status: text },
        ...{ practices: fc.array(text, { maxLength: 3 }), systemAdministrator: fc.oneof(fc.boolean(), text) },
      },
      { requiredKeys: ['username'] },
    );
    const document = fc.record(
      {
        account: fc.record(
          {
            ...{ kid: fc.constantFrom('10482', '', '-1', 5), name: text, country: text },
            twoFactor: fc.record(
              { wanted: fc.boolean(), confirm: fc.constant('10482') },
              { requiredKeys: [] },
            ),
          },
          { requiredKeys: ['kid'] },
        ),
        practices: fc.array(text, { maxLength: 3 }),
        users: fc.array(user, { maxLength: 3 }),
      },
      { requiredKeys: ['account'] },
    );
    fc.assert(
      fc.property(document, (given) => {
        if (safeParse(provisioningDocument, given).success) expect(valid(given)).toBe(true);
      }),
      { numRuns: 2000 },
    );
    for (const wrong of [{}, { ...northside, more: 1 }, { account: { kid: 1 } }, { account: { kid: '-' } }])
      expect(valid(wrong)).toBe(false);
  });
});

describe('account export', () => {
  it.each([
    ['YAML', []],
    ['JSON', ['--json']],
    ['NDJSON', ['-o', 'ndjson']],
  ])('%s is taken back unchanged', async (_, format) => {
    const exported = await here.run(['account', 'export', '-a', kid, ...format]);
    expect(exported.exit).toBe(0);
    const applied = await here.json(['apply', '-f', '-', ...ci], 0, { input: exported.stdout });
    expect(applied).toEqual({ changes: [], changed: false });
    expect(exported.stderr).toMatch(/^\d inactive users are left out/);
    expect(exported.stdout).not.toMatch(/attempts|locked|status/);
  });

  it('holds whatever names there are, and shows a terminal nothing that moves its cursor', async () => {
    const rosa = ['user', 'add', 'null', '--name', '\u202eロサ #1: "x"', '--email', 'é', '-a', '30101'];
    await here.json([...rosa, '-p', 'ci']);
    const { stdout } = await here.run(['account', 'export', '-a', '30101']);
    expect(stdout).not.toContain('\u202e');
    expect(stdout).toContain('\\u202e');
    expect(await here.json(['apply', '-f', '-', ...ci], 0, { input: stdout })).toMatchObject({ changes: [] });
    const copy = stdout.replace('"30101"', '"30103"');
    await here.json(['apply', '-f', '-', ...ci], 0, { input: copy });
    const [user] = await here.json<{ name: string; email: string }[]>(['user', 'list', '-a', '30103']);
    expect(user).toMatchObject({ username: 'null', name: '\u202eロサ #1: "x"', email: 'é', phone: null });
  });

  it('is no CSV, and not for those who see contact data masked', async () => {
    expect((await here.error(['account', 'export', '-o', 'csv', '-a', kid], 2)).code).toBe('usage');
    expect((await here.error(['account', 'export', '-a', kid, '-p', 'care'], 4)).code).toBe('not-permitted');
  });

  it('goes into a file that others may read, which apply takes', async () => {
    const { stdout } = await here.run(['account', 'export', '-a', kid]);
    file(stdout, 'export.yaml');
    chmodSync(path('export.yaml'), 0o644);
    expect(await here.json(['apply', '-f', 'export.yaml', ...ci])).toMatchObject({ changed: false });
  });
});
