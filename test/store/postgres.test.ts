// The store on PostgreSQL: the contract, on a real server, and what only PostgreSQL has.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../src/actions/store.ts';
import { partitionedTrail } from '../../src/store/partitions.ts';
import { PostgresStores, type Server, startServer } from '../support/postgres.ts';
import { storeContract } from './contract.ts';
import type { Opened } from './engine.ts';
import { actor, type Fixture, fill, theUser, verify } from './fixture.ts';
import { signInSteps } from './sign-in-steps.ts';

let server: Server;
let stores: PostgresStores;

beforeAll(async () => {
  server = await startServer();
  stores = new PostgresStores(server);
}, 120_000);
afterAll(() => server.stop());

storeContract({ name: 'PostgreSQL', gapless: false, open: () => stores.open() });

describe('PostgreSQL, with the trail divided as the topic sizing shows', () => {
  const open = async () => {
    const opened = await stores.open();
    const knex = opened.connect();
    await knex.raw(partitionedTrail);
    await knex.destroy();
    return opened;
  };
  const engine = { name: 'PostgreSQL', gapless: false, open };

  signInSteps(engine);

  test('tables and triggers are those that twofa makes', async () => {
    const opened = await open();
    await fill(opened);
    expect(await opened.store.schemaFault()).toBeNull();
    await opened.sql('DROP TRIGGER audit_events_not_deleted ON audit_events');
    expect(await opened.store.schemaFault()).toBe('the trigger audit_events_not_deleted is missing');
    await opened.remove();
  });

  test('many who come at once are one after the other in their chain', async () => {
    const opened = await open();
    await fill(opened);
    const stores = await Promise.all(Array.from({ length: 8 }, () => opened.again()));
    const guess = (store: Store) => verify(opened, 'jane', '000000', {}, store);
    await Promise.all(stores.flatMap((store) => [guess(store), guess(store), guess(store)]));
    expect(await theUser(opened, 'jane')).toMatchObject({ attemptsLeft: 0, lockedAt: expect.any(Number) });
    expect(await opened.store.verifyTrail(null)).toMatchObject({ intact: true });
    await opened.remove();
  });
});

describe('PostgreSQL alone: while a transaction that has written an event still runs', () => {
  let opened: Opened;
  let fixture: Fixture;
  /** Ends the transaction; the number of its event is below those that are committed meanwhile. */
  let end: (how: 'COMMIT' | 'ROLLBACK') => Promise<void>;
  let held: number;

  beforeEach(async () => {
    opened = await stores.open();
    fixture = await fill(opened);
    const knex = opened.connect();
    const connection = await knex.client.acquireConnection();
    const query = (text: string) => connection.query(text);
    await query('BEGIN');
    const { rows } = await query(`INSERT INTO audit_events
      (subject, place, at, actor, role, action, outcome, details, key_id, link)
      VALUES ('token:${fixture.token.id}', 1, 1, 'a', 'b', 'call.refused', 'refused', '{}', 'k1', 'x') RETURNING seq`);
    held = Number(rows[0].seq);
    end = async (how) => {
      await query(how);
      await knex.client.releaseConnection(connection);
      await knex.destroy();
    };
    await verify(opened, 'jane', '000000');
  });
  afterEach(() => opened.remove());

  /** Whether something waits; what it comes to is not looked at. */
  const waits = async (work: Promise<unknown>) =>
    Promise.race([work.then(() => false), sleep(300).then(() => true)]);

  test('events behind it are not taken for settled, until it is there', async () => {
    expect((await opened.store.standing(null)).newest?.seq).toBe(held + 1);
    const settled = opened.store.settled();
    expect(await waits(settled)).toBe(true);
    await end('COMMIT');
    expect(await settled).toMatchObject({ seq: held + 1 });
  });

  test('nor until it is known that it does not come', async () => {
    const settled = opened.store.settled();
    expect(await waits(settled)).toBe(true);
    await end('ROLLBACK');
    expect(await settled).toMatchObject({ seq: held + 1, subject: `user:${fixture.jane.id}` });
  });

  test('those who begin later are not waited for', async () => {
    const settled = opened.store.settled();
    await sleep(50);
    const later = opened.connect();
    const transaction = await later.transaction();
    await transaction('audit_events').where({ seq: 0 }).delete();
    await end('ROLLBACK');
    expect(await settled).toMatchObject({ seq: held + 1 });
    await transaction.rollback();
    await later.destroy();
  });

  test('a checkpoint is of the events before which none can come', async () => {
    const root = opened.store.trailRoot(null);
    expect(await waits(root)).toBe(true);
    await end('ROLLBACK');
    const { seq } = await root;
    expect(seq).toBe(held + 1);
    await verify(opened, 'jane', '000000');
    await opened.store.write(actor, (tables) =>
      tables.record({ user: fixture.maria }, { action: 'user.viewed' }),
    );
    const checkpoint = { account: null, at: '2026-03-02T09:00:00.000Z', ...(await root) };
    expect(await opened.store.verifyTrail(null, { checkpoint })).toMatchObject({ intact: true });
  });
});
