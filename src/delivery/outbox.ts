// The sandbox: what is not configured goes to outbox.ndjson, one JSON line a message.
import { closeSync, constants, fstatSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Message } from '../actions/delivery.ts';
import type { Receipt } from '../actions/store.ts';
import { callerOf, othersCanWrite } from '../rules/file-mode.ts';
import { maskContact } from '../rules/mask.ts';
import { type Instant, iso } from '../rules/time.ts';
import type { Texts } from './texts.ts';

export interface OutboxOptions {
  file: string;
  /** Says where a message went. */
  notice(text: string): void;
  clock(): Instant;
}

/** Opens the file for appending: never through a link, and made with mode 0600. */
function openToAppend(file: string): number {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
  const open = () => openSync(file, O_APPEND | O_CREAT | O_WRONLY | (O_NOFOLLOW ?? 0), 0o600);
  try {
    return open();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    return open();
  }
}

/** Appends one line in a single write, so that lines of several processes never mix. @throws Error saying why it cannot. */
function append(file: string, line: string): void {
  const bytes = Buffer.from(line);
  const descriptor = openToAppend(file);
  try {
    if (othersCanWrite(fstatSync(descriptor), callerOf(process)))
      throw new Error(`others can write it: chmod 600 ${file}`);
    if (writeSync(descriptor, bytes) !== bytes.length) throw new Error('the disk is full');
  } finally {
    closeSync(descriptor);
  }
}

/** Puts a message into the outbox and says so; a file that others can write is refused. */
export function deliverToOutbox(options: OutboxOptions, message: Message, texts: Texts): Receipt {
  const { account, user, via, to } = message;
  const line = { at: iso(options.clock()), account, user, via, to, subject: texts.subject, text: texts.text };
  try {
    append(options.file, `${JSON.stringify(line)}\n`);
  } catch (error) {
    return {
      status: 'undelivered',
      reason: `the sandbox's outbox cannot be used: ${(error as Error).message}`,
    };
  }
  const what = via === 'email' ? 'email' : 'text message';
  options.notice(`Sandbox: the ${what} to ${maskContact(via, to)} is in ${options.file}.`);
  return { status: 'delivered', reason: null };
}
