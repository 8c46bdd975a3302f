// The two roles that "db grants" makes, on a real server: the program's does everything that twofa does, and nothing beside.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { grants } from '../../src/store/grants.ts';
import { Prepared, prepareNorthside } from '../support/in-process.ts';
import { newDatabase, type Server, startServer } from '../support/postgres.ts';
import { kid, otherThan, type Ran, type RunOptions } from '../support/program.ts';

/** An installation whose store is on a server, where a role may have a name that has to be quoted. */
class OnServer extends Prepared {
  url: string;

  constructor(url: string) {
    super();
    this.url = url;
  }

  override run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return super.run(args, { ...options, env: { TWOFA_DATABASE_URL: this.url, ...options.env } });
  }
}

const owner = `o'wner "of" $twofa$ it`;
const program = 'the program';

let server: Server;
let here: OnServer;
let own: string;

/** Runs statements as a role. @returns the rows of the last of them. */
async function as(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const results = (await client.query(text)) as unknown as pg.QueryResult | pg.QueryResult[];
    return (Array.isArray(results) ? results.at(-1) : results)?.rows ?? [];
  } finally {
    await client.end();
  }
}

function urlOf(role: string): string {
  const url = new URL(own);
  url.username = encodeURIComponent(role);
  url.password = 'secret';
  return url.href;
}

const sql = async () => (await here.run(['db', 'grants', '--owner', owner, '--program', program])).stdout;

beforeAll(async () => {
  server = await startServer();
  ({ url: own } = await newDatabase(server, { testClock: false }));
  here = new OnServer(own);
  await here.json(['init', '--sandbox']);
  await as(own, await sql());
  for (const role of [owner, program]) {
    await as(own, `ALTER ROLE "${role.replaceAll('"', '""')}" PASSWORD 'secret'`);
  }
  here.url = urlOf(program);
  await prepareNorthside(here);
}, 300_000);

afterAll(async () => {
  here.remove();
  // Roles are the server's, and may outlive this test where it is somebody's own.
  await as(own, `DROP OWNED BY "${program}"`);
  await as(own, `REASSIGN OWNED BY "${owner.replaceAll('"', '""')}" TO CURRENT_USER`);
  for (const role of [program, owner]) {
    await as(own, `DROP OWNED BY "${role.replaceAll('"', '""')}"; DROP ROLE "${role.replaceAll('"', '""')}"`);
  }
  await server.stop();
});

const platform = ['-a', kid, '-p', 'platform'];
const admin = ['-a', kid, '-p', 'maria'];

describe('as the program', () => {
  test('the whole lifecycle goes as it does without the roles', async () => {
    const send = (user: string) => here.json(['code', 'send', user, '--via', 'email', ...platform]);
    const verify = ['--ip', '203.0.113.7', '--request-id', 'r1', ...platform];
    await send('jane');
    const input = here.lastCode('jane');
    const verified = await here.json(['code', 'verify', 'jane', ...verify], 0, { input });
    expect(verified).toMatchObject({ result: 'verified' });
    expect(await here.json(['login', 'jane', '--ip', '203.0.113.7', ...platform])).toMatchObject({
      result: 'granted',
    });
    await send('sam');
    const wrong = otherThan(here.lastCode('sam'));
    for (const exit of [8, 8, 8, 8, 8, 8, 9]) {
      await here.json(['code', 'verify', 'sam', '--ip', '203.0.113.7', ...platform], exit, { input: wrong });
    }
    await here.json(['lockouts', 'remind', 'sam', '-a', kid, '-p', 'care']);
    await here.json(['reactivate', 'sam', '--reason', 'called back', ...admin]);
    await here.json([
      'user',
      'update',
      'david',
      '--email',
      'd@northside.example',
      '--practice',
      'Northside Pediatrics',
      ...admin,
    ]);
    await here.json(['user', 'rename', 'david', 'dave', ...admin]);
    await here.json(['user', 'deactivate', 'dave', ...admin]);
    await here.json(['location', 'forget', 'jane', ...admin]);
    await here.json(['recovery', 'renew', '--recovery-codes-file', `${here.home}/codes.txt`, ...admin]);
    const recover = ['reactivate', 'jane', '--recovery-code', '--reason', 'none needed', ...admin];
    expect((await here.run(recover, { input: 'wrong' })).exit).not.toBe(11);
    await here.json(['token', 'rotate', 'tok_4']);
    await here.json(['token', 'revoke', 'tok_5']);
    await here.json(['db', 'rotate-key']);
    expect(await here.json(['audit', 'verify'])).toMatchObject({ intact: true });
  });

  test('so does a roll call before 2FA is on', async () => {
    await here.json(['account', 'create', '30101', '--name', 'Lakeside']);
    const rosa = ['--email', 'rosa@lakeside.example', '--phone', '+12015550140', '--system-administrator'];
    await here.json(['user', 'add', 'rosa', '--name', 'Rosa', ...rosa, '-a', '30101']);
    await here.json([
      ...[
        'token',
        'create',
        '--role',
        'system-administrator',
        '--user',
        'rosa',
        '-a',
        '30101',
        '--save',
        'rosa',
      ],
    ]);
    for (const times of [1, 2]) {
      expect(await here.json(['announce', '--again', '-p', 'rosa']), String(times)).toMatchObject({
        sent: 1,
      });
    }
    await here.json(['rollcall', 'start', '-p', 'rosa']);
    const words = here.outbox().findLast(({ user, via }) => user === 'rosa' && via === 'sms')?.text ?? '';
    expect(words).not.toBe('');
    await here.json(['rollcall', 'confirm', 'rosa', '--via', 'sms', '-p', 'rosa'], 8, {
      input: 'wrong words',
    });
  });

  test('and everyday operation', async () => {
    // Made by whoever owns the rows, so that there is something to be removed of each kind.
    await as(
      own,
      `UPDATE codes SET created_at = created_at - 8640000000, expires_at = expires_at - 8640000000;
       UPDATE trusted_locations SET trusted_at = trusted_at - 86400000000, expires_at = expires_at - 86400000000,
         ended_at = ended_at - 86400000000;
       UPDATE requests SET created_at = 1; UPDATE notices SET created_at = 1;
       UPDATE messages SET created_at = 1; UPDATE check_words SET created_at = 1`,
    );
    const maintained = await here.json<{ failed: unknown[]; pruned: Record<string, number> }>(['maintain']);
    expect(maintained.failed).toEqual([]);
    for (const [kind, count] of Object.entries(maintained.pruned)) expect(count, kind).toBeGreaterThan(0);
    await here.json(['maintain']);
    expect(await here.json(['health'])).toMatchObject({ ok: true });
    await here.json(['metrics']);
    await here.json(['db', 'status']);
    expect(await here.json(['audit', 'verify'])).toMatchObject({ intact: true });
    expect(await here.json(['audit', 'checkpoint'])).toMatchObject({ account: null });
  });

  test('a store that was put back is accepted, and its key can be lost', async () => {
    await here.json(['db', 'restore', '--accept', '--reason', 'tried']);
    await here.json(['db', 'rekey', '--lost-key', '--reason', 'tried', '--confirm', 'rekey'], 0, {
      env: { TWOFA_KEY_FILE: `${here.home}/other-key.json` },
    });
  });

  test.each([
    ['drop a trigger', 'DROP TRIGGER audit_events_not_deleted ON audit_events'],
    ['switch a trigger off', 'ALTER TABLE audit_events DISABLE TRIGGER ALL'],
    [
      'replace the function of one',
      'CREATE OR REPLACE FUNCTION public.audit_events_not_deleted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$',
    ],
    ['alter a table', 'ALTER TABLE users ADD COLUMN spare text'],
    ['drop a table', 'DROP TABLE audit_events'],
    ['make a table', 'CREATE TABLE public.other (id int)'],
    ['make a table for the session that stands before the real one', 'CREATE TEMP TABLE users (id int)'],
    [
      'make a trigger',
      'CREATE TRIGGER mine BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION audit_events_not_deleted()',
    ],
    ['make a schema', 'CREATE SCHEMA other'],
    ['change an event', "UPDATE audit_events SET actor = 'nobody'"],
    ['delete an event', 'DELETE FROM audit_events'],
    ['empty the trail', 'TRUNCATE audit_events'],
    ['delete a user', 'DELETE FROM users'],
    ['move a user to another account', "UPDATE users SET account_kid = '30101'"],
    ['delete an account', 'DELETE FROM accounts'],
    ['delete a token', 'DELETE FROM tokens'],
    ['give a token another role', "UPDATE tokens SET role = 'owner'"],
    ['bring a recovery code back', 'DELETE FROM recovery_codes'],
    ['make the installation a sandbox', 'UPDATE installation SET sandbox = true'],
    ['say that an older program may use the store', "UPDATE installation SET oldest_program = '0.0.1'"],
    ['make a second installation', 'INSERT INTO installation SELECT * FROM installation'],
    ['pretend that a migration was applied', "INSERT INTO migrations (name, batch) VALUES ('x', 1)"],
    ['lengthen a code', 'UPDATE codes SET expires_at = expires_at + 1'],
    ['take numbers back', "SELECT setval('audit_events_seq_seq', 1)"],
    ['let triggers sleep', "SET session_replication_role = 'replica'"],
    ['become the owner', `SET ROLE "${owner.replaceAll('"', '""')}"`],
    ['read what the server has on its disk', "SELECT pg_read_file('postgresql.conf')"],
  ])('it cannot %s', async (_, text) => {
    const refused = /permission denied|must be owner|must be able to SET ROLE|only superuser/;
    await expect(as(here.url, text)).rejects.toThrow(refused);
  });

  test('the server ends a statement of it that takes too long, however it is connected', async () => {
    const [row] = await as(here.url, 'SHOW statement_timeout');
    expect(row).toEqual({ statement_timeout: '30s' });
  });

  test('nor does "init" or "db migrate" take anything but what is there', async () => {
    const env = { TWOFA_KEY_FILE: `${here.home}/other-key.json` };
    expect(await here.json(['init'], 0, { env })).toMatchObject({ changed: false });
    expect(await here.json(['db', 'migrate'], 0, { env })).toMatchObject({ changed: false });
  });
});

describe('the statements', () => {
  test('speak of every table and every column: what may be updated is said, and what is left out is meant', async () => {
    const columns = await as(
      own,
      `SELECT table_name, column_name FROM information_schema.columns
       WHERE table_schema = 'public' ORDER BY 1, 2`,
    );
    const left: Record<string, string[]> = {};
    for (const row of columns) {
      const [table, column] = [String(row.table_name), String(row.column_name)];
      expect(grants, `${table} is granted`).toHaveProperty(table);
      if (!grants[table]?.update.includes(column)) left[table] = [...(left[table] ?? []), column];
    }
    expect(left).toEqual({
      accounts: ['created_at', 'kid'],
      announcements: ['day', 'user_id'],
      audit_events: [
        ...[
          'account',
          'action',
          'actor',
          'at',
          'details',
          'key_id',
          'link',
          'outcome',
          'place',
          'role',
          'seq',
        ],
        ...['subject', 'token_id', 'user'],
      ],
      check_words: ['user_id', 'via'],
      codes: [
        ...['app', 'created_at', 'digest', 'expires_at', 'id', 'key_id', 'message_id', 'place', 'seal'],
        ...['user_id', 'via'],
      ],
      event_counts: ['action', 'outcome', 'said', 'via'],
      former_usernames: ['account_kid', 'user_id', 'username_key'],
      installation: ['created_at', 'id', 'moved_to', 'oldest_program', 'sandbox'],
      messages: ['account_kid', 'app', 'created_at', 'id', 'kind', 'recipient', 'user_id', 'via'],
      migrations: ['batch', 'id', 'migration_time', 'name'],
      migrations_lock: ['index', 'is_locked'],
      notices: [
        'about',
        'account_kid',
        'created_at',
        'details',
        'email',
        'id',
        'kind',
        'language',
        'recipient',
      ],
      practices: ['account_kid', 'created_at', 'id'],
      recovery_codes: ['account_kid', 'created_at', 'digest', 'id'],
      recovery_tries: ['account_kid'],
      requests: ['app', 'request_id'],
      tasks: ['task'],
      tokens: [
        ...[
          'account_kid',
          'app',
          'created_at',
          'digest',
          'id',
          'lifetime_ms',
          'may_contacts',
          'name',
          'role',
        ],
        'user_id',
      ],
      trusted_locations: ['location', 'user_id'],
      user_practices: ['practice_id', 'user_id'],
      users: ['account_kid', 'created_at', 'id'],
    });
  });

  test('can be run again, and change nothing then', async () => {
    const privileges = `SELECT relname, relowner::regrole::text AS owner, relacl::text FROM pg_class
      WHERE relnamespace = 'public'::regnamespace ORDER BY relname`;
    const before = await as(own, privileges);
    await as(own, await sql());
    expect(await as(own, privileges)).toEqual(before);
    expect(before.filter((row) => row.owner !== JSON.stringify(owner).replaceAll('\\"', '""'))).toEqual([]);
  });

  test('refuse a program that can do more than it may, and leave everything as it was', async () => {
    await as(own, `ALTER ROLE "${program}" CREATEDB`);
    await expect(as(own, await sql())).rejects.toThrow('is more than the program may be');
    await as(own, `ALTER ROLE "${program}" NOCREATEDB`);
  });

  test('are refused for names that no role has, and for one role instead of two', async () => {
    for (const [field, args] of [
      ['owner', ['--owner', '']],
      ['program', ['--program', 'x'.repeat(64)]],
      ['schema', ['--schema', 'a\nb']],
      ['program', ['--owner', 'same', '--program', 'same']],
    ] as const) {
      expect(await here.error(['db', 'grants', ...args], 2)).toMatchObject({
        code: 'invalid-input',
        details: { field },
      });
    }
  });

  test('the owner migrates, and the program does not', async () => {
    here.url = urlOf(owner);
    expect(await here.json(['health'], 11)).toMatchObject({ problem: { code: 'key-unavailable' } });
    const env = { TWOFA_KEY_FILE: `${here.home}/other-key.json` };
    expect(await here.json(['db', 'migrate'], 0, { env })).toMatchObject({ changed: false });
    here.url = urlOf(program);
  });
});
