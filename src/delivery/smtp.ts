// Email over SMTP: one message to one recipient, tried again while that may help, all within ten seconds.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from '../actions/delivery.ts';
import type { Receipt } from '../actions/store.ts';
import { emailProblem } from '../rules/email.ts';
import type { EmailConfig } from './config.ts';
import { type ComposedMail, composeMail } from './mail.ts';
import { NoPassword } from './password.ts';
import { reasonOf, secretsOf, spellingsOf } from './reason.ts';
import { MailLine } from './smtp-line.ts';
import { type Logins, loginsFor } from './smtp-login.ts';
import { MailPool } from './smtp-pool.ts';
import { judge, type TryOutcome } from './smtp-verdict.ts';
import type { Texts } from './texts.ts';

/** How long a message may take with all its tries, in milliseconds. */
export const sendBudgetMs = 10_000;
const firstPauseMs = 200;
const longestPauseMs = 2000;
/** What a try needs at least, in milliseconds: who waited for others' messages until less is left tries no more. */
const leastTryMs = 100;
/** The share of the time left that a kept connection may take to ask for a message: it may be dead without a sign of it. */
const keptShare = 0.3;

export interface Mailer {
  /** Sends a message, trying again what is transient. Never rejects. */
  send(message: Message, texts: Texts): Promise<Receipt>;
  /** Waits for the messages in flight, then ends all connections. */
  close(): Promise<void>;
}

export interface MailerOptions {
  /** How long a message may take with all its tries, in milliseconds. */
  budgetMs?: number | undefined;
  /** How long a connection is kept without a message, in milliseconds. */
  idleMs?: number | undefined;
}

/** A message with its tries. */
interface Sending {
  mail: ComposedMail;
  /** Milliseconds that are left for it. */
  remaining(): number;
  /** What no reason may repeat. */
  secrets: Set<string>;
}

/** Makes a line and signs in. @returns the line, or why there is none. */
async function openLine(
  email: EmailConfig,
  logins: Logins,
  { remaining, secrets }: Sending,
): Promise<MailLine | TryOutcome> {
  const login = await logins.read(remaining());
  if (login) for (const each of spellingsOf(login.user, login.pass)) secrets.add(each);
  const line = await MailLine.to(email, remaining());
  const problem = await line.open(login, remaining());
  if (problem === null) return line;
  const outcome = judge(problem, false);
  if (outcome.status !== 'refused-login' || !login) return outcome;
  logins.forget(login);
  return { ...outcome, status: login.fresh ? 'permanent' : 'transient' };
}

/**
 * Opens email delivery; the mail library is loaded by the first message.
 * @throws TwofaError when the password file is missing or open to others.
 */
export function openMailer(email: EmailConfig, options: MailerOptions = {}): Mailer {
  const { budgetMs = sendBudgetMs } = options;
  const logins = loginsFor(email);
  const pool = new MailPool(options.idleMs);
  const inFlight = new Set<Promise<Receipt>>();

  /** By a kept line, and where the server has ended that meanwhile, by a new one. */
  async function tryOnce(sending: Sending): Promise<TryOutcome> {
    const { mail, remaining } = sending;
    const before = remaining();
    const place = await pool.take(before);
    let line = place?.line ?? null;
    try {
      if (!place || (before >= leastTryMs && remaining() < leastTryMs))
        return { status: 'transient', said: 'the mail server was busy with other messages' };
      if (line) {
        const outcome = await line.send(mail, remaining(), remaining() * keptShare);
        if (outcome.status !== 'transient') return outcome;
        void pool.endKept();
        line = null;
      }
      const opened = await openLine(email, logins, sending);
      if (!(opened instanceof MailLine)) return opened;
      line = opened;
      return await line.send(mail, remaining());
    } finally {
      if (place) pool.giveBack(line);
    }
  }

  async function tryWithin(sending: Sending): Promise<TryOutcome> {
    for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
      const outcome = await tryOnce(sending);
      if (outcome.status !== 'transient' || sending.remaining() <= pause) return outcome;
      await sleep(pause);
    }
  }

  async function deliver(message: Message, texts: Texts): Promise<Receipt> {
    const started = performance.now();
    const remaining = () => budgetMs - (performance.now() - started);
    const problem = emailProblem(message.to);
    if (problem !== null) return { status: 'undelivered', reason: `the address ${problem}` };
    try {
      const mail = await composeMail(email.from, message, texts);
      const secrets = new Set(secretsOf(message));
      const { status, said } = await tryWithin({ mail, remaining, secrets });
      if (status === 'accepted') return { status, reason: null };
      const reason = reasonOf(said, [...secrets], [message.to, mail.to]);
      return { status: status === 'unknown' ? status : 'undelivered', reason };
    } catch (error) {
      // Nothing that tries to send throws: this happened before the message was given to anyone.
      const said = (error as Error).message;
      const reason = error instanceof NoPassword ? said : `the email could not be made: ${said}`;
      return { status: 'undelivered', reason: reasonOf(reason, secretsOf(message), [message.to]) };
    }
  }

  return {
    send(message, texts) {
      const sending = deliver(message, texts).finally(() => inFlight.delete(sending));
      inFlight.add(sending);
      return sending;
    },
    async close() {
      await Promise.all(inFlight);
      await pool.endKept();
    },
  };
}
