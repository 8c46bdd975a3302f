// The shape of an access token: a prefix, 256 random bits in base 62, a checksum that finds typing errors.
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const secretLength = 43;
const checksumLength = 6;
const shape = new RegExp(`^twofa_([0-9A-Za-z]{${secretLength}})([0-9A-Za-z]{${checksumLength}})$`);

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n) text = alphabet.charAt(Number(rest % 62n)) + text;
  return text;
}

function checksum(secret: string): string {
  return base62(BigInt(crc32(secret)), checksumLength);
}

/** Writes 32 random bytes as a token. */
export function formatToken(random: Buffer): string {
  const secret = base62(BigInt(`0x${random.toString('hex')}`), secretLength);
  return `twofa_${secret}${checksum(secret)}`;
}

/** Whether a text is a token that was copied whole: prefix, length and checksum. It says nothing of its validity. */
export function isTokenShaped(text: string): boolean {
  const match = shape.exec(text);
  return match !== null && match[2] === checksum(match[1] ?? '');
}

/** What the store keeps of a token: SHA-256 suffices for 256 random bits (NIST SP 800-63B-4 section 3.1.2.2). */
export function tokenDigest(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
