// What a lockout looks like, by the trail alone: mistyping, an older message, messages that never arrived, or guessing.
import { assess } from './assessment.ts';
import { locationOf } from './location.ts';
import type { Instant } from './time.ts';

/** An event of a user's sign-ins, as the trail has it. */
export interface SignInEvent {
  action: string;
  outcome: string;
  at: Instant;
  details: Record<string, unknown>;
}

export interface TriageFacts {
  /** Events of the user's own chain, oldest first; what lies before the last success or reactivation does not count. */
  events: readonly SignInEvent[];
  /** Keys of the locations where the user has verified codes. */
  knownPlaces: ReadonlySet<string>;
  contactChangedAt: Instant | null;
}

/** What one failure looks like; see {@link triage}. */
export type FailureLook = 'mistyped' | 'older-code' | 'never-arrived' | 'guess';

export interface Failure {
  at: Instant;
  app: string | null;
  ip: string | null;
  why: string | null;
  looksLike: FailureLook;
}

/** A failure with the key of its location; null for an entry that has none. */
export interface PlacedFailure extends Failure {
  place: string | null;
}

/** A message with a code. What became of it counts, also when that was known only later. */
export interface CodeSent {
  /** Its place among the events. */
  index: number;
  askedFrom: string | null;
  wentOut: boolean;
}

/** What a lockout looks like as a whole. */
export type LockoutLook = 'mistyping' | 'older-code' | 'never-arrived' | 'guessing' | 'unclear';

export interface Assessment {
  looksLike: LockoutLook;
  /** One sentence, with the figures. */
  because: string;
  /** Whether somebody else seems to know the password: codes are asked for only after it. */
  passwordKnown: boolean;
}

export interface Triage {
  failures: Failure[];
  assessment: Assessment;
}

/** From so many addresses nobody mistypes; fewer can be one person, by IPv4 and by IPv6. */
const severalPlaces = 3;

type Unjudged = Omit<PlacedFailure, 'looksLike'> & { index: number };

function said(event: SignInEvent, name: string): string | null {
  const value = event.details[name];
  return typeof value === 'string' ? value : null;
}

function placeOf(ip: string | null): string | null {
  const location = ip === null ? null : locationOf(ip);
  return location === null || typeof location === 'string' ? null : location.key;
}

/** The events since the last success or reactivation: those that the lock came of (R8). */
function sinceFresh(events: readonly SignInEvent[]): readonly SignInEvent[] {
  const fresh = events.findLastIndex(
    ({ action }) => action === 'code.verified' || action === 'user.reactivated',
  );
  return events.slice(fresh + 1);
}

/** A refusal to a user who is locked already is no failure: nothing was compared. */
function isFailure({ action, outcome }: SignInEvent): boolean {
  return action === 'user.locked' || (action === 'code.rejected' && outcome === 'failed');
}

function failuresOf(events: readonly SignInEvent[]): Unjudged[] {
  return events.flatMap((event, index) => {
    if (!isFailure(event)) return [];
    const ip = said(event, 'ip');
    return { index, at: event.at, app: said(event, 'app'), ip, why: said(event, 'why'), place: placeOf(ip) };
  });
}

function codesOf(events: readonly SignInEvent[]): CodeSent[] {
  const codes = new Map<string, CodeSent>();
  for (const [index, event] of events.entries()) {
    const id = said(event, 'messageId') ?? '';
    const known = codes.get(id);
    if (event.action === 'code.issued') {
      codes.set(id, { index, askedFrom: placeOf(said(event, 'ip')), wentOut: false });
    } else if (known && event.action === 'code.sent') known.wentOut = said(event, 'status') !== 'unknown';
    else if (known && event.action === 'code.undelivered') known.wentOut = false;
  }
  return [...codes.values()];
}

/** The places of failures that are not the user's, as far as the trail tells. */
function strangePlaces(
  failures: readonly Unjudged[],
  codes: readonly CodeSent[],
  known: ReadonlySet<string>,
): ReadonlySet<string> {
  const places = new Set(failures.flatMap(({ place }) => place ?? []));
  if (known.size > 0) return new Set([...places].filter((place) => !known.has(place)));
  if (places.size >= severalPlaces) return places;
  const asked = new Set(codes.flatMap(({ askedFrom }) => askedFrom ?? []));
  return new Set(asked.size === 0 ? [] : [...places].filter((place) => !asked.has(place)));
}

function lookOf(failure: Unjudged, codes: readonly CodeSent[], strange: ReadonlySet<string>): FailureLook {
  if (failure.why === 'expired' || failure.why === 'used') return 'older-code';
  if (failure.place !== null && strange.has(failure.place)) return 'guess';
  const before = codes.filter(({ index }) => index < failure.index);
  const lost = before.length > 0 && before.every(({ wentOut }) => !wentOut);
  return failure.why === 'none' || lost ? 'never-arrived' : 'mistyped';
}

/**
 * Tells how a lockout came about (R8, R9). The digits that were entered are kept nowhere, so that a near miss cannot
 * be told from a guess by them; what there is to go by is why a code did not verify, and from where it was entered.
 *
 * A failure is, by the first of these that fits:
 * - `older-code`: it was a code of this user's, expired or used; only who reads the user's messages has it.
 * - `guess`: it came from a strange place. Once the user has verified a code somewhere, every place where they never
 *   did is strange. Before that, on the first morning, a new address says nothing: places are strange when there are
 *   three or more of them, or when codes were asked for, but only from elsewhere.
 * - `never-arrived`: no code was outstanding, or none of the messages sent so far is known to have gone out.
 * - `mistyped`: everything else.
 *
 * How fast the codes were entered decides nothing, since an application that repeats a request looks like a machine.
 */
export function triage({ events, knownPlaces, contactChangedAt }: TriageFacts): Triage {
  const run = sinceFresh(events);
  const found = failuresOf(run);
  const codes = codesOf(run);
  const strange = strangePlaces(found, codes, knownPlaces);
  const judged = found.map(({ index: _, ...failure }, nth) => ({
    ...failure,
    looksLike: lookOf(found[nth] as Unjudged, codes, strange),
  }));
  return {
    failures: judged.map(({ place: _, ...failure }) => failure),
    assessment: assess({ failures: judged, codes, knownPlaces, contactChangedAt }),
  };
}
