// What the actions ask of delivery: which channels are configured, and to send one message to one person.
import type { DeliveryFacts } from '../rules/checklist.ts';
import type { Channel } from '../rules/code.ts';
import type { Rates } from '../rules/impact.ts';
import type { Language } from '../rules/language.ts';
import type { NoticeKind } from '../rules/notice.ts';
import type { Instant } from '../rules/time.ts';
import type { Receipt } from './store.ts';

/** To whom a message goes, and in whose name. */
interface Addressed {
  via: Channel;
  /** One email address, or one phone number in E.164. */
  to: string;
  account: string;
  accountName: string;
  /** The username of whoever reads it. */
  user: string;
  language: Language;
  sentAt: Instant;
}

/** A code on its way to a user. The code itself is nowhere else. */
export interface CodeMessage extends Addressed {
  kind: 'code';
  code: string;
  expiresAt: Instant;
}

/** A notice on its way to somebody who is to know of something. */
export interface NoticeMessage extends Addressed {
  kind: 'notice';
  via: 'email';
  notice: NoticeKind;
  about: string;
  details: Record<string, string>;
}

/** A roll call's check word: two plain words, by which a user proves that messages reach them. Never digits. */
export interface CheckWordMessage extends Addressed {
  kind: 'check-word';
  words: string;
  expiresAt: Instant;
}

/** Tells a user before 2FA is on what will happen. */
export interface AnnouncementMessage extends Addressed {
  kind: 'announcement';
  via: 'email';
  /** The user's own name. */
  name: string;
  /** The day on which 2FA is to be turned on, `YYYY-MM-DD`; null where none is said. */
  on: string | null;
  /** Where codes will go, masked; null where there is no such address yet. */
  codesTo: { email: string | null; sms: string | null };
  /** The names of the System Administrators to be asked. */
  ask: readonly string[];
}

/** A message that shows that delivery works; it tells nobody anything. */
export interface TestMessage extends Addressed {
  kind: 'test';
}

export type Message = CodeMessage | NoticeMessage | CheckWordMessage | AnnouncementMessage | TestMessage;

/** Whether a channel's server or gateway could be reached and accepted the credentials, as far as it can tell. */
export interface Probe {
  via: Channel;
  ok: boolean;
  /** What was found, or what went wrong and where, without secrets. */
  message: string;
  hint: string | null;
}

/**
 * Where the messages of an installation go: out; to a file, where nothing else is configured (sandbox); or to the file
 * whatever is configured (staging).
 */
export type Outlet = 'live' | 'sandbox' | 'staging';

export function outletOf({ sandbox, staging }: { sandbox: boolean; staging: boolean }): Outlet {
  if (staging) return 'staging';
  return sandbox ? 'sandbox' : 'live';
}

export interface Delivery {
  /** Which channels are configured; a sandbox installation delivers to a file. */
  channels(): Omit<DeliveryFacts, 'sandbox'>;
  /** How many messages a minute each channel takes, as far as that is configured. */
  rates(): Rates;
  /** How many text messages a day an account may have for each of its active users; null is no ceiling. */
  textsPerUserPerDay(): number | null;
  /**
   * Sends a message, retrying what is transient for ten seconds at the most.
   * Failing is an answer, not an exception: `undelivered` when it is sure, `unknown` when it may have gone out.
   */
  send(message: Message, outlet: Outlet): Promise<Receipt>;
  /**
   * Asks the gateway what became of a message that it accepted.
   * @returns null where the gateway cannot be asked, or knows no more than before.
   */
  statusOf(via: Channel, gatewayId: string): Promise<Receipt | null>;
  /** Tries each configured channel without sending anything. */
  probe(): Promise<Probe[]>;
  close(): Promise<void>;
}
