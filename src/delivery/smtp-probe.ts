// Tries a mail server without sending anything: whether it greets, agrees on TLS, and accepts the login.
import type { Probe } from '../actions/delivery.ts';
import type { EmailConfig, MailServer } from './config.ts';
import { connectionProblem, placeOf } from './http-connection.ts';
import { NoPassword } from './password.ts';
import { reasonOf, spellingsOf } from './reason.ts';
import { type Login, MailLine } from './smtp-line.ts';
import { loginsFor } from './smtp-login.ts';
import { isUntrusted, type SmtpError, tlsProblem } from './smtp-verdict.ts';

const usualBudgetMs = 10_000;
const ownHosts: readonly string[] = ['localhost', '127.0.0.1', '::1'];

type Found = Omit<Probe, 'via'>;

function passwordKey(email: EmailConfig): string {
  return email.password && 'command' in email.password ? 'email.passwordCommand' : 'email.passwordFile';
}

/** What went wrong, in words that follow the server's name, and what to do. */
function inWords(error: SmtpError, email: EmailConfig, login: Login | null): { what: string; hint: string } {
  const code = error.originalCode ?? error.code ?? '';
  const said = error.response ?? error.message;
  const { secure } = email.server;
  if (error.code === 'EAUTH' && !error.response)
    return { what: said, hint: 'Correct the port in email.url, or leave its user out.' };
  if (error.code === 'EAUTH')
    return {
      what: `it refuses the login of ${login?.user}: ${said}`,
      hint: `Correct the user in email.url, or what ${passwordKey(email)} names.`,
    };
  if (/^(EPROTO$|ERR_SSL_)/.test(code))
    return {
      what: tlsProblem(error),
      hint: secure
        ? 'smtps:// is for a port that speaks TLS from the first byte, mostly 465; for 587, write smtp://.'
        : 'Have the mail server offer TLS 1.2 or later.',
    };
  if (isUntrusted(error))
    return {
      what: tlsProblem(error),
      hint: 'Correct the host in email.url, or have the certificate replaced. One of your own authority is trusted when NODE_EXTRA_CA_CERTS names its file.',
    };
  if (error.code === 'ETLS')
    return {
      what: `it offers no TLS: ${said}`,
      hint: 'Use a server that does. email.tls: optional does without, and codes travel readable.',
    };
  if (code === 'GREETING_TIMEOUT' || /^Greeting never/.test(error.message))
    return {
      what: 'it takes the connection and does not greet',
      hint: secure
        ? 'Correct the port in email.url.'
        : 'Correct the port in email.url; a server on port 465 wants smtps://.',
    };
  if (error.response) return { what: `it refuses: ${said}`, hint: 'Ask whoever runs the mail server.' };
  const { what } = connectionProblem({ name: '', code, message: said });
  return { what, hint: 'Correct email.url, or the network.' };
}

/** What is worth saying of a server that can be used. */
function usable(line: MailLine, { server, tls }: EmailConfig, login: Login | null): Found {
  const said = [
    `The mail server at ${placeOf(server)} answers`,
    line.isSecure ? (tls === 'required' ? 'over TLS' : 'over TLS, whatever its certificate') : 'without TLS',
    ...(login ? [`and accepts the login of ${login.user}`] : []),
  ];
  const exposed = (!line.isSecure || tls !== 'required') && !ownHosts.includes(server.host);
  return {
    ok: true,
    message: said.join(' '),
    hint: exposed
      ? 'Others can read codes on their way there, and the password. Set email.tls to required.'
      : null,
  };
}

function unusable(server: MailServer, { what, hint }: { what: string; hint: string }): Found {
  return { ok: false, message: `The mail server cannot be used. ${placeOf(server)}: ${what}.`, hint };
}

/**
 * Tries the mail server; ends within `budgetMs`. Never rejects.
 * @returns what was found, or what went wrong, without the password.
 */
export async function probeMailServer(email: EmailConfig, budgetMs: number = usualBudgetMs): Promise<Probe> {
  const started = performance.now();
  const remaining = () => budgetMs - (performance.now() - started);
  const { server } = email;
  try {
    const login = await loginsFor(email).read(remaining());
    const line = await MailLine.to(email, remaining());
    const problem = await line.open(login, remaining());
    if (problem === null) {
      const found = usable(line, email, login);
      await line.end();
      return { via: 'email', ...found };
    }
    const { what, hint } = inWords(problem, email, login);
    const secrets = login ? spellingsOf(login.user, login.pass) : [];
    return {
      via: 'email',
      ...unusable(server, { what: reasonOf(what, secrets, []).replace(/\.$/, ''), hint }),
    };
  } catch (error) {
    const hint = `Correct ${passwordKey(email)}, or what it names.`;
    if (error instanceof NoPassword)
      return { via: 'email', ...unusable(server, { what: error.message, hint }) };
    throw error;
  }
}
