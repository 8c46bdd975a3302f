// The audit trail, listed.
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import { auditActions } from '../rules/chain.ts';
import { nearest } from '../rules/nearest.ts';
import { limit, since, userName } from './fields.ts';
import { done, operation } from './operation.ts';
import { theAccount, theUser } from './refusals.ts';
import type { EventFilter } from './store.ts';
import { eventView } from './views.ts';

function checkAction(action: string | undefined): void {
  if (action === undefined || (auditActions as readonly string[]).includes(action)) return;
  const known = nearest(action, auditActions);
  throw new TwofaError('invalid-input', `action ${JSON.stringify(action.slice(0, 60))} is no audit action.`, {
    hint: known ? `Did you mean "${known}"?` : 'The actions are listed by "twofa help audit".',
    details: { field: 'action' },
  });
}

const seq = v.pipe(
  v.number('must be a whole number'),
  v.integer('must be a whole number'),
  v.minValue(0, 'must be 0 or more'),
);

export const auditList = operation({
  permission: 'audit',
  account: 'optional',
  input: v.strictObject({
    since: v.optional(since),
    user: v.optional(userName),
    action: v.optional(v.string('must be text')),
    limit: v.optional(limit, 1000),
    after: v.optional(seq),
  }),
  async perform(call, input) {
    checkAction(input.action);
    if (input.user !== undefined && call.kid === '') {
      throw new TwofaError('missing-option', 'A user is a user of an account.', {
        hint: 'Name it with --account KID.',
        details: { field: 'account' },
      });
    }
    const store = await call.store();
    return store.read(async (tables) => {
      const filter: EventFilter = { limit: input.limit };
      if (call.kid !== '') {
        await theAccount(tables, call.kid);
        filter.kid = call.kid;
      }
      if (input.user !== undefined) {
        const user = await theUser(tables, call.kid, input.user);
        filter.userId = user.id;
        filter.user = user.username;
      }
      if (input.action !== undefined) filter.action = input.action;
      if (input.since) filter.since = 'ago' in input.since ? tables.now - input.since.ago : input.since.at;
      if (input.after !== undefined) filter.after = input.after;
      return done((await tables.events(filter)).map(eventView));
    });
  },
});
