// What login, code send and code verify have in common: the application, and answers for users who do not exist.
import { TwofaError } from '../errors.ts';
import type { Call } from './operation.ts';
import { accountNotFound, userNotFound } from './refusals.ts';
import type { SignInOutcome, SignInQuery, SignInSubject } from './store.ts';

/** The application of a call: the one that the token names, or the one given. */
export function applicationOf(call: Call, given: string | undefined): string {
  const own = call.operator.app;
  if (own !== null && given !== undefined && given !== own) {
    throw new TwofaError('not-permitted', `This token is for the application ${own} alone.`);
  }
  const app = own ?? given;
  if (app === undefined) {
    throw new TwofaError('missing-option', 'No application was named.', {
      hint: 'Name it with --app APP, or use a token made for one application.',
      details: { field: 'app' },
    });
  }
  return app;
}

/** Decides one step of a sign-in. @throws TwofaError for an account or user that does not exist. */
export async function decideStep<T>(
  call: Call,
  query: Omit<SignInQuery, 'kid'>,
  decide: (subject: SignInSubject, now: number) => SignInOutcome<T>,
): Promise<T> {
  const store = await call.store();
  const { operator, kid } = call;
  const decided = await store.signIn(operator, { kid, ...query }, decide, operator.loaded);
  if (decided === 'account-not-found') throw accountNotFound(call.kid);
  if (decided === 'user-not-found') throw userNotFound(call.kid, query.user);
  call.told.push(...decided.notices);
  return decided.answer;
}

export function requestIdReused(): TwofaError {
  return new TwofaError(
    'request-id-reused',
    'This request id was used for another user or another request in the last 15 minutes.',
    { hint: 'Make a new request id for each request; repeat one only to ask for the same answer again.' },
  );
}

export function twoFactorNotEnabled(kid: string): TwofaError {
  return new TwofaError('not-enabled', `2FA is not on for account ${kid}: no code is needed.`, {
    hint: '"twofa checklist" says what is missing; a System Administrator turns it on with "twofa enable".',
  });
}
