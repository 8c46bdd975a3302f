// The connections of a store on PostgreSQL: handed on, given back, and nobody passed over.
import { setImmediate as turn } from 'node:timers/promises';
import type { Knex } from 'knex';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Connection, connectDatabase } from '../../src/store/postgres-connect.ts';
import { Connections } from '../../src/store/postgres-connections.ts';
import { type Server, startServer } from '../support/postgres.ts';

let server: Server;
let knex: Knex;
let connections: Connections;

beforeAll(async () => {
  server = await startServer();
}, 120_000);
afterAll(() => server.stop());
beforeEach(() => {
  knex = connectDatabase(server.url('postgres'), 1);
  connections = new Connections(knex.client);
});
afterEach(() => knex.destroy());

async function backend(connection: Connection): Promise<number> {
  const { rows } = await connection.query({ text: 'SELECT pg_backend_pid() AS pid' });
  return Number(rows[0]?.pid);
}

test('one is handed on in the same turn, and the pool has it after it', async () => {
  const first = await connections.use(backend);
  expect(await connections.use(backend)).toBe(first);
  expect(knex.client.pool.numUsed()).toBe(1);
  await turn();
  expect(knex.client.pool.numUsed()).toBe(0);
  expect(await connections.use(backend)).toBe(first);
});

test('who waits goes before who comes later', async () => {
  const order: string[] = [];
  const busy = async () => {
    for (let times = 0; times < 5; times += 1) {
      await connections.use(backend);
      order.push('busy');
    }
  };
  const waiting = async () => {
    await connections.use(backend);
    order.push('waiting');
  };
  await Promise.all([busy(), waiting()]);
  expect(order).toEqual(['busy', 'waiting', 'busy', 'busy', 'busy', 'busy']);
});

test('one that was lost is not handed on', async () => {
  const first = await connections.use(backend);
  const ended = connections.use((connection) =>
    connection.query({ text: 'SELECT pg_terminate_backend(pg_backend_pid())' }),
  );
  await expect(ended).rejects.toThrow('terminat');
  expect(await connections.use(backend)).not.toBe(first);
});

test('whether there was one is known', async () => {
  const nowhere = new Connections(connectDatabase('postgres://twofa@127.0.0.1:1/twofa', 1).client);
  await expect(nowhere.use(backend)).rejects.toThrow('ECONNREFUSED');
  expect(nowhere.reached).toBe(false);
  await connections.use(backend);
  expect(connections.reached).toBe(true);
});
