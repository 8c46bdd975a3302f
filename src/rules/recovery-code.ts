// What a recovery code looks like, what is kept of it, and how wrong tries are slowed without using anything up.
import { createHash } from 'node:crypto';
import { dayMs, recoveryDelayMaxMs, recoveryDelayMinMs } from './constants.ts';
import type { Instant } from './time.ts';

/** Crockford's base 32: no I, L, O and U, so that nothing on paper is taken for something else. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const symbols = 28;
const groupLength = 4;
/** The largest prime below 2^12: 12 bits of checksum find any one wrong symbol and any two that changed places. */
const checkPrime = 4093n;
const checkBits = 12n;

function base32(value: bigint): string {
  let text = '';
  for (let rest = value; text.length < symbols; rest /= 32n)
    text = alphabet.charAt(Number(rest % 32n)) + text;
  return text;
}

/** 128 bits and their checksum, as 28 symbols without hyphens. */
function encode(bits: bigint): string {
  const shifted = bits << checkBits;
  return base32(shifted + ((checkPrime - (shifted % checkPrime)) % checkPrime));
}

function grouped(code: string): string {
  return code.match(new RegExp(`.{${groupLength}}`, 'g'))?.join('-') ?? code;
}

/** Writes the first 16 of random bytes, 128 bits, as a recovery code: seven groups of four. */
export function formatRecoveryCode(random: Buffer): string {
  return grouped(encode(BigInt(`0x${random.subarray(0, 16).toString('hex')}`)));
}

/**
 * Reads what a person typed: capitals or not, hyphens and spaces anywhere, O for 0 and I or L for 1.
 * @returns the code as it was shown, or null for what is none: incomplete or mistyped. That uses no try.
 */
export function parseRecoveryCode(typed: string): string | null {
  if (typed.length > 200) return null;
  const written = typed.replace(/[\s\p{Pd}]/gu, '');
  if (written.length !== symbols || !/^[0-9A-Za-z]*$/.test(written)) return null;
  const code = written.toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1');
  if (code.includes('U')) return null;
  const value = [...code].reduce((sum, symbol) => sum * 32n + BigInt(alphabet.indexOf(symbol)), 0n);
  return encode(value >> checkBits) === code ? grouped(code) : null;
}

/** What the store keeps of a code: SHA-256 suffices for 128 random bits (NIST SP 800-63B-4 section 3.1.2.2). */
export function recoveryCodeDigest(code: string): string {
  return createHash('sha256').update(`twofa recovery code ${code}`).digest('base64url');
}

/** What an account's row keeps of its codes that work, sealed with it: none is added or revived behind the trail. */
export function workingCodesDigest(digests: readonly string[]): string | null {
  if (digests.length === 0) return null;
  return createHash('sha256')
    .update(JSON.stringify([...digests].sort()))
    .digest('base64url');
}

/** The wrong tries of an account since the last right one. */
export interface RecoveryTries {
  failures: number;
  lastFailedAt: Instant | null;
}

export const noTries: RecoveryTries = { failures: 0, lastFailedAt: null };

/** How long the next try waits, in milliseconds: 1 second after the first failure, doubled by each, at most 15 minutes. */
export function recoveryDelayMs(failures: number): number {
  if (failures === 0) return 0;
  return Math.min(recoveryDelayMinMs * 2 ** Math.min(failures - 1, 32), recoveryDelayMaxMs);
}

/**
 * When the next try is compared, or null when it is now. Waiting ends by itself, whatever was entered; a clock that was
 * set back makes nobody wait for more than twice the delay.
 */
export function recoveryRetryAt(tries: RecoveryTries, now: Instant): Instant | null {
  if (tries.lastFailedAt === null) return null;
  const delayMs = recoveryDelayMs(tries.failures);
  return Math.abs(now - tries.lastFailedAt) < delayMs ? tries.lastFailedAt + delayMs : null;
}

/**
 * Whether the administrators are told of a failure now: of the first of a day, and of the first, second, fourth, eighth
 * and so on since the last right code. So nobody fills mailboxes with wrong codes, and none of their runs goes unseen.
 * @param before the wrong tries before this one.
 */
export function isToldOfFailure(before: RecoveryTries, now: Instant): boolean {
  const quiet = before.lastFailedAt === null || Math.abs(now - before.lastFailedAt) >= dayMs;
  return quiet || Number.isInteger(Math.log2(before.failures + 1));
}

/** A recovery code as the store keeps it: a hash of it, and what became of it. */
export interface RecoveryCode {
  id: number;
  digest: string;
  usedAt: Instant | null;
  voidAt: Instant | null;
}

/** `wrong`: never a code of the account. `used`: it worked once. `replaced`: it was made void, mostly by newer ones. */
export type RecoveryFailure = 'wrong' | 'used' | 'replaced';

export type RecoveryDecision =
  | { outcome: 'too-soon'; retryAt: Instant }
  | { outcome: 'accepted'; code: RecoveryCode }
  | { outcome: 'rejected'; why: RecoveryFailure; tries: RecoveryTries; retryAt: Instant };

/**
 * Decides one well-formed recovery code. At most one is compared in a delay; wrong ones use nothing up.
 * @param found the account's code of that digest, whatever became of it.
 */
export function decideRecovery(
  tries: RecoveryTries,
  found: RecoveryCode | null,
  now: Instant,
): RecoveryDecision {
  const waitUntil = recoveryRetryAt(tries, now);
  if (waitUntil !== null) return { outcome: 'too-soon', retryAt: waitUntil };
  if (found && found.usedAt === null && found.voidAt === null) return { outcome: 'accepted', code: found };
  const failures = tries.failures + 1;
  const why = found === null ? 'wrong' : found.usedAt === null ? 'replaced' : 'used';
  return {
    outcome: 'rejected',
    why,
    tries: { failures, lastFailedAt: now },
    retryAt: now + recoveryDelayMs(failures),
  };
}
