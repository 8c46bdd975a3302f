// Writes accounts and practices, and the events of the installation's and the accounts' chains.
import type { Account, AccountChange, NewEvent } from '../actions/store.ts';
import { foldKey } from '../rules/text.ts';
import type { Instant } from '../rules/time.ts';
import { installation } from './read-accounts.ts';
import { chainOf } from './rows.ts';
import { on, type Session } from './session.ts';
import { append, sealAccount, sealInstallation, subjectOf } from './trail.ts';

export async function recordOnInstallation(
  session: Session,
  event: NewEvent,
  change: {
    keyFingerprint?: string;
    movedTo?: string | null;
    restoredAt?: Instant | null;
    staging?: true;
  } = {},
): Promise<void> {
  const row = await on(session, 'installation').where({ id: 1 }).first();
  const state = { ...(await installation(session)), ...change };
  const position = await append(session, subjectOf.installation, chainOf(row), event);
  await on(session, 'installation')
    .where({ id: 1 })
    .update({
      key_fingerprint: state.keyFingerprint,
      ...(change.movedTo === undefined ? {} : { moved_to: state.movedTo }),
      ...(change.restoredAt === undefined ? {} : { restored_at: state.restoredAt }),
      ...(change.staging === undefined ? {} : { staging: state.staging }),
      ...sealInstallation(session.keyring, state, position),
    });
}

/** The columns of an account's row that a change touches, its seal apart. */
function changedColumns(change: object, next: Account): Record<string, unknown> {
  return {
    ...('enabledAt' in change ? { enabled_at: next.enabledAt, enabled_by: next.enabledBy } : {}),
    ...('name' in change ? { name: next.name, name_key: foldKey(next.name) } : {}),
    ...('country' in change ? { country: next.country } : {}),
    ...('wanted' in change ? { wanted: next.wanted } : {}),
  };
}

export async function recordOnAccount(
  session: Session,
  account: Account,
  event: NewEvent,
  change: AccountChange | { recoveryCodes: string | null } = {},
): Promise<Account> {
  const chain = await append(session, subjectOf.account(account.kid), account.chain, {
    account: account.kid,
    ...event,
  });
  const next: Account = { ...account, ...change, chain };
  await on(session, 'accounts')
    .where({ kid: account.kid })
    .update({
      ...sealAccount(session.keyring, next, chain),
      recovery_codes: next.recoveryCodes,
      ...changedColumns(change, next),
    });
  return next;
}

export async function addAccount(
  session: Session,
  values: { kid: string; name: string; country: string },
  event: NewEvent,
): Promise<Account> {
  const account: Account = {
    ...values,
    enabledAt: null,
    enabledBy: null,
    wanted: false,
    createdAt: session.now,
    recoveryCodes: null,
    chain: { count: 0, link: '' },
  };
  await on(session, 'accounts').insert({
    kid: values.kid,
    name: values.name,
    name_key: foldKey(values.name),
    country: values.country,
    wanted: false,
    created_at: session.now,
    ...sealAccount(session.keyring, account),
  });
  await recordOnInstallation(session, { account: values.kid, ...event });
  return account;
}

export async function addPractice(
  session: Session,
  account: Account,
  name: string,
  event: NewEvent,
): Promise<Account> {
  await on(session, 'practices').insert({
    account_kid: account.kid,
    name,
    name_key: foldKey(name),
    created_at: session.now,
  });
  return recordOnAccount(session, account, event);
}
