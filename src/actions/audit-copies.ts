// What of the trail leaves the store: all of it as it was linked, its newest events as they come, and its root, signed.
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import { type Checkpoint, checkpointSignature } from '../rules/checkpoint.ts';
import { cursorBehind, firstCursor, isCursor } from '../rules/cursor.ts';
import { iso } from '../rules/time.ts';
import { limit } from './fields.ts';
import { type Call, done, operation } from './operation.ts';
import { theAccount } from './refusals.ts';
import type { Reading } from './store.ts';
import { eventView } from './views.ts';

const seq = v.pipe(
  v.number('must be a whole number'),
  v.integer('must be a whole number'),
  v.minValue(0, 'must be 0 or more'),
);

/** A page of events with everything that is linked, oldest first. */
export const auditExport = operation({
  permission: 'audit',
  account: 'optional',
  input: v.strictObject({ limit: v.optional(limit, 1000), after: v.optional(seq, 0) }),
  async perform(call, { after, limit }) {
    const store = await call.store();
    // What is printed once is printed again in the same order: no event comes in between any more.
    const settled = await store.settled();
    return store.read(async (tables) => {
      if (call.kid !== '') await theAccount(tables, call.kid);
      const account = call.kid === '' ? {} : { kid: call.kid };
      return done(await tables.exported({ after, until: settled?.seq ?? 0, limit, ...account }));
    });
  },
});

const cursor = v.pipe(
  v.string('must be text'),
  v.check(isCursor, 'must be a cursor that "twofa audit follow" gave'),
);

/** @throws TwofaError `cursor-unknown` when the trail has not the event that was read last. */
async function placeOf(tables: Reading, given: string): Promise<number> {
  const [number = '', link] = given.split('.');
  const after = Number(number);
  if (after === 0 || (await tables.linkOf(after)) === link) return after;
  throw new TwofaError('cursor-unknown', `The trail has not the event ${after} that was read last.`, {
    hint: 'The cursor is of another store, or the store is an older copy of itself. Without the cursor, reading begins with the first event.',
    details: { seq: after },
  });
}

/**
 * The events behind a cursor, and the cursor behind them; without one, the cursor behind the newest event. Nothing is read
 * that a transaction which still runs might put an event before.
 */
export const auditFollow = operation({
  permission: 'audit',
  account: 'optional',
  input: v.strictObject({ cursor: v.optional(cursor), limit: v.optional(limit, 500) }),
  async perform(call, input) {
    const store = await call.store();
    const newest = await store.settled();
    return store.read(async (tables) => {
      if (call.kid !== '') await theAccount(tables, call.kid);
      if (input.cursor === undefined)
        return done({ events: [], cursor: newest ? cursorBehind(newest) : firstCursor });
      const after = await placeOf(tables, input.cursor);
      if (!newest || newest.seq <= after) return done({ events: [], cursor: input.cursor });
      const account = call.kid === '' ? {} : { kid: call.kid };
      const found = await tables.events({ after, until: newest.seq, limit: input.limit, ...account });
      const events = found.map(eventView);
      const last = found.at(-1);
      const link = last && found.length === input.limit ? await tables.linkOf(last.seq) : null;
      return done({ events, cursor: cursorBehind(last && link !== null ? { seq: last.seq, link } : newest) });
    });
  },
});

/**
 * The root over the ends of all chains, or of an account's, signed with the current key.
 * @param kid the account; null for all.
 */
export async function checkpointOf(call: Call, kid: string | null): Promise<Checkpoint> {
  const store = await call.store();
  const now = await store.read(async (tables) => {
    if (kid !== null) await theAccount(tables, kid);
    return tables.now;
  });
  const { current } = await call.keyring();
  const unsigned = { account: kid, at: iso(now), ...(await store.trailRoot(kid)), keyId: current.id };
  return { ...unsigned, signature: checkpointSignature(current, unsigned) };
}

export const auditCheckpoint = operation({
  permission: 'audit',
  account: 'optional',
  input: v.strictObject({}),
  perform: async (call) => done(await checkpointOf(call, call.kid === '' ? null : call.kid)),
});
