// The preparation checklist of an account (R4).
import * as v from 'valibot';
import { exitCodes } from '../errors.ts';
import { type Checklist, evaluateChecklist } from '../rules/checklist.ts';
import { lookUp } from './lookup.ts';
import { type Call, done, operation } from './operation.ts';
import { theAccount } from './refusals.ts';
import type { Reading } from './store.ts';

/** Evaluates the checklist over the store and the configured delivery. */
export async function checklistOf(call: Call, tables: Reading): Promise<Checklist> {
  const delivery = (await call.delivery()).channels();
  const { sandbox } = call.operator;
  const facts = await tables.checklistFacts(call.kid);
  return evaluateChecklist({ ...facts, delivery: { sandbox, ...delivery } });
}

export const checklist = operation({
  permission: 'see',
  account: 'required',
  input: v.strictObject({}),
  async perform(call) {
    const result = await lookUp(call, 'account.viewed', { view: 'checklist' }, async (tables) => {
      const account = await theAccount(tables, call.kid);
      return { result: await checklistOf(call, tables), subject: { account } };
    });
    return done({ account: call.kid, ...result }, result.ready ? exitCodes.done : exitCodes.refused);
  },
});
