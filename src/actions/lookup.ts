// Look-ups: what an operator reads, which for Customer Care is an event in the same transaction.
import type { AuditAction } from '../rules/chain.ts';
import type { Call } from './operation.ts';
import type { Account, NewEvent, Reading, User } from './store.ts';

/** What was looked at: the subject in whose chain Customer Care's look-up is recorded; null for the caller's token. */
export interface Seen<T> {
  result: T;
  subject: { account: Account } | { user: User } | null;
}

/**
 * Reads for an operator. A look-up by Customer Care is recorded with the subject that was seen.
 * @param action what the event is called.
 */
export async function lookUp<T>(
  call: Call,
  action: AuditAction,
  details: Record<string, unknown>,
  work: (tables: Reading) => Promise<Seen<T>>,
): Promise<T> {
  const store = await call.store();
  if (call.operator.role !== 'customer-care')
    return store.look(async (tables) => (await work(tables)).result);
  return call.write(async (tables) => {
    const { result, subject } = await work(tables);
    const event: NewEvent = { action, details, account: call.kid === '' ? null : call.kid };
    if (subject) await tables.record(subject, event);
    else {
      const token = await tables.token(call.operator.tokenId);
      if (token) await tables.record({ token }, event);
    }
    return result;
  });
}
