// Instants and durations: plain milliseconds inside, ISO 8601 UTC outside.

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

/** ISO 8601 in UTC, as every JSON document shows a time; null stays null. */
export function iso(at: Instant): string;
export function iso(at: Instant | null): string | null;
export function iso(at: Instant | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

const unitMs: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/**
 * Reads a duration such as `90d`, `12h`, `30m` or `2w`.
 * @returns milliseconds, or null for what is none; at most ten years.
 */
export function parseDuration(text: string): number | null {
  const match = /^([1-9][0-9]{0,5})([mhdw])$/.exec(text);
  const unit = unitMs[match?.[2] ?? ''];
  if (!match || unit === undefined) return null;
  const ms = Number(match[1]) * unit;
  return ms <= 3650 * 86_400_000 ? ms : null;
}

/** Whether a text is a day of the calendar, `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  // 31 June is read as 1 July.
  return !Number.isNaN(at) && dayOf(at) === text;
}

/** The day in UTC that an instant is in, `YYYY-MM-DD`. */
export function dayOf(at: Instant): string {
  return iso(at).slice(0, 10);
}

/** Whether an instant lies in [from, until): what starts later does not count yet (a clock set back extends nothing). */
export function within(now: Instant, from: Instant, until: Instant): boolean {
  return from <= now && now < until;
}
