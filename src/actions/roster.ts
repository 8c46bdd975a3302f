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
import type { Language } from '../rules/language.ts';
import { maskEmail, maskPhone } from '../rules/mask.ts';
import { foldKey } from '../rules/text.ts';
import type { Operator } from './operation.ts';
import type { Account, NewUser, Reading, User, UserChange, UserWithPractices } from './store.ts';

/** What a user is to be; absent leaves it alone, an empty text clears it. */
export interface Wanted {
  name?: string | undefined;
  email?: string | undefined;
  phone?: string | undefined;
  /** An empty text clears it. */
  language?: Language | '' | undefined;
  practices?: readonly string[] | undefined;
  systemAdministrator?: boolean | undefined;
}

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
  const known = nearest(
    name,
    [...roster.practices.values()].map((practice) => practice.name),
  );
  return new TwofaError(
    'practice-not-found',
    `Account ${roster.account.kid} has no practice ${JSON.stringify(name)}.`,
    {
      hint: known ? `Did you mean ${JSON.stringify(known)}?` : 'Add it first: twofa practice add NAME',
      details: { field: 'practice' },
    },
  );
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
  throw new TwofaError(
    'contact-data-required',
    `2FA is on for account ${account.kid}: ${user.username} needs a valid email of their own and a phone that takes text messages. ${problems.join(' ')}`,
    { hint: 'Give valid contact data with --email and --phone.', details: { problems } },
  );
}

function permit(roster: Roster, change: Omit<Parameters<typeof rosterRefusal>[1], 'enabled'>): void {
  if (roster.account.enabledAt === null) return;
  const refusal = rosterRefusal(roster.operator, { ...change, enabled: true });
  if (refusal !== null)
    throw new TwofaError('not-permitted', refusal, { hint: '"twofa help roles" says who may do what.' });
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

function contactChange(account: Account, user: User, wanted: Wanted): Partial<StoredEmail & StoredPhone> {
  const email = wanted.email === undefined ? null : storedEmail(wanted.email);
  const phone = wanted.phone === undefined ? null : storedPhone(wanted.phone, account.country);
  return {
    ...(email && email.emailKey !== user.emailKey ? email : {}),
    ...(phone && phone.phoneKey !== user.phoneKey ? phone : {}),
  };
}

async function requireOtherAdministrator(tables: Reading, user: User, doing: string): Promise<void> {
  const others = await tables.otherAdministrators(user.accountKid, user.id);
  if (!isLastAdministrator(user, others)) return;
  throw new TwofaError(
    'last-administrator',
    `${user.username} is the last active, unlocked System Administrator of account ${user.accountKid} and cannot ${doing}.`,
    { hint: 'Make another user a System Administrator first: twofa user update USER --system-administrator' },
  );
}

/** What differs between a user and what is wanted; a value equal after normalisation is no change (R5). */
export async function differencesOf(
  roster: Roster,
  user: UserWithPractices,
  wanted: Wanted,
): Promise<Update> {
  const { account, tables } = roster;
  const contact = contactChange(account, user, wanted);
  const role =
    wanted.systemAdministrator !== undefined && wanted.systemAdministrator !== user.systemAdministrator;
  const named = wanted.practices === undefined ? null : await practicesNamed(roster, wanted.practices);
  const names = named?.map(({ name }) => name) ?? [];
  const practices = named !== null && [...names].sort().join(';') !== [...user.practices].sort().join(';');
  const language = wanted.language === undefined ? undefined : wanted.language || null;
  const fields = [
    ...(wanted.name !== undefined && wanted.name !== user.name ? ['name'] : []),
    ...(contact.emailKey === undefined ? [] : ['email']),
    ...(contact.phoneKey === undefined ? [] : ['phone']),
    ...(practices ? ['practices'] : []),
    ...(language === undefined || language === user.language ? [] : ['language']),
    ...(role ? ['systemAdministrator'] : []),
  ];
  const changesContact = changesContactOf(fields);
  return {
    fields,
    change: {
      ...contact,
      ...(fields.includes('name') && wanted.name !== undefined ? { name: wanted.name } : {}),
      ...(role && wanted.systemAdministrator !== undefined
        ? { systemAdministrator: wanted.systemAdministrator }
        : {}),
      ...(fields.includes('language') && language !== undefined ? { language } : {}),
      ...(practices && named ? { practiceIds: named.map(({ id }) => id) } : {}),
      ...(changesContact
        ? {
            contactChangedAt: tables.now,
            endCodes: 'contact-changed' as const,
            endTrust: 'contact-changed' as const,
          }
        : {}),
    },
    details: {
      fields,
      ...(contact.emailKey === undefined ? {} : { email: contact.email ? maskEmail(contact.email) : null }),
      ...(contact.phoneKey === undefined ? {} : { phone: contact.phone ? maskPhone(contact.phone) : null }),
      ...(practices ? { practices: names } : {}),
      ...(role ? { systemAdministrator: wanted.systemAdministrator } : {}),
    },
  };
}

function changesContactOf(fields: readonly string[]): boolean {
  return fields.includes('email') || fields.includes('phone');
}

/** Decides an update of a user (R4, R5, R12, R13). @throws TwofaError */
export async function updateOf(roster: Roster, user: UserWithPractices, wanted: Wanted): Promise<Update> {
  const { account, tables } = roster;
  const update = await differencesOf(roster, user, wanted);
  const changesContact = changesContactOf(update.fields);
  const changesRole = update.fields.includes('systemAdministrator');
  permit(roster, {
    administrator: user.systemAdministrator,
    changesRole,
    deactivates: false,
    changesContact,
  });
  if (changesContact && user.active)
    await requireReachable(tables, account, { ...user, ...update.change }, user.id);
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
  return new TwofaError(
    'user-exists',
    `Account ${kid} has, or had, a user ${JSON.stringify(username)}; usernames are never reused.`,
    {
      hint: 'Change the user with "twofa user update", or choose another username.',
    },
  );
}
