// What became of messages with codes, in words.
import type { MessageView } from '../actions/message-outcomes.ts';
import { safe } from './escape.ts';

const words: Record<MessageView['status'], string> = {
  pending: 'is on its way, or its sending was cut short',
  accepted: 'was accepted, and is not known to have arrived',
  delivered: 'was delivered',
  undelivered: 'was not delivered',
  unknown: 'may or may not have arrived',
};

/** A line for each message: when, where to, what became of it and why. */
export function messageLines(messages: readonly MessageView[]): string[] {
  return messages.map(({ via, to, status, reason, sentAt }) => {
    const what = via === 'email' ? 'email' : 'text message';
    const why = reason === null ? '' : `: ${reason}`;
    return safe(`  ${sentAt}  ${what} to ${to} ${words[status]}${why}`);
  });
}
