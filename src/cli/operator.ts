// Who a token makes you: asked of the store with that very token.
import type { Composed } from './compose.ts';

export interface OperatorView {
  role: string;
  account: string | null;
  user: string | null;
  expiresAt: string | null;
  verifiedUntil: string | null;
}

/** The operator of a token that is not stored as a profile yet. @throws TwofaError for a token that is worth nothing. */
export async function authenticateAs(parts: Composed, token: string): Promise<OperatorView> {
  const { perform } = await import('../actions/perform.ts');
  const answer = await perform(parts.services, async () => token, { do: 'auth.status' });
  return answer.result as OperatorView;
}
