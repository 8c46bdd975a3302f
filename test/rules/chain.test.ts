// How an event is linked to the one before it, and how a row's head seals its state.
import { describe, expect, test } from 'vitest';
import {
  accountState,
  auditActions,
  type ChainPosition,
  type EventBody,
  headOf,
  installationState,
  nextLink,
  tokenState,
  userState,
} from '../../src/rules/chain.ts';

const key = Buffer.alloc(32, 1);
const start: ChainPosition = { count: 0, link: '' };
const event: EventBody = {
  at: 1_767_225_600_000,
  actor: 'platform',
  role: 'application',
  tokenId: 3,
  action: 'code.verified',
  account: '10482',
  user: 'jane',
  outcome: 'ok',
  details: '{"app":"platform"}',
};

test('the published list of actions names each once, as subject and participle', () => {
  expect(new Set(auditActions).size).toBe(auditActions.length);
  for (const action of auditActions) expect(action).toMatch(/^[a-z]+\.[a-z]+(-[a-z]+)*$/);
});

describe('a link', () => {
  const link = nextLink(key, 'user:17', start, event);

  test('stays what it is, or a trail that was written could not be checked any more', () => {
    expect(link).toBe('7kzgb6Q6wECXvQ9dDcsibnZNGviN_q0--8ZWvrHdFAE');
  });

  test.each<[string, Partial<EventBody>]>([
    ['time', { at: event.at + 1 }],
    ['actor', { actor: 'desktop' }],
    ['role', { role: 'owner' }],
    ['token', { tokenId: null }],
    ['action', { action: 'code.rejected' }],
    ['account', { account: null }],
    ['user', { user: 'omar' }],
    ['outcome', { outcome: 'failed' }],
    ['details', { details: '{"app": "platform"}' }],
  ])('is another when the %s is another', (_, changed) => {
    expect(nextLink(key, 'user:17', start, { ...event, ...changed })).not.toBe(link);
  });

  test('is another for another key, subject, place or link before', () => {
    const others = [
      nextLink(Buffer.alloc(32, 2), 'user:17', start, event),
      nextLink(key, 'user:18', start, event),
      nextLink(key, 'user:17', { count: 1, link: '' }, event),
      nextLink(key, 'user:17', { count: 0, link: 'x' }, event),
    ];
    expect(new Set([link, ...others]).size).toBe(5);
  });

  test('is another when text moves from one field into the next', () => {
    const one = { ...event, account: 'a', user: 'b' };
    const other = { ...event, account: 'a","b', user: '' };
    expect(nextLink(key, 'user:17', start, one)).not.toBe(nextLink(key, 'user:17', start, other));
  });

  test('depends on all events before: two exchanged events give another end', () => {
    const second: EventBody = { ...event, action: 'code.rejected' };
    const chain = (...events: EventBody[]) =>
      events.reduce<ChainPosition>(
        (before, each) => ({ count: before.count + 1, link: nextLink(key, 'user:17', before, each) }),
        start,
      );
    expect(chain(event, second).link).not.toBe(chain(second, event).link);
    expect(chain(event, event).link).not.toBe(chain(event).link);
  });
});

describe('the state that a head seals', () => {
  const user = {
    accountKid: '10482',
    username: 'jane',
    active: true,
    systemAdministrator: false,
    attemptsLeft: 7,
    lockedAt: null,
    email: 'jane@northside.example',
    phone: '+12015550123',
    codesAfter: 0,
    trustAfter: 0,
  };
  const account = {
    kid: '10482',
    name: 'Northside',
    country: 'US',
    enabledAt: null,
    enabledBy: null,
    createdAt: 5,
    recoveryCodes: null,
  };
  const token = {
    digest: 'd',
    role: 'application',
    accountKid: null,
    userId: null,
    app: 'platform',
    mayContacts: false,
    expiresAt: null,
    revokedAt: null,
    verifiedAt: null,
    verifiedPlace: null,
  };
  const installation = {
    sandbox: false,
    keyFingerprint: 'f',
    createdAt: 5,
    movedTo: null,
    restoredAt: null,
    staging: false,
  };
  const head = (state: ReturnType<typeof userState>, position = { count: 4, link: 'l' }) =>
    headOf(key, 'user:17', position, state);

  test.each([
    ['account', { accountKid: '10483' }],
    ['username', { username: 'omar' }],
    ['status', { active: false }],
    ['role', { systemAdministrator: true }],
    ['attempts', { attemptsLeft: 6 }],
    ['lock', { lockedAt: 0 }],
    ['email', { email: 'eve@northside.example' }],
    ['phone', { phone: null }],
    ['ended codes', { codesAfter: 3 }],
    ['ended trust', { trustAfter: 3 }],
  ])("a user's %s", (_, changed) => {
    expect(head(userState({ ...user, ...changed }))).not.toBe(head(userState(user)));
  });

  test.each([
    ['KID', { kid: '10483' }],
    ['name', { name: 'Southside' }],
    ['country', { country: 'CA' }],
    ['2FA', { enabledAt: 5 }],
    ['who turned it on', { enabledBy: 'maria' }],
    ['age', { createdAt: 6 }],
    ['recovery codes', { recoveryCodes: 'd' }],
  ])("an account's %s", (_, changed) => {
    expect(head(accountState({ ...account, ...changed }))).not.toBe(head(accountState(account)));
  });

  test.each([
    ['hash', { digest: 'e' }],
    ['role', { role: 'owner' }],
    ['account', { accountKid: '10482' }],
    ['user', { userId: 1 }],
    ['application', { app: null }],
    ['permission for contacts', { mayContacts: true }],
    ['expiry', { expiresAt: 9 }],
    ['revocation', { revokedAt: 9 }],
  ])("a token's %s", (_, changed) => {
    expect(head(tokenState({ ...token, ...changed }))).not.toBe(head(tokenState(token)));
  });

  test.each([
    ['sandbox', { sandbox: true }],
    ['key', { keyFingerprint: 'g' }],
    ['age', { createdAt: 6 }],
    ['place', { movedTo: 'postgres://db.northside.example:5432/twofa' }],
    ['restoration', { restoredAt: 6 }],
    ['being a copy for staging', { staging: true }],
  ])("the installation's %s", (_, changed) => {
    const sealed = head(installationState({ ...installation, ...changed }));
    expect(sealed).not.toBe(head(installationState(installation)));
  });

  test('and where its chain stands, for its subject and key alone', () => {
    const state = userState(user);
    const heads = [
      head(state),
      head(state, { count: 5, link: 'l' }),
      head(state, { count: 4, link: 'm' }),
      headOf(key, 'user:18', { count: 4, link: 'l' }, state),
      headOf(Buffer.alloc(32, 2), 'user:17', { count: 4, link: 'l' }, state),
    ];
    expect(new Set(heads).size).toBe(5);
  });
});
