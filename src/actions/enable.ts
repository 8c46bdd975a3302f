// Turns 2FA on for a whole account, after the checklist and the confirmation by its KID (R1…R4).
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import { decideEnable } from '../rules/account.ts';
import type { Checklist } from '../rules/checklist.ts';
import { type Instant, iso } from '../rules/time.ts';
import { checklistOf } from './checklist.ts';
import { flag } from './fields.ts';
import { type Call, done, operation } from './operation.ts';
import { theAccount } from './refusals.ts';
import type { Account, Practice, Reading } from './store.ts';

/** What enabling means for the account, before it is done. */
interface Impact {
  /** Users by practice. */
  practices: { name: string; users: number }[];
  ready: boolean;
  /** Failed blockers and warnings, with the users whom they would keep out. */
  findings: { id: string; status: string; count: number; users: readonly string[] }[];
}

function impactOf(practices: readonly Practice[], checklist: Checklist): Impact {
  return {
    practices: practices.map(({ name, users }) => ({ name, users })),
    ready: checklist.ready,
    findings: checklist.items
      .filter((item) => item.status !== 'pass')
      .map(({ id, status, count, users }) => ({ id, status, count, users })),
  };
}

interface Seen {
  checklist: Checklist;
  impact: Impact;
  usersAffected: number;
  plan: string;
}

async function look(call: Call, tables: Reading): Promise<Seen> {
  const checklist = await checklistOf(call, tables);
  const practices = await tables.practices(call.kid);
  const [counts] = await tables.accounts({ kid: call.kid, limit: 1 });
  const plan = await tables.rosterDigest(call.kid);
  return { checklist, impact: impactOf(practices, checklist), usersAffected: counts?.users ?? 0, plan };
}

function resultOf(
  account: Account,
  seen: Seen,
  enabled: { at: Instant | null; by: string | null },
  changed: boolean,
) {
  return {
    account: account.kid,
    enabledAt: iso(enabled.at),
    enabledBy: enabled.by,
    practicesAffected: seen.impact.practices.length,
    usersAffected: seen.usersAffected,
    plan: seen.plan,
    impact: seen.impact,
    recoveryCodes: null,
    changed,
  };
}

function checkConfirmation(kid: string, confirm: string | undefined): void {
  if (confirm === undefined) {
    throw new TwofaError('missing-option', '2FA can never be turned off again: confirm with the KID.', {
      hint: `Give --confirm ${kid}, or --preview to see what it means first.`,
      details: { field: 'confirm' },
    });
  }
  if (confirm !== kid) {
    throw new TwofaError(
      'confirmation-mismatch',
      `The confirmation is not the KID of account ${kid}; nothing was changed.`,
      {
        hint: `Give --confirm ${kid}.`,
        details: { field: 'confirm' },
      },
    );
  }
}

function notReady(kid: string, checklist: Checklist, failed: readonly string[]): TwofaError {
  return new TwofaError('not-ready', `Account ${kid} is not ready: ${failed.join(', ')}.`, {
    hint: `"twofa checklist -a ${kid}" names the users and says how to mend them.`,
    details: { failed: checklist.items.filter((item) => item.status === 'fail') },
  });
}

export const enable = operation({
  permission: 'enable',
  account: 'required',
  input: v.strictObject({ preview: v.optional(flag, false), confirm: v.optional(v.string('must be text')) }),
  async perform(call, input) {
    const store = await call.store();
    if (input.preview) {
      return store.read(async (tables) => {
        const account = await theAccount(tables, call.kid);
        const enabled = { at: account.enabledAt, by: account.enabledBy };
        return done(resultOf(account, await look(call, tables), enabled, false));
      });
    }
    return store.write(call.operator, async (tables) => {
      const account = await theAccount(tables, call.kid);
      if (input.confirm !== undefined || account.enabledAt === null)
        checkConfirmation(call.kid, input.confirm);
      const seen = await look(call, tables);
      const decision = decideEnable(account.enabledAt, seen.checklist, tables.now);
      if (decision.outcome === 'not-ready') throw notReady(call.kid, seen.checklist, decision.failed);
      if (decision.outcome === 'already-on') {
        return done(resultOf(account, seen, { at: account.enabledAt, by: account.enabledBy }, false));
      }
      const by = call.operator.actor;
      await tables.saveAccount(
        account,
        { enabledAt: decision.enabledAt, enabledBy: by },
        {
          action: 'account.enabled',
          details: { users: seen.usersAffected, practices: seen.impact.practices.length, plan: seen.plan },
        },
      );
      return done(resultOf(account, seen, { at: decision.enabledAt, by }, true));
    });
  },
});
