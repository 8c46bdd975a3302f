// Carries out the plan of a provisioning file in one transaction: account, practices, users, and last 2FA itself.
import type { ProvisioningPlan, ProvisioningSteps } from '../rules/provisioning.ts';
import type { AdditionStep } from '../rules/provisioning-users.ts';
import { foldKey } from '../rules/text.ts';
import { turnOn } from './enable.ts';
import { tellAdministrators, tellUser } from './notices.ts';
import type { Call } from './operation.ts';
import { lookAhead } from './preview.ts';
import { type DecidedUpdate, saveUpdates } from './save-updates.ts';
import type { Account, NewUser, UserWithPractices, Writing } from './store.ts';
import { deactivate } from './user-deactivate.ts';

/** Users of one event: it names their ids. */
const addedAtOnce = 1000;

type Steps = ProvisioningSteps<UserWithPractices>;

async function theProvisioned(
  tables: Writing,
  kid: string,
  existing: Account | null,
  steps: Steps,
): Promise<Account> {
  const { createAccount, saveAccount } = steps;
  if (createAccount) {
    const event = { action: 'account.created' as const, details: { ...createAccount } };
    return tables.addAccount({ kid, ...createAccount }, event);
  }
  if (!existing) throw new Error('A plan that creates no account is of one that exists.');
  const { wanted: _, ...known } = saveAccount;
  const fields = Object.keys(known);
  if (fields.length === 0) return existing;
  return tables.saveAccount(existing, known, { action: 'account.updated', details: { fields, ...known } });
}

async function addPractices(tables: Writing, account: Account, names: readonly string[]): Promise<Account> {
  let next = account;
  for (const name of names)
    next = await tables.addPractice(next, name, { action: 'practice.added', details: { name } });
  return next;
}

/** The numbers of practices by their names. */
type Numbers = (names: readonly string[]) => number[];

async function practiceNumbers(tables: Writing, kid: string): Promise<Numbers> {
  const ids = new Map((await tables.practiceNames(kid)).map(({ id, name }) => [foldKey(name), id]));
  return (names) =>
    names.map((name) => {
      const id = ids.get(foldKey(name));
      if (id === undefined) throw new Error('A plan names practices that the account has by then.');
      return id;
    });
}

/** The updates of the steps, with the numbers of practices in place of their names. */
function decidedUpdates({ updates }: Steps, numbers: Numbers): DecidedUpdate[] {
  return updates.map(({ user, difference: { change, fields, details, practices } }) => ({
    user,
    fields,
    details,
    change: { ...change, ...(practices ? { practiceIds: numbers(practices) } : {}) },
  }));
}

async function addUsers(
  tables: Writing,
  account: Account,
  additions: readonly AdditionStep[],
  numbers: Numbers,
): Promise<Account> {
  let next = account;
  for (let from = 0; from < additions.length; from += addedAtOnce) {
    const part = additions.slice(from, from + addedAtOnce);
    const users = part.map(
      ({ practices, ...rest }): NewUser => ({ ...rest, practiceIds: numbers(practices) }),
    );
    const administrators = part.filter((user) => user.systemAdministrator).map((user) => user.username);
    const details = { added: part.length, administrators, by: 'apply' };
    next = (await tables.addUsers(next, users, { action: 'users.imported', details })).account;
  }
  return next;
}

/** Who became a System Administrator by these steps. */
function newAdministrators({ additions, updates }: Steps): Set<string> {
  return new Set([
    ...additions.filter((user) => user.systemAdministrator).map((user) => user.username),
    ...updates
      .filter(({ difference }) => difference.change.systemAdministrator === true)
      .map(({ user }) => user.username),
  ]);
}

/** Mails the administrators the command by which they turn 2FA on: once each, however often the file is applied. */
async function awaitAdministrators(
  call: Call,
  tables: Writing,
  account: Account,
  steps: Steps,
): Promise<void> {
  const { wanted } = steps.saveAccount;
  const telling = { kind: 'enable-wanted' as const, about: '', details: { kid: account.kid } };
  if (wanted !== undefined) {
    const details = { fields: ['wanted'], wanted };
    await tables.saveAccount(account, { wanted }, { action: 'account.updated', details });
    if (wanted) await tellAdministrators(call, tables, account, telling);
  } else if (account.wanted && account.enabledAt === null && !steps.enables) {
    const fresh = newAdministrators(steps);
    const readers = fresh.size > 0 ? await tables.administrators(account.kid) : [];
    await tellUser(
      call,
      tables,
      account,
      readers.filter(({ username }) => fresh.has(username)),
      telling,
    );
  }
}

/**
 * Does what a plan says, which nothing refuses.
 * @param existing the account, or null where the plan creates it.
 * @throws TwofaError `not-ready` where the plan turns 2FA on and the checklist does not let it.
 */
export async function carryOut(
  call: Call,
  tables: Writing,
  existing: Account | null,
  { steps }: ProvisioningPlan<UserWithPractices>,
): Promise<void> {
  let account = await theProvisioned(tables, call.kid, existing, steps);
  account = await addPractices(tables, account, steps.practices);
  const numbers = await practiceNumbers(tables, call.kid);
  await saveUpdates(call, tables, account, decidedUpdates(steps, numbers), 'apply');
  account = await addUsers(tables, account, steps.additions, numbers);
  for (const { user } of steps.deactivations) await deactivate(call, tables, account, user);
  await awaitAdministrators(call, tables, account, steps);
  if (!steps.enables) return;
  await turnOn(call, tables, account, await lookAhead(call, tables), { recoveryCodes: false });
}
