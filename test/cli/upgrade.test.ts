// Upgrading without stopping: the program of this release beside one of the next, whose migration only expands the store.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrationNames } from '../../migrations/names.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { type Prepared, quickEnabledNorthside } from '../support/in-process.ts';
import { endOf, kid, type Ran } from '../support/program.ts';

const root = resolve(import.meta.dirname, '../..');
const next = '99.0.0';
const migration = '900-of-the-next-release';

/** A table and a column more: what the release before does not know, and need not. */
const expands = `// What the next release adds.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.schema.alterTable('messages', (table) => table.text('carrier'));
  await knex.schema.createTable('of_the_next_release', (table) => table.text('id').primary());
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable('of_the_next_release');
  await knex.schema.alterTable('messages', (table) => table.dropColumn('carrier'));
}
`;

function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8');
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  writeFileSync(file, text.replace(from, to));
}

/** Builds the program of the next release in a folder. */
function buildNext(folder: string): void {
  for (const name of ['src', 'migrations', 'bin', '.ci', 'package.json', 'tsconfig.json']) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  edit(join(folder, 'package.json'), `"version": "${packageJson.version}"`, `"version": "${next}"`);
  writeFileSync(join(folder, 'migrations', `${migration}.ts`), expands);
  edit(
    join(folder, 'migrations/names.ts'),
    '] as const;',
    `  ['${migration}', '${packageJson.version}'],\n] as const;`,
  );
  const index = join(folder, 'migrations/index.ts');
  edit(
    index,
    'import { migrationNames }',
    `import * as later from './${migration}.ts';\nimport { migrationNames }`,
  );
  edit(index, '\n};\n', `\n  '${migration}': later,\n};\n`);
  const built = spawnSync(process.execPath, ['.ci/build.js'], { cwd: folder, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stderr);
}

let folder: string;
let here: Prepared;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'twofa-next-'));
  buildNext(folder);
  here = await quickEnabledNorthside();
});
afterAll(() => {
  here.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the program of the next release on the same installation. */
async function runNext(args: readonly string[], input = ''): Promise<Ran> {
  const env = await here.environment();
  const child = spawn(process.execPath, [join(folder, 'bin/twofa.js'), ...args, '--json'], { env });
  child.stdin.end(input);
  return endOf(child);
}

async function nextJson(args: readonly string[], exit = 0, input = ''): Promise<Record<string, unknown>> {
  const ran = await runNext(args, input);
  expect(ran, args.join(' ')).toMatchObject({ exit });
  return JSON.parse(ran.stdout);
}

const codeTo = (user: string) => ['code', 'send', user, '--via', 'email', '-a', kid, '-p', 'platform'];
const verify = (user: string) => ['code', 'verify', user, '--ip', '203.0.113.7', '-a', kid, '-p', 'platform'];

describe('before the store is migrated', () => {
  test('the next release stops, says what to run, and changes nothing', async () => {
    const before = await here.store.sql('SELECT max(seq) AS seq FROM audit_events');
    for (const args of [['status', '-a', kid], codeTo('jane'), ['maintain']]) {
      const { exit, stdout, stderr } = await runNext(args);
      expect({ exit, stdout }).toEqual({ exit: 11, stdout: '' });
      expect(JSON.parse(stderr).error).toEqual({
        code: 'store-incompatible',
        message: 'The store was made by an older twofa.',
        hint: 'Bring it up to date with "twofa db migrate".',
        details: { program: next, missing: [migration] },
      });
    }
    expect(await here.store.sql('SELECT max(seq) AS seq FROM audit_events')).toEqual(before);
  });

  test('a dry run says what would be done', async () => {
    const dry = await nextJson(['db', 'migrate', '--dry-run']);
    expect(dry).toMatchObject({ applied: [migration], oldestProgram: packageJson.version, changed: false });
    expect(await here.json(['health'])).toMatchObject({ schema: migrationNames.at(-1) });
  });

  test('another key does not do it', async () => {
    const key = join(here.home, 'key.json');
    const kept = readFileSync(key, 'utf8');
    const ring = JSON.parse(kept);
    ring.keys.k1.secret = Buffer.alloc(32, 7).toString('base64');
    writeFileSync(key, JSON.stringify(ring), { mode: 0o600 });
    expect(JSON.parse((await runNext(['db', 'migrate'])).stderr).error).toMatchObject({
      code: 'key-unavailable',
    });
    writeFileSync(key, kept, { mode: 0o600 });
    expect(await here.json(['health'])).toMatchObject({ schema: migrationNames.at(-1) });
  });
});

describe('once it is migrated', () => {
  test('of ten who start together one does it', async () => {
    const ran = await Promise.all(Array.from({ length: 10 }, () => runNext(['db', 'migrate'])));
    expect(ran.map(({ exit }) => exit)).toEqual(Array(10).fill(0));
    const results = ran.map(({ stdout }) => JSON.parse(stdout) as { applied: string[]; changed: boolean });
    expect(results.filter(({ changed }) => changed).map(({ applied }) => applied)).toEqual([[migration]]);
    expect(results.filter(({ changed }) => !changed).flatMap(({ applied }) => applied)).toEqual([]);
    const [event, ...more] = await here.json<{ details: object }[]>([
      'audit',
      'list',
      '--action',
      'store.migrated',
    ]);
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      actor: 'migrate',
      details: { applied: [migration], program: next, oldestProgram: packageJson.version },
    });
  });

  test('both releases sign users in side by side, on one trail', async () => {
    await here.json(codeTo('jane'));
    expect(await nextJson(verify('jane'), 0, here.lastCode('jane'))).toMatchObject({ result: 'verified' });
    await nextJson(codeTo('david'));
    const input = here.lastCode('david');
    expect(await here.json(verify('david'), 0, { input })).toMatchObject({ result: 'verified' });
    await here.json(['user', 'update', 'sam', '--name', 'Sam W.', '-a', kid, '-p', 'maria']);
    await nextJson(['user', 'update', 'sam', '--name', 'Sam Whitfield', '-a', kid, '-p', 'maria']);
    await here.json(['maintain']);
    expect(await nextJson(['audit', 'verify'])).toMatchObject({ intact: true });
    expect(await here.json(['audit', 'verify'])).toMatchObject({ intact: true });
  });

  test('the release before knows that there is nothing for it to do', async () => {
    expect(await here.json(['db', 'migrate'])).toMatchObject({ applied: [], changed: false });
    const { schema } = await here.json<{ schema: Record<string, unknown> }>(['db', 'status']);
    expect(schema).toMatchObject({ unknown: [migration], oldestProgram: packageJson.version });
  });
});

describe('once a migration takes away what the release before needs', () => {
  test('that release stops and says so; the next one goes on', async () => {
    await here.store.sql('UPDATE installation SET oldest_program = ?', next);
    const expected = {
      code: 'store-incompatible',
      message: `The store needs twofa ${next} or newer; this is ${packageJson.version}.`,
      hint: 'Update twofa on this machine.',
    };
    for (const args of [codeTo('jane'), ['maintain'], ['db', 'migrate']]) {
      expect(await here.error(args, 11)).toMatchObject(expected);
    }
    expect(await here.json(['health'], 11)).toMatchObject({ ok: false, problem: expected });
    expect(await nextJson(codeTo('jane'))).toMatchObject({ result: 'sent' });
  });
});
