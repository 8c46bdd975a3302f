// A connection to an HTTP server, made before anything is said: so it is certain what a failure to connect has sent, nothing.
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A server as a URL names it. */
export interface HttpServer {
  /** Over TLS, with a certificate that has to be valid. */
  secure: boolean;
  /** A name in ASCII form, or an IP address without brackets. */
  host: string;
  port: number;
}

/** Why no connection could be made, in words. Another try may do better unless it is `permanent`. */
export class NoConnection extends Error {
  readonly permanent: boolean;
  constructor(said: string, permanent: boolean) {
    super(said);
    this.permanent = permanent;
  }
}

/** `host:port`, with brackets around an IPv6 address. */
export function placeOf({ host, port }: HttpServer): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

const certificateProblems: Record<string, string> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  CERT_REVOKED: 'its certificate was revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
};
const notVouchedFor = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_UNTRUSTED)/;

const networkProblems: Record<string, string> = {
  ENOTFOUND: 'no such host is known',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut while it was made',
  ETIMEDOUT: 'the connection was not made in time',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the network of the host',
};

/** Why a connection could not be made, in words that follow the server's name, by the error's code. */
export function connectionProblem(error: NodeJS.ErrnoException): { what: string; permanent: boolean } {
  const code = error.code ?? '';
  const known = certificateProblems[code];
  if (known !== undefined) return { what: known, permanent: true };
  if (notVouchedFor.test(code))
    return { what: 'its certificate is vouched for by nobody known here', permanent: true };
  if (/^(EPROTO|ERR_SSL_|ERR_TLS_)/.test(code))
    return { what: 'no TLS can be agreed on with it', permanent: true };
  return { what: networkProblems[code] ?? `no connection (${code || error.message})`, permanent: false };
}

function inWords(error: NodeJS.ErrnoException, server: HttpServer): NoConnection {
  const { what, permanent } = connectionProblem(error);
  return new NoConnection(`${placeOf(server)}: ${what}`, permanent);
}

/**
 * Connects, over TLS where the server is to speak it. The caller ends the connection.
 * @param timeoutMs how long that may take.
 * @throws NoConnection
 */
export function connectTo(server: HttpServer, timeoutMs: number): Promise<Socket> {
  const { secure, host, port } = server;
  return new Promise((resolve, reject) => {
    const socket = secure
      ? connectTls({
          host,
          port,
          ...(isIP(host) === 0 ? { servername: host } : {}),
          ALPNProtocols: ['http/1.1'],
          rejectUnauthorized: true,
        })
      : connectTcp({ host, port });
    const fail = (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      socket.on('error', () => undefined).destroy();
      reject(inWords(error, server));
    };
    const timer = setTimeout(
      () => fail(Object.assign(new Error(), { code: 'ETIMEDOUT' })),
      Math.max(1, Math.ceil(timeoutMs)),
    );
    socket.once('error', fail);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}
