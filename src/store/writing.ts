// What is written where a person waits. Every write appends its event and seals the head of its row.
import type { NewEvent, Writing } from '../actions/store.ts';
import { addCounts } from './event-counts.ts';
import { addNotices, claimNotices } from './notices.ts';
import { prune } from './prune.ts';
import { readingOf } from './reading.ts';
import { rejectRecovery, replaceRecoveryCodes, useRecoveryCode } from './recovery.ts';
import { endEverything } from './restored.ts';
import { addAnnouncements, addCheckWords, endCheckWords, saveCheckWord } from './roll-call.ts';
import type { Session } from './session.ts';
import { noteTask } from './tasks.ts';
import { addAccount, addPractice, recordOnAccount, recordOnInstallation } from './write-accounts.ts';
import { addToken, saveToken } from './write-tokens.ts';
import { addUsers, saveUser, saveUsers } from './write-users.ts';

async function record(
  session: Session,
  subject: Parameters<Writing['record']>[0],
  event: NewEvent,
): Promise<void> {
  if ('account' in subject) await recordOnAccount(session, subject.account, event);
  else if ('user' in subject) await saveUser(session, subject.user, {}, event);
  else await saveToken(session, subject.token, {}, event);
}

/** The writings of one transaction, beside its readings. */
export function writingOf(session: Session, { restoredAt }: Pick<Writing, 'restoredAt'>): Writing {
  return {
    ...readingOf(session),
    restoredAt,
    addAccount: (account, event) => addAccount(session, account, event),
    saveAccount: (account, change, event) => recordOnAccount(session, account, event, change),
    addPractice: (account, name, event) => addPractice(session, account, name, event),
    replaceRecoveryCodes: (account, digests, event) => replaceRecoveryCodes(session, account, digests, event),
    useRecoveryCode: (account, code, event) => useRecoveryCode(session, account, code, event),
    rejectRecovery: (account, tries, event) => rejectRecovery(session, account, tries, event),
    addUsers: (account, values, event) => addUsers(session, account, values, event),
    saveUser: (user, change, event) => saveUser(session, user, change, event),
    saveUsers: (saves) => saveUsers(session, saves),
    addNotices: (account, notices) => addNotices(session, account, notices),
    claimNotices: (notices) => claimNotices(session, notices),
    addCheckWords: (account, words, event) => addCheckWords(session, account, words, event),
    addAnnouncements: (account, day, messages, event) =>
      addAnnouncements(session, account, day, messages, event),
    saveCheckWord: (user, via, change, event) => saveCheckWord(session, user, via, change, event),
    endCheckWords: (kid) => endCheckWords(session, kid),
    addToken: (token, event) => addToken(session, token, event),
    saveToken: (token, change, event) => saveToken(session, token, change, event),
    saveInstallation: (change, event) => recordOnInstallation(session, event, change),
    adoptKey: (event) =>
      recordOnInstallation(session, event, { keyFingerprint: session.keyring.current.fingerprint }),
    closeChains: async (lostFingerprint, reason) => {
      const { closeChains } = await import('./rekey.ts');
      return closeChains(session, lostFingerprint, reason);
    },
    endEverything: (reason) => endEverything(session, reason),
    prune: (rows) => prune(session, rows),
    addCounts: (page) => addCounts(session, page),
    noteTask: (name, seq) => noteTask(session, name, seq),
    recordOnInstallation: (event) => recordOnInstallation(session, event),
    record: (subject, event) => record(session, subject, event),
  };
}
