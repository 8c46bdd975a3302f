// What is known of a message after a try, by how the conversation with the mail server ended.
import { connectionProblem } from './http-connection.ts';

/**
 * How a try ended. `transient`: surely not delivered, another try may do; `refused-login`: likewise, because the password
 * was wrong; `permanent`: surely not delivered for good; `unknown`: it may have gone out.
 */
export interface TryOutcome {
  status: 'accepted' | 'transient' | 'refused-login' | 'permanent' | 'unknown';
  said: string;
}

/** An error of the mail library. */
export interface SmtpError extends Error {
  code?: string | undefined;
  originalCode?: string | undefined;
  response?: string | undefined;
  responseCode?: number | undefined;
}

/** What a failed TLS handshake is called: another try would fail likewise. */
const untrusted = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_|ERR_TLS_|ERR_SSL_|EPROTO$)/;

/** Whether a TLS handshake failed. */
export function isUntrusted({ originalCode }: SmtpError): boolean {
  return untrusted.test(originalCode ?? '');
}

/** Why no TLS connection was made, in words that follow the server's name. */
export function tlsProblem({ originalCode, message }: SmtpError): string {
  return connectionProblem({ name: '', code: originalCode, message }).what;
}

/** @param bodyStarted whether the server had asked for the message, and may have it. */
export function judge(error: SmtpError, bodyStarted: boolean): TryOutcome {
  const code = error.responseCode ?? 0;
  const said = error.response ?? error.message;
  if (code >= 500 && code < 600) {
    if (error.code === 'ETLS') return { status: 'permanent', said: `the server offers no TLS: ${said}` };
    return { status: error.code === 'EAUTH' ? 'refused-login' : 'permanent', said };
  }
  // A reply of 4yz, also to the message itself, says that the server has not taken it.
  if (code >= 400 && code < 500) return { status: 'transient', said };
  if (bodyStarted) return { status: 'unknown', said: `no verdict after the message was sent: ${said}` };
  if (isUntrusted(error))
    return { status: 'permanent', said: `no trusted TLS connection: ${tlsProblem(error)}` };
  const hopeless = error.code === 'EAUTH' || error.code === 'EENVELOPE' || error.code === 'EMESSAGE';
  return { status: hopeless ? 'permanent' : 'transient', said };
}
