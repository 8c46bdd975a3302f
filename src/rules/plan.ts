// The digest of a preview: made of parts, so that what has changed since can be named without anything being stored.
import { createHash } from 'node:crypto';

/** What enabling depends on, each with a part of its own in the digest. */
export const aspects = [
  'account',
  'practices',
  'users',
  'roles',
  'contacts',
  'locks',
  'checklist',
  'warnings',
] as const;

export type Aspect = (typeof aspects)[number];

const partLength = 8;
/** 96 bits over everything: what decides whether two plans are the same. */
const wholeLength = 24;
const shape = new RegExp(`^p1\\.([0-9a-f]{${partLength * aspects.length}})\\.([0-9a-f]{${wholeLength}})$`);

function hash(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/**
 * The digest of what a preview saw.
 * @param seen each aspect as a text that is another whenever the aspect is.
 */
export function planOf(seen: Readonly<Record<Aspect, string>>): string {
  const parts = aspects.map((aspect) => hash(`${aspect} ${seen[aspect]}`, partLength));
  const whole = hash(JSON.stringify(aspects.map((aspect) => [aspect, seen[aspect]])), wholeLength);
  return `p1.${parts.join('')}.${whole}`;
}

/** Whether a text is the digest of a preview, copied whole. */
export function isPlanShaped(text: string): boolean {
  return shape.test(text);
}

/** The aspects in which two digests differ; none when they are of the same. Both must be of the shape. */
export function changedAspects(before: string, now: string): (Aspect | 'digest')[] {
  if (before === now) return [];
  const partsOf = (plan: string) => shape.exec(plan)?.[1]?.match(new RegExp(`.{${partLength}}`, 'g')) ?? [];
  const [old, present] = [partsOf(before), partsOf(now)];
  const changed = aspects.filter((_, index) => old[index] !== present[index]);
  // The parts are short: where they are equal and the whole is not, it is not known what changed.
  return changed.length > 0 ? changed : ['digest'];
}
