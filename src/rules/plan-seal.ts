// The seal of a plan: what it was made of and for whom, so that it is carried out as it was seen or not at all.
import { createHash, timingSafeEqual } from 'node:crypto';
import { sealOf } from './chain.ts';
import type { DerivedKeys, Keyring } from './keyring.ts';

/** What a plan depends on, each with a part of its own in the seal, so that what has moved can be named. */
export const planAspects = ['account', 'practices', 'users', 'roles', 'contacts', 'changes'] as const;
export type PlanAspect = (typeof planAspects)[number];
/** Each aspect as a text that is another whenever the aspect is. */
export type PlanState = Readonly<Record<PlanAspect, string>>;

const partLength = 16;
const shape = new RegExp(
  `^a1\\.((?:[0-9a-f]{${partLength}}){${planAspects.length}})\\.([A-Za-z0-9._-]{1,64})\\.([A-Za-z0-9_-]{43})$`,
);

function partsOf(state: PlanState): string {
  const part = (aspect: PlanAspect) =>
    createHash('sha256').update(`${aspect} ${state[aspect]}`).digest('hex').slice(0, partLength);
  return planAspects.map(part).join('');
}

function signature(key: DerivedKeys, parts: string, request: string): string {
  return sealOf(key.trail, ['plan', parts, request]);
}

/** Whether a text is the seal of a plan, copied whole. */
export function isSealShaped(text: string): boolean {
  return shape.test(text);
}

/** @param request what was asked for, and by whom: the document, its options and the operator, as one text. */
export function sealPlan(key: DerivedKeys, state: PlanState, request: string): string {
  const parts = partsOf(state);
  return `a1.${parts}.${key.id}.${signature(key, parts, request)}`;
}

/** Whether a seal was made by one of the keys for exactly this request. */
export function isSealed(keyring: Keyring, seal: string, request: string): boolean {
  const [, parts = '', keyId = '', signed = ''] = shape.exec(seal) ?? [];
  const key = keyring.get(keyId);
  if (!key) return false;
  const expected = Buffer.from(signature(key, parts, request));
  const found = Buffer.from(signed);
  return found.length === expected.length && timingSafeEqual(found, expected);
}

/** What has moved since a seal was made; nothing where the plan is what was seen. */
export function movedSince(seal: string, state: PlanState): PlanAspect[] {
  const before = shape.exec(seal)?.[1] ?? '';
  const now = partsOf(state);
  return planAspects.filter((_, index) => {
    const [from, to] = [index * partLength, (index + 1) * partLength];
    return before.slice(from, to) !== now.slice(from, to);
  });
}
