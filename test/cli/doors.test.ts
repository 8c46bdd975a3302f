// One table of who may do what, through every other door than the command line: batch, the socket and the library.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OperationName, operations } from '../../src/actions/operations.ts';
import type { openTwofa as OpenTwofa } from '../../src/index.ts';
import { type Situation as ActionSituation, valid } from '../actions/requests.ts';
import { kid } from '../support/program.ts';
import { type Reply, type Service, startBatch, startService, tokenOf } from '../support/running.ts';
import {
  everySituation,
  missingKid,
  otherKid,
  profileOf,
  type Role,
  roles,
  type Situation,
} from './every-command.ts';

const { openTwofa } = createRequire(import.meta.url)(
  resolve(import.meta.dirname, '../../dist/index.cjs'),
) as {
  openTwofa: typeof OpenTwofa;
};

let situation: Situation;
let service: Service;

beforeAll(async () => {
  situation = await everySituation();
  service = await startService(situation.here);
});
afterAll(async () => {
  await service.stop();
  await situation.here.remove();
});

const cells = await Promise.all(
  (Object.keys(operations) as OperationName[]).flatMap((name) =>
    roles.map(async (role, column) => ({
      name,
      role,
      grant: valid[name].grants.split(' ')[column] ?? '',
      about: (await operations[name]()).account,
    })),
  ),
);
type Cell = (typeof cells)[number];
type Request = Record<string, unknown>;

/** A request of the table, as it would be right. */
function requestOf({ name }: Pick<Cell, 'name'>, account: string): Request {
  const given = valid[name].options({ code: '123456', spare: situation.spare } as ActionSituation);
  return { ...given, do: name, account };
}

const permissions = new Map(
  await Promise.all(
    (Object.keys(operations) as OperationName[]).map(
      async (name) => [name, (await operations[name]()).permission as string] as const,
    ),
  ),
);

/** A door: answers requests of a role, in their order. */
type Door = (role: Role, requests: readonly Request[]) => Promise<Reply[]>;

const doors: Record<string, Door> = {
  async batch(role, requests) {
    const batch = await startBatch(situation.here, ['-p', profileOf[role], '--ordered']);
    batch.send(...requests);
    const { exit, replies } = await batch.end();
    expect(exit).toBe(0);
    return replies;
  },
  async 'the socket'(role, requests) {
    const replies: Reply[] = [];
    for (const request of requests)
      replies.push(await service.ask(tokenOf(situation.here, profileOf[role]), request));
    return replies;
  },
  async 'the library'(role, requests) {
    const token = tokenOf(situation.here, profileOf[role]);
    const twofa = openTwofa({ env: await situation.here.environment(), token });
    const replies: Reply[] = [];
    for (const { do: name, ...options } of requests) {
      const outcome = await twofa.request(String(name), options).catch((error) => ({
        exit: error.exit,
        error: error.report(),
      }));
      replies.push({ id: null, ...outcome });
    }
    await twofa.close();
    return replies;
  },
};

const each = Object.keys(doors).flatMap((door) => roles.map((role) => ({ door, role })));

describe.each(each)('through $door, $role', ({ door, role }) => {
  const open = doors[door] as Door;
  const of = (matches: (cell: Cell) => boolean) =>
    cells.filter((cell) => cell.role === role && matches(cell));

  test('is refused what the table refuses: exit 4', async () => {
    const refused = of(({ grant }) => grant === 'no');
    const replies = await open(
      role,
      refused.map((cell) => requestOf(cell, kid)),
    );
    expect(
      replies.map(({ exit, error, result }, index) => [refused[index]?.name, exit, error?.code, result]),
    ).toEqual(refused.map(({ name }) => [name, 4, 'not-permitted', undefined]));
  });

  test('is granted what the table grants', async () => {
    const sees = of(
      ({ grant, name }) => grant !== 'no' && /^(see|sign-in|self)$/.test(permissions.get(name) ?? ''),
    );
    const replies = await open(
      role,
      sees.map((cell) => requestOf(cell, kid)),
    );
    // Whatever comes of it here, nobody is kept out by their role.
    for (const [index, { exit }] of replies.entries())
      expect([4, 1, 2], sees[index]?.name).not.toContain(exit);
    if (sees.some(({ grant }) => grant === 'masked'))
      expect(JSON.stringify(replies)).not.toMatch(/jane@|maria@|\+1201555/);
    expect(sees.length).toBeGreaterThan(0);
  });

  test('is told of another account what is told of one that does not exist: exit 5', async () => {
    const own = of(({ grant, about }) => grant === 'own' && about !== 'none');
    const replies = await open(
      role,
      own.flatMap((cell) => [requestOf(cell, otherKid), requestOf(cell, missingKid)]),
    );
    for (const [index, { name }] of own.entries()) {
      const [other, missing] = replies.slice(2 * index, 2 * index + 2);
      expect(other, name).toMatchObject({ exit: 5, error: { code: 'account-not-found' } });
      expect(JSON.stringify(other).replaceAll(otherKid, missingKid), name).toBe(JSON.stringify(missing));
    }
    if (role === 'system-administrator') expect(own.length).toBeGreaterThan(20);
  });
});

test('each refusal is an event on its token, and the trail is intact', async () => {
  const { here } = situation;
  const refusals = await here.json<{ role: string }[]>([
    'audit',
    'list',
    '--action',
    'call.refused',
    '-p',
    'owner',
  ]);
  for (const role of roles) {
    const mine = cells.filter((cell) => cell.role === role && cell.grant === 'no').length;
    expect(refusals.filter((event) => event.role === role).length).toBeGreaterThanOrEqual(
      mine * Object.keys(doors).length,
    );
  }
  expect(await here.json(['audit', 'verify', '-p', 'owner'])).toMatchObject({ intact: true });
});
