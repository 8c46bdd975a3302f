// Moving a store from SQLite to PostgreSQL: all of it or nothing, whatever is killed in between, and never two stores at once.
import { createConnection, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { shapes } from '../../src/cli/topics/json.ts';
import { by, copyOf, elsewhere, fail, login, office, send, signIn, verify } from '../scenarios/steps.ts';
import { quickEnabledNorthside } from '../support/in-process.ts';
import { OwnServer } from '../support/postgres.ts';
import { type Installation, kid, otherThan } from '../support/program.ts';
import Sqlite from '../support/sqlite.js';
import { Destination, Moving, type Outcome } from './moving.ts';

let server: OwnServer;
let prepared: Installation;
let here: Moving;
let there: Destination;

beforeAll(async () => {
  server = await OwnServer.start();
  prepared = await quickEnabledNorthside();
}, 300_000);

afterAll(async () => {
  await prepared.remove();
  await server.stop();
});

beforeEach(async () => {
  here = copyOf(prepared, new Moving());
  there = await Destination.make(server);
});

afterEach(() => here.remove());

const status = (user: string) => ['status', user, ...by('owner')];
const loginArgs = ['login', 'jane', '--ip', office, ...by('platform')];
/** The source answers nobody any more. */
const sealed = {
  code: 'store-moved',
  details: { movedTo: expect.stringContaining('postgres://127.0.0.1:') },
};

async function mintApplication(at: Pick<Installation, 'json'> = here): Promise<string> {
  const made = ['token', 'create', '--role', 'application', '--app', 'platform'];
  return (await at.json<{ token: string }>(made)).token;
}

/** The shape of a document as the topic json writes it. */
function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return `[${shapeOf(value[0])}]`;
  const keys = Object.entries(value as object).map(([key, inner]) =>
    typeof inner === 'object' && inner !== null ? `${key}: ${shapeOf(inner)}` : key,
  );
  return `{${keys.join(', ')}}`;
}

const documented = new Map(shapes);

/** The source is the store, and nothing is in the database. */
async function expectUntouched(tables: string[] = []): Promise<void> {
  expect(await there.tables()).toEqual(tables);
  await here.json(['audit', 'verify']);
}

describe('a store that was in use', () => {
  test('goes on at the other side where it stopped at this one', async () => {
    await signIn(here, 'jane');
    const { code } = await send(here, 'david', 'sms');
    await fail(here, 'david', 1, { right: code });
    await fail(here, 'sam', 7);
    const before = await Promise.all(['jane', 'david', 'sam'].map((user) => here.json(status(user))));

    const copied = await here.copy(there);

    expect(copied).toMatchObject({ intact: true, changed: true, from: `sqlite:${here.file}` });
    expect(copied.to).toBe(`postgres://127.0.0.1:${server.port}/${there.name}`);
    expect(shapeOf(copied)).toBe(documented.get('db copy'));
    const rows = Object.fromEntries(copied.tables.map((table) => [table.name, table.rows]));
    expect(rows).toMatchObject({
      installation: 1,
      accounts: 1,
      practices: 2,
      users: 5,
      trusted_locations: 1,
    });
    expect(new Set(copied.tables.map(({ digest }) => digest.length))).toEqual(new Set([64]));

    const moved = here.at(there);
    const after = await Promise.all(['jane', 'david', 'sam'].map((user) => moved.json(status(user))));
    expect(after).toEqual(before);
    expect(await login(here, 'jane', office, 'platform', there.env)).toMatchObject({ result: 'granted' });
    expect(await verify(here, 'david', code, { env: there.env })).toMatchObject({ result: 'verified' });
    expect(await login(here, 'sam', office, 'platform', there.env)).toMatchObject({ result: 'locked' });
    expect(await moved.json(['audit', 'verify'])).toMatchObject({ intact: true });
    await moved.json(['reactivate', 'sam', '--reason', 'called back', ...by('maria')]);
    const { checks } = await moved.json<{ checks: { id: string; ok: boolean }[] }>(['doctor'], 0);
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  test('numbers its rows from where the source stopped, those that are gone included', async () => {
    await send(here, 'jane');
    const database = here.database();
    const last = database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'codes'").pluck().get();
    database.exec('DELETE FROM codes WHERE id = (SELECT max(id) FROM codes)');
    database.close();
    await here.copy(there);
    await here.at(there).json(['code', 'send', 'david', '--via', 'email', ...by('platform')]);
    expect(await there.sql('SELECT max(id)::int AS id FROM codes')).toEqual([{ id: Number(last) + 1 }]);
  });

  test('says in the trail of both that it moved, and carries over every text as it is', async () => {
    const name = 'Zoë \\N "O\'Neil" \\t 𝛼';
    await here.json(['user', 'update', 'jane', '--name', name, ...by('owner')]);
    await here.copy(there);
    const moved = here.at(there);
    expect(await moved.json(status('jane'))).toMatchObject({ name });
    const events = await moved.json<{ action: string; details: object }[]>(['audit', 'list']);
    expect(events.slice(-2)).toMatchObject([
      { action: 'store.moved', details: { to: `postgres://127.0.0.1:${server.port}/${there.name}` } },
      { action: 'store.arrived', details: { from: `sqlite:${here.file}` } },
    ]);
  });
});

describe('the source afterwards', () => {
  test('answers exit 11 and where the store is, to everybody and everything', async () => {
    await here.copy(there);
    const calls = [
      loginArgs,
      ['code', 'send', 'jane', '--via', 'email', ...by('platform')],
      status('jane'),
      ['audit', 'verify'],
      ['auth', 'status'],
      ['maintain'],
      ['metrics'],
      ['db', 'prune'],
      ['db', 'migrate'],
      ['init'],
    ];
    for (const args of calls) expect(await here.error(args, 11), args.join(' ')).toMatchObject(sealed);
    const rejected = await here.run(['code', 'verify', 'jane', '--ip', office, ...by('platform')], {
      input: '123456\n',
    });
    expect(rejected).toMatchObject({ exit: 11, stdout: '' });
    // A token of the other side is not called unknown.
    const token = await mintApplication(here.at(there));
    const env = { TWOFA_TOKEN: token };
    expect(await here.error(['login', 'jane', '--ip', office, '-a', kid], 11, { env })).toMatchObject(sealed);
  });

  test('says so to who looks at it: db status, health and doctor', async () => {
    await here.copy(there);
    const movedTo = `postgres://127.0.0.1:${server.port}/${there.name}`;
    expect(await here.json(['db', 'status'])).toMatchObject({ movedTo, engine: 'sqlite' });
    expect(await here.at(there).json(['db', 'status'])).toMatchObject({
      movedTo: null,
      engine: 'postgresql',
    });
    expect(await here.json(['health'], 11)).toMatchObject({ ok: false, problem: { code: 'store-moved' } });
    const { checks } = await here.json<{ checks: { id: string; ok: boolean; message: string }[] }>(
      ['doctor'],
      6,
    );
    expect(checks.find(({ id }) => id === 'store')).toMatchObject({
      ok: false,
      message: expect.stringContaining(movedTo),
    });
  });

  test('takes no event, whoever writes it, and a seal that is taken off behind the trail is found', async () => {
    await here.copy(there);
    const database = here.database();
    const again =
      'INSERT INTO audit_events SELECT seq + 1000, subject, place + 1000, at, actor, role, token_id, action, account, user, outcome, details, key_id, link FROM audit_events LIMIT 1';
    expect(() => database.exec(again)).toThrow('The store has moved');
    expect(() => database.exec("UPDATE installation SET moved_to = 'postgres://h:1/x'")).toThrow(
      'one other place',
    );
    database.exec('UPDATE installation SET moved_to = NULL');
    database.close();
    expect(await here.error(loginArgs, 6)).toMatchObject({ code: 'audit-broken' });
  });

  test('refuses the very next request of a process that has it open', async () => {
    const open = await here.told(await mintApplication());
    const request = { do: 'login', account: kid, user: 'jane', ip: office };
    expect(await open.send(request)).toMatchObject([{ exit: 7 }]);
    await here.copy(there);
    expect(await open.send(request, { ...request, user: 'david' })).toEqual([
      { exit: 11, error: 'store-moved' },
      { exit: 11, error: 'store-moved' },
    ]);
    await open.end();
  });
});

describe('sign-ins while the store moves', () => {
  test('are all at the other side once they were answered: a user has seven attempts in all', async () => {
    const { code } = await send(here, 'jane');
    const token = await mintApplication();
    const processes = await Promise.all([1, 2, 3].map(() => here.told(token)));
    const answered: Outcome[] = [];
    const logins = { do: 'login', account: kid, user: 'david', ip: elsewhere };
    const guess = { do: 'code.verify', account: kid, user: 'jane', code: otherThan(code), ip: office };
    const entering = processes.map(async (each) => {
      for (let turn = 0; ; turn += 1) {
        const outcomes = await each.send(logins, logins, ...(turn % 20 === 0 ? [guess] : []));
        answered.push(...outcomes);
        if (outcomes.some(({ error }) => error !== undefined)) return;
      }
    });
    await here.copy(there);
    await Promise.all(entering);
    await Promise.all(processes.map((each) => each.end()));

    expect(new Set(answered.flatMap(({ error }) => error ?? []))).toEqual(new Set(['store-moved']));
    const challenged = answered.filter(({ exit }) => exit === 7).length;
    const guessed = answered.filter(({ result }) => /^(rejected|locked)$/.test(result?.result ?? ''));
    const actions = async () => {
      const events = await here
        .at(there)
        .json<{ action: string; user: string; outcome: string }[]>([
          ...['audit', 'list', '--limit', '1000000', ...by('owner')],
        ]);
      return events.filter(({ outcome }) => outcome !== 'refused');
    };
    const kept = await actions();
    expect(kept.filter(({ action }) => action === 'login.challenged')).toHaveLength(challenged);
    const compared = kept.filter(({ action }) => /^(code\.rejected|user\.locked)$/.test(action)).length;
    expect(compared).toBe(Math.min(7, guessed.length));
    for (let each = 0; each < 8; each += 1) {
      await verify(here, 'jane', otherThan(code), { env: there.env });
    }
    const all = (await actions()).filter(({ action }) => /^(code\.rejected|user\.locked)$/.test(action));
    expect(all).toHaveLength(7);
    expect(await here.at(there).json(['audit', 'verify'])).toMatchObject({ intact: true });
  });
});

describe('a copy that is stopped in the middle', () => {
  /** Long enough for whatever a test does meanwhile. */
  const holdUp = 'PERFORM pg_sleep(600)';

  test('by SIGKILL leaves nothing there and the source sealed; the same command again goes on', async () => {
    await there.meddle(holdUp);
    const { child, ended } = await here.begin(there);
    expect(await here.error(loginArgs, 11)).toMatchObject(sealed);
    child.kill('SIGKILL');
    await ended;
    // Until the server has noticed, the other one may still be at it.
    expect(await here.refused(there, 11)).toMatchObject({ code: 'store-busy' });
    await there.endOthers();
    await there.leaveAlone();
    expect(await there.tables()).toEqual([]);
    expect(await here.error(loginArgs, 11)).toMatchObject(sealed);
    expect(await here.copy(there)).toMatchObject({ changed: true, intact: true });
    expect(await login(here, 'jane', office, 'platform', there.env)).toMatchObject({ result: 'challenge' });
  });

  test('by the end of the server says how to go on, and goes on', async () => {
    await there.meddle(holdUp);
    const { ended } = await here.begin(there);
    await server.crash();
    const ran = await ended;
    expect(ran).toMatchObject({ exit: 11, stdout: '' });
    const { error } = JSON.parse(ran.stderr.trim().split('\n').at(-1) ?? '');
    expect(error).toMatchObject({ code: 'store-unavailable', hint: expect.stringContaining('--undo') });
    await there.leaveAlone();
    expect(await there.tables()).toEqual([]);
    expect(await here.copy(there)).toMatchObject({ changed: true });
  });

  test('is alone: another one waits for nothing, and neither takes the seal off', async () => {
    const other = await Destination.make(server);
    await there.meddle(holdUp);
    const { child, ended } = await here.begin(there);
    expect(await here.refused(there, 11)).toMatchObject({ code: 'store-busy' });
    expect(await here.refused(there, 11, '--undo')).toMatchObject({ code: 'store-busy' });
    expect(await here.refused(other, 11)).toMatchObject({ code: 'store-moved' });
    expect(await here.refused(other, 11, '--undo')).toMatchObject({ code: 'store-moved' });
    expect(await other.tables()).toEqual([]);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({
      exit: 130,
      stdout: '',
      stderr: expect.stringContaining('Interrupted'),
    });
    await there.endOthers();
  });

  test('is undone only where no copy is there; then the source goes on, and can move elsewhere', async () => {
    const { code } = await send(here, 'jane');
    await there.meddle(holdUp);
    const { child, ended } = await here.begin(there);
    child.kill('SIGKILL');
    await ended;
    await there.endOthers();
    const undone = await here.copy(there, '--undo');
    expect(undone).toMatchObject({ from: `sqlite:${here.file}`, changed: true });
    expect(shapeOf(undone)).toBe(documented.get('db copy --undo'));
    expect(await here.copy(there, '--undo')).toMatchObject({ changed: false });
    expect(await verify(here, 'jane', code)).toMatchObject({ result: 'verified' });
    expect(await here.json(['audit', 'verify'])).toMatchObject({ intact: true });
    const events = await here.json<{ action: string }[]>(['audit', 'list']);
    expect(events.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['store.moved', 'store.reopened']),
    );
    const other = await Destination.make(server);
    expect(await here.copy(other)).toMatchObject({ changed: true });
    expect(await here.refused(other, 6, '--undo')).toMatchObject({ code: 'store-exists' });
    expect(await here.error(loginArgs, 11)).toMatchObject(sealed);
  });
});

describe('a copy whose end was not told', () => {
  /** Passes everything on, and cuts the line once the client has said COMMIT, if it is to. */
  async function line(cuts: { commit: boolean }) {
    const proxy = createServer((client) => {
      const upstream = createConnection(server.port, '127.0.0.1');
      let committing = false;
      client.on('data', (chunk) => {
        if (cuts.commit && /commit/i.test(chunk.toString('latin1'))) committing = true;
        upstream.write(chunk);
      });
      upstream.on('data', (chunk) => {
        if (committing) client.destroy();
        else client.write(chunk);
      });
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        from.on('error', () => to.destroy()).on('close', () => to.destroy());
      }
    });
    await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
    return proxy;
  }

  test('is found by the same command, compared and verified; then it may have been used already', async () => {
    const cuts = { commit: true };
    const proxy = await line(cuts);
    const { port } = proxy.address() as { port: number };
    const args = ['db', 'copy', `postgres://twofa@127.0.0.1:${port}/${there.name}`];
    const options = { env: { PGPASSWORD: 'twofa' } };
    const failed = await here.error(args, 11, options);
    expect(failed).toMatchObject({ code: 'store-unavailable' });
    expect(await there.tables()).toContain('users');
    await signInThere('jane');
    cuts.commit = false;
    expect(await here.error([...args, '--undo'], 6, options)).toMatchObject({ code: 'store-exists' });
    const found = await here.json(args, 0, options);
    expect(found).toMatchObject({ changed: false, intact: true, tables: [{ name: 'audit_events' }] });
    proxy.close();
  });

  async function signInThere(user: string): Promise<void> {
    await here.at(there).json(['code', 'send', user, '--via', 'email', ...by('platform')]);
    const verdict = await verify(here, user, here.lastCode(user), { env: there.env });
    expect(verdict).toMatchObject({ result: 'verified' });
  }
});

describe('what is in the database', () => {
  test('other tables, or another store, are left alone, and the source is not sealed', async () => {
    await there.sql('CREATE TABLE invoices (id int)');
    expect(await here.refused(there, 6)).toMatchObject({
      code: 'store-exists',
      message: expect.stringContaining('other tables: invoices'),
    });
    await expectUntouched(['invoices']);
    const taken = await Destination.make(server);
    const other = new Moving();
    await other.json(['init', '--sandbox'], 0, { env: taken.env });
    expect(await here.refused(taken, 6)).toMatchObject({
      message: expect.stringContaining('another store of twofa'),
    });
    await here.json(['audit', 'verify']);
    await other.remove();
  });

  test('a database that cannot hold every text is refused before the source is sealed', async () => {
    await server.admin(`CREATE DATABASE latin_${there.name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    const latin = new Destination(server, `latin_${there.name}`);
    expect(await here.refused(latin, 2)).toMatchObject({ code: 'invalid-configuration' });
    await expectUntouched();
  });

  test('a source whose trail is broken is not sealed', async () => {
    const database = new Sqlite(here.file);
    database.exec("UPDATE users SET email = 'x@evil.example' WHERE username = 'jane'");
    database.close();
    expect(await here.refused(there, 6)).toMatchObject({ code: 'audit-broken' });
    expect(await there.tables()).toEqual([]);
    expect(await login(here, 'david', office)).toMatchObject({ result: 'challenge' });
  });

  test('a row that something there has changed is found, and nothing stays of the copy', async () => {
    await there.meddle("NEW.looks_shared := NOT NEW.looks_shared OR NEW.username = 'sam'");
    expect(await here.refused(there, 6)).toMatchObject({
      code: 'copy-differs',
      message: expect.stringContaining('users'),
      hint: expect.stringContaining('The source is sealed'),
    });
    await there.leaveAlone();
    expect(await there.tables()).toEqual([]);
    expect(await here.copy(there)).toMatchObject({ changed: true });
  });

  test('a row that was changed in the copy afterwards is found when the command is run again', async () => {
    await here.copy(there);
    await there.sql(
      "SET session_replication_role = 'replica'",
      "UPDATE audit_events SET details = '{}' WHERE seq = 3",
    );
    expect(await here.refused(there, 6)).toMatchObject({ code: 'copy-differs' });
    const other = await Destination.make(server);
    await here.remove();
    here = copyOf(prepared, new Moving());
    await here.copy(other);
    await other.sql("UPDATE users SET email = 'x@evil.example' WHERE username = 'jane'");
    expect(await here.refused(other, 6)).toMatchObject({ code: 'audit-broken' });
  });
});

describe('where it goes from and to', () => {
  test('is said where the store is, and not by a request of a program or of a service', async () => {
    const owner = ['token', 'create', '--role', 'owner', '--name', 'away'];
    const open = await here.told((await here.json<{ token: string }>(owner)).token);
    const url = there.url.replace('twofa@', 'twofa:twofa@');
    for (const more of [{}, { undo: true }]) {
      expect(await open.send({ do: 'db.copy', url, ...more })).toEqual([{ exit: 6, error: 'not-here' }]);
    }
    await open.end();
    await expectUntouched();
  });

  test('is SQLite and PostgreSQL, without a password in the argument', async () => {
    const args = (url: string) => ['db', 'copy', url];
    expect(await here.error(args(`sqlite:${here.file}.new`), 2)).toMatchObject({ code: 'invalid-input' });
    const secret = await here.error(args('postgres://twofa:hunter2@127.0.0.1:1/x'), 2);
    expect(secret).toMatchObject({ code: 'secret-in-argument' });
    expect(JSON.stringify(secret)).not.toContain('hunter2');
    expect(await here.error(args('postgres://twofa@127.0.0.1:1/x'), 11)).toMatchObject({
      code: 'store-unavailable',
    });
    await here.copy(there);
    const other = await Destination.make(server);
    expect(await here.at(there).error(args(other.url), 2)).toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('pg_dump'),
    });
  });
});
