// Calls users: each gets a pair of check words by each channel, committed first, then sent, then its delivery recorded.
import * as v from 'valibot';
import { addressDigest, checkWordDigest, drawCheckWords, parseCheckWords } from '../rules/check-word.ts';
import { checkWordLists } from '../rules/check-word-lists.ts';
import { type Channel, channels } from '../rules/code.ts';
import { checkWordLifetimeMs } from '../rules/constants.ts';
import type { DerivedKeys } from '../rules/keyring.ts';
import { defaultLanguage } from '../rules/language.ts';
import { maskContact } from '../rules/mask.ts';
import type { Instant } from '../rules/time.ts';
import type { Delivery } from './delivery.ts';
import { flag, limit, perMinute, practiceName, username } from './fields.ts';
import {
  Allowance,
  allowanceOf,
  type Failed,
  newMessageId,
  type Outgoing,
  type PerMinute,
  perMinuteBy,
  requireBefore,
  requireDelivery,
  type Skipped,
  sendAll,
  textsSpent,
} from './many-messages.ts';
import { type Call, done, operation } from './operation.ts';
import { theAccount } from './refusals.ts';
import { addressOf, RollCallPart, type ToCall } from './roll-call.ts';
import type { NewCheckWord } from './roll-call-store.ts';
import { requirePractice, rosterOf } from './roster.ts';
import type { Account, Reading, Writing } from './store.ts';

/** Users looked at in one request at the most. */
const usersAtOnce = 500;

/** What became of a part of an account's users. Counts are of messages: by both channels a user has two. */
export interface CalledPart {
  /** Words that went out; in a preview, that would. */
  called: number;
  failed: Failed[];
  /** Addresses that take no messages. */
  skipped: Skipped[];
  alreadyReachable: number;
  /** Words that went out before and wait to be confirmed. */
  alreadyCalled: number;
  /** Messages that go out a minute at the most; null for no bound. */
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
  via: v.optional(v.picklist([...channels, 'both'], 'must be "email", "sms" or "both"'), 'both'),
  practice: v.optional(practiceName),
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
  part: RollCallPart;
  more: boolean;
  perMinute: PerMinute;
}

/** A pair of words: what is kept of it, and what is sent. */
interface Pair {
  kept: NewCheckWord;
  outgoing: Outgoing;
}

function newPair(call: Call, account: Account, key: DerivedKeys, { user, via }: ToCall, now: Instant): Pair {
  const address = addressOf(user, via);
  if (address === null) throw new Error('Somebody without an address is to be called.');
  const { to, owner } = address;
  const language = user.language ?? defaultLanguage;
  const words = drawCheckWords(checkWordLists[language], call.random.token());
  const id = newMessageId(call, now);
  return {
    kept: {
      id,
      userId: user.id,
      via,
      recipient: maskContact(via, to),
      digest: checkWordDigest(key, owner, parseCheckWords(words) ?? ''),
      address: addressDigest(key, owner),
      keyId: key.id,
    },
    outgoing: {
      id,
      message: {
        kind: 'check-word',
        via,
        to,
        account: account.kid,
        accountName: account.name,
        user: user.username,
        language,
        sentAt: now,
        words,
        expiresAt: now + checkWordLifetimeMs,
      },
    },
  };
}

/** Sees to a part of the users. @throws TwofaError for what keeps a roll call from being held at all. */
async function seeTo(call: Call, delivery: Delivery, tables: Reading, input: Input): Promise<Seen> {
  const account = await theAccount(tables, call.kid);
  requireBefore(account);
  const { practice, after } = input;
  if (practice !== undefined) await requirePractice(await rosterOf(tables, call.operator, account), practice);
  const vias = input.via === 'both' ? channels : [input.via];
  requireDelivery(call, delivery, vias);
  const perMinute = perMinuteBy(delivery, input.perMinute ?? null);
  const allowances = new Map<Channel, Allowance>();
  for (const via of vias) {
    const allowance = input.preview
      ? Allowance.unbounded()
      : await allowanceOf(call, delivery, tables, { via, perMinute: perMinute[via] });
    allowances.set(via, allowance);
  }
  const users = Math.min(input.limit, usersAtOnce);
  const entries = await tables.rollCall({ kid: call.kid, practice, after, limit: users });
  const part = new RollCallPart(await call.keyring(), tables.now, allowances);
  const all = entries.every((entry) => part.see(entry));
  if (part.toCall.length === 0 && part.blocked?.spentUntil != null)
    throw textsSpent(call.kid, part.blocked.spentUntil);
  return { account, part, more: !all || entries.length === users, perMinute };
}

function resultOf(
  { part, more, perMinute }: Seen,
  { after }: Input,
  { sent, failed }: { sent: number; failed: Failed[] },
): CalledPart {
  return {
    called: sent,
    failed,
    skipped: part.skipped,
    alreadyReachable: part.alreadyReachable,
    alreadyCalled: part.alreadyCalled,
    perMinute,
    after: part.last ?? after ?? null,
    more,
    retryAfterMs: part.toCall.length === 0 ? (part.blocked?.retryAfterMs ?? 0) : 0,
    changed: sent + failed.length > 0,
  };
}

/** Makes words for those who are to be called, and keeps them with the event. @returns the messages to be sent. */
async function claim(
  call: Call,
  tables: Writing,
  { account, part }: Seen,
  { practice }: Input,
): Promise<Outgoing[]> {
  if (part.toCall.length === 0) return [];
  const { current: key } = await call.keyring();
  const pairs = part.toCall.map((each) => newPair(call, account, key, each, tables.now));
  const count = (via: Channel) => part.toCall.filter((each) => each.via === via).length;
  const details = {
    email: count('email'),
    sms: count('sms'),
    ...(practice === undefined ? {} : { practice }),
  };
  const kept = pairs.map((pair) => pair.kept);
  await tables.addCheckWords(account, kept, { action: 'rollcall.called', details });
  return pairs.map(({ outgoing }) => outgoing);
}

export const rollcallStart = operation({
  permission: 'rollcall',
  account: 'required',
  input,
  async perform(call, input) {
    const store = await call.store();
    const delivery = await call.delivery();
    if (input.preview) {
      const seen = await store.read((tables) => seeTo(call, delivery, tables, input));
      const wouldGo = { sent: seen.part.toCall.length, failed: [] };
      return done({ ...resultOf(seen, input, wouldGo), changed: false });
    }
    const claimed = await call.write(async (tables) => {
      const seen = await seeTo(call, delivery, tables, input);
      return { seen, outgoing: await claim(call, tables, seen, input) };
    });
    return done(resultOf(claimed.seen, input, await sendAll(call, delivery, claimed.outgoing)));
  },
});
