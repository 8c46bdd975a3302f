// File systems without hard links, such as exFAT and some network mounts: files appear whole all the same, and replace none.
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Prepared } from '../support/in-process.ts';
import { linkRefused, type WithoutLinks, withoutLinks } from '../support/without-links.ts';

let here: Prepared;

beforeEach(async () => {
  here = new Prepared();
  await here.prepare(async (json) => {
    await json(['init', '--sandbox']);
    await json(['db', 'backup', inHome('backup.sqlite')]);
  });
});
afterEach(() => here.remove());

const inHome = (name: string) => join(here.home, name);
const drafts = () => readdirSync(here.home).filter((name) => /\.(new|first|restoring)$/.test(name));

/** Runs a command there, which tries to link. */
async function run(args: readonly string[], system: WithoutLinks = { code: 'EPERM' }) {
  const ran = await here.run([...args, '--json'], { env: withoutLinks(system) });
  expect(ran.stderr).toContain(linkRefused);
  expect(drafts()).toEqual([]);
  return ran;
}

async function done<T>(...[args, system]: Parameters<typeof run>): Promise<T> {
  const { exit, stdout, stderr } = await run(args, system);
  expect(stderr.replaceAll(`${linkRefused}\n`, ''), args.join(' ')).not.toContain('"error"');
  expect(exit).toBe(0);
  return JSON.parse(stdout) as T;
}

describe('a new file', () => {
  test.each(['EPERM', 'ENOTSUP', 'EISDIR'])('is written where a link ends with %s', async (code) => {
    const file = inHome('checkpoint.json');
    const made = await done(['audit', 'checkpoint', '--file', file], { code });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(made);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['a checkpoint', ['audit', 'checkpoint', '--file']],
    ['a backup', ['db', 'backup']],
  ])('never takes the place of another: %s', async (_, args) => {
    const file = inHome('file');
    const { exit, stderr } = await run([...args, file], { code: 'EPERM', overtaken: true });
    expect(exit).toBe(2);
    expect(JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error).toMatchObject({
      code: 'file-unwritable',
      message: `${JSON.stringify(file)} cannot be written: it exists.`,
    });
    expect(readFileSync(file, 'utf8')).toBe('of another');
  });

  test('is not written where a link fails for another reason, which is said', async () => {
    const { exit, stderr } = await run(['audit', 'checkpoint', '--file', inHome('file')], { code: 'EIO' });
    expect(exit).toBe(2);
    expect(stderr).toContain('EIO');
    expect(readdirSync(here.home)).not.toContain('file');
  });
});

test('key and store of a new installation are made', async () => {
  await here.remove();
  here = new Prepared();
  await done(['init', '--sandbox']);
  expect(await here.json(['audit', 'verify'])).toMatchObject({ intact: true });
});

describe('a backup', () => {
  const restore = () =>
    done<{ restored: { keptAt: string | null } }>([
      ...['db', 'restore', inHome('backup.sqlite'), '--confirm', 'restore'],
    ]);

  test('is whole', async () => {
    await done(['db', 'backup', inHome('another.sqlite')]);
    copyFileSync(inHome('another.sqlite'), inHome('backup.sqlite'));
    await here.json(['db', 'restore', inHome('backup.sqlite'), '--confirm', 'restore']);
  });

  test('takes the place of a store, which is kept whole', async () => {
    const { restored } = await restore();
    copyFileSync(restored.keptAt ?? '', inHome('backup.sqlite'));
    const again = await restore();
    expect(again.restored.keptAt).not.toBe(restored.keptAt);
  });

  test('takes the place of what is no store any more, which is kept as it is', async () => {
    for (const end of ['-wal', '-shm']) rmSync(inHome(`twofa.sqlite${end}`), { force: true });
    writeFileSync(inHome('twofa.sqlite'), 'of a broken disk');
    const { restored } = await restore();
    expect(readFileSync(restored.keptAt ?? '', 'utf8')).toBe('of a broken disk');
    expect(await here.json(['db', 'status'])).toMatchObject({ restoredAt: expect.any(String) });
  });

  test('takes a place where no store is', async () => {
    for (const end of ['', '-wal', '-shm']) rmSync(inHome(`twofa.sqlite${end}`), { force: true });
    expect((await restore()).restored.keptAt).toBeNull();
    expect(await here.json(['db', 'status'])).toMatchObject({ restoredAt: expect.any(String) });
  });
});
