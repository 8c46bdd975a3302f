// What the actions ask of a store about messages and notices: what became of them, and which are still open.
import type { Instant } from '../rules/time.ts';
import type { AwaitedMessage, NoticeFilter, OpenNotice, SentMessage } from './records.ts';

export interface MessageReading {
  /** The newest messages with codes to a user, newest first. */
  sentMessages(userId: number, limit: number): Promise<SentMessage[]>;
  /** Messages made before an instant whose outcome nobody recorded: the program ended before; oldest first. */
  abandonedMessages(before: Instant, limit: number): Promise<AwaitedMessage[]>;
  /** Messages that a gateway accepted in the last day, under an id by which it can be asked; newest first. */
  awaitedMessages(limit: number): Promise<AwaitedMessage[]>;
  /** Text messages of an account since the start of the day, in UTC. */
  textsToday(kid: string): Promise<number>;
  /** Notices that did not go out, or of which it is not known, in the order in which they were made. */
  openNotices(filter: NoticeFilter): Promise<OpenNotice[]>;
  /** Open notices made since an instant that were last tried longest ago. */
  waitingNotices(since: Instant, limit: number): Promise<OpenNotice[]>;
}

export interface MessageWriting {
  /** Takes notices on for another try, so that nobody else tries them at the same time. */
  claimNotices(notices: readonly OpenNotice[]): Promise<void>;
}
