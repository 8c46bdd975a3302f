// Verifies the trail: every chain and every row, a checkpoint that was kept elsewhere, and what this machine knows.
import * as v from 'valibot';
import { exitCodes, TwofaError } from '../errors.ts';
import { type Checkpoint, isSigned } from '../rules/checkpoint.ts';
import type { Keyring } from '../rules/keyring.ts';
import { iso } from '../rules/time.ts';
import { kid } from './fields.ts';
import { type Call, done, operation } from './operation.ts';
import { theAccount } from './refusals.ts';
import type { TrailVerdict } from './store.ts';

const count = v.pipe(
  v.number('must be a number'),
  v.integer('must be whole'),
  v.minValue(0, 'must be 0 or more'),
);
const words = v.pipe(v.string('must be text'), v.maxLength(200, 'is too long'));

const checkpoint = v.strictObject({
  account: v.nullable(kid),
  at: words,
  seq: count,
  subjects: count,
  events: count,
  root: words,
  keyId: words,
  signature: words,
});

/** @throws TwofaError `checkpoint-invalid` for one that no key of the ring signed, or of other chains than are verified. */
function requireOwn(keyring: Keyring, found: Checkpoint, kid: string | null): void {
  const invalid = (message: string, hint: string) =>
    new TwofaError('checkpoint-invalid', message, { hint, details: { field: 'checkpoint' } });
  const key = keyring.get(found.keyId);
  if (!key || !isSigned(key, found)) {
    throw invalid(
      'The checkpoint was not signed with a key of this installation, or was changed since.',
      'Look for the checkpoint as "twofa audit checkpoint" printed it, and for the key that it was signed with.',
    );
  }
  if (found.account === kid) return;
  throw invalid(
    found.account === null
      ? 'The checkpoint is of all accounts.'
      : `The checkpoint is of account ${found.account}.`,
    found.account === null ? 'The owner verifies it, without --account.' : `Give --account ${found.account}.`,
  );
}

/** What this machine knows of the store beside the chains: an older copy of all of it is whole in itself. */
async function againstHighWater(call: Call, verdict: TrailVerdict): Promise<TrailVerdict> {
  const lost = verdict.intact ? await call.highWater?.lost() : null;
  if (!lost) return verdict;
  const whose = call.kid === '' ? `, of ${lost.subject},` : '';
  const reason = `this event${whose} is known to this machine and gone: the store is an older copy of itself, or its newest events were removed`;
  return { ...verdict, intact: false, firstBroken: { subject: 'store', seq: lost.seq, reason } };
}

/** What keeps the invariants while nobody looks: the triggers and constraints of the database itself. */
async function againstSchema(call: Call, verdict: TrailVerdict): Promise<TrailVerdict> {
  if (!verdict.intact || call.kid !== '') return verdict;
  const fault = await (await call.store()).schemaFault();
  if (fault === null) return verdict;
  return { ...verdict, intact: false, firstBroken: { subject: 'store', seq: null, reason: fault } };
}

/** A verdict as it looks outside. */
export interface VerdictView extends Omit<TrailVerdict, 'breaks'> {
  breaks: { seq: number; at: string; reason: string }[];
}

export const auditVerify = operation({
  permission: 'audit',
  account: 'optional',
  input: v.strictObject({ checkpoint: v.optional(checkpoint) }),
  async perform(call, input) {
    const store = await call.store();
    const kid = call.kid === '' ? null : call.kid;
    if (kid !== null) await store.read((tables) => theAccount(tables, kid));
    if (input.checkpoint) requireOwn(await call.keyring(), input.checkpoint, kid);
    const walked = await store.verifyTrail(kid, {
      ...(input.checkpoint ? { checkpoint: input.checkpoint } : {}),
      ...(call.progress ? { progress: call.progress } : {}),
    });
    const verdict = await againstSchema(call, await againstHighWater(call, walked));
    const breaks = verdict.breaks.map((each) => ({ ...each, at: iso(each.at) }));
    return done<VerdictView>({ ...verdict, breaks }, verdict.intact ? exitCodes.done : exitCodes.refused);
  },
});
