// Names that complete what an operator types. Looking for them is no event, so that it is only for those whose looking is none.
import { grantOf } from '../rules/authority.ts';
import { authenticate, barOf } from './authenticate.ts';
import type { Services } from './operation.ts';
import type { Credential } from './perform.ts';
import type { Reading } from './store.ts';

/** Names that are given at the most. */
const namesMax = 100;

export interface NamesAsked {
  kind: 'accounts' | 'users';
  account?: string;
  /** The beginning of the name. */
  begun: string;
}

async function beginning(tables: Reading, kid: string | undefined, asked: NamesAsked): Promise<string[]> {
  const { kind, begun } = asked;
  const after = begun === '' ? {} : { after: begun };
  if (kind === 'accounts') {
    const narrowed = kid === undefined ? {} : { kid };
    const same = begun === '' ? null : await tables.account(begun);
    const found = await tables.accounts({ ...after, ...narrowed, limit: namesMax });
    return [...(same && (kid ?? same.kid) === same.kid ? [same] : []), ...found].map(
      (account) => account.kid,
    );
  }
  if (kid === undefined) return [];
  const same = begun === '' ? null : await tables.userByKey(kid, begun);
  const found = await tables.users({ ...after, kid, limit: namesMax });
  return [...(same ? [same] : []), ...found].map((user) => user.username);
}

/**
 * KIDs, or usernames of an account, that begin with a text, as the operator of a token may see them: none for Customer
 * Care, whose look-ups are recorded, and none for a token that would be refused, which would be recorded as well.
 */
export async function namesFor(
  services: Pick<Services, 'store'>,
  credential: Credential,
  asked: NamesAsked,
): Promise<string[]> {
  const secret = await credential();
  const store = await services.store();
  const operator = await authenticate(store, secret);
  if ('refusal' in operator || barOf(operator, {}) !== null) return [];
  if (!['yes', 'own'].includes(grantOf('see', operator.role))) return [];
  const kid = operator.kid ?? (asked.kind === 'users' ? asked.account : undefined);
  if (operator.kid !== null && (asked.account ?? operator.kid) !== operator.kid) return [];
  const names = await store.read((tables) => beginning(tables, kid, asked));
  return names.filter((name) => name.startsWith(asked.begun));
}
