// Plans and applies a provisioning document: what an account, its practices and its users are to be (R1…R5, R10, R12, R13).
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import { storedEmail } from '../rules/contact.ts';
import { isSealed, isSealShaped, movedSince, type PlanState, sealPlan } from '../rules/plan-seal.ts';
import { changesAnything, type PlannedChange } from '../rules/planned-change.ts';
import {
  type PlanRefusal,
  type Provisioned,
  type ProvisioningDocument,
  type ProvisioningPlan,
  planDocument,
} from '../rules/provisioning.ts';
import { foldKey } from '../rules/text.ts';
import { flag } from './fields.ts';
import { type Call, done, operation } from './operation.ts';
import { provisioningDocument } from './provisioning-file.ts';
import { carryOut } from './provisioning-steps.ts';
import type { Account, Reading, UserWithPractices } from './store.ts';

/** Refusals that an error names at the most. */
const refusalsNamedMax = 50;

/** What a plan answers: what would be done, and the seal by which `apply` does that and nothing else. */
export interface Planned {
  changes: PlannedChange[];
  /** False: a plan changes nothing. */
  changed: boolean;
  plan: string;
}

export interface Applied {
  changes: PlannedChange[];
  changed: boolean;
}

const whole = v.pipe(
  v.number('must be a whole number'),
  v.integer('must be a whole number'),
  v.minValue(0, 'must be 0 or more'),
);

const requested = {
  document: provisioningDocument,
  prune: v.optional(flag, false),
  pruneLimit: v.optional(whole),
};

interface Requested {
  document: ProvisioningDocument;
  prune: boolean;
  pruneLimit?: number | undefined;
}

/** @throws TwofaError `invalid-input` for a limit without what it limits. */
function requirePrune({ prune, pruneLimit }: Requested): void {
  if (prune || pruneLimit === undefined) return;
  throw new TwofaError('invalid-input', 'pruneLimit stands only beside prune.', {
    details: { field: 'pruneLimit' },
  });
}

/** The active users whom a document does not name, as they are written. */
async function unnamedUsers(
  tables: Reading,
  kid: string,
  named: ReadonlySet<string>,
): Promise<UserWithPractices[]> {
  const active = await tables.activeUsernames(kid);
  const unnamed = active.filter((username) => !named.has(foldKey(username)));
  return [...(await tables.usersByKeys(kid, unnamed)).values()];
}

/** What there is of the account, read by sets: a long document takes as many queries as a short one takes twice. */
async function gather(
  tables: Reading,
  { document, prune }: Requested,
): Promise<Provisioned<UserWithPractices> & { account: Account | null }> {
  const { kid } = document.account;
  const wanted = document.users ?? [];
  const usernames = wanted.map(({ username }) => username);
  const keys = new Set(usernames.map(foldKey));
  const emails = wanted.flatMap(({ email }) => storedEmail(email ?? null).emailKey ?? []);
  const emailHolders = new Map<string, string[]>();
  for (const { emailKey, username } of await tables.emailHolders(kid, emails))
    emailHolders.set(emailKey, [...(emailHolders.get(emailKey) ?? []), username]);
  const [counts] = await tables.accounts({ kid, limit: 1 });
  return {
    account: await tables.account(kid),
    practices: (await tables.practiceNames(kid)).map(({ name }) => name),
    users: await tables.usersByKeys(kid, usernames),
    formerUsernames: await tables.formerUsernames(kid, usernames),
    emailHolders,
    administrators: new Set(await tables.administratorIds(kid)),
    activeUsers: counts?.users ?? 0,
    unnamed: prune ? await unnamedUsers(tables, kid, keys) : [],
    now: tables.now,
  };
}

/** In the order of checks: form, role, what does not exist, state. */
const weights: readonly string[] = ['invalid-input', 'not-permitted', 'practice-not-found'];

/** All that keeps a document from being carried out, as one error: that of the form first, then of the role, then of the state. */
function refusedAs(refusals: readonly PlanRefusal[]): TwofaError {
  const weight = ({ code }: PlanRefusal) => (weights.includes(code) ? weights.indexOf(code) : weights.length);
  const [first, ...more] = [...refusals].sort((one, other) => weight(one) - weight(other));
  if (!first) throw new Error('Nothing refuses this plan.');
  const others = more.length === 0 ? '' : ` And ${more.length} more of the document.`;
  return new TwofaError(first.code, `${first.message}${others}`, {
    hint: first.hint,
    details: { refusals: [first, ...more].slice(0, refusalsNamedMax), refused: refusals.length },
  });
}

interface Seen {
  account: Account | null;
  plan: ProvisioningPlan<UserWithPractices>;
}

/** @throws TwofaError for a document of another account, and for what the rules or the operator's role refuse. */
async function look(call: Call, tables: Reading, requested: Requested): Promise<Seen> {
  const { kid } = requested.document.account;
  if (kid !== call.kid) {
    throw new TwofaError('invalid-input', `The document is of account ${kid}, not of ${call.kid}.`, {
      details: { field: 'document.account.kid' },
    });
  }
  const found = await gather(tables, requested);
  const options = { prune: requested.prune, pruneLimit: requested.pruneLimit ?? null };
  const plan = planDocument(requested.document, found, call.operator, options);
  if (plan.refusals.length > 0) throw refusedAs(plan.refusals);
  return { account: found.account, plan };
}

/** What the plan was made of: the account's roster as a whole, and the changes themselves. */
async function stateOf(tables: Reading, kid: string, { account, plan }: Seen): Promise<PlanState> {
  const { locks: _, ...digests } = await tables.rosterDigests(kid);
  const known = account && [account.name, account.country, account.enabledAt, account.wanted];
  return { ...digests, account: JSON.stringify(known), changes: JSON.stringify(plan.changes) };
}

/** What was asked for, and by whom, as one text. */
function requestText({ operator }: Call, { document, prune, pruneLimit }: Requested): string {
  const by = [operator.role, operator.actor, operator.kid, operator.mayContacts];
  return JSON.stringify([document, prune, pruneLimit ?? null, by]);
}

/** @throws TwofaError `plan-changed` for a plan of another request, or of another operator. */
async function requireOwnPlan(call: Call, requested: Requested, plan: string): Promise<void> {
  if (isSealed(await call.keyring(), plan, requestText(call, requested))) return;
  throw new TwofaError(
    'plan-changed',
    'This plan was not made for you by this installation, or was changed since. Nothing was done.',
    { hint: 'Make it again: twofa plan -f FILE --out PLAN' },
  );
}

/** @throws TwofaError `plan-changed` when the account is not as the plan saw it. */
async function requireSeen(call: Call, tables: Reading, plan: string, seen: Seen): Promise<void> {
  const moved = movedSince(plan, await stateOf(tables, call.kid, seen));
  if (moved.length === 0) return;
  throw new TwofaError(
    'plan-changed',
    `Account ${call.kid} is not what the plan saw any more: ${moved.join(', ')} changed. Nothing was done.`,
    { hint: 'See what it means now: twofa plan -f FILE', details: { changed: moved } },
  );
}

/** Undoes what was tried. */
class Tried extends Error {}

/** Turning 2FA on depends on what the checklist says of it all once it is done: that is tried, and undone. */
async function tryOut(call: Call, requested: Requested): Promise<void> {
  const trial = call.write(async (tables) => {
    const { account, plan } = await look(call, tables, requested);
    await carryOut(call, tables, account, plan);
    throw new Tried('The document was tried.');
  });
  await trial.catch((error) => {
    if (!(error instanceof Tried)) throw error;
  });
}

export const plan = operation({
  permission: 'roster',
  account: 'required',
  input: v.strictObject(requested),
  async perform(call, input) {
    requirePrune(input);
    const store = await call.store();
    const { seen, state } = await store.read(async (tables) => {
      const seen = await look(call, tables, input);
      return { seen, state: await stateOf(tables, call.kid, seen) };
    });
    if (seen.plan.steps.enables) await tryOut(call, input);
    const { current } = await call.keyring();
    const result: Planned = {
      changes: seen.plan.changes,
      changed: false,
      plan: sealPlan(current, state, requestText(call, input)),
    };
    return done(result);
  },
});

export const apply = operation({
  permission: 'roster',
  account: 'required',
  input: v.strictObject({
    ...requested,
    /** The seal of a plan: what it showed is done, or nothing. */
    plan: v.optional(
      v.pipe(v.string('must be text'), v.check(isSealShaped, 'must be a plan of "twofa plan --out", whole')),
    ),
  }),
  async perform(call, input) {
    requirePrune(input);
    if (input.plan !== undefined) await requireOwnPlan(call, input, input.plan);
    return call.write(async (tables) => {
      const seen = await look(call, tables, input);
      if (input.plan !== undefined) await requireSeen(call, tables, input.plan, seen);
      const { changes } = seen.plan;
      const changed = changesAnything(changes);
      if (changed) await carryOut(call, tables, seen.account, seen.plan);
      const result: Applied = { changes, changed };
      return done(result);
    });
  },
});
