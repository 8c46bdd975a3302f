// How a lockout came about, from what the store's trail has of it; and that a known password is changed first.
import { TwofaError } from '../errors.ts';
import { locationOf } from '../rules/location.ts';
import { iso } from '../rules/time.ts';
import { type Triage, triage } from '../rules/triage.ts';
import { theUser } from './refusals.ts';
import type { Reading, User } from './store.ts';

/** Where a user has verified codes. A location that was forgotten says nothing of them any more. */
async function knownPlaces(tables: Reading, userId: number): Promise<Set<string>> {
  const known = new Set<string>();
  for (const each of await tables.locations(userId)) {
    if (each.endedReason !== 'forgotten') known.add(each.location);
  }
  for (const ip of await tables.verifiedFrom(userId)) {
    const location = locationOf(ip);
    if (typeof location !== 'string') known.add(location.key);
  }
  return known;
}

/** The triage of a user who is locked (R9). */
export async function triageOf(tables: Reading, user: User): Promise<Triage> {
  return triage({
    events: await tables.lockoutEvents(user.id),
    knownPlaces: await knownPlaces(tables, user.id),
    contactChangedAt: user.contactChangedAt,
  });
}

export function triageView({ failures, assessment }: Triage) {
  return { failures: failures.map((failure) => ({ ...failure, at: iso(failure.at) })), assessment };
}

/** Users that a message names; its details name all of them. */
const namedMax = 10;

function namedOf(users: readonly string[]): string {
  const more = users.length - namedMax;
  return [...users.slice(0, namedMax), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/**
 * Refuses to give attempts again to users whose password somebody else seems to know: the next seven guesses would
 * follow. A lock below a deactivation counts as well.
 * @throws TwofaError `password-known`, which names all of them.
 */
export async function requirePasswordsChanged(
  tables: Reading,
  kid: string,
  names: Iterable<string>,
): Promise<void> {
  const guessed = new Set<string>();
  for (const name of names) {
    const user = await theUser(tables, kid, name);
    if (user.lockedAt === null) continue;
    if ((await triageOf(tables, user)).assessment.passwordKnown) guessed.add(user.username);
  }
  if (guessed.size === 0) return;
  const users = [...guessed];
  throw new TwofaError(
    'password-known',
    `Somebody else seems to know the password of ${namedOf(users)}: codes are asked for only after it, and were guessed from elsewhere.`,
    {
      hint: 'Change the password in the product, then repeat with --password-changed. See "twofa lockouts show USER".',
      details: { users },
    },
  );
}
