// What the actions ask of delivery: which channels are configured, and to send one message to one person.
import type { DeliveryFacts } from '../rules/checklist.ts';
import type { Channel } from '../rules/code.ts';
import type { Rates } from '../rules/impact.ts';
import type { NoticeKind } from '../rules/notice.ts';
import type { Instant } from '../rules/time.ts';
import type { Receipt } from './store.ts';

/** A code on its way to a user. The code itself is nowhere else. */
export interface CodeMessage {
  kind: 'code';
  via: Channel;
  to: string;
  code: string;
  account: string;
  accountName: string;
  user: string;
  sentAt: Instant;
  expiresAt: Instant;
}

/** A notice on its way to somebody who is to know of something. */
export interface NoticeMessage {
  kind: 'notice';
  notice: NoticeKind;
  via: 'email';
  to: string;
  account: string;
  accountName: string;
  /** Who reads it. */
  user: string;
  about: string;
  details: Record<string, string>;
  sentAt: Instant;
}

export type Message = CodeMessage | NoticeMessage;

export interface Delivery {
  /** Which channels are configured; a sandbox installation delivers to a file. */
  channels(): Omit<DeliveryFacts, 'sandbox'>;
  /** How many messages a minute each channel takes, as far as that is configured. */
  rates(): Rates;
  /**
   * Sends a message, retrying what is transient for ten seconds at the most.
   * Failing is an answer, not an exception: `undelivered` when it is sure, `unknown` when it may have gone out.
   * @param sandbox whether the installation is a sandbox, in which what is not configured goes to a file.
   */
  send(message: Message, sandbox: boolean): Promise<Receipt>;
  close(): Promise<void>;
}
