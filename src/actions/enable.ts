// Turns 2FA on for a whole account, after the checklist and the confirmation by its KID (R1…R4).
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import { decideEnable } from '../rules/account.ts';
import type { Checklist } from '../rules/checklist.ts';
import { type Instant, iso } from '../rules/time.ts';
import { flag, plan } from './fields.ts';
import { type Call, done, operation } from './operation.ts';
import { lookAhead, requireUnchanged, type Seen } from './preview.ts';
import { makeRecoveryCodes } from './recovery.ts';
import { theAccount } from './refusals.ts';
import type { Account, Writing } from './store.ts';

interface Enabled {
  at: Instant | null;
  by: string | null;
  /** New recovery codes, shown this once. */
  recoveryCodes: string[] | null;
}

function resultOf(account: Account, seen: Seen, enabled: Enabled, changed: boolean) {
  return {
    account: account.kid,
    enabledAt: iso(enabled.at),
    enabledBy: enabled.by,
    practicesAffected: seen.impact.practices.length,
    usersAffected: seen.usersAffected,
    plan: seen.plan,
    impact: seen.impact,
    recoveryCodes: enabled.recoveryCodes,
    changed,
  };
}

function unchanged(account: Account, seen: Seen) {
  const enabled = { at: account.enabledAt, by: account.enabledBy, recoveryCodes: null };
  return resultOf(account, seen, enabled, false);
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

/** Turns 2FA on where the checklist lets it. @throws TwofaError `not-ready` */
export async function turnOn(
  call: Call,
  tables: Writing,
  account: Account,
  seen: Seen,
  input: { recoveryCodes: boolean },
) {
  const decision = decideEnable(account.enabledAt, seen.checklist, tables.now);
  if (decision.outcome === 'not-ready') throw notReady(call.kid, seen.checklist, decision.failed);
  if (decision.outcome === 'already-on') return unchanged(account, seen);
  const by = call.operator.actor;
  const enabled = await tables.saveAccount(
    account,
    { enabledAt: decision.enabledAt, enabledBy: by },
    {
      action: 'account.enabled',
      details: { users: seen.usersAffected, practices: seen.impact.practices.length, plan: seen.plan },
    },
  );
  await tables.endCheckWords(call.kid);
  const recoveryCodes = input.recoveryCodes ? await makeRecoveryCodes(call, tables, enabled) : null;
  return resultOf(account, seen, { at: decision.enabledAt, by, recoveryCodes }, true);
}

export const enable = operation({
  permission: 'enable',
  account: 'required',
  input: v.strictObject({
    preview: v.optional(flag, false),
    confirm: v.optional(v.string('must be text')),
    plan: v.optional(plan),
    /** Whether recovery codes are made and answered: only for one who can show or keep them. */
    recoveryCodes: v.optional(flag, false),
  }),
  async perform(call, input) {
    const store = await call.store();
    if (input.preview) {
      return store.read(async (tables) => {
        const account = await theAccount(tables, call.kid);
        const seen = await lookAhead(call, tables);
        if (account.enabledAt === null) requireUnchanged(call.kid, input.plan, seen);
        return done(unchanged(account, seen));
      });
    }
    return call.write(async (tables) => {
      const account = await theAccount(tables, call.kid);
      if (input.confirm !== undefined || account.enabledAt === null)
        checkConfirmation(call.kid, input.confirm);
      const seen = await lookAhead(call, tables);
      if (account.enabledAt === null) requireUnchanged(call.kid, input.plan, seen);
      return done(await turnOn(call, tables, account, seen, input));
    });
  },
});
