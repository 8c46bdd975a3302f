// Email over SMTP: one message to one recipient, tried again while that may help, all within ten seconds.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message } from '../actions/delivery.ts';
import type { Receipt } from '../actions/store.ts';
import { emailProblem } from '../rules/email.ts';
import type { EmailConfig } from './config.ts';
import { type ComposedMail, composeMail } from './mail.ts';
import { checkPasswordSource, NoPassword, passwordOf } from './password.ts';
import { reasonOf, spellingsOf } from './reason.ts';
import { connectionOptions, type Login, type TryOutcome, tryToSend } from './smtp-attempt.ts';
import type { Texts } from './texts.ts';

/** How long a message may take with all its tries, in milliseconds. */
export const sendBudgetMs = 10_000;
const firstPauseMs = 200;
const longestPauseMs = 2000;

export interface Mailer {
  /** Sends a message, trying again what is transient. Never rejects. */
  send(message: Message, texts: Texts): Promise<Receipt>;
  /** Waits for the messages in flight, then ends all connections. */
  close(): Promise<void>;
}

/**
 * Opens email delivery; the mail library is loaded by the first message.
 * @param budgetMs how long a message may take with all its tries.
 * @throws TwofaError when the password file is missing or open to others.
 */
export function openMailer(email: EmailConfig, budgetMs: number = sendBudgetMs): Mailer {
  if (email.password) checkPasswordSource(email.password);
  const password = email.password && passwordOf(email.password);
  const connections = new Set<{ close(): void }>();
  const inFlight = new Set<Promise<Receipt>>();

  async function signIn(remainingMs: number): Promise<(Login & { fresh: boolean }) | null> {
    if (!password || email.server.user === null) return null;
    const { text, fresh } = await password.read(remainingMs);
    return { user: email.server.user, pass: text, fresh };
  }

  async function tryOnce(
    mail: ComposedMail,
    remaining: () => number,
    secrets: Set<string>,
  ): Promise<TryOutcome> {
    const login = await signIn(remaining());
    if (login) for (const each of spellingsOf(login.user, login.pass)) secrets.add(each);
    const { default: SMTPConnection } = await import('nodemailer/lib/smtp-connection');
    const connection = new SMTPConnection(connectionOptions(email, remaining()));
    connections.add(connection);
    connection.once('end', () => connections.delete(connection));
    const outcome = await tryToSend(connection, mail, login, remaining());
    if (outcome.status !== 'refused-login' || !login) return outcome;
    password?.forget(login.pass);
    return { ...outcome, status: login.fresh ? 'permanent' : 'transient' };
  }

  async function sendWithin(message: Message, texts: Texts): Promise<Receipt> {
    const started = performance.now();
    const remaining = () => budgetMs - (performance.now() - started);
    const problem = emailProblem(message.to);
    if (problem !== null) return { status: 'undelivered', reason: `the address ${problem}` };
    const secrets = new Set(message.kind === 'code' ? [message.code] : []);
    let sent = message.to;
    const end = (status: Receipt['status'], said: string): Receipt => ({
      status,
      reason: reasonOf(said, [...secrets], [message.to, sent]),
    });
    try {
      const mail = await composeMail(email.from, message.to, texts, message.sentAt);
      sent = mail.to;
      for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
        const { status, said } = await tryOnce(mail, remaining, secrets);
        if (status === 'accepted') return { status, reason: null };
        if (status === 'unknown') return end(status, said);
        if (status === 'permanent' || remaining() <= pause) return end('undelivered', said);
        await sleep(pause);
      }
    } catch (error) {
      // Nothing that tries to send throws: this happened before the message was given to anyone.
      const said =
        error instanceof NoPassword
          ? error.message
          : `the email could not be made: ${(error as Error).message}`;
      return end('undelivered', said);
    }
  }

  return {
    send(message, texts) {
      const sending = sendWithin(message, texts).finally(() => inFlight.delete(sending));
      inFlight.add(sending);
      return sending;
    },
    async close() {
      await Promise.all(inFlight);
      for (const connection of connections) connection.close();
    },
  };
}
