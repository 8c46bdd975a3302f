// Confirms check words that a user told: in the application, or to the administrator. It signs nobody in, whatever it answers.
import * as v from 'valibot';
import { exitCodes, TwofaError } from '../errors.ts';
import { type ConfirmDecision, decideConfirm, isCheckWord } from '../rules/check-word.ts';
import type { Channel } from '../rules/code.ts';
import { channel, checkWord, userName } from './fields.ts';
import { requireBefore } from './many-messages.ts';
import { done, operation } from './operation.ts';
import { theAccount, theUser } from './refusals.ts';
import { addressOf, factsOf } from './roll-call.ts';
import type { NewEvent, User } from './store.ts';

/** @throws TwofaError for a user whom a roll call does not reach. */
function requireUsable(user: User): void {
  if (!user.active) {
    throw new TwofaError('user-inactive', `${user.username} is deactivated and is not in the roll call.`);
  }
  if (user.lockedAt !== null) {
    throw new TwofaError('user-locked', `${user.username} is locked and is not in the roll call.`);
  }
}

function eventOf({ result, why, triesLeft }: ConfirmDecision, via: Channel): NewEvent {
  if (result === 'confirmed') return { action: 'rollcall.confirmed', details: { via } };
  return { action: 'rollcall.rejected', outcome: 'failed', details: { via, why, triesLeft } };
}

export const rollcallConfirm = operation({
  permission: 'rollcall.confirm',
  account: 'required',
  input: v.strictObject({ user: userName, via: channel, checkWord }),
  async perform(call, { via, ...input }) {
    const keyring = await call.keyring();
    return call.write(async (tables) => {
      const user = await theUser(tables, call.kid, input.user);
      requireUsable(user);
      requireBefore(await theAccount(tables, call.kid));
      const record = await tables.channelRecord(user.id, via);
      const addressKey = addressOf(user, via)?.owner.addressKey ?? '';
      const decision = decideConfirm(
        factsOf(user, via, record, keyring),
        (word) => isCheckWord(word, keyring, addressKey, input.checkWord),
        tables.now,
      );
      const { result, why, triesLeft, change } = decision;
      const event = eventOf(decision, via);
      if (change) await tables.saveCheckWord(user, via, change, event);
      else await tables.record({ user }, event);
      const exit = result === 'confirmed' ? exitCodes.done : exitCodes.codeRejected;
      return done({ result, why, via, triesLeft, changed: change !== null }, exit);
    });
  },
});
