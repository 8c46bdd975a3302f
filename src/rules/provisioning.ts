// What a provisioning file asks of an account: the plan, a pure function of the file, what there is, and who asks.
import { grantOf, type Role } from './authority.ts';
import { isCountry } from './phone.ts';
import type { PlannedChange } from './planned-change.ts';
import {
  type AdditionStep,
  type DeactivationStep,
  planUsers,
  type UpdateStep,
} from './provisioning-users.ts';
import type { RosterUser, Wanted } from './roster-change.ts';
import type { RosterRefusal } from './roster-refusal.ts';
import { foldKey } from './text.ts';
import type { Instant } from './time.ts';

/** The country of an account that a file creates without naming one. */
const usualCountry = 'US';

/** One document of a provisioning file, its form known to be right. What is absent is left alone. */
export interface ProvisioningDocument {
  account: {
    kid: string;
    name?: string | undefined;
    country?: string | undefined;
    twoFactor?: { wanted?: boolean | undefined; confirm?: string | undefined } | undefined;
  };
  practices?: readonly string[] | undefined;
  users?: readonly (Wanted & { username: string })[] | undefined;
}

/** A user of the account, as far as a plan looks at them. */
export interface ProvisionedUser extends RosterUser {
  id: number;
  username: string;
  active: boolean;
  lockedAt: Instant | null;
}

/** What there is of the account, as far as a document depends on it. */
export interface Provisioned<U extends ProvisionedUser = ProvisionedUser> {
  /** Null where there is no such account yet. */
  account: { name: string; country: string; enabledAt: Instant | null; wanted: boolean } | null;
  practices: readonly string[];
  /** The users whom the document names, by the key of their username. */
  users: ReadonlyMap<string, U>;
  /** Keys of usernames that the document names, and that somebody once had. */
  formerUsernames: ReadonlySet<string>;
  /** Who, of all active users, has an email of the document, by its key. */
  emailHolders: ReadonlyMap<string, readonly string[]>;
  /** The active, unlocked System Administrators. */
  administrators: ReadonlySet<number>;
  activeUsers: number;
  /** Active users whom the document does not name; looked up for `prune` alone. */
  unnamed: readonly U[];
  now: Instant;
}

export interface PlanOptions {
  /** Deactivates the active users whom the document does not name. */
  prune: boolean;
  /** How many of them at the most; null for the usual limit. */
  pruneLimit: number | null;
}

/** Why the document cannot be carried out, and where in it that is said; an empty place for what no line says. */
export interface PlanRefusal extends RosterRefusal {
  path: readonly (string | number)[];
}

/** What is to be done, in this order. */
export interface ProvisioningSteps<U extends ProvisionedUser = ProvisionedUser> {
  createAccount: { name: string; country: string } | null;
  saveAccount: { name?: string; country?: string; wanted?: boolean };
  practices: string[];
  updates: UpdateStep<U>[];
  additions: AdditionStep[];
  deactivations: DeactivationStep<U>[];
  enables: boolean;
}

export interface ProvisioningPlan<U extends ProvisionedUser = ProvisionedUser> {
  changes: PlannedChange[];
  /** Where there is one, nothing of the document is done. */
  refusals: PlanRefusal[];
  steps: ProvisioningSteps<U>;
}

/** Who asks, as far as a plan depends on it. */
export interface Provisioner {
  role: Role;
  mayContacts: boolean;
}

type Fields = PlannedChange['fields'];

interface AccountPlan {
  change: { action: 'create' | 'update'; fields: Fields } | null;
  refusals: PlanRefusal[];
  create: ProvisioningSteps['createAccount'];
  save: ProvisioningSteps['saveAccount'];
}

function mayNotName(field: 'name' | 'country'): PlanRefusal {
  return {
    code: 'not-permitted',
    message: `Only the owner of the installation or a provisioner changes the ${field} of an account.`,
    hint: '"twofa help roles" says who may do what.',
    path: ['account', field],
  };
}

function planAccount(document: ProvisioningDocument, found: Provisioned, by: Provisioner): AccountPlan {
  const { kid, name, country, twoFactor } = document.account;
  const refusals: PlanRefusal[] = [];
  if (country !== undefined && !isCountry(country)) {
    const message = `country ${JSON.stringify(country)} is no country with telephone numbers.`;
    refusals.push({ code: 'invalid-input', message, hint: null, path: ['account', 'country'] });
  }
  const { account } = found;
  const wants = twoFactor?.wanted;
  if (account === null) {
    const fields: Fields = {
      name: { from: null, to: name ?? null },
      country: { from: null, to: country ?? usualCountry },
      ...(wants ? { wanted: { from: null, to: true } } : {}),
    };
    if (name === undefined) {
      const message = `There is no account ${kid} yet, and a new one needs a name.`;
      refusals.push({ code: 'invalid-input', message, hint: null, path: ['account'] });
    }
    const create = { name: name ?? '', country: country ?? usualCountry };
    const save = wants ? { wanted: true } : {};
    return { change: { action: 'create', fields }, refusals, create, save };
  }
  const save: ProvisioningSteps['saveAccount'] = {};
  const fields: Fields = {};
  for (const [field, value] of Object.entries({ name, country }) as ['name' | 'country', string?][]) {
    if (value === undefined || value === account[field]) continue;
    if (grantOf('account.create', by.role) === 'no') refusals.push(mayNotName(field));
    save[field] = value;
    fields[field] = { from: account[field], to: value };
  }
  // Once 2FA is on there is nothing left to be wanted, and nothing to be taken back (R3).
  if (account.enabledAt === null && wants !== undefined && wants !== account.wanted) {
    save.wanted = wants;
    fields.wanted = { from: account.wanted, to: wants };
  }
  const change = Object.keys(fields).length > 0 ? { action: 'update' as const, fields } : null;
  return { change, refusals, create: null, save };
}

/** A System Administrator's consent beside `wanted` turns 2FA on; anybody else's file leaves the account waiting (R2). */
function enables({ account }: ProvisioningDocument, found: Provisioned, by: Provisioner): boolean {
  const { wanted, confirm } = account.twoFactor ?? {};
  const consents = wanted === true && confirm === account.kid && by.role === 'system-administrator';
  return consents && found.account !== null && found.account.enabledAt === null;
}

/**
 * What is to be done so that the account is as the document says; nothing for one that it is like already. Users whom it
 * does not name stay as they are, unless they are to be pruned. No lock is lifted and nobody is reactivated (R10).
 */
export function planDocument<U extends ProvisionedUser>(
  document: ProvisioningDocument,
  found: Provisioned<U>,
  by: Provisioner,
  options: PlanOptions,
): ProvisioningPlan<U> {
  const { kid } = document.account;
  const account = planAccount(document, found, by);
  const known = new Set(found.practices.map(foldKey));
  const practices = (document.practices ?? []).filter((name) => !known.has(foldKey(name)));
  const users = planUsers(document, found, by, {
    ...options,
    country: document.account.country ?? found.account?.country ?? usualCountry,
    practices: [...found.practices, ...practices],
  });
  const enabling = enables(document, found, by);
  if (enabling && 'wanted' in account.save) {
    delete account.save.wanted;
    delete account.change?.fields.wanted;
  }
  const accountChanges = account.change && Object.keys(account.change.fields).length > 0;
  return {
    changes: [
      ...(account.change && accountChanges
        ? [{ account: kid, kind: 'account' as const, name: kid, ...account.change }]
        : []),
      ...practices.map((name) => ({
        ...{ account: kid, action: 'create' as const, kind: 'practice' as const, name, fields: {} },
      })),
      ...users.changes,
      ...(enabling
        ? [
            {
              ...{ account: kid, action: 'enable' as const, kind: 'account' as const, name: kid },
              fields: { enabled: { from: false, to: true } },
            },
          ]
        : []),
    ],
    refusals: [...account.refusals, ...users.refusals],
    steps: {
      createAccount: account.create,
      saveAccount: account.save,
      practices,
      updates: users.updates,
      additions: users.additions,
      deactivations: users.deactivations,
      enables: enabling,
    },
  };
}
