// Reads check words out of the messages that a sandbox kept.
import { checkWordLists } from '../../src/rules/check-word-lists.ts';
import type { Installation, Sent } from './program.ts';

const known = new Set(Object.values(checkWordLists).flat());

/** The two words of a message with check words; null for another message. */
export function checkWordsIn({ text }: Pick<Sent, 'text'>): string | null {
  const words = text.split(/[^\p{L}]+/u);
  const at = words.findIndex((word, index) => known.has(word) && known.has(words[index + 1] ?? ''));
  return at === -1 ? null : `${words[at]} ${words[at + 1]}`;
}

/** The check words that a user was sent last by a channel. */
export function lastCheckWords(installation: Installation, user: string, via: 'email' | 'sms'): string {
  const sent = installation.outbox().filter((message) => message.user === user && message.via === via);
  const words = sent.map(checkWordsIn).findLast((found) => found !== null);
  if (!words) throw new Error(`The outbox has no check words for ${user} by ${via}.`);
  return words;
}
