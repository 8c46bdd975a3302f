// What a lockout looks like as a whole, once each of its failures is judged, and the sentence that says why.
import { type Instant, iso } from './time.ts';
import type { Assessment, CodeSent, FailureLook, LockoutLook, PlacedFailure } from './triage.ts';

export interface AssessmentFacts {
  /** Oldest first; the last one locked. */
  failures: readonly PlacedFailure[];
  codes: readonly CodeSent[];
  knownPlaces: ReadonlySet<string>;
  contactChangedAt: Instant | null;
}

/** Addresses that a sentence names. */
const namedMax = 3;

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** A span of time in the largest unit that leaves more than one of it. */
function spanOf(ms: number): string {
  const units = [
    ['second', 1000, 120],
    ['minute', 60_000, 120],
    ['hour', 3_600_000, 48],
  ] as const;
  for (const [noun, unit, most] of units) {
    const number = Math.max(1, Math.ceil(ms / unit));
    if (number <= most) return counted(number, noun);
  }
  return counted(Math.ceil(ms / 86_400_000), 'day');
}

function spread(failures: readonly PlacedFailure[]): string {
  const first = failures[0];
  const last = failures.at(-1);
  if (!first || !last || failures.length === 1) return '';
  return ` within ${spanOf(last.at - first.at)}`;
}

function addresses(failures: readonly PlacedFailure[]): string {
  const all = [...new Set(failures.flatMap(({ ip }) => ip ?? []))];
  const more = all.length - namedMax;
  return [...all.slice(0, namedMax), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

type Verdict = readonly [looksLike: LockoutLook, because: string];

function neverArrived(some: string, facts: AssessmentFacts): Verdict {
  const { codes, contactChangedAt } = facts;
  const lost = codes.filter(({ wentOut }) => !wentOut).length;
  const because =
    lost > 0
      ? `${lost} of ${codes.length} messages with codes did not go out for all that is known`
      : 'no code was outstanding';
  const changed = contactChangedAt === null ? '' : ` (contact data last changed ${iso(contactChangedAt)})`;
  return ['never-arrived', `In ${some}, ${because}${changed}.`];
}

/** What the most frequent look of several harmless ones says of them all. */
function harmless(look: FailureLook, facts: AssessmentFacts): Verdict {
  const { failures, codes, knownPlaces } = facts;
  const alike = failures.filter(({ looksLike }) => looksLike === look);
  const some = `${alike.length} of ${counted(failures.length, 'failure')}`;
  if (look === 'older-code') {
    return [
      look,
      `In ${some}, it was a code of this user's that had expired or been used: an older message.`,
    ];
  }
  const unsaid: Verdict = [
    'unclear',
    'No code of this user was verified from an address before, so that none can be told to be theirs.',
  ];
  if (look === 'never-arrived') {
    return knownPlaces.size > 0 || codes.length > 0 ? neverArrived(some, facts) : unsaid;
  }
  if (knownPlaces.size === 0) return unsaid;
  const placed = alike.filter(({ place }) => place !== null);
  if (placed.length * 2 <= alike.length) {
    return ['unclear', `Of ${some}, the trail does not say from where the codes were entered.`];
  }
  return [
    'mistyping',
    `${some} are wrong codes from ${addresses(placed)}, where this user has verified codes before.`,
  ];
}

const looks: readonly FailureLook[] = ['mistyped', 'older-code', 'never-arrived'];

function verdictOf(facts: AssessmentFacts): Verdict {
  const { failures } = facts;
  const count = (look: FailureLook) => failures.filter(({ looksLike }) => looksLike === look).length;
  if (failures.length === 0) return ['unclear', 'The trail has no failure since the last success.'];
  const guesses = failures.filter(({ looksLike }) => looksLike === 'guess');
  const some = `${guesses.length} of ${counted(failures.length, 'failure')}`;
  const came = `${some} came${spread(guesses)} from ${addresses(guesses)}, where this user never verified a code`;
  if (guesses.length * 2 >= failures.length || failures.at(-1)?.looksLike === 'guess') {
    return ['guessing', `${came}.`];
  }
  if (guesses.length > 0) return ['unclear', `${came}; the others did not.`];
  const most = Math.max(...looks.map(count));
  return harmless(looks.find((look) => count(look) === most) ?? 'mistyped', facts);
}

/**
 * Assesses a lockout as a whole (R9): guessing when the failure that locked, or half of them or more, look like
 * guesses; unclear when fewer do, or when nothing tells the user's own addresses; else what most failures look like.
 */
export function assess(facts: AssessmentFacts): Assessment {
  const [looksLike, because] = verdictOf(facts);
  return { looksLike, because, passwordKnown: looksLike === 'guessing' };
}
