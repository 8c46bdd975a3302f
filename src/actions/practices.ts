// Adds and lists the practices of an account.
import * as v from 'valibot';
import { foldKey } from '../rules/text.ts';
import { practiceName } from './fields.ts';
import { lookUp } from './lookup.ts';
import { done, operation } from './operation.ts';
import { theAccount } from './refusals.ts';
import type { Practice } from './store.ts';

function practiceView(kid: string, practice: Practice) {
  return { account: kid, name: practice.name, users: practice.users };
}

export const practiceAdd = operation({
  permission: 'roster',
  account: 'required',
  input: v.strictObject({ name: practiceName }),
  async perform(call, { name }) {
    return call.write(async (tables) => {
      const account = await theAccount(tables, call.kid);
      const same = (practice: Practice) => foldKey(practice.name) === foldKey(name);
      const existing = (await tables.practices(call.kid)).find(same);
      if (!existing) await tables.addPractice(account, name, { action: 'practice.added', details: { name } });
      const practice = existing ?? (await tables.practices(call.kid)).find(same);
      if (!practice) throw new Error('A practice that was just added is not there.');
      return done({ ...practiceView(call.kid, practice), changed: !existing });
    });
  },
});

export const practiceList = operation({
  permission: 'see',
  account: 'required',
  input: v.strictObject({}),
  async perform(call) {
    return done(
      await lookUp(call, 'account.viewed', { view: 'practices' }, async (tables) => {
        const account = await theAccount(tables, call.kid);
        const practices = await tables.practices(call.kid);
        return {
          result: practices.map((practice) => practiceView(call.kid, practice)),
          subject: { account },
        };
      }),
    );
  },
});
