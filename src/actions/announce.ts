// Tells the users of an account by email that 2FA will be turned on, where their codes will go, and whom to ask.
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import { isUnsent } from '../rules/check-word.ts';
import { addressProblem } from '../rules/contact.ts';
import { defaultLanguage } from '../rules/language.ts';
import { maskEmail, maskPhone } from '../rules/mask.ts';
import { dayOf, type Instant } from '../rules/time.ts';
import type { AnnouncementMessage, Delivery } from './delivery.ts';
import { day, flag, limit, perMinute, username } from './fields.ts';
import {
  Allowance,
  allowanceOf,
  type Failed,
  newMessageId,
  type PerMinute,
  perMinuteBy,
  requireBefore,
  requireDelivery,
  type Skipped,
  sendAll,
} from './many-messages.ts';
import { type Call, done, operation } from './operation.ts';
import { theAccount } from './refusals.ts';
import type { AnnouncementEntry } from './roll-call-store.ts';
import type { Account, Reading, User, Writing } from './store.ts';

/** Users looked at in one request at the most. */
const usersAtOnce = 500;
/** System Administrators whom an announcement names at the most. */
const namedAdministrators = 5;

/** What became of a part of an account's users. */
export interface AnnouncedPart {
  /** Announcements that went out; in a preview, that would. */
  sent: number;
  failed: Failed[];
  /** Users without a valid email. */
  skipped: Skipped[];
  /** Users who were told of the same day before. */
  alreadyTold: number;
  perMinute: PerMinute;
  /** The last user who was seen to; null for none. The next request goes on after them. */
  after: string | null;
  /** Whether there are users left. */
  more: boolean;
  /** In how many milliseconds the next request can send something; 0 when it can at once. */
  retryAfterMs: number;
  changed: boolean;
}

const input = v.strictObject({
  /** The day on which 2FA is to be turned on. */
  on: v.optional(day),
  /** Also those who were told of this day before. */
  again: v.optional(flag, false),
  perMinute: v.optional(perMinute),
  /** Says what would be sent, and sends nothing. */
  preview: v.optional(flag, false),
  limit: v.optional(limit, usersAtOnce),
  after: v.optional(username),
});
type Input = v.InferOutput<typeof input>;

/** A part of an account's users as it was found. */
interface Seen {
  account: Account;
  toTell: User[];
  skipped: Skipped[];
  alreadyTold: number;
  last: string | null;
  more: boolean;
  /** In how many milliseconds email takes more, once it took no more. */
  retryAfterMs: number;
  perMinute: PerMinute;
}

/** @throws TwofaError `invalid-input` for a day that is over. */
function requireToCome(on: string | undefined, now: Instant): void {
  const today = dayOf(now);
  if (on === undefined || on >= today) return;
  throw new TwofaError('invalid-input', `on ${JSON.stringify(on)} is over: in UTC, today is ${today}.`, {
    hint: 'Give the day on which 2FA is to be turned on, or leave --on out.',
    details: { field: 'on' },
  });
}

/** Sees to users one after the other, for as long as email takes what they need. */
function seeThem(
  entries: readonly AnnouncementEntry[],
  { again, allowance, now }: { again: boolean; allowance: Allowance; now: Instant },
): Pick<Seen, 'toTell' | 'skipped' | 'alreadyTold' | 'last'> & { blocked: boolean } {
  const seen = {
    toTell: [] as User[],
    skipped: [] as Skipped[],
    alreadyTold: 0,
    last: null as string | null,
  };
  for (const { user, told } of entries) {
    const { username } = user;
    const problem = addressProblem(user, 'email');
    if (problem !== null) seen.skipped.push({ username, via: 'email', reason: problem });
    else if (told !== null && !again && !isUnsent(told, now)) seen.alreadyTold += 1;
    else if (allowance.left === 0) return { ...seen, blocked: true };
    else {
      allowance.take();
      seen.toTell.push(user);
    }
    seen.last = username;
  }
  return { ...seen, blocked: false };
}

/** Sees to a part of the users. @throws TwofaError for what keeps an announcement from being made at all. */
async function seeTo(call: Call, delivery: Delivery, tables: Reading, input: Input): Promise<Seen> {
  const account = await theAccount(tables, call.kid);
  requireBefore(account);
  requireToCome(input.on, tables.now);
  requireDelivery(call, delivery, ['email']);
  const perMinute = perMinuteBy(delivery, input.perMinute ?? null);
  const via = { via: 'email', perMinute: perMinute.email } as const;
  const allowance = input.preview ? Allowance.unbounded() : await allowanceOf(call, delivery, tables, via);
  const users = Math.min(input.limit, usersAtOnce);
  const filter = { kid: call.kid, after: input.after, limit: users };
  const entries = await tables.announced(filter, input.on ?? '');
  const { blocked, ...seen } = seeThem(entries, { again: input.again, allowance, now: tables.now });
  return {
    ...seen,
    account,
    perMinute,
    more: blocked || entries.length === users,
    retryAfterMs: blocked && seen.toTell.length === 0 ? allowance.retryAfterMs : 0,
  };
}

function announcementTo(
  user: User,
  account: Account,
  { on, ask, now }: { on: string | null; ask: readonly string[]; now: Instant },
): AnnouncementMessage {
  const { email, phone } = user;
  return {
    kind: 'announcement',
    via: 'email',
    to: email ?? '',
    account: account.kid,
    accountName: account.name,
    user: user.username,
    language: user.language ?? defaultLanguage,
    sentAt: now,
    name: user.name,
    on,
    codesTo: {
      email: email === null ? null : maskEmail(email),
      sms: phone === null || addressProblem(user, 'sms') !== null ? null : maskPhone(phone),
    },
    ask,
  };
}

/** Keeps the announcements of those who are to be told, with the event. @returns the messages to be sent. */
async function claim(call: Call, tables: Writing, { account, toTell }: Seen, on: string | null) {
  if (toTell.length === 0) return [];
  const ask = await tables.administratorNames(account.kid, namedAdministrators);
  const outgoing = toTell.map((user) => ({
    user,
    id: newMessageId(call, tables.now),
    message: announcementTo(user, account, { on, ask, now: tables.now }),
  }));
  const kept = outgoing.map(({ id, user, message }) => ({
    id,
    userId: user.id,
    via: message.via,
    recipient: maskEmail(message.to),
  }));
  const details = { on, users: toTell.length };
  await tables.addAnnouncements(account, on ?? '', kept, { action: 'announcement.sent', details });
  return outgoing;
}

export const announce = operation({
  permission: 'announce',
  account: 'required',
  input,
  async perform(call, input) {
    const store = await call.store();
    const delivery = await call.delivery();
    const result = (seen: Seen, { sent, failed }: { sent: number; failed: Failed[] }): AnnouncedPart => ({
      sent,
      failed,
      skipped: seen.skipped,
      alreadyTold: seen.alreadyTold,
      perMinute: seen.perMinute,
      after: seen.last ?? input.after ?? null,
      more: seen.more,
      retryAfterMs: seen.retryAfterMs,
      changed: !input.preview && seen.toTell.length > 0,
    });
    if (input.preview) {
      const seen = await store.read((tables) => seeTo(call, delivery, tables, input));
      return done(result(seen, { sent: seen.toTell.length, failed: [] }));
    }
    const claimed = await call.write(async (tables) => {
      const seen = await seeTo(call, delivery, tables, input);
      return { seen, outgoing: await claim(call, tables, seen, input.on ?? null) };
    });
    return done(result(claimed.seen, await sendAll(call, delivery, claimed.outgoing)));
  },
});
