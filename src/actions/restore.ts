// A store that is an older copy of itself: said to be one, brought nearer to what was lost, accepted by its owner.
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import type { Look, Replay } from '../rules/replay.ts';
import { type Instant, iso } from '../rules/time.ts';
import { flag, reason } from './fields.ts';
import { type Answer, type Call, done, operation } from './operation.ts';
import { readExport } from './read-export.ts';
import { applyReplay, type Replayed } from './replay.ts';
import type { KnownEvent, Writing } from './store.ts';

/** The events that the store had and has not any more, as far as that is known. */
interface Lost {
  from: number;
  to: number;
  until: string;
}

/** What was done with a store that was put back. */
export interface Restored {
  lost: Lost | null;
  /** Of them by action, where an export tells. */
  lostByAction: Record<string, number> | null;
  /** What was done again; null without an export. `until` is the last event of the export. */
  replayed: (Replayed & { until: number }) | null;
  /** What a person has to look at. */
  look: (Omit<Look, 'at'> & { at: string })[];
  codesEnded: number;
  locationsEnded: number;
  recoveryCodesVoided: number;
  tokensRevoked: number;
  /** Whether the store serves sign-ins from now on. */
  accepted: boolean;
  changed: boolean;
}

const nothing: Restored = {
  lost: null,
  lostByAction: null,
  replayed: null,
  look: [],
  codesEnded: 0,
  locationsEnded: 0,
  recoveryCodesVoided: 0,
  tokensRevoked: 0,
  accepted: false,
  changed: false,
};

const input = v.strictObject({
  /** Puts the backup of this call in the place of the store, and does nothing else. */
  replace: v.optional(flag, false),
  /** Says that the store was put back by another than twofa. */
  mark: v.optional(flag, false),
  /** Does again what the export of this call tells. */
  replay: v.optional(flag, false),
  accept: v.optional(flag, false),
  /** Makes of the store a copy that sends nothing, for ever. */
  staging: v.optional(flag, false),
  reason: v.optional(reason),
});
type Input = v.InferOutput<typeof input>;

function required(field: string, message: string): TwofaError {
  return new TwofaError('missing-option', message, { details: { field } });
}

/** Without an option it is only said what is lost. @throws TwofaError `missing-option` for what makes no sense alone. */
function checkInput(call: Call, { mark, replay, accept, staging, reason }: Input): void {
  if (accept && reason === undefined) throw required('reason', 'No reason was given.');
  if (staging && !(mark && accept))
    throw required('mark', 'A copy for staging is marked and accepted at once.');
  if (replay && !call.auditExport) throw required('replay', 'There is no export on the host of the store.');
}

/** How far the store reached when it was put back. */
interface Standing {
  /** The event that this machine knows and the store has not. */
  known: KnownEvent | null;
  /** Whether the store has the mark of one that was put back. */
  marked: boolean;
  /** The newest event then. */
  base: number;
}

async function standingOf(call: Call, { mark }: Input): Promise<Standing | null> {
  const known = (await call.highWater?.lost()) ?? null;
  const store = await call.store();
  const { newest } = await store.standing(null);
  return store.read(async (tables) => {
    const { restoredAt } = await tables.installation();
    const putBackAt = restoredAt === null ? null : await tables.putBackAt();
    if (putBackAt !== null) return { known, marked: true, base: putBackAt };
    // What was written to this copy since does not count as kept: it is newer than what this machine knew.
    if (known) return { known, marked: false, base: await tables.newestBefore(known.at) };
    if (!mark) return null;
    return { known, marked: false, base: newest?.seq ?? 0 };
  });
}

async function replayOf(call: Call, { base }: Standing): Promise<Replay | null> {
  const { auditExport, progress } = call;
  if (!auditExport) return null;
  const [store, keyring] = [await call.store(), await call.keyring()];
  return store.read((tables) =>
    readExport(auditExport, { tables, keyring, base, gapless: store.gapless, progress }),
  );
}

/** What is known to be lost: by what this machine knew, and by what an export tells. */
function lostOf({ known, base }: Standing, replay: Replay | null): Lost | null {
  const told = [known, replay?.last ?? null].filter((each) => each !== null);
  const last = told.reduce<{ seq: number; at: Instant } | null>(
    (newest, each) => (newest && newest.seq >= each.seq ? newest : each),
    null,
  );
  return last && { from: Math.min(base + 1, last.seq), to: last.seq, until: iso(last.at) };
}

/** Ends what the store may have brought back to life, and lets it serve again. */
async function accept(tables: Writing, standing: Standing, lost: Lost | null, { staging, reason }: Input) {
  const ended = await tables.endEverything(reason ?? '');
  await tables.saveInstallation(
    { restoredAt: null, ...(staging ? { staging: true } : {}) },
    {
      action: 'store.restored',
      details: {
        reason,
        lost,
        newest: standing.known?.subject ?? null,
        ...ended,
        ...(staging ? { staging } : {}),
      },
    },
  );
  return {
    codesEnded: ended.codes,
    locationsEnded: ended.locations,
    recoveryCodesVoided: ended.recoveryCodes,
    tokensRevoked: ended.tokens,
    accepted: true,
  };
}

function replayedAny(replayed: Replayed | undefined): boolean {
  return Object.values(replayed ?? {}).some((each) => each > 0);
}

async function restore(call: Call, tables: Writing, standing: Standing, replay: Replay | null, input: Input) {
  const lost = lostOf(standing, replay);
  const marks = !standing.marked && (input.mark || replay !== null);
  if (marks) {
    const details = { newest: standing.base, reason: input.reason ?? null };
    await tables.saveInstallation({ restoredAt: tables.now }, { action: 'store.put-back', details });
  }
  const applied = replay && (await applyReplay(call, tables, replay));
  const result: Restored = {
    ...nothing,
    lost,
    lostByAction: replay?.counts ?? null,
    replayed: applied && { ...applied.replayed, until: replay?.last?.seq ?? standing.base },
    look: applied?.look.map((each) => ({ ...each, at: iso(each.at) })) ?? [],
    changed: marks || replayedAny(applied?.replayed),
  };
  return input.accept
    ? { ...result, ...(await accept(tables, standing, lost, input)), changed: true }
    : result;
}

/** @returns what was put in place. @throws TwofaError `usage` where there is nothing to be put. */
async function replacement({ replacement }: Call): Promise<unknown> {
  if (replacement) return replacement();
  throw new TwofaError('usage', 'A backup is put in the place of a store on its own host.', {
    hint: 'Run there: twofa db restore FILE',
  });
}

export const dbRestore = operation({
  permission: 'store',
  account: 'none',
  input,
  async perform(call, input): Promise<Answer> {
    if (input.replace) return done(await replacement(call));
    checkInput(call, input);
    const standing = await standingOf(call, input);
    if (!standing) {
      if (!input.replay) return done(nothing);
      throw new TwofaError(
        'not-restored',
        'The store was not put back: there is nothing to be done again in it.',
        {
          hint: 'If somebody did put it back, say so with --mark.',
        },
      );
    }
    const { mark, accept } = input;
    if (!mark && !input.replay && !accept) return done({ ...nothing, lost: lostOf(standing, null) });
    const replay = input.replay ? await replayOf(call, standing) : null;
    const result = await call.write((tables) => restore(call, tables, standing, replay, input));
    if (input.accept) await call.highWater?.accept();
    return done(result);
  },
});
