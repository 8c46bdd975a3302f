// Puts a backup in the place of a store: for its owner alone, as the store that is there knows them.
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import { done, operation } from './operation.ts';

export const dbReplace = operation({
  permission: 'store',
  account: 'none',
  input: v.strictObject({}),
  async perform({ replacement }) {
    if (replacement) return done(await replacement());
    throw new TwofaError('usage', 'A backup is put in the place of a store on its own host.', {
      hint: 'Run there: twofa db restore FILE',
    });
  },
});
