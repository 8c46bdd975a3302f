// Who may do what from the command line: every command for every role, other accounts, and no token at all.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Prepared } from '../support/in-process.ts';
import { kid } from '../support/program.ts';
import {
  argsOf,
  callable,
  commandTree,
  everyCommand,
  everySituation,
  ip,
  missingKid,
  otherKid,
  profileOf,
  type Role,
  roles,
  type Situation,
} from './every-command.ts';

let situation: Situation;

beforeAll(async () => {
  situation = await everySituation();
});
afterAll(() => situation.here.remove());

test('this table has every command', () => {
  expect(Object.keys(everyCommand).sort()).toEqual([...callable(commandTree()).keys()].sort());
});

const cells = Object.entries(everyCommand).flatMap(([path, { grants, exit, about }]) =>
  roles.map((role, column) => ({
    path,
    role,
    grant: grants?.split(' ')[column] ?? 'no token',
    exit: exit ?? 0,
    about,
  })),
);

/** What is run for a cell, on an account where the command is about one. */
function run(path: string, profile: string, account: string | undefined) {
  const named = everyCommand[path]?.about && account !== undefined ? ['-a', account] : [];
  const args = [...argsOf(path, situation), ...named, '-p', profile, '--json'];
  const input = everyCommand[path]?.input?.(situation) ?? '';
  return situation.here.run(args, { input });
}

describe('refused: exit 4, nothing on stdout', () => {
  test.each(cells.filter((cell) => cell.grant === 'no'))('$path to $role', async ({ path, role }) => {
    const { exit, stdout, stderr } = await run(path, profileOf[role], kid);
    expect({ exit, stdout }).toEqual({ exit: 4, stdout: '' });
    expect(JSON.parse(stderr).error).toMatchObject({ code: 'not-permitted' });
  });
});

describe('granted', () => {
  const granted = cells.filter((cell) => !['no', 'no token'].includes(cell.grant));

  test.each(granted)('$path to $role: exit $exit', async ({ path, role, grant, exit }) => {
    const ran = await run(path, profileOf[role], kid);
    expect(ran).toMatchObject({ exit });
    const refused = everyCommand[path]?.refused;
    if (refused !== undefined) return expect(JSON.parse(ran.stderr).error.code).toBe(refused);
    // What follows the trail prints a document a line, as it comes.
    for (const text of path === 'audit follow' ? ran.stdout.split('\n').filter(Boolean) : [ran.stdout])
      JSON.parse(text);
    if (grant !== 'masked') return;
    expect(ran.stdout).not.toMatch(/jane@|maria@|\+1201555/);
  });
});

describe("another account's data is answered as what does not exist: exit 5", () => {
  async function same(path: string, profile: string): Promise<void> {
    const other = await run(path, profile, otherKid);
    const missing = await run(path, profile, missingKid);
    expect(other).toMatchObject({ exit: 5, stdout: '' });
    expect(other.stderr.replaceAll(otherKid, 'KID')).toBe(missing.stderr.replaceAll(missingKid, 'KID'));
    expect(missing).toMatchObject({ exit: 5, stdout: '' });
  }

  test.each(cells.filter((cell) => cell.grant === 'own' && cell.about !== undefined))(
    "$path to an account's $role",
    async ({ path, role }) => {
      await same(path, profileOf[role]);
    },
  );

  const narrowed: [Role, string][] = [
    ['application', 'login'],
    ['application', 'code send'],
    ['application', 'code verify'],
    ['application', 'location forget'],
    ['provisioner', 'user add'],
    ['provisioner', 'user show'],
    ['customer-care', 'status'],
    ['customer-care', 'find'],
  ];
  test.each(narrowed)('to a %s narrowed to one: %s', async (role, path) => {
    const app = role === 'application' ? ['--app', 'platform'] : [];
    const profile = `narrowed-${role}`;
    await situation.here.prepare(async (json) => {
      await json(['token', 'create', '--role', role, ...app, '-a', kid, '--save', profile]);
    });
    await same(path, profile);
  });
});

describe('without a token', () => {
  let bare: Prepared;
  beforeAll(async () => {
    bare = await new Prepared().prepare(async (json) => {
      await json(['init']);
      await json(['auth', 'logout']);
    });
  });
  afterAll(() => bare.remove());

  const needsToken = Object.entries(everyCommand).filter(([, each]) => each.grants !== null);
  test.each(needsToken.map(([path]) => path))('%s is exit 4', async (path) => {
    const args = [
      ...argsOf(path, situation),
      ...(everyCommand[path]?.about ? ['-a', kid] : []),
      '--app',
      'pm',
    ];
    const known = ['login', 'code send', 'code verify'].includes(path) ? args : args.slice(0, -2);
    const input = everyCommand[path]?.input?.(situation) ?? '123456';
    const { exit, stdout, stderr } = await bare.run([...known, '--json'], { input });
    expect({ exit, stdout }).toEqual({ exit: 4, stdout: '' });
    expect(JSON.parse(stderr).error.code).toBe('not-signed-in');
  });

  test.each([
    ['help', ['help'], 0],
    ['version', ['version'], 0],
    ['completion', ['completion', 'fish'], 0],
    ['policy', ['policy'], 0],
    ['config show', ['config', 'show'], 0],
    ['config path', ['config', 'path'], 0],
    ['disable', ['disable'], 6],
    ['doctor, which says what is missing', ['doctor'], 6],
    ['init, which changes nothing', ['init'], 0],
  ])('%s works', async (_, args, exit) => {
    expect(await bare.run(args)).toMatchObject({ exit });
  });
});

test('the trail is intact after all of it, and the refusals are in it', async () => {
  const { here } = situation;
  expect(await here.json(['audit', 'verify'])).toMatchObject({ intact: true });
  const refusals = await here.json<{ role: string }[]>(['audit', 'list', '--action', 'call.refused']);
  const refused = cells.filter((cell) => cell.grant === 'no');
  for (const role of roles) {
    const mine = refused.filter((cell) => cell.role === role).length;
    expect(refusals.filter((event) => event.role === role).length).toBeGreaterThanOrEqual(mine);
  }
  expect(await here.json(['login', 'sam', '--ip', ip, '-a', kid, '-p', 'platform'], 9)).toMatchObject({
    result: 'locked',
  });
});
