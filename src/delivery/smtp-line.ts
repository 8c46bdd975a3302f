// A connection to a mail server: opened and signed in once, then given one message after the other.
import { Readable } from 'node:stream';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { EmailConfig } from './config.ts';
import type { ComposedMail } from './mail.ts';
import { judge, type SmtpError, type TryOutcome } from './smtp-verdict.ts';

export interface Login {
  user: string;
  pass: string;
}

/** How long a mail server may take to answer QUIT, in milliseconds. */
const farewellMs = 1000;
/** The share of the time left that connecting may take, so that another address or try has a chance. */
const connectingShare = 0.45;
/** Longer than a connection is ever waited for or kept, both of which have clocks of their own; in milliseconds. */
const silenceMaxMs = 120_000;

function optionsFor(email: EmailConfig, remainingMs: number): SMTPConnection.Options {
  const { host, port, secure } = email.server;
  const connectingMs = Math.max(1, Math.floor(remainingMs * connectingShare));
  const tls = {
    required: { requireTLS: !secure, tls: { rejectUnauthorized: true } },
    optional: { opportunisticTLS: true, tls: { rejectUnauthorized: false } },
    none: { ignoreTLS: true },
  }[email.tls];
  return {
    host,
    port,
    secure,
    ...tls,
    dnsTimeout: connectingMs,
    connectionTimeout: connectingMs,
    greetingTimeout: connectingMs,
    socketTimeout: silenceMaxMs,
    socketCloseTimeout: 0,
  };
}

/** What has been started on a line and waits for the server. */
type Fail = (error: SmtpError) => void;

export class MailLine {
  readonly #connection: SMTPConnection;
  /** What the server announced, once TLS was agreed on and before the login. */
  #announced = '';
  #waiting: Fail | null = null;
  #ended = false;
  /** Whether something has failed on it, so that nothing more is asked of it. */
  #failed = false;
  #farewell: Promise<void> | null = null;
  /** Messages that the server has taken by this line. */
  taken = 0;

  private constructor(connection: SMTPConnection) {
    this.#connection = connection;
    connection.on('error', (error) => this.#waiting?.(error));
    connection.once('end', () => {
      this.#ended = true;
      // The end is reported after the error that explains it.
      setImmediate(() => this.#waiting?.(new Error('the mail server closed the connection')));
    });
  }

  /** A line that is not open yet; the mail library is loaded by the first one. */
  static async to(email: EmailConfig, remainingMs: number): Promise<MailLine> {
    const { default: Connection } = await import('nodemailer/lib/smtp-connection');
    return new MailLine(new Connection(optionsFor(email, remainingMs)));
  }

  /** Whether the connection has not ended yet, as far as is known: the server may have ended it a moment ago. */
  get isOpen(): boolean {
    return !this.#ended && !this.#failed;
  }

  /** Whether the connection is encrypted. */
  get isSecure(): boolean {
    return this.#connection.secure;
  }

  /** Starts something, and ends the connection when it fails or is not done in time. */
  #within<T>(
    remainingMs: number,
    failed: (error: SmtpError) => T,
    start: (done: (value: T) => void, fail: Fail) => void,
  ): Promise<T> {
    return new Promise((resolve) => {
      const settle = (value: T) => {
        clearTimeout(timer);
        this.#waiting = null;
        resolve(value);
      };
      const fail: Fail = (error) => {
        if (this.#waiting !== fail) return;
        this.#failed = true;
        settle(failed(error));
        // A server that has answered is there to be told.
        if (error.responseCode) void this.end();
        else this.#connection.close();
      };
      const timer = setTimeout(
        () => fail(new Error('the mail server did not answer in time')),
        Math.max(1, remainingMs),
      );
      this.#waiting = fail;
      start((value) => {
        if (this.#waiting === fail) settle(value);
      }, fail);
    });
  }

  /**
   * Connects, as the configuration says over TLS, and signs in where there is a login; ends within `remainingMs`.
   * @returns why it cannot be used; null when it can.
   */
  open(login: Login | null, remainingMs: number): Promise<SmtpError | null> {
    const connection = this.#connection;
    return this.#within<SmtpError | null>(
      remainingMs,
      (error) => error,
      (done, fail) => {
        connection.connect((error) => {
          if (error) return fail(error);
          this.#announced = String(connection.lastServerResponse);
          if (!login) return done(null);
          if (!connection.allowsAuth)
            return fail(
              Object.assign(new Error('the mail server offers no sign-in on this connection'), {
                code: 'EAUTH',
              }),
            );
          connection.login({ credentials: login }, (refusal) => (refusal ? fail(refusal) : done(null)));
        });
      },
    );
  }

  /** Why the server, by what it announced, cannot take the message; null when it can. */
  #unfit(mail: ComposedMail): string | null {
    const local = mail.to.slice(0, mail.to.lastIndexOf('@'));
    if (!/[^\u0000-\u007f]/.test(local) || /[ -]SMTPUTF8\b/im.test(this.#announced)) return null;
    return 'the mail server cannot deliver to an address with letters other than ASCII before the "@" (no SMTPUTF8)';
  }

  /**
   * Tries to hand over a message; ends within `remainingMs`, whatever the server does. A refusal ends the line.
   * @param patienceMs how long the server may take to ask for the message, where that is less.
   */
  send(mail: ComposedMail, remainingMs: number, patienceMs: number = remainingMs): Promise<TryOutcome> {
    const problem = this.#unfit(mail);
    if (problem !== null) return Promise.resolve({ status: 'permanent', said: problem });
    let bodyStarted = false;
    // Nothing reads the body before the server has asked for it: once it is read, the message may arrive.
    const body = new Readable({
      read() {
        bodyStarted = true;
        this.push(mail.content);
        this.push(null);
      },
    });
    const envelope = { from: mail.from, to: [mail.to], size: mail.content.length };
    return this.#within<TryOutcome>(
      remainingMs,
      (error) => judge(error, bodyStarted),
      (done, fail) => {
        const patience = setTimeout(
          () => {
            if (!bodyStarted) fail(new Error('the mail server did not answer in time'));
          },
          Math.max(1, patienceMs),
        );
        this.#connection.send(envelope, body, (error, info) => {
          clearTimeout(patience);
          if (error) return fail(error);
          this.taken += 1;
          done({ status: 'accepted', said: info.response });
        });
      },
    );
  }

  /** Ends the connection politely, without waiting for long. */
  end(): Promise<void> {
    this.#farewell ??= this.#sayGoodbye();
    return this.#farewell;
  }

  async #sayGoodbye(): Promise<void> {
    if (this.#ended) return;
    const ended = new Promise<void>((resolve) => this.#connection.once('end', () => resolve()));
    const timer = setTimeout(() => this.#connection.close(), farewellMs).unref();
    this.#connection.quit();
    await ended;
    clearTimeout(timer);
  }
}
