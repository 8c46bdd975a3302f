// What the URL of a PostgreSQL database says: one or several hosts, TLS, and whether only the primary will do.
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { TwofaError } from '../errors.ts';
import { withoutPassword } from '../rules/database-url.ts';

/** Where a server listens; a host that begins with `/` is the folder of a Unix socket. */
export interface Host {
  host: string;
  port: number;
}

export interface PostgresUrl {
  /** Tried in this order. */
  hosts: Host[];
  user: string | undefined;
  /** Absent: PGPASSWORD or ~/.pgpass, as for psql. */
  password: string | undefined;
  database: string;
  /** TLS to a host, or false for none. */
  tls(host: Host): ConnectionOptions | false;
  /** Whether a server that only reads, such as a standby, is passed over. */
  readWrite: boolean;
  /** Settings for the session, as `-c name=value`. */
  options: string | undefined;
  applicationName: string;
}

const sslModes = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof sslModes)[number];

const known = new Set([
  ...['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'target_session_attrs', 'application_name', 'options'],
  ...['host', 'port', 'user', 'password'],
]);

function unfit(url: string, problem: string): TwofaError {
  return new TwofaError('invalid-configuration', `The database ${withoutPassword(url)} ${problem}.`, {
    hint: 'Give a URL such as postgres://twofa@db.northside.example/twofa?sslmode=verify-full.',
    details: { field: 'database' },
  });
}

/** Without TLS nothing leaves the machine in clear. */
function isLocal({ host }: Host): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\./.test(host);
}

function readFileOf(url: string, option: string, file: string | null): string | undefined {
  if (file === null || file === 'system') return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unfit(
      url,
      `names a file in ${option} that cannot be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}

/** TLS as libpq's `sslmode` says; without one, a server on another machine has to prove who it is. */
function tlsOf(url: string, params: URLSearchParams): PostgresUrl['tls'] {
  const given = params.get('sslmode');
  const mode = given === null ? null : sslModes.find((each) => each === given);
  if (mode === undefined) throw unfit(url, `has an sslmode other than ${sslModes.join(', ')}`);
  const ca = readFileOf(url, 'sslrootcert', params.get('sslrootcert'));
  const cert = readFileOf(url, 'sslcert', params.get('sslcert'));
  const key = readFileOf(url, 'sslkey', params.get('sslkey'));
  const files = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  const options: Record<SslMode, ConnectionOptions | false> = {
    disable: false,
    require: { ...files, rejectUnauthorized: false },
    'verify-ca': { ...files, rejectUnauthorized: true, checkServerIdentity: () => undefined },
    'verify-full': { ...files, rejectUnauthorized: true },
  };
  return (host) => options[mode ?? (isLocal(host) ? 'disable' : 'verify-full')];
}

function decoded(url: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unfit(url, 'has a "%" in it that encodes nothing');
  }
}

function hostOf(url: string, text: string, port: number): Host {
  const parts = /^(\[[0-9a-f:.]+\]|[^:]*)(?::([0-9]{1,5}))?$/i.exec(text);
  const named = decoded(url, parts?.[1]?.replace(/^\[|\]$/g, '') ?? '');
  const number = parts?.[2] === undefined ? port : Number(parts[2]);
  if (!parts || number < 1 || number > 65_535) throw unfit(url, `has a host that is none: ${text}`);
  return { host: named === '' ? 'localhost' : named, port: number };
}

/**
 * Reads `postgres://[user[:password]@]host[:port][,host[:port]…]/database[?option=value…]`, as libpq does.
 * @throws TwofaError `invalid-configuration`, which never repeats a password.
 */
export function readPostgresUrl(url: string): PostgresUrl {
  const parts = /^postgres(?:ql)?:\/\/(?:([^/?#]*)@)?([^/?#@]*)\/([^/?#]+)(?:\?([^#]*))?$/.exec(url);
  if (!parts) throw unfit(url, 'is no URL of a database');
  const [, login = '', authority = '', database = '', query = ''] = parts;
  const params = new URLSearchParams(query);
  const stray = [...params.keys()].find((name) => !known.has(name));
  if (stray !== undefined) throw unfit(url, `has an option that is not known: ${stray}`);
  const [user = '', ...password] = login.split(':');
  const attributes = params.get('target_session_attrs') ?? 'any';
  if (attributes !== 'any' && attributes !== 'read-write') {
    throw unfit(url, 'has target_session_attrs other than any and read-write');
  }
  const port = Number(params.get('port') ?? 5432);
  const hosts = (params.get('host') ?? authority).split(',').map((each) => hostOf(url, each, port));
  return {
    hosts,
    user: user === '' ? (params.get('user') ?? undefined) : decoded(url, user),
    password: password.length > 0 ? decoded(url, password.join(':')) : (params.get('password') ?? undefined),
    database: decoded(url, database),
    tls: tlsOf(url, params),
    // Of several hosts, one is the primary: only there anything can be written.
    readWrite: attributes === 'read-write' || (hosts.length > 1 && !params.has('target_session_attrs')),
    options: params.get('options') ?? undefined,
    applicationName: params.get('application_name') ?? 'twofa',
  };
}
