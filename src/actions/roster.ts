// Changes to an account's users, decided for user add, update and import alike (R4, R5, R10, R12, R13, the matrix's footnote).
import { TwofaError } from '../errors.ts';
import { isLastAdministrator } from '../rules/account.ts';
import { rosterRefusal } from '../rules/authority.ts';
import {
  contactProblems,
  type StoredEmail,
  type StoredPhone,
  storedEmail,
  storedPhone,
} from '../rules/contact.ts';
import { changesContact, differenceOf, type Wanted } from '../rules/roster-change.ts';
import {
  lastAdministrator,
  notPermitted,
  practiceUnknown,
  type RosterRefusal,
  unreachable,
  usernameTaken,
} from '../rules/roster-refusal.ts';
import { foldKey } from '../rules/text.ts';
import type { Operator } from './operation.ts';
import type { Account, NewUser, Reading, User, UserChange, UserWithPractices } from './store.ts';

interface KnownPractice {
  id: number;
  name: string;
  /** Where it stands among the account's practices. */
  place: number;
}

/** What is decided against: read once for many users. */
export interface Roster {
  tables: Reading;
  operator: Operator;
  account: Account;
  /** The account's practices by their folded names, in the order of these. */
  practices: ReadonlyMap<string, KnownPractice>;
}

export async function rosterOf(tables: Reading, operator: Operator, account: Account): Promise<Roster> {
  const found = await tables.practiceNames(account.kid);
  const practices = new Map(found.map((each, place) => [foldKey(each.name), { ...each, place }]));
  return { tables, operator, account, practices };
}

function refused({ code, message, hint }: RosterRefusal, details?: Record<string, unknown>): TwofaError {
  return new TwofaError(code, message, { hint, ...(details ? { details } : {}) });
}

/** The practices of these names, each once, in the account's order. @throws TwofaError `practice-not-found` */
async function practicesNamed(roster: Roster, names: readonly string[]): Promise<KnownPractice[]> {
  const named = new Set<KnownPractice>();
  for (const name of names) {
    const practice = roster.practices.get(foldKey(name));
    if (!practice) throw await practiceNotFound(roster, name);
    named.add(practice);
  }
  return [...named].sort((one, other) => one.place - other.place);
}

/** @throws TwofaError `practice-not-found` where the account has no practice of this name. */
export async function requirePractice(roster: Roster, name: string): Promise<void> {
  await practicesNamed(roster, [name]);
}

async function practiceNotFound(roster: Roster, name: string): Promise<TwofaError> {
  const { nearest } = await import('../rules/nearest.ts');
  const known = [...roster.practices.values()].map((practice) => practice.name);
  return refused(practiceUnknown(roster.account.kid, name, nearest(name, known)), { field: 'practice' });
}

/** Once 2FA is on, every active user has valid contact data of their own (R4, R12). @throws TwofaError */
export async function requireReachable(
  tables: Reading,
  account: Account,
  user: StoredEmail & StoredPhone & { username: string },
  userId: number | null,
): Promise<void> {
  if (account.enabledAt === null) return;
  const problems = contactProblems(user);
  const holder = user.emailKey === null ? null : await tables.emailHolder(account.kid, user.emailKey, userId);
  if (holder !== null) problems.push(`The email is ${holder}'s already.`);
  if (problems.length === 0) return;
  throw refused(unreachable(account.kid, user.username, problems), { problems });
}

function permit(roster: Roster, change: Omit<Parameters<typeof rosterRefusal>[1], 'enabled'>): void {
  if (roster.account.enabledAt === null) return;
  const refusal = rosterRefusal(roster.operator, { ...change, enabled: true });
  if (refusal !== null) throw refused(notPermitted(refusal));
}

/** A new user's values. @throws TwofaError for what the rules or the operator's role refuse. */
export async function newUser(
  roster: Roster,
  username: string,
  wanted: Wanted & { name: string },
): Promise<NewUser> {
  const { account, tables } = roster;
  const systemAdministrator = wanted.systemAdministrator ?? false;
  permit(roster, {
    administrator: false,
    changesRole: systemAdministrator,
    deactivates: false,
    changesContact: false,
  });
  const { email, emailKey, emailProblem } = storedEmail(wanted.email ?? null);
  const { phone, phoneKey, phoneProblem } = storedPhone(wanted.phone ?? null, account.country);
  const user: NewUser = {
    username,
    name: wanted.name,
    email,
    emailKey,
    emailProblem,
    phone,
    phoneKey,
    phoneProblem,
    language: wanted.language || null,
    systemAdministrator,
    practiceIds: (await practicesNamed(roster, wanted.practices ?? [])).map(({ id }) => id),
  };
  await requireReachable(tables, account, user, null);
  return user;
}

/** What an existing user's row is to become, and the fields that differ; no field means no change. */
export interface Update {
  change: UserChange;
  fields: string[];
  /** What the event says: contact data only masked. */
  details: Record<string, unknown>;
}

async function requireOtherAdministrator(tables: Reading, user: User, doing: string): Promise<void> {
  const others = await tables.otherAdministrators(user.accountKid, user.id);
  if (!isLastAdministrator(user, others)) return;
  throw refused(lastAdministrator(user.accountKid, user.username, doing));
}

/** What differs between a user and what is wanted. @throws TwofaError `practice-not-found` */
export async function differencesOf(
  roster: Roster,
  user: UserWithPractices,
  wanted: Wanted,
): Promise<Update> {
  const named = wanted.practices === undefined ? null : await practicesNamed(roster, wanted.practices);
  const practices = named?.map(({ name }) => name);
  const found = differenceOf(user, { ...wanted, practices }, roster.account.country, roster.tables.now);
  return {
    fields: found.fields,
    change: {
      ...found.change,
      ...(found.practices && named ? { practiceIds: named.map(({ id }) => id) } : {}),
    },
    details: found.details,
  };
}

/** Decides an update of a user (R4, R5, R12, R13). @throws TwofaError */
export async function updateOf(roster: Roster, user: UserWithPractices, wanted: Wanted): Promise<Update> {
  const { account, tables } = roster;
  const update = await differencesOf(roster, user, wanted);
  const contact = changesContact(update.fields);
  const changesRole = update.fields.includes('systemAdministrator');
  permit(roster, {
    administrator: user.systemAdministrator,
    changesRole,
    deactivates: false,
    changesContact: contact,
  });
  if (contact && user.active) await requireReachable(tables, account, { ...user, ...update.change }, user.id);
  if (changesRole && user.systemAdministrator) await requireOtherAdministrator(tables, user, 'lose the role');
  return update;
}

/** Refuses a deactivation that R13 or the operator's role forbids. @throws TwofaError */
export async function permitDeactivation(roster: Roster, user: User): Promise<void> {
  permit(roster, {
    administrator: user.systemAdministrator,
    changesRole: false,
    deactivates: true,
    changesContact: false,
  });
  await requireOtherAdministrator(roster.tables, user, 'be deactivated');
}

/** Whether an existing user has all the values already, so that adding them again changes nothing. */
export function userExists(kid: string, username: string): TwofaError {
  return refused(usernameTaken(kid, username));
}
