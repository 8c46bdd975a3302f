// One conversation with a mail server about one message, and what is known of the message afterwards.
import { Readable } from 'node:stream';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { EmailConfig } from './config.ts';
import type { ComposedMail } from './mail.ts';

/**
 * How a try ended. `transient`: surely not delivered, another try may do; `refused-login`: likewise, because the password
 * was wrong; `permanent`: surely not delivered for good; `unknown`: it may have gone out.
 */
export interface TryOutcome {
  status: 'accepted' | 'transient' | 'refused-login' | 'permanent' | 'unknown';
  said: string;
}

export interface Login {
  user: string;
  pass: string;
}

interface SmtpError extends Error {
  code?: string | undefined;
  originalCode?: string | undefined;
  response?: string | undefined;
  responseCode?: number | undefined;
}

/** How long a mail server may take to answer QUIT, in milliseconds. */
const farewellMs = 1000;
/** The share of the time left that connecting may take, so that another address or try has a chance. */
const connectingShare = 0.45;

/** What a failed TLS handshake is called: another try would fail likewise. */
const untrusted = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_|ERR_TLS_|ERR_SSL_|EPROTO$)/;

export function connectionOptions(email: EmailConfig, remainingMs: number): SMTPConnection.Options {
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
    socketTimeout: Math.max(1, Math.ceil(remainingMs)),
    socketCloseTimeout: 0,
  };
}

function judge(error: SmtpError, bodyStarted: boolean): TryOutcome {
  const code = error.responseCode ?? 0;
  const said = error.response ?? error.message;
  if (code >= 500 && code < 600) {
    if (error.code === 'ETLS') return { status: 'permanent', said: `the server offers no TLS: ${said}` };
    return { status: error.code === 'EAUTH' ? 'refused-login' : 'permanent', said };
  }
  // A reply of 4yz, also to the message itself, says that the server has not taken it.
  if (code >= 400 && code < 500) return { status: 'transient', said };
  if (bodyStarted) return { status: 'unknown', said: `no verdict after the message was sent: ${said}` };
  if (untrusted.test(error.originalCode ?? ''))
    return { status: 'permanent', said: `no trusted TLS connection: ${said}` };
  const hopeless = error.code === 'EAUTH' || error.code === 'EENVELOPE' || error.code === 'EMESSAGE';
  return { status: hopeless ? 'permanent' : 'transient', said };
}

/** Why the server, by what it announced, cannot take the message; null when it can. */
function unfit(connection: SMTPConnection, login: Login | null, mail: ComposedMail): string | null {
  const announced = String(connection.lastServerResponse);
  const local = mail.to.slice(0, mail.to.lastIndexOf('@'));
  if (/[^\u0000-\u007f]/.test(local) && !/[ -]SMTPUTF8\b/im.test(announced)) {
    return 'the mail server cannot deliver to an address with letters other than ASCII before the "@" (no SMTPUTF8)';
  }
  if (login && !connection.allowsAuth) return 'the mail server offers no sign-in on this connection';
  return null;
}

/** Ends a conversation politely, without waiting for long. */
function sayGoodbye(connection: SMTPConnection): void {
  const timer = setTimeout(() => connection.close(), farewellMs).unref();
  connection.once('end', () => clearTimeout(timer));
  connection.quit();
}

/** Tries to hand over a message; ends within `remainingMs`, whatever the server does. Never rejects. */
export function tryToSend(
  connection: SMTPConnection,
  mail: ComposedMail,
  login: Login | null,
  remainingMs: number,
): Promise<TryOutcome> {
  return new Promise((resolve) => {
    let bodyStarted = false;
    let over = false;
    // Nothing reads the body before the server has asked for it: once it is read, the message may arrive.
    const body = new Readable({
      read() {
        bodyStarted = true;
        this.push(mail.content);
        this.push(null);
      },
    });
    const finish = (outcome: TryOutcome) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      resolve(outcome);
      if (outcome.status === 'accepted') sayGoodbye(connection);
      else connection.close();
    };
    const fail = (error: SmtpError) => finish(judge(error, bodyStarted));
    const timer = setTimeout(
      () => fail(new Error('the mail server did not answer in time')),
      Math.max(1, remainingMs),
    );
    connection.on('error', fail);
    // The end is reported after the error that explains it.
    connection.once('end', () =>
      setImmediate(() => fail(new Error('the mail server closed the connection'))),
    );

    const send = () =>
      connection.send({ from: mail.from, to: [mail.to], size: mail.content.length }, body, (error, info) =>
        error ? fail(error) : finish({ status: 'accepted', said: info.response }),
      );
    connection.connect((error) => {
      if (error) return fail(error);
      const problem = unfit(connection, login, mail);
      if (problem !== null) return finish({ status: 'permanent', said: problem });
      if (!login) return send();
      connection.login({ credentials: login }, (refusal) => (refusal ? fail(refusal) : send()));
    });
  });
}
