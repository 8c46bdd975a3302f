// Notices that did not go out: listed, and tried again.
import * as v from 'valibot';
import { maskEmail } from '../rules/mask.ts';
import { abandonedAfterMs, isDue, retriedForMs } from '../rules/retries.ts';
import { type Instant, iso } from '../rules/time.ts';
import { limit, noticeId } from './fields.ts';
import { sendNotices } from './notices.ts';
import { type Call, done, operation } from './operation.ts';
import { noticeNotFound, theAccount } from './refusals.ts';
import type { OpenNotice, Reading } from './store.ts';

/** Notices that are tried again in one request at the most. */
const retriedAtOnce = 200;

function noticeView(notice: OpenNotice) {
  return {
    id: `ntc_${notice.id}`,
    account: notice.account,
    kind: notice.kind,
    about: notice.about === '' ? null : notice.about,
    user: notice.to.username,
    to: maskEmail(notice.to.email),
    status: notice.status,
    reason: notice.reason,
    tries: notice.tries,
    at: iso(notice.sentAt),
    triedAt: iso(notice.triedAt),
  };
}

export type NoticeView = ReturnType<typeof noticeView>;

/** A notice that is being sent right now is not open yet. */
function isAbandoned(notice: OpenNotice, now: Instant): boolean {
  return notice.status !== 'pending' || notice.triedAt + abandonedAfterMs <= now;
}

async function requireAccount(tables: Reading, kid: string): Promise<void> {
  if (kid !== '') await theAccount(tables, kid);
}

export const noticesList = operation({
  permission: 'notices',
  account: 'optional',
  input: v.strictObject({ limit: v.optional(limit, 1000), after: v.optional(noticeId) }),
  async perform(call, input) {
    const store = await call.store();
    return store.read(async (tables) => {
      await requireAccount(tables, call.kid);
      const found = await tables.openNotices({
        limit: input.limit,
        ...(call.kid === '' ? {} : { kid: call.kid }),
        ...(input.after === undefined ? {} : { after: input.after }),
      });
      return done(found.filter((notice) => isAbandoned(notice, tables.now)).map(noticeView));
    });
  },
});

/** What became of notices that were tried again. */
export interface Retried {
  retried: number;
  sent: number;
  failed: number;
  changed: boolean;
}

/** Tries notices again that were claimed for it. */
async function retry(call: Call, claimed: readonly OpenNotice[]): Promise<Retried> {
  const receipts = await sendNotices(call, claimed);
  const sent = receipts.filter(({ status }) => status === 'accepted' || status === 'delivered').length;
  return { retried: claimed.length, sent, failed: claimed.length - sent, changed: claimed.length > 0 };
}

/** Tries again what is due by itself, at most so many notices: those that surely did not go out, or were never tried. */
export async function retryDue(call: Call, limit: number): Promise<Retried> {
  const claimed = await call.write(async (tables) => {
    const waiting = await tables.waitingNotices(tables.now - retriedForMs, limit);
    const due = waiting.filter(
      (notice) => notice.status !== 'unknown' && isAbandoned(notice, tables.now) && isDue(notice, tables.now),
    );
    await tables.claimNotices(due);
    return due;
  });
  return retry(call, claimed);
}

export const noticesRetry = operation({
  permission: 'notices',
  account: 'optional',
  input: v.strictObject({ ids: v.optional(v.array(noticeId)) }),
  async perform(call, { ids }) {
    const named = ids !== undefined && ids.length > 0;
    const total: Retried = { retried: 0, sent: 0, failed: 0, changed: false };
    let after = 0;
    for (;;) {
      const claimed = await call.write(async (tables) => {
        await requireAccount(tables, call.kid);
        const found = await tables.openNotices({
          ...(call.kid === '' ? {} : { kid: call.kid }),
          ...(named ? { ids, limit: ids.length } : { after, limit: retriedAtOnce }),
        });
        const missing = named ? ids.find((id) => !found.some((notice) => notice.id === id)) : undefined;
        if (missing !== undefined) throw noticeNotFound(missing);
        // What may have gone out is sent a second time only when it is asked for by its id.
        const wanted = found.filter(
          (notice) => isAbandoned(notice, tables.now) && (named || notice.status !== 'unknown'),
        );
        await tables.claimNotices(wanted);
        after = found.at(-1)?.id ?? 0;
        return { wanted, last: named || found.length < retriedAtOnce };
      });
      const part = await retry(call, claimed.wanted);
      total.retried += part.retried;
      total.sent += part.sent;
      total.failed += part.failed;
      if (claimed.last) break;
    }
    return done({ ...total, changed: total.retried > 0 });
  },
});
