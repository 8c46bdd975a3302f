// A refused call is an event on the caller's token.
import type { Operator } from './operation.ts';
import type { NewEvent, Writing } from './store.ts';

/** Records that something was refused to an operator, in the chain of their token. */
export async function recordRefusedCall(
  tables: Writing,
  operator: Pick<Operator, 'tokenId'>,
  refused: Pick<NewEvent, 'account' | 'user' | 'details'>,
): Promise<void> {
  const token = await tables.token(operator.tokenId);
  if (token) await tables.record({ token }, { action: 'call.refused', outcome: 'refused', ...refused });
}
