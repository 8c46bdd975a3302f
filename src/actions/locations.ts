// A user's trusted locations: listed, and forgotten at once (R11).
import * as v from 'valibot';
import { trustedUntil } from '../rules/location.ts';
import { iso } from '../rules/time.ts';
import { userName } from './fields.ts';
import { done, operation } from './operation.ts';
import { theUser } from './refusals.ts';

export const locationList = operation({
  permission: 'location.list',
  account: 'required',
  input: v.strictObject({ user: userName }),
  async perform(call, input) {
    const store = await call.store();
    return store.read(async (tables) => {
      const user = await theUser(tables, call.kid, input.user);
      const locations = await tables.locations(user.id);
      return done(
        locations.map((each) => ({
          location: each.location,
          trusted: trustedUntil(each, tables.now) !== null,
          trustedAt: iso(each.trustedAt),
          expiresAt: iso(each.expiresAt),
          endedAt: iso(each.endedAt),
          endedReason: each.endedReason,
        })),
      );
    });
  },
});

export const locationForget = operation({
  permission: 'location.forget',
  account: 'required',
  input: v.strictObject({ user: userName }),
  async perform(call, input) {
    return call.write(async (tables) => {
      const user = await theUser(tables, call.kid, input.user);
      const live = (await tables.locations(user.id)).filter(
        (each) => trustedUntil(each, tables.now) !== null,
      );
      if (live.length > 0) {
        const details = { forgotten: live.length };
        await tables.saveUser(user, { endTrust: 'forgotten' }, { action: 'location.forgotten', details });
      }
      return done({
        account: call.kid,
        username: user.username,
        forgotten: live.length,
        changed: live.length > 0,
      });
    });
  },
});
