// An account with users and tokens, written through the store, and the steps of a sign-in by the real rules.
import { randomBytes } from 'node:crypto';
import type { Account, Actor, NewUser, SignInOutcome, Token, User } from '../../src/actions/store.ts';
import type { Channel } from '../../src/rules/code.ts';
import { storedEmail, storedPhone } from '../../src/rules/contact.ts';
import { codeDigest } from '../../src/rules/keyring.ts';
import { decideSend, decideVerify, type SendDecision, type VerifyDecision } from '../../src/rules/sign-in.ts';
import { tokenDigest } from '../../src/rules/token-format.ts';
import type { Opened } from './engine.ts';

export const kid = '10482';
export const otherKid = '20967';
export const actor: Actor = { actor: 'test', role: 'owner', tokenId: null };
export const ip = '203.0.113.7';

export function someone(username: string, phone: string, more: Partial<NewUser> = {}): NewUser {
  return {
    username,
    name: `${username} of Northside`,
    ...storedEmail(`${username}@northside.example`),
    ...storedPhone(phone, 'US'),
    language: null,
    systemAdministrator: false,
    practiceIds: [],
    ...more,
  };
}

export interface Fixture {
  maria: User;
  jane: User;
  token: Token;
}

function newToken(account: string | null, userId: number | null) {
  return {
    digest: tokenDigest(randomBytes(32).toString('hex')),
    role: userId === null ? ('owner' as const) : ('system-administrator' as const),
    accountKid: account,
    userId,
    app: null,
    name: 'a token',
    mayContacts: false,
    lifetimeMs: null,
    expiresAt: null,
  };
}

export async function theUser({ store }: Opened, username: string): Promise<User> {
  const user = await store.read((tables) => tables.user(kid, username));
  if (!user) throw new Error(`There is no user ${username}.`);
  return user;
}

/** Two accounts, the first with 2FA on, a System Administrator, a user, and tokens. */
export async function fill(opened: Opened): Promise<Fixture> {
  const { store } = opened;
  const token = await store.write(actor, async (tables) => {
    const add = async (each: string): Promise<Account> =>
      tables.addAccount({ kid: each, name: `Account ${each}`, country: 'US' }, { action: 'account.created' });
    await add(otherKid);
    let account = await add(kid);
    account = await tables.addPractice(account, 'Pediatrics', { action: 'practice.added' });
    const practiceIds = (await tables.practices(kid)).map((practice) => practice.id);
    const people = [
      someone('maria', '+12015550123', { systemAdministrator: true, practiceIds }),
      someone('jane', '+12015550125', { practiceIds }),
    ];
    const added = await tables.addUsers(account, people, { action: 'users.imported' });
    await tables.saveAccount(
      added.account,
      { enabledAt: tables.now, enabledBy: 'maria' },
      { action: 'account.enabled' },
    );
    await tables.addToken(newToken(kid, added.ids[0] ?? 0), { action: 'token.created' });
    return tables.addToken(newToken(null, null), { action: 'token.created' });
  });
  return { token, maria: await theUser(opened, 'maria'), jane: await theUser(opened, 'jane') };
}

export interface Step {
  via?: Channel;
  app?: string;
  requestId?: string;
  messageId?: string;
}

/** Issues a code by the rules. */
export async function issue(
  opened: Opened,
  user: string,
  code: string,
  step: Step = {},
): Promise<SendDecision> {
  const { app = 'platform', via = 'email', requestId = null } = step;
  const messageId = step.messageId ?? `msg_${randomBytes(8).toString('hex')}`;
  const key = opened.keyring.current;
  const query = { kid, user, location: null, app, requestId, codes: true };
  const found = await opened.store.signIn<SendDecision>(actor, query, ({ state, userId }, now) => {
    const answer = decideSend(state, userId, via, now);
    if (answer.outcome === 'repeated' || answer.outcome === 'request-id-reused')
      return { answer, event: null };
    if (answer.outcome !== 'sent') return { answer, event: { action: 'code.refused', outcome: 'refused' } };
    return {
      answer,
      change: answer.change,
      code: { digest: codeDigest(key, userId, code), keyId: key.id, messageId, app, recipient: 'j•••' },
      remember: { action: 'code.send', answer: { messageId } },
      event: { action: 'code.issued', details: { messageId } },
    };
  });
  if (typeof found === 'string') throw new Error(found);
  return found.answer;
}

/** What decides whether a code is right, as the store has it called. */
export function verification(opened: Opened, code: string) {
  return (
    { state, userId }: Parameters<Parameters<Opened['store']['signIn']>[2]>[0],
    now: number,
  ): SignInOutcome<VerifyDecision> => {
    const digest = (keyId: string) => {
      const key = opened.keyring.get(keyId);
      return key && codeDigest(key, userId, code);
    };
    const location = { key: ip, trustable: true };
    const answer = decideVerify(
      state,
      userId,
      location,
      (stored) => stored.digest === digest(stored.keyId),
      now,
    );
    if (answer.outcome !== 'judged') return { answer, event: null };
    const action = answer.answer.result === 'verified' ? 'code.verified' : 'code.rejected';
    return {
      answer,
      change: answer.change,
      remember: { action: 'code.verify', answer: answer.answer },
      event: { action },
    };
  };
}

/** Verifies a code by the rules, through the given store of several on the same data. */
export async function verify(
  opened: Opened,
  user: string,
  code: string,
  step: Step = {},
  store = opened.store,
): Promise<VerifyDecision> {
  const { app = 'platform', requestId = null } = step;
  const query = { kid, user, location: ip, app, requestId, codes: true };
  const found = await store.signIn(actor, query, verification(opened, code));
  if (typeof found === 'string') throw new Error(found);
  return found.answer;
}

export async function eventCount(opened: Opened): Promise<number> {
  const [row] = await opened.sql('SELECT count(*) AS n FROM audit_events');
  return Number(row?.n);
}
