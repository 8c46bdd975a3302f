// Moves the store to another database: the source is sealed first, so that no user ever has the attempts of two stores.
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import type { Answer } from './answer.ts';
import { refuseOlder } from './high-water.ts';
import { done, operation } from './operation.ts';
import type { Store } from './store.ts';
import type { Copied, Copying, Moved } from './store-copy.ts';

const url = v.pipe(
  v.string('must be text'),
  v.regex(
    /^postgres(ql)?:\/\//,
    'must be the URL of a database on PostgreSQL, such as postgres://twofa_owner@db.northside.example/twofa',
  ),
);

/** @throws TwofaError `usage` for a store that is not on SQLite. */
function copyingOf({ copying }: Store): Copying {
  if (copying) return copying;
  throw new TwofaError('usage', 'The store is on PostgreSQL; this brings one from SQLite to PostgreSQL.', {
    hint: 'Name the source with --database sqlite:/path. From one PostgreSQL to another go pg_dump and pg_restore, with every program stopped; back to SQLite goes nothing.',
  });
}

/** What sends all of the store to any server that is named is for who sits where it is, whatever token others have. */
function notHere(): TwofaError {
  return new TwofaError('not-here', 'The store is moved by "twofa db copy" alone, where the store is.', {
    hint: 'Run it without TWOFA_URL, as the user who has the key.',
  });
}

export const dbCopy = operation({
  permission: 'store',
  account: 'none',
  input: v.strictObject({ url, undo: v.optional(v.literal(true, 'must be true')) }),
  async perform(call, input): Promise<Answer<Omit<Copied, 'standing'> | Moved>> {
    if (!call.copied) throw notHere();
    const store = await call.store();
    const copying = copyingOf(store);
    if (input.undo) return done(await copying.undo(call.operator, input.url));
    const { movedTo } = await store.read((tables) => tables.installation());
    // Once it has moved, this machine may know newer events: those of the copy.
    if (movedTo === null) await refuseOlder(call);
    const { standing, ...copied } = await copying.copyTo(call.operator, input.url, call.copied);
    await call.highWater?.note(standing);
    return done(copied);
  },
});
