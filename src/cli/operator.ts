// Who a token makes you: asked with that very token.
import type { Door } from './door.ts';

export interface OperatorView {
  role: string;
  account: string | null;
  user: string | null;
  expiresAt: string | null;
  verifiedUntil: string | null;
}

/** The operator of a token that is not stored as a profile yet. @throws TwofaError for a token that is worth nothing. */
export async function authenticateAs(door: Door, token: string): Promise<OperatorView> {
  const answer = await door.request({ do: 'auth.status' }, async () => token);
  return answer.result as OperatorView;
}

/** An operator in a few words, for people. */
export function operatorWords({ role, account, user }: OperatorView): string {
  return `${user ?? role}${account ? ` of account ${account}` : ''}`;
}
