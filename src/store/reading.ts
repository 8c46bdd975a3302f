// What is read where a person waits, put together from what each kind of thing gives.
import type { Reading } from '../actions/store.ts';
import { checklistFacts } from './checklist.ts';
import { eventCounts, uncounted } from './event-counts.ts';
import { gauges } from './gauges.ts';
import { abandonedMessages, awaitedMessages, sentMessages, textsToday } from './messages.ts';
import { administrators, openNotices, waitingNotices } from './notices.ts';
import { countPrunable, prunable } from './prune.ts';
import { accounts, installation, practiceNames, practices } from './read-accounts.ts';
import { events, lockout, lockoutEvents, lockouts, userHistory, verifiedFrom } from './read-events.ts';
import { exported, linkOf, newestBefore } from './read-export.ts';
import { chainAt, putBackAt } from './read-restored.ts';
import { activeUsernames, administratorIds, inactiveUsers } from './read-roster.ts';
import { expiringTokens, hasOwner, token, tokens } from './read-tokens.ts';
import {
  busyLocations,
  emailHolder,
  emailHolders,
  formerUsernames,
  locations,
  otherAdministrators,
  outstandingCodes,
  user,
  userByKey,
  usernameHolder,
  users,
  usersByKeys,
} from './read-users.ts';
import { recoveryCode, recoveryCodes, recoveryTries } from './recovery.ts';
import { administratorNames, announced, channelRecord, rollCall, sentLately } from './roll-call.ts';
import { keptOut, rosterDigests } from './roster-digests.ts';
import { behind, sealedAccount } from './sealed.ts';
import { first, on, type Session } from './session.ts';
import { taskDone } from './tasks.ts';

/** The readings of one transaction. */
export function readingOf(session: Session): Reading {
  return {
    now: session.now,
    installation: () => installation(session),
    account: async (kid) => {
      const query = on(session, 'accounts').where({ kid });
      const row = await first(query.select('accounts.*', session.knex.raw(behind('accounts'))));
      return row ? sealedAccount(session.keyring, row) : null;
    },
    accounts: (filter) => accounts(session, filter),
    practices: (kid) => practices(session, kid),
    practiceNames: (kid) => practiceNames(session, kid),
    user: (kid, name) => user(session, kid, name),
    userByKey: (kid, username) => userByKey(session, kid, username),
    usersByKeys: (kid, usernames) => usersByKeys(session, kid, usernames),
    users: (filter) => users(session, filter),
    usernameHolder: (kid, username) => usernameHolder(session, kid, username),
    formerUsernames: (kid, usernames) => formerUsernames(session, kid, usernames),
    outstandingCodes: (userId) => outstandingCodes(session, userId),
    otherAdministrators: (kid, exceptUserId) => otherAdministrators(session, kid, exceptUserId),
    administrators: (kid) => administrators(session, kid),
    emailHolder: (kid, key, exceptUserId) => emailHolder(session, kid, key, exceptUserId),
    emailHolders: (kid, keys) => emailHolders(session, kid, keys),
    administratorIds: (kid) => administratorIds(session, kid),
    activeUsernames: (kid) => activeUsernames(session, kid),
    inactiveUsers: (kid) => inactiveUsers(session, kid),
    checklistFacts: (kid) => checklistFacts(session, kid),
    rosterDigests: (kid) => rosterDigests(session, kid),
    keptOut: (kid) => keptOut(session, kid),
    recoveryCodes: (account) => recoveryCodes(session, account),
    recoveryCode: (kid, digest) => recoveryCode(session, kid, digest),
    recoveryTries: (kid) => recoveryTries(session, kid),
    tokens: (filter) => tokens(session, filter),
    token: (id) => token(session, id),
    expiringTokens: (until, limit) => expiringTokens(session, until, limit),
    hasOwner: () => hasOwner(session),
    sentMessages: (userId, limit) => sentMessages(session, userId, limit),
    abandonedMessages: (before, limit) => abandonedMessages(session, before, limit),
    awaitedMessages: (limit) => awaitedMessages(session, limit),
    textsToday: (kid) => textsToday(session, kid),
    openNotices: (filter) => openNotices(session, filter),
    waitingNotices: (since, limit) => waitingNotices(session, since, limit),
    rollCall: (filter) => rollCall(session, filter),
    announced: (filter, day) => announced(session, filter, day),
    channelRecord: (userId, via) => channelRecord(session, userId, via),
    sentLately: (via, after) => sentLately(session, via, after),
    administratorNames: (kid, limit) => administratorNames(session, kid, limit),
    locations: (userId) => locations(session, userId),
    busyLocations: (moreThan, limit) => busyLocations(session, moreThan, limit),
    lockouts: (filter) => lockouts(session, filter),
    lockout: (user) => lockout(session, user),
    userHistory: (userId, limit) => userHistory(session, userId, limit),
    lockoutEvents: (userId) => lockoutEvents(session, userId),
    verifiedFrom: (userId) => verifiedFrom(session, userId),
    events: (filter) => events(session, filter),
    exported: (filter) => exported(session, filter),
    linkOf: (seq) => linkOf(session, seq),
    newestBefore: (at) => newestBefore(session, at),
    putBackAt: () => putBackAt(session),
    chainAt: (subject, seq) => chainAt(session, subject, seq),
    prunable: (kinds, limit) => prunable(session, kinds, limit),
    countPrunable: () => countPrunable(session),
    uncounted: (until, limit) => uncounted(session, until, limit),
    eventCounts: () => eventCounts(session),
    task: (name) => taskDone(session, name),
    gauges: () => gauges(session),
  };
}
