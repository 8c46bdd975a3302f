// How far a store is: which one it is, its newest event and a known one, as rows of any database.
import type { KnownEvent, Standing } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import { headOf, installationState } from '../rules/chain.ts';
import type { Keyring } from '../rules/keyring.ts';
import { iso } from '../rules/time.ts';
import { chainOf, installationOf, int, type Row, text } from './rows.ts';
import { subjectOf } from './trail.ts';

/** An event's row as it is known by. */
export function knownOf(row: Row | undefined): KnownEvent | null {
  if (!row) return null;
  return {
    seq: int(row, 'seq'),
    subject: text(row, 'subject'),
    place: int(row, 'place'),
    link: text(row, 'link'),
    at: int(row, 'at'),
  };
}

/** @throws TwofaError `audit-broken` when the installation's row, which says which store it is, was changed. */
export function standingFrom(
  keyring: Keyring,
  row: Row,
  newest: Row | undefined,
  known: Row | undefined,
): Standing {
  const state = installationOf(row);
  const key = keyring.get(text(row, 'key_id'));
  if (
    !key ||
    headOf(key.trail, subjectOf.installation, chainOf(row), installationState(state)) !== row.head
  ) {
    throw new TwofaError('audit-broken', 'The row of the installation is not the one that twofa wrote.', {
      hint: '"twofa audit verify" names what is broken. Restore the store from a backup, or ask who has written to it.',
      details: { subject: subjectOf.installation },
    });
  }
  const { createdAt, staging, restoredAt } = state;
  // A copy for staging goes its own way: what a machine knows of it is not what it knows of the store that it was copied from.
  const store = staging ? `${iso(createdAt)} staging` : iso(createdAt);
  return { store, newest: knownOf(newest), known: knownOf(known), restoredAt };
}
