// A store in memory, as plain as can be: it loads a user's state, lets a rule decide, and keeps what was decided.
import { reactivated } from '../../src/rules/attempts.ts';
import type { Channel, Code, CodeEnd } from '../../src/rules/code.ts';
import { codeLifetimeMs, endedCodeRetentionMs } from '../../src/rules/constants.ts';
import { type Location, locationOf, type TrustEnd, type TrustedLocation } from '../../src/rules/location.ts';
import {
  decideLogin,
  decideSend,
  decideVerify,
  type LoginAnswer,
  type RecordedAnswer,
  type SendDecision,
  type SignInChange,
  type SignInState,
  type VerifyDecision,
} from '../../src/rules/sign-in.ts';
import type { Instant } from '../../src/rules/time.ts';

export interface ModelUser {
  id: number;
  attemptsLeft: number;
  lockedAt: Instant | null;
  lastVerifiedAt: Instant | null;
  email: string;
  phone: string;
  codes: Code[];
  trust: TrustedLocation[];
}

/** Everything that is kept, as plain data, so that two moments can be compared. */
export interface Model {
  now: Instant;
  enabledAt: Instant | null;
  users: ModelUser[];
  /** Recorded answers, by application and request id. */
  requests: Record<string, RecordedAnswer>;
  codesMade: number;
}

export interface SendCall {
  user: number;
  via: Channel;
  app: string;
  requestId: string | null;
  /** The digits that the random source gives. */
  digits: string;
}

export interface VerifyCall {
  user: number;
  app: string;
  ip: string;
  requestId: string | null;
  digits: string;
}

/** An account with 2FA and two users. */
export function newModel(now: Instant): Model {
  const user = (id: number): ModelUser => ({
    id,
    attemptsLeft: 7,
    lockedAt: null,
    lastVerifiedAt: null,
    email: `user${id}@northside.example`,
    phone: `+1201555012${id}`,
    codes: [],
    trust: [],
  });
  return { now, enabledAt: now, users: [user(0), user(1)], requests: {}, codesMade: 0 };
}

/** The model as it is now; recorded answers never change. */
export function snapshot(model: Model): Model {
  const users = model.users.map((user) => ({
    ...user,
    codes: user.codes.map((code) => ({ ...code })),
    trust: user.trust.map((trust) => ({ ...trust })),
  }));
  return { ...model, users, requests: { ...model.requests } };
}

export function userOf(model: Model, id: number): ModelUser {
  const user = model.users[id];
  if (!user) throw new Error(`The model has no user ${id}.`);
  return user;
}

/** What a code is kept as; the model needs no key. */
export function digestOf(user: number, digits: string): string {
  return `${user}:${digits}`;
}

function readLocation(ip: string): Location {
  const location = locationOf(ip);
  if (typeof location === 'string') throw new Error(`${ip} ${location}.`);
  return location;
}

function isKept(model: Model, code: Code): boolean {
  return code.createdAt > model.now - codeLifetimeMs - endedCodeRetentionMs;
}

function load(model: Model, id: number, location: string | null, request: string | null): SignInState {
  const user = userOf(model, id);
  return {
    enabledAt: model.enabledAt,
    active: true,
    attemptsLeft: user.attemptsLeft,
    lockedAt: user.lockedAt,
    lastVerifiedAt: user.lastVerifiedAt,
    email: user.email,
    phone: user.phone,
    codes: user.codes.filter((code) => isKept(model, code)),
    trust: user.trust.find((each) => each.location === location) ?? null,
    repeat: request === null ? null : (model.requests[request] ?? null),
  };
}

function expireCodes(model: Model, user: ModelUser): void {
  for (const code of user.codes) {
    const expiresAt = code.createdAt + codeLifetimeMs;
    if (isKept(model, code) && code.endedAt === null && expiresAt <= model.now) {
      Object.assign(code, { endedAt: expiresAt, endedReason: 'expired' });
    }
  }
}

function endCodes(model: Model, user: ModelUser, endedReason: CodeEnd): void {
  expireCodes(model, user);
  for (const code of user.codes) {
    if (isKept(model, code) && code.endedAt === null) {
      Object.assign(code, { endedAt: model.now, endedReason });
    }
  }
}

function endTrust(model: Model, user: ModelUser, endedReason: TrustEnd): void {
  for (const trust of user.trust) {
    if (trust.endedAt === null && trust.expiresAt > model.now) {
      Object.assign(trust, { endedAt: model.now, endedReason });
    }
  }
}

function save(model: Model, user: ModelUser, change: SignInChange, digits: string): void {
  user.attemptsLeft = change.attemptsLeft ?? user.attemptsLeft;
  user.lockedAt = change.lockedAt ?? user.lockedAt;
  user.lastVerifiedAt = change.lastVerifiedAt ?? user.lastVerifiedAt;
  if (change.newCode) expireCodes(model, user);
  if (change.endCodes) endCodes(model, user, change.endCodes);
  if (change.endTrust) endTrust(model, user, change.endTrust);
  if (change.trust) {
    const { location } = change.trust;
    user.trust = user.trust.filter((each) => each.location !== location);
    user.trust.push({ ...change.trust, endedAt: null, endedReason: null });
  }
  if (change.newCode) {
    model.codesMade += 1;
    user.codes.push({
      id: model.codesMade,
      via: change.newCode.via,
      digest: digestOf(user.id, digits),
      keyId: 'k1',
      createdAt: model.now,
      endedAt: null,
      endedReason: null,
    });
  }
}

function remember(model: Model, request: string | null, userId: number, action: string, answer: unknown) {
  if (request !== null) {
    model.requests[request] = { userId, action, answer: structuredClone(answer), createdAt: model.now };
  }
}

function requestKey(call: { app: string; requestId: string | null }): string | null {
  return call.requestId === null ? null : `${call.app}/${call.requestId}`;
}

/** Asks for a code. */
export function send(model: Model, call: SendCall): SendDecision {
  const request = requestKey(call);
  const decision = decideSend(load(model, call.user, null, request), call.user, call.via, model.now);
  if (decision.outcome !== 'sent') return decision;
  save(model, userOf(model, call.user), decision.change, call.digits);
  remember(model, request, call.user, 'code.send', decision);
  return decision;
}

/** Enters a code; `compared` are the ids of the codes that the rule compared it with. */
export function verify(model: Model, call: VerifyCall): { decision: VerifyDecision; compared: number[] } {
  const location = readLocation(call.ip);
  const request = requestKey(call);
  const compared: number[] = [];
  const matches = (code: Code) => {
    compared.push(code.id);
    return code.digest === digestOf(call.user, call.digits);
  };
  const state = load(model, call.user, location.key, request);
  const decision = decideVerify(state, call.user, location, matches, model.now);
  if (decision.outcome === 'judged') {
    save(model, userOf(model, call.user), decision.change, call.digits);
    remember(model, request, call.user, 'code.verify', decision.answer);
  }
  return { decision, compared };
}

/** Signs in with the password alone. */
export function login(model: Model, user: number, ip: string): LoginAnswer {
  const location = readLocation(ip);
  return decideLogin(load(model, user, location.key, null), location, model.now);
}

/** Changes the email: codes and trust end, attempts and lock stay (R5). */
export function changeContact(model: Model, id: number, email: string): void {
  const user = userOf(model, id);
  if (user.email === email) return;
  user.email = email;
  endCodes(model, user, 'contact-changed');
  endTrust(model, user, 'contact-changed');
}

/** A System Administrator reactivates a locked user (R10). */
export function reactivate(model: Model, id: number): void {
  const user = userOf(model, id);
  if (user.lockedAt === null) return;
  Object.assign(user, reactivated());
  endTrust(model, user, 'reactivated');
}
