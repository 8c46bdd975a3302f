// What is written for people agrees with the program: README, the topics of help, and the shapes of the JSON documents.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OperationName, operations } from '../../src/actions/operations.ts';
import { readConfig } from '../../src/cli/config.ts';
import { keys, variableOf } from '../../src/cli/config-values.ts';
import { readProfiles } from '../../src/cli/profiles.ts';
import { programOf } from '../../src/cli/program.ts';
import type { Run } from '../../src/cli/run.ts';
import { auditDetails } from '../../src/cli/topics/audit-details.ts';
import { exitMeanings } from '../../src/cli/topics/exit-codes.ts';
import { objects, shapes } from '../../src/cli/topics/json.ts';
import { helpTopic, topicNames } from '../../src/cli/topics.ts';
import { errorCodes, exitCodes } from '../../src/errors.ts';
import { grantOf, roles } from '../../src/rules/authority.ts';
import { auditActions } from '../../src/rules/chain.ts';
import { type Prepared, quickEnabledNorthside, runInProcess } from '../support/in-process.ts';
import { kid, otherThan } from '../support/program.ts';

const readme = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8');
const topic = (name: string) => helpTopic(name) ?? '';

const doNothing: Run = () => async () => {};
const program = () => programOf(doNothing, process);

/** The whole source but for some files. */
function sourceBut(files: readonly string[]): string {
  const root = resolve(import.meta.dirname, '../..');
  const entries = ['src', 'migrations'].flatMap((folder) =>
    readdirSync(join(root, folder), { withFileTypes: true, recursive: true }),
  );
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => !files.some((file) => path.endsWith(`/${file}`)));
  return paths.map((path) => readFileSync(path, 'utf8')).join('\n');
}

/** The words of a command line as a shell would split them. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((word) => word[1] ?? word[2] ?? word[3] ?? '');
}

/** The arguments of the twofa commands in README's code blocks. */
function readmeCommands(): string[] {
  const blocks = [...readme.matchAll(/```sh\n(.*?)```/gs)].map((block) => block[1] ?? '');
  return blocks.flatMap((block) =>
    [...block.matchAll(/^(?:.*\| )?twofa (.*)$/gm)].map((line) => line[1] ?? ''),
  );
}

/** The arguments of the twofa commands that topics show on lines of their own; words after two spaces explain. */
function topicCommands(): string[] {
  return topicNames.flatMap((name) =>
    [...topic(name).matchAll(/^ +(?:\d\. )?twofa ((?:\S+ ?)*\S)/gm)].map((line) => line[1] ?? ''),
  );
}

/** The rows of the table below a header in README, as cells. */
function tableBelow(header: string): string[][] {
  const table = readme.slice(readme.indexOf(`| ${header} |`)).split('\n\n')[0] ?? '';
  return table
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** Commands that do something, by their path. */
function commandsOf(command: Command, path: string[] = []): Map<string, Command> {
  const own = command.commands.length === 0 || command.name() === 'lockouts';
  return new Map([
    ...(own ? ([[path.join(' '), command]] as const) : []),
    ...command.commands.flatMap((each) => [...commandsOf(each, [...path, each.name()])]),
  ]);
}

const help = (name: string) => runInProcess(tmpdir(), ['help', ...name.split(' ')]);

describe('a command whose name is the first word', () => {
  test.each(program().commands.map((each) => each.name()))('%s is declared alone as among all', (name) => {
    const alone = programOf(doNothing, process, undefined, name).commands.find(
      (each) => each.name() === name,
    );
    const among = program().commands.find((each) => each.name() === name);
    expect(alone?.helpInformation()).toBe(among?.helpInformation());
    expect(alone?.commands.map((each) => each.helpInformation())).toEqual(
      among?.commands.map((each) => each.helpInformation()),
    );
  });
});

describe('README', () => {
  test('has commands in its code blocks, and topics have some too', () => {
    expect(readmeCommands()).toContain("account create 10482 --name 'Northside Family Health' --country US");
    expect(readmeCommands()).toContain(
      'code verify --ip 203.0.113.7 --request-id 91be44 --json -a 10482 -- jane',
    );
    expect(topicCommands()).toContain('code send --via email --ip IP --request-id ID --json -a KID -- USER');
    expect(topicCommands()).toContain('location forget jane -a 10482');
  });

  test.each([...new Set([...readmeCommands(), ...topicCommands()])])(
    'twofa %s is a command of this program',
    async (line) => {
      await expect(program().parseAsync(wordsOf(line), { from: 'user' })).resolves.toBeDefined();
    },
  );

  test('a command line with an option that does not exist would be found', async () => {
    await expect(program().parseAsync(['login', 'jane', '--ipp', '::1'], { from: 'user' })).rejects.toThrow(
      '--ip',
    );
  });

  test('names every command, with options that it has', () => {
    const commands = commandsOf(program());
    const rows = tableBelow('command | does').map(([cell = '']) => cell.replaceAll('`', ''));
    const pathOf = (row: string) => /^[a-z]+( [a-z]+(-[a-z]+)*)*/.exec(row)?.[0] ?? '';
    expect(rows.map(pathOf).sort()).toEqual([...commands.keys()].sort());
    for (const row of rows) {
      const known = commands.get(pathOf(row))?.options.map((option) => option.long);
      for (const [option] of row.matchAll(/--[a-z-]+/g)) expect(known, row).toContain(option);
    }
  });

  test('has the exit codes', () => {
    const expected = Object.entries(exitCodes).map(([name, exit]) => [
      String(exit),
      exitMeanings[name as keyof typeof exitCodes],
    ]);
    expect(tableBelow('exit | says')).toEqual(expected);
  });

  test('has the keys of the configuration and their variables', () => {
    const rows = tableBelow('key | variable').map((row) => row.map((cell) => /`(.*?)`/.exec(cell)?.[1]));
    expect(rows).toEqual(keys.map((key) => [key, variableOf(key)]));
  });

  test('shows a configuration that can be read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'twofa-test-'));
    try {
      const file = join(folder, 'config.yaml');
      writeFileSync(file, /```yaml\n(.*?)```/s.exec(readme)?.[1] ?? '', { mode: 0o600 });
      const config = await readConfig({ file, env: {} });
      expect(config).toMatchObject({
        database: 'sqlite:/var/lib/twofa/twofa.sqlite',
        domain: 'app.northside.example',
        email: { server: { host: 'mail.northside.example', user: 'mailer' }, tls: 'required' },
        sms: { gateway: 'http' },
      });
      const set = config.settings
        .filter((setting) => setting.source === 'file')
        .map((setting) => setting.key);
      // What cannot stand beside what is there; the topics sms and environment have it.
      const others =
        /Command$|^databaseRead$|^sms\.(http\.(body|contentType|headers|messageId)|twilio\.(apiKey|messagingServiceSid))$/;
      expect(set).toEqual(keys.filter((key) => !others.test(key)));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('asks the questions of the topic faq, and answers each by a command', () => {
    const answers = topic('faq').trimEnd().split('\n\n').slice(1);
    const questions = answers.map((answer) => answer.split('\n')[0]);
    const asked = [...readme.matchAll(/^\*\*([^*\n]+\?)\*\*.*?(?=^\*\*|^`twofa help faq`)/gms)];
    expect(asked.map(([, question]) => question?.toUpperCase())).toEqual(questions);
    expect(questions).toHaveLength(14);
    for (const answer of answers) expect(answer).toContain('\n    twofa ');
    for (const [answer] of asked) expect(answer).toContain('```sh\ntwofa ');
  });
});

describe('the topics of help', () => {
  test('are those that the command and README name', () => {
    const named = commandsOf(program()).get('help')?.description().split('topic: ')[1];
    expect(named?.split(', ')).toEqual(topicNames);
    expect(readme).toContain(topicNames.join(', '));
  });

  test.each(topicNames)('%s prints, in at most 80 columns', async (name) => {
    const { exit, stdout } = await help(name);
    expect(exit).toBe(0);
    expect(stdout.endsWith(topic(name))).toBe(true);
    expect(stdout).toMatch(/\S\n$/);
    expect(stdout.split('\n').filter((line) => [...line].length > 80)).toEqual([]);
    expect(stdout).not.toMatch(/[ \t]$|\t/m);
  });

  test('a name that is a command too prints the help of both', async () => {
    const { stdout } = await help('audit');
    expect(stdout).toMatch(/^Usage: twofa audit/);
    expect(stdout).toContain('\nAUDIT: ');
  });

  test('what is no topic has none, inherited names of objects included', () => {
    expect([helpTopic('exit'), helpTopic(''), helpTopic('toString')]).toEqual([null, null, null]);
  });

  test('exit-codes lists each error code below its exit code, and says when it comes', () => {
    const found: Record<string, number> = {};
    let exit = -1;
    for (const line of topic('exit-codes').split('\n')) {
      exit = Number(/^ {0,3}(\d+) {2}/.exec(line)?.[1] ?? exit);
      const code = /^ {8}([a-z][a-z-]*[a-z]) {2,}\S/.exec(line)?.[1];
      if (code !== undefined) found[code] = exit;
    }
    expect(found).toEqual(errorCodes);
  });

  test('each error code that is published is one that the program answers with', () => {
    const text = sourceBut(['src/errors.ts', 'src/cli/topics/error-meanings.ts']);
    expect(Object.keys(errorCodes).filter((code) => !text.includes(`'${code}'`))).toEqual([]);
  });

  test('each audit action that is published is one that the program records', () => {
    const text = sourceBut([
      'src/rules/chain.ts',
      'src/cli/topics/audit.ts',
      'src/cli/topics/audit-details.ts',
    ]);
    expect(auditActions.filter((action) => !text.includes(`'${action}'`))).toEqual([]);
  });

  test('audit lists every action', () => {
    const listed = [...topic('audit').matchAll(/^ {2}([a-z]+\.[a-z-]+) {2,}\S/gm)].map((line) => line[1]);
    expect(listed).toEqual(auditActions);
    expect(Object.keys(auditDetails).sort()).toEqual([...auditActions].sort());
  });

  test('environment names the variable of every key', () => {
    for (const key of keys)
      expect(topic('environment')).toMatch(new RegExp(`^  ${variableOf(key)}\\n {6}${key}: `, 'm'));
  });
});

/** The rows of the topic roles: the commands of each, and the cell of each role. */
function roleRows(): { commands: string[]; cells: string[] }[] {
  const lines = (topic('roles').split('\n\n')[1] ?? '').split('\n');
  const [header = ''] = lines;
  const starts = [...header.matchAll(/\S+/g)].map((title) => title.index);
  const rows: { label: string; cells: string[] }[] = [];
  for (const line of lines.slice(1)) {
    const label = line.slice(0, starts[0]).trim();
    if (line.length > label.length + 2) {
      rows.push({ label, cells: starts.map((start, index) => line.slice(start, starts[index + 1]).trim()) });
    } else {
      const row = rows.at(-1);
      if (row) row.label += ` ${label}`;
    }
  }
  return rows.map(({ label, cells }) => ({ commands: label.replace('¹', '').split(', '), cells }));
}

describe('the topic roles', () => {
  const words = { yes: 'yes', own: 'own account', masked: 'masked', no: '–' };

  test.each(Object.keys(operations) as OperationName[])(
    'says who may do %s as the matrix has it',
    async (name) => {
      const { permission } = await operations[name]();
      const row = roleRows().find((each) => each.commands.includes(name.replace('.', ' ')));
      expect(row?.cells).toEqual(roles.map((role) => words[grantOf(permission, role)]));
    },
  );

  test('has no command that does not exist', () => {
    const known = [...commandsOf(program()).keys()];
    for (const { commands } of roleRows()) for (const command of commands) expect(known).toContain(command);
  });

  test('has the footnote, in README too', () => {
    const words = topic('roles').replace(/\s+/g, ' ');
    expect(words).toContain(
      '¹ Once 2FA is on, only a System Administrator of the account grants or removes that role.',
    );
    expect(words).toContain(
      'Once 2FA is on, contact data changes only with a token made with "--may contacts".',
    );
    expect(readme).toContain('only with a token made with `--may contacts`');
  });
});

/** What a document must look like: a list of something, or an object with exactly these keys. */
type Shape = { each: Shape } | { keys: Map<string, Shape | null> };

/** Reads `[{…user, changed}]` and the like. */
function shapeOf(text: string): Shape {
  const tokens = text.match(/[[\]{},:]|[^[\]{},:\s]+/g) ?? [];
  const read = (): Shape => {
    if (tokens.shift() === '[') {
      const each = read();
      tokens.shift();
      return { each };
    }
    const found = new Map<string, Shape | null>();
    while (tokens[0] !== '}') {
      if (tokens.length === 0) throw new Error(`This is no shape: ${text}`);
      const name = tokens.shift() ?? '';
      if (name.startsWith('…')) {
        const object = shapeOf(objects[name.slice(1) as keyof typeof objects]);
        if ('keys' in object) for (const [key, shape] of object.keys) found.set(key, shape);
      } else if (tokens[0] === ':') {
        tokens.shift();
        found.set(name, read());
      } else {
        found.set(name, null);
      }
      if (tokens[0] === ',') tokens.shift();
    }
    tokens.shift();
    return { keys: found };
  };
  return read();
}

function expectShape(value: unknown, shape: Shape): void {
  if ('each' in shape) {
    expect(value).toBeInstanceOf(Array);
    for (const each of value as unknown[]) expectShape(each, shape.each);
    return;
  }
  expect(Object.keys(value as object).sort()).toEqual([...shape.keys.keys()].sort());
  for (const [key, inner] of shape.keys) {
    const found = (value as Record<string, unknown>)[key];
    if (inner && found !== null) expectShape(found, inner);
  }
}

interface Recorded {
  action: string;
  /** As it was linked: JSON. */
  details: string;
}

/** Of each event, that its details have nothing but what the topic audit says of its action. */
function expectDetails(events: readonly Recorded[]): void {
  const said = (action: string) => (auditDetails[action] ?? '').split(', ');
  const unsaid = events.flatMap(({ action, details }) =>
    Object.keys(JSON.parse(details)).flatMap((key) =>
      said(action).includes(key) ? [] : `${action}: ${key}`,
    ),
  );
  expect([...new Set(unsaid)]).toEqual([]);
  // Most actions come about by these commands; what the others record is held against nothing here.
  expect(new Set(events.map(({ action }) => action)).size).toBeGreaterThan(auditActions.length / 2);
}

/** How each command is called to see its document; in this order, since some depend on those before. */
const account = ['-a', kid];
const admin = [...account, '-p', 'maria'];
const app = [...account, '-p', 'platform'];
/** An account for which 2FA is not on. */
const lakeside = ['-a', '30101', '-p', 'rosa'];
const calls: [command: string, args: string[], exit?: number][] = [
  ['init', ['init', '--sandbox']],
  ['account create', ['account', 'create', '20967', '--name', 'Southside']],
  ['account show', ['account', 'show', ...account]],
  ['account list', ['account', 'list']],
  ['account export', ['account', 'export', '-a', '20967']],
  ['plan', ['plan', '-f', 'northside.json']],
  ['apply', ['apply', '-f', 'northside.json']],
  ['schema', ['schema']],
  ['practice add', ['practice', 'add', 'Northside Dental', ...account]],
  ['practice list', ['practice', 'list', ...account]],
  [
    'user add',
    [
      'user',
      'add',
      'li',
      '--name',
      'Li',
      '--email',
      'li@northside.example',
      '--phone',
      '+12015550127',
      ...account,
    ],
  ],
  ['user update', ['user', 'update', 'li', '--name', 'Li Wei', ...account]],
  ['user rename', ['user', 'rename', 'li', 'wei', ...account]],
  ['user deactivate', ['user', 'deactivate', 'wei', ...account]],
  ['user show', ['user', 'show', 'jane', ...account]],
  ['user list', ['user', 'list', ...account]],
  ['user export', ['user', 'export', ...account]],
  ['find', ['find', 'jane']],
  ['user import', ['user', 'import', 'roster.csv', ...account]],
  ['checklist', ['checklist', ...account]],
  ['enable', ['enable', '--preview', ...admin]],
  ['announce', ['announce', '--on', '2999-01-31', ...lakeside]],
  ['rollcall start', ['rollcall', 'start', ...lakeside]],
  ['rollcall status', ['rollcall', 'status', ...lakeside]],
  ['rollcall status --summary', ['rollcall', 'status', '--summary', ...lakeside]],
  ['rollcall confirm', ['rollcall', 'confirm', 'rosa', '--via', 'email', ...lakeside], 8],
  ['login', ['login', 'jane', '--ip', '203.0.113.7', ...app], 7],
  ['code send', ['code', 'send', 'jane', '--via', 'email', ...app]],
  ['code verify', ['code', 'verify', 'jane', '--ip', '203.0.113.7', ...app]],
  ['location list', ['location', 'list', 'jane', ...admin]],
  ['location forget', ['location', 'forget', 'jane', ...admin]],
  ['status', ['status', ...admin]],
  ['status USER', ['status', 'jane', ...admin]],
  ['lockouts', ['lockouts', ...admin]],
  ['lockouts show', ['lockouts', 'show', 'sam', ...admin]],
  ['lockouts remind', ['lockouts', 'remind', 'sam', '-a', kid, '-p', 'care']],
  ['notices list', ['notices', 'list', ...admin]],
  ['notices retry', ['notices', 'retry', ...admin]],
  ['maintain', ['maintain', '-p', 'owner']],
  ['health', ['health']],
  ['metrics', ['metrics', '-p', 'owner']],
  ['db status', ['db', 'status', '-p', 'owner']],
  ['db migrate', ['db', 'migrate']],
  ['db prune', ['db', 'prune', '-p', 'owner']],
  ['db grants', ['db', 'grants']],
  ['reactivate', ['reactivate', 'sam', '--reason', 'called back', ...admin]],
  ['recovery renew', ['recovery', 'renew', '--recovery-codes-file', 'codes.txt', ...admin]],
  ['auth challenge', ['auth', 'challenge', '--via', 'email', '-p', 'maria']],
  ['auth verify', ['auth', 'verify', '-p', 'maria']],
  ['audit list', ['audit', 'list', '--limit', '5']],
  ['audit verify', ['audit', 'verify']],
  ['audit checkpoint', ['audit', 'checkpoint']],
  ['audit export', ['audit', 'export']],
  ['db backup', ['db', 'backup', 'backup.sqlite']],
  ['db restore', ['db', 'restore', '--accept', '--reason', 'tried']],
  ['token create', ['token', 'create', '--role', 'customer-care', '--name', 'Night shift']],
  ['token rotate', ['token', 'rotate', 'tok_7']],
  ['token list', ['token', 'list']],
  ['token revoke', ['token', 'revoke', 'tok_7']],
  ['auth login', ['auth', 'login', '-p', 'again']],
  ['auth status', ['auth', 'status', '-p', 'maria']],
  ['auth logout', ['auth', 'logout', '-p', 'again']],
  ['policy', ['policy']],
  ['config show', ['config', 'show']],
  ['config path', ['config', 'path']],
  ['doctor', ['doctor', '-p', 'owner']],
  ['version', ['version']],
  ['db rotate-key', ['db', 'rotate-key', '-p', 'owner']],
  ['db rekey', ['db', 'rekey', '--lost-key', '--reason', 'disk', '--confirm', 'rekey']],
];

/** Has events recorded that the calls above do not bring about. */
async function provokeEvents(installation: Prepared): Promise<void> {
  for (const view of [
    ['account', 'list'],
    ['account', 'show', ...account],
    ['find', 'jane'],
  ]) {
    await installation.json([...view, '-p', 'care']);
  }
  await installation.json(['user', 'show', 'jane', ...account, '-p', 'care']);
  await installation.error(['user', 'show', 'jane', ...app], 4);
  await installation.json(['login', 'sam', '--ip', '203.0.113.9', ...app], 9);
  await installation.error(['code', 'send', 'sam', '--via', 'email', ...app], 9);
}

/** That a list can be had in every format; an export of the trail is for programs, and no table. */
async function expectFormats(installation: Prepared, command: string, args: string[]): Promise<void> {
  for (const format of command === 'audit export' ? ['ndjson'] : ['table', 'ndjson', 'csv']) {
    const { exit, stdout, stderr } = await installation.run([...args, '-o', format]);
    expect({ exit, format, stderr: exit === 0 ? '' : stderr }).toEqual({ exit: 0, format, stderr: '' });
    const [first = ''] = stdout.split('\n');
    if (format === 'ndjson') expect(JSON.parse(first)).toBeTypeOf('object');
    if (format === 'csv') expect(first).toMatch(/^[a-z_]+(,[a-zA-Z_]+)*\r?$/);
  }
}

describe('the topic json', () => {
  let installation: Prepared;

  beforeAll(async () => {
    installation = await quickEnabledNorthside();
    installation.inProcess = true;
    await installation.json(['account', 'create', '30101', '--name', 'Lakeside']);
    const contact = ['--email', 'rosa@lakeside.example', '--phone', '+12015550140', '--system-administrator'];
    await installation.json(['user', 'add', 'rosa', '--name', 'Rosa', ...contact, '-a', '30101']);
    const token = ['token', 'create', '--role', 'system-administrator', '--user', 'rosa', '-a', '30101'];
    await installation.json([...token, '--save', 'rosa']);
    await installation.json(['code', 'send', 'sam', '--via', 'email', ...app]);
    const input = otherThan(installation.lastCode('sam'));
    const verify = ['code', 'verify', 'sam', '--ip', '203.0.113.9', ...app];
    for (let failures = 1; failures <= 7; failures += 1) {
      await installation.json(verify, failures < 7 ? 8 : 9, { input });
    }
    await provokeEvents(installation);
    // A notice that did not go out.
    const database = installation.database();
    database.prepare("UPDATE notices SET status = 'undelivered' WHERE id = 1").run();
    database.close();
  });

  afterAll(() => installation.remove());

  test('has the shape of every command that prints a document', () => {
    const named = shapes.flatMap(([commands]) => commands.split(', '));
    const without = ['audit follow', 'batch', 'serve', 'disable', 'completion', 'tour', 'help'];
    const existing = [...commandsOf(program()).keys()].filter((each) => !without.includes(each));
    const variants = ['status USER', 'rollcall status --summary', 'db copy --undo'];
    // What needs a server of PostgreSQL is compared where there is one, in copy.test.ts.
    const elsewhere = ['db copy', 'db copy --undo'];
    expect(named.filter((each) => !variants.includes(each)).sort()).toEqual(existing.sort());
    const here = named.filter((each) => !elsewhere.includes(each));
    expect(calls.map(([command]) => command).sort()).toEqual(here.sort());
  });

  test.each(calls)('%s prints what it says', async (command, args, exit = 0) => {
    const { home } = installation;
    const inputs: Record<string, () => string> = {
      'code verify': () => installation.lastCode('jane'),
      'auth verify': () => installation.lastCode('maria'),
      'rollcall confirm': () => 'wrong words',
      'auth login': () => readProfiles(join(home, 'profiles.json')).profiles.care?.token ?? '',
    };
    const roster = join(home, 'roster.csv');
    writeFileSync(roster, 'username,name\njane,Jane Doe\n');
    const provisioning = join(home, 'northside.json');
    writeFileSync(
      provisioning,
      JSON.stringify({ account: { kid }, users: [{ username: 'jane', name: 'J. Doe' }] }),
    );
    const files: Record<string, string> = {
      'northside.json': provisioning,
      'roster.csv': roster,
      'codes.txt': join(home, 'codes.txt'),
      'backup.sqlite': join(home, 'backup.sqlite'),
    };
    const given = args.map((word) => files[word] ?? word);
    const input = inputs[command]?.() ?? '';
    if (command === 'db rekey') rmSync(join(home, 'key.json'));
    const document = await installation.json<unknown>(given, exit, { input });
    const [, shape = ''] = shapes.find(([commands]) => commands.split(', ').includes(command)) ?? [];
    expectShape(document, shapeOf(shape));
    if (Array.isArray(document)) {
      expect(document.length).toBeGreaterThan(0);
      await expectFormats(installation, command, given);
    }
    if (command === 'audit export') expectDetails(document as Recorded[]);
  });
});
