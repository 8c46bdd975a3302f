// What a provisioning file asks of an account's users: additions, updates and deactivations, judged all together (R4, R10, R12, R13).
import { isLastAdministrator } from './account.ts';
import { rosterRefusal } from './authority.ts';
import { contactProblems, type StoredEmail, type StoredPhone, storedEmail, storedPhone } from './contact.ts';
import type { Language } from './language.ts';
import { nearest } from './nearest.ts';
import { addedFields, changedFields, type PlannedChange } from './planned-change.ts';
import type {
  PlanOptions,
  PlanRefusal,
  Provisioned,
  ProvisionedUser,
  Provisioner,
  ProvisioningDocument,
} from './provisioning.ts';
import { changesContact, type Difference, differenceOf, type Wanted } from './roster-change.ts';
import {
  lastAdministrator,
  notPermitted,
  practiceUnknown,
  type RosterRefusal,
  unreachable,
  usernameTaken,
} from './roster-refusal.ts';
import { foldKey } from './text.ts';

/** Users that are pruned at the most unless a limit is given, and the part of the active users that they may be. */
export const pruneMax = { users: 5, percent: 5 } as const;

export interface UpdateStep<U> {
  user: U;
  difference: Difference;
}

export interface AdditionStep extends StoredEmail, StoredPhone {
  username: string;
  name: string;
  language: Language | null;
  systemAdministrator: boolean;
  practices: readonly string[];
}

export interface DeactivationStep<U> {
  user: U;
}

export interface UsersPlan<U> {
  changes: PlannedChange[];
  refusals: PlanRefusal[];
  updates: UpdateStep<U>[];
  additions: AdditionStep[];
  deactivations: DeactivationStep<U>[];
}

/** How the document is read: the account's country, and the practices that it has once those of the document are added. */
interface Reading extends PlanOptions {
  country: string;
  practices: readonly string[];
}

/** A user who gets contact data: how they are afterwards. */
interface Reached extends StoredEmail, StoredPhone {
  username: string;
  path: PlanRefusal['path'];
}

/** Plans the users of one document. Each is looked at by itself first, then all of them as they would be afterwards. */
class UsersPlanner<U extends ProvisionedUser> implements UsersPlan<U> {
  readonly changes: PlannedChange[] = [];
  readonly refusals: PlanRefusal[] = [];
  readonly updates: UpdateStep<U>[] = [];
  readonly additions: AdditionStep[] = [];
  readonly deactivations: DeactivationStep<U>[] = [];
  readonly #kid: string;
  readonly #enabled: boolean;
  readonly #found: Provisioned<U>;
  readonly #by: Provisioner;
  readonly #reading: Reading;
  readonly #practices: ReadonlyMap<string, string>;
  readonly #reached: Reached[] = [];

  constructor(kid: string, found: Provisioned<U>, by: Provisioner, reading: Reading) {
    this.#kid = kid;
    this.#found = found;
    this.#by = by;
    this.#reading = reading;
    this.#enabled = found.account !== null && found.account.enabledAt !== null;
    this.#practices = new Map(reading.practices.map((name) => [foldKey(name), name]));
  }

  #refuse(refusal: RosterRefusal, path: PlanRefusal['path']): void {
    this.refusals.push({ ...refusal, path });
  }

  #change(action: PlannedChange['action'], name: string, fields: PlannedChange['fields']): void {
    this.changes.push({ account: this.#kid, action, kind: 'user', name, fields });
  }

  /** The practices as the account spells them. */
  #practicesOf(names: readonly string[], path: PlanRefusal['path']): string[] {
    const found = new Set<string>();
    names.forEach((name, index) => {
      const known = this.#practices.get(foldKey(name));
      if (known !== undefined) found.add(known);
      else {
        const meant = nearest(name, this.#reading.practices);
        const refusal = practiceUnknown(this.#kid, name, meant);
        const hint = meant ? refusal.hint : 'Name it among the practices of the file.';
        this.#refuse({ ...refusal, hint }, [...path, 'practices', index]);
      }
    });
    return [...found];
  }

  /** What the matrix's footnote refuses, at the field that it is about. */
  #permit(change: Omit<Parameters<typeof rosterRefusal>[1], 'enabled'>, path: PlanRefusal['path']): void {
    const refusal = rosterRefusal(this.#by, { ...change, enabled: this.#enabled });
    if (refusal !== null) this.#refuse(notPermitted(refusal), path);
  }

  /** A user whom the document names. */
  plan(wanted: Wanted & { username: string }, path: PlanRefusal['path']): void {
    const existing = this.#found.users.get(foldKey(wanted.username));
    if (existing) this.#update(existing, wanted, path);
    else this.#add(wanted, path);
  }

  #update(user: U, wanted: Wanted & { username: string }, path: PlanRefusal['path']): void {
    if (user.username !== wanted.username) {
      const message = `The user is spelled ${JSON.stringify(user.username)}.`;
      const hint = 'Usernames are exact; "twofa user rename" gives a user another.';
      this.#refuse({ code: 'user-exists', message, hint }, [...path, 'username']);
      return;
    }
    const practices = wanted.practices && this.#practicesOf(wanted.practices, path);
    const { country } = this.#reading;
    const difference = differenceOf(user, { ...wanted, practices }, country, this.#found.now);
    const { fields } = difference;
    if (fields.length > 0) {
      const role = fields.includes('systemAdministrator');
      const contact = fields.find((field) => changesContact([field]));
      const at = role ? 'systemAdministrator' : (contact ?? fields[0] ?? 'username');
      const touched = { changesRole: role, deactivates: false, changesContact: contact !== undefined };
      this.#permit({ administrator: user.systemAdministrator, ...touched }, [...path, at]);
      const after = { ...user, ...difference.change };
      if (contact !== undefined && user.active) this.#reached.push({ ...after, path: [...path, contact] });
      this.updates.push({ user, difference });
      this.#change('update', user.username, changedFields(user, difference));
    }
    if (!user.active)
      this.#change('needs-administrator', user.username, { status: { from: 'inactive', to: 'active' } });
  }

  #add(wanted: Wanted & { username: string }, path: PlanRefusal['path']): void {
    const { username, name } = wanted;
    if (this.#found.formerUsernames.has(foldKey(username))) {
      this.#refuse(usernameTaken(this.#kid, username), [...path, 'username']);
      return;
    }
    if (name === undefined) {
      const message = `${username} is a new user, who needs a name.`;
      this.#refuse({ code: 'invalid-input', message, hint: null }, path);
      return;
    }
    const systemAdministrator = wanted.systemAdministrator ?? false;
    const added = { administrator: false, deactivates: false, changesContact: false };
    this.#permit({ ...added, changesRole: systemAdministrator }, [...path, 'systemAdministrator']);
    const user: AdditionStep = {
      username,
      name,
      ...storedEmail(wanted.email ?? null),
      ...storedPhone(wanted.phone ?? null, this.#reading.country),
      language: wanted.language || null,
      systemAdministrator,
      practices: this.#practicesOf(wanted.practices ?? [], path),
    };
    this.additions.push(user);
    this.#reached.push({ ...user, path });
    this.#change('create', username, addedFields(user));
  }

  /** Has the active users deactivated whom the document does not name. */
  prune(): void {
    const { unnamed, activeUsers } = this.#found;
    const { pruneLimit } = this.#reading;
    const few = unnamed.length <= pruneMax.users && unnamed.length * 100 <= activeUsers * pruneMax.percent;
    if (pruneLimit === null ? !few : unnamed.length > pruneLimit)
      this.#refuse(tooManyPruned(this.#kid, unnamed.length, activeUsers, pruneLimit), []);
    for (const user of unnamed) {
      const touched = { changesRole: false, deactivates: true, changesContact: false };
      this.#permit({ administrator: user.systemAdministrator, ...touched }, []);
      this.deactivations.push({ user });
      const from = user.lockedAt === null ? 'active' : 'locked';
      this.#change('deactivate', user.username, { status: { from, to: 'inactive' } });
    }
  }

  /** Once 2FA is on, each of those who get contact data has it valid and of their own when all is done (R4, R12). */
  judgeContacts(): void {
    if (!this.#enabled) return;
    const moved = this.updates.filter(({ difference }) => difference.change.emailKey !== undefined);
    const gone = new Set([...this.deactivations, ...moved].map(({ user }) => user.username));
    const claims = new Map<string, string[]>();
    for (const { emailKey, username } of this.#reached) {
      if (emailKey !== null) claims.set(emailKey, [...(claims.get(emailKey) ?? []), username]);
    }
    for (const each of this.#reached) {
      const key = each.emailKey ?? '';
      const problems = contactProblems(each);
      const staying = (this.#found.emailHolders.get(key) ?? []).filter((username) => !gone.has(username));
      const holder = [...staying, ...(claims.get(key) ?? [])].find((username) => username !== each.username);
      if (holder !== undefined) problems.push(`The email is ${holder}'s already.`);
      if (problems.length === 0) continue;
      const hint = 'Give valid contact data in the file.';
      this.#refuse({ ...unreachable(this.#kid, each.username, problems), hint }, each.path);
    }
  }

  /** The account keeps an active, unlocked System Administrator when all is done, where it has one (R13). */
  judgeAdministrators(indexOf: (user: U) => PlanRefusal['path']): void {
    const demoted = this.updates.filter(
      ({ user, difference }) => user.systemAdministrator && difference.change.systemAdministrator === false,
    );
    const promoted = this.updates.filter(
      ({ user, difference }) =>
        difference.change.systemAdministrator === true && user.active && user.lockedAt === null,
    );
    const left = new Set(this.#found.administrators);
    for (const { user } of [...demoted, ...this.deactivations]) left.delete(user.id);
    const added = this.additions.filter((user) => user.systemAdministrator);
    const others = left.size + promoted.length + added.length;
    const last = (user: U) => isLastAdministrator(user, others);
    for (const { user } of demoted.filter(({ user }) => last(user)))
      this.#refuse(lastAdministrator(this.#kid, user.username, 'lose the role'), indexOf(user));
    for (const { user } of this.deactivations.filter(({ user }) => last(user)))
      this.#refuse(lastAdministrator(this.#kid, user.username, 'be deactivated'), []);
  }
}

function tooManyPruned(kid: string, users: number, of: number, limit: number | null): RosterRefusal {
  const most = limit === null ? `${pruneMax.users} users or ${pruneMax.percent} %` : String(limit);
  return {
    code: 'prune-limit',
    message: `--prune would deactivate ${users} of the ${of} active users of account ${kid}, more than ${most}. Nothing was changed.`,
    hint: `If the file is meant to leave them out, say so: --prune-limit ${users}`,
  };
}

export function planUsers<U extends ProvisionedUser>(
  document: ProvisioningDocument,
  found: Provisioned<U>,
  by: Provisioner,
  reading: Reading,
): UsersPlan<U> {
  const planner = new UsersPlanner(document.account.kid, found, by, reading);
  const users = document.users ?? [];
  users.forEach((wanted, index) => {
    planner.plan(wanted, ['users', index]);
  });
  if (reading.prune) planner.prune();
  planner.judgeContacts();
  const places = new Map(users.map(({ username }, index) => [foldKey(username), index]));
  planner.judgeAdministrators((user) => [
    ...['users', places.get(foldKey(user.username)) ?? 0],
    'systemAdministrator',
  ]);
  return planner;
}
