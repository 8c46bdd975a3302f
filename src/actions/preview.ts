// What enabling means for an account before it is done, and the digest by which it is known whether that has changed since.
import { TwofaError } from '../errors.ts';
import type { Checklist, ItemStatus } from '../rules/checklist.ts';
import { type FirstMorning, firstMorningOf, type KeptOut, whyKeptOut } from '../rules/impact.ts';
import { type Aspect, changedAspects, planOf } from '../rules/plan.ts';
import { checklistOf } from './checklist.ts';
import type { Call } from './operation.ts';
import type { Reading } from './store.ts';

/** What enabling means for the account. */
export interface Impact {
  /** Users by practice. */
  practices: { name: string; users: number }[];
  ready: boolean;
  /** Failed blockers and warnings, with their users. */
  findings: { id: string; status: string; count: number; users: readonly string[] }[];
  /** Active users who would get in no more: how many, the first of them, and why. */
  keptOut: { count: number; users: { username: string; why: KeptOut[] }[] };
  firstMorning: FirstMorning;
}

/** What a preview sees. */
export interface Seen {
  checklist: Checklist;
  impact: Impact;
  usersAffected: number;
  /** The digest of all of it. */
  plan: string;
}

function itemsOf({ items }: Checklist, status: ItemStatus): string {
  return JSON.stringify(
    items.filter((item) => item.status === status).map(({ id, count, users }) => [id, count, users]),
  );
}

export async function lookAhead(call: Call, tables: Reading): Promise<Seen> {
  const checklist = await checklistOf(call, tables);
  const practices = await tables.practices(call.kid);
  const [counts] = await tables.accounts({ kid: call.kid, limit: 1 });
  const users = counts?.users ?? 0;
  const keptOut = await tables.keptOut(call.kid);
  return {
    checklist,
    usersAffected: users,
    impact: {
      practices: practices.map((practice) => ({ name: practice.name, users: practice.users })),
      ready: checklist.ready,
      findings: checklist.items
        .filter((item) => item.status !== 'pass')
        .map(({ id, status, count, users }) => ({ id, status, count, users })),
      keptOut: {
        count: keptOut.count,
        users: keptOut.users.map((user) => ({ username: user.username, why: whyKeptOut(user) })),
      },
      firstMorning: firstMorningOf(users, (await call.delivery()).rates()),
    },
    plan: planOf({
      ...(await tables.rosterDigests(call.kid)),
      account: call.kid,
      checklist: itemsOf(checklist, 'fail'),
      warnings: itemsOf(checklist, 'warn'),
    }),
  };
}

/** What an aspect is now, where that can be said in short. */
function presentOf({ impact, usersAffected }: Seen, aspect: Aspect | 'digest'): unknown {
  const found = (status: ItemStatus) =>
    impact.findings.filter((finding) => finding.status === status).map((finding) => finding.id);
  switch (aspect) {
    case 'practices':
      return impact.practices.map((practice) => practice.name);
    case 'users':
      return usersAffected;
    case 'locks':
      return impact.keptOut.users.filter(({ why }) => why.includes('locked')).map((user) => user.username);
    case 'checklist':
      return found('fail');
    case 'warnings':
      return found('warn');
    default:
      return null;
  }
}

/** @throws TwofaError `plan-changed` when anything that matters is not as it was in the preview with this digest. */
export function requireUnchanged(kid: string, plan: string | undefined, seen: Seen): void {
  if (plan === undefined || plan === seen.plan) return;
  const changed = changedAspects(plan, seen.plan).map((what) => ({ what, after: presentOf(seen, what) }));
  throw new TwofaError(
    'plan-changed',
    `Account ${kid} is not what the preview showed any more: ${changed.map(({ what }) => what).join(', ')} changed. Nothing was enabled.`,
    {
      hint: `See what it means now with "twofa enable --preview -a ${kid}"; then give --plan ${seen.plan}`,
      details: { plan: seen.plan, changed },
    },
  );
}
