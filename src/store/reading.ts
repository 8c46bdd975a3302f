// What is read where a person waits, put together from what each kind of thing gives.
import type { Reading } from '../actions/store.ts';
import { checklistFacts, rosterDigest } from './checklist.ts';
import { accounts, installation, practices } from './read-accounts.ts';
import { events, lockout, lockouts, userHistory } from './read-events.ts';
import { hasOwner, token, tokens } from './read-tokens.ts';
import {
  emailHolder,
  locations,
  otherAdministrators,
  outstandingCodes,
  user,
  userByKey,
  usernameHolder,
  users,
} from './read-users.ts';
import { accountOf } from './rows.ts';
import { first, on, type Session } from './session.ts';

/** The readings of one transaction. */
export function readingOf(session: Session): Reading {
  return {
    now: session.now,
    installation: () => installation(session),
    account: async (kid) => {
      const row = await first(on(session, 'accounts').where({ kid }));
      return row ? accountOf(row) : null;
    },
    accounts: (filter) => accounts(session, filter),
    practices: (kid) => practices(session, kid),
    user: (kid, name) => user(session, kid, name),
    userByKey: (kid, username) => userByKey(session, kid, username),
    users: (filter) => users(session, filter),
    usernameHolder: (kid, username) => usernameHolder(session, kid, username),
    outstandingCodes: (userId) => outstandingCodes(session, userId),
    otherAdministrators: (kid, exceptUserId) => otherAdministrators(session, kid, exceptUserId),
    emailHolder: (kid, key, exceptUserId) => emailHolder(session, kid, key, exceptUserId),
    checklistFacts: (kid) => checklistFacts(session, kid),
    rosterDigest: (kid) => rosterDigest(session, kid),
    tokens: (filter) => tokens(session, filter),
    token: (id) => token(session, id),
    hasOwner: () => hasOwner(session),
    locations: (userId) => locations(session, userId),
    lockouts: (filter) => lockouts(session, filter),
    lockout: (user) => lockout(session, user),
    userHistory: (userId, limit) => userHistory(session, userId, limit),
    events: (filter) => events(session, filter),
  };
}
