// Why a message did not go out, in the server's words: on one line, bounded, without secrets or contact data.
import type { Message } from '../actions/delivery.ts';
import { maskEmail } from '../rules/mask.ts';

const reasonMax = 200;

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** A reason on one line, bounded. */
export function oneLine(reason: string): string {
  const line = reason.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return line.length <= reasonMax ? line : `${line.slice(0, reasonMax).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** What of a message no reason may repeat: its code, or its check words. */
export function secretsOf(message: Message): string[] {
  if (message.kind === 'code') return [message.code];
  return message.kind === 'check-word' ? [message.words, ...message.words.split(' ')] : [];
}

/** What a server might repeat of a password: itself, or how SMTP carries it. */
export function spellingsOf(user: string, password: string): string[] {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return [password, base64(password), base64(`\u0000${user}\u0000${password}`)];
}

/**
 * @param secrets what must not be repeated, the code and the password among them.
 * @param addresses the recipient, as stored and as sent: shown masked.
 */
export function reasonOf(said: string, secrets: readonly string[], addresses: readonly string[]): string {
  let reason = said;
  for (const secret of secrets) reason = reason.replaceAll(secret, '•••');
  for (const address of addresses) {
    const mask = maskEmail(address);
    const local = address.slice(0, address.lastIndexOf('@'));
    reason = reason.replace(new RegExp(escaped(address), 'giu'), () => mask);
    reason = reason.replace(
      new RegExp(`(?<![\\p{L}\\p{N}])${escaped(local)}(?![\\p{L}\\p{N}•])`, 'giu'),
      () => mask.slice(0, mask.indexOf('@')),
    );
  }
  return oneLine(reason);
}
