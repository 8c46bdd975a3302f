// What curious questions taught others: nobody learns of a user who is not theirs, and one who does not exist changes nothing (R8).
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { by, login, send, verify } from '../scenarios/steps.ts';
import { type Prepared, quickEnabledNorthside } from '../support/in-process.ts';
import { kid, otherThan } from '../support/program.ts';
import { atOnce, inTurn, mint, type Timed } from './library.ts';

const otherKid = '20967';
const missingKid = '99999';

describe('an unknown user changing a counter (privacyIDEA #1227)', () => {
  it('changes none, in whatever spelling, and leaves nothing but the refused call', async () => {
    const here = await quickEnabledNorthside();
    try {
      const { code } = await send(here, 'jane');
      const token = await mint(here, '--role', 'application', '--app', 'platform');
      const database = here.database();
      const tables = ['accounts', 'users', 'codes', 'messages', 'trusted_locations', 'requests', 'notices'];
      const rows = () => tables.map((table) => database.prepare(`SELECT * FROM ${table}`).all());
      const before = rows();
      const names = ['nobody', 'Jane', 'JANE', 'ｊane', 'jàne', 'usr_99999', 'jane@northside.example'];
      const guess = { account: kid, ip: '203.0.113.7' };
      const requests = names.flatMap((user) => [
        { do: 'code.verify', ...guess, user, code },
        { do: 'code.verify', ...guess, user, code: otherThan(code), requestId: `guess-${user.length}` },
        { do: 'code.send', account: kid, user, via: 'email' },
        { do: 'login', ...guess, user },
        { do: 'location.forget', account: kid, user },
      ]);
      const outcomes = await atOnce(here, token, requests);
      expect(new Set(outcomes.map(({ exit, error }) => `${exit} ${error}`))).toEqual(
        new Set(['5 user-not-found']),
      );
      expect(rows()).toEqual(before);
      const subjects = database.prepare('SELECT subject FROM audit_events ORDER BY seq DESC LIMIT ?').pluck();
      expect(new Set(subjects.all(requests.length)).size).toBe(1);
      database.close();
      expect(await verify(here, 'jane', code)).toMatchObject({ result: 'verified', attemptsLeft: 7 });
    } finally {
      here.remove();
    }
  });
});

describe("another account's user told apart from one who does not exist (Authelia #949)", () => {
  let here: Prepared;
  let application: string;
  beforeAll(async () => {
    here = await quickEnabledNorthside();
    await here.prepare(async (json) => {
      await json(['account', 'create', otherKid, '--name', 'Southside']);
      const tina = ['tina', '--name', 'Tina Roy', '--email', 'tina@southside.example', '-a', otherKid];
      await json(['user', 'add', ...tina, '--phone', '+12015550190', '--system-administrator']);
    });
    application = await mint(here, '--role', 'application', '--app', 'platform', '-a', kid);
  });
  afterAll(() => here.remove());

  /** An answer with what the question named taken out of it. */
  const without = (names: readonly string[], { exit, error, result }: Timed) =>
    names.reduce(
      (text, name) => text.replaceAll(name, 'NAME'),
      JSON.stringify({ exit, error, result: result ?? null }),
    );

  const median = (numbers: readonly number[]) =>
    [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;

  it('is not, by the answer; how long the two take is noted beside it', async ({ annotate }) => {
    const { id } = await here.json<{ id: string }>(['user', 'show', 'tina', '-a', otherKid, '-p', 'owner']);
    const missingId = 'usr_4096';
    const guess = { ip: '203.0.113.7', code: '123456' };
    const doors: { do: string; [option: string]: unknown }[] = [
      { do: 'login', ip: guess.ip },
      { do: 'code.send', via: 'email' },
      { do: 'code.verify', ...guess },
      { do: 'location.forget' },
    ];
    const pairs: [existing: object, missing: object][] = [
      [
        { account: otherKid, user: 'tina' },
        { account: missingKid, user: 'tina' },
      ],
      [
        { account: otherKid, user: 'tina' },
        { account: otherKid, user: 'nobody' },
      ],
      [
        { account: kid, user: 'tina' },
        { account: kid, user: 'nobody' },
      ],
      [
        { account: kid, user: id },
        { account: kid, user: missingId },
      ],
    ];
    const repeats = 12;
    const asked = doors.flatMap((door) =>
      pairs.flatMap((pair) => pair.map((about) => ({ ...door, ...about }))),
    );
    const outcomes = await inTurn(here, application, Array.from({ length: repeats }, () => asked).flat());
    const names = [otherKid, missingKid, 'tina', 'nobody', id, missingId];
    const existing = outcomes.filter((_, index) => index % 2 === 0);
    const missing = outcomes.filter((_, index) => index % 2 === 1);
    expect(existing.map((outcome) => without(names, outcome))).toEqual(
      missing.map((outcome) => without(names, outcome)),
    );
    expect(new Set(outcomes.map(({ exit }) => exit))).toEqual(new Set([5]));
    const [those, these] = [existing, missing].map((each) => median(each.map(({ ms }) => ms)).toFixed(2));
    await annotate(`median of ${existing.length}: ${those} ms where the user exists, ${these} ms where not`);
  });

  it('is not by an administrator, who names the user in each command', async () => {
    const { id } = await here.json<{ id: string }>(['user', 'show', 'tina', '-a', otherKid, '-p', 'owner']);
    const named = (user: string) => [
      ['user', 'show', user],
      ['status', user],
      ['lockouts', 'show', user],
      ['location', 'list', user],
      ['reactivate', user, '--reason', 'guessing'],
      ['user', 'update', user, '--name', 'Mine'],
      ['user', 'rename', user, 'mine'],
      ['user', 'deactivate', user],
    ];
    const answers = (user: string) =>
      Promise.all(
        named(user).map(async (args) => {
          const { exit, stdout, stderr } = await here.run([...args, ...by('maria'), '--json']);
          return { exit, stdout, stderr: stderr.replaceAll(user, 'NAME') };
        }),
      );
    const missing = await answers('usr_4096');
    expect(missing.map(({ exit }) => exit)).toEqual(missing.map(() => 5));
    expect(await answers(id)).toEqual(missing);
    expect(await answers('tina')).toEqual(await answers('tony'));
    expect(await login(here, 'jane', '203.0.113.7')).toMatchObject({ exit: 7 });
  });
});
