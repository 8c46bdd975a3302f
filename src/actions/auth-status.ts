// Who the operator is.
import * as v from 'valibot';
import { iso } from '../rules/time.ts';
import { done, operation } from './operation.ts';

export const authStatus = operation({
  permission: 'self',
  account: 'none',
  input: v.strictObject({}),
  waives: () => ({ lock: true, secondFactor: true }),
  async perform({ operator }) {
    return done({
      role: operator.role,
      account: operator.kid,
      user: operator.username,
      expiresAt: iso(operator.token.expiresAt),
      verifiedUntil: iso(operator.verifiedUntil),
    });
  },
});
