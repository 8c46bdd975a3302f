// What delivery needs to know of the configuration, and how its values are read.
import { domainToASCII } from 'node:url';
import { emailProblem } from '../rules/email.ts';
import type { Rates } from '../rules/impact.ts';
import { nameProblem } from '../rules/text.ts';
import type { SmsConfig } from './sms-config.ts';

/**
 * Whether mail travels encrypted. `required`: over TLS with a verified certificate, or not at all. `optional`: over TLS
 * where the server offers it, whatever its certificate. `none`: never.
 */
export type TlsMode = 'required' | 'optional' | 'none';
export const tlsModes: readonly TlsMode[] = ['required', 'optional', 'none'];

/** Where the password of a mail server or gateway comes from. */
export type PasswordSource = { file: string } | { command: readonly [string, ...string[]] };

/** A mail server as its URL names it. */
export interface MailServer {
  host: string;
  port: number;
  /** TLS from the first byte (smtps). */
  secure: boolean;
  user: string | null;
}

export interface Sender {
  name: string;
  address: string;
}

export interface EmailConfig {
  server: MailServer;
  password: PasswordSource | null;
  tls: TlsMode;
  from: Sender;
}

export interface DeliveryConfig {
  /** The domain to which a text message binds its code, in ASCII form. */
  domain: string | null;
  /** Null where email is not configured. */
  email: EmailConfig | null;
  /** Null, or absent, where text messages are not configured. */
  sms?: SmsConfig | null;
  /** Messages a minute that each channel takes, where that is configured. */
  rates?: Rates;
  /** Text messages a day for each active user of an account; null is no ceiling. */
  textsPerUserPerDay?: number | null;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/**
 * Reads `smtp://[user@]host[:port]` or `smtps://…`.
 * @returns the server, or the problem in words, which never repeats the URL: it may hold a password.
 */
export function readMailServer(text: string): MailServer | string {
  if (!/^smtps?:\/\//i.test(text)) return 'must start with smtp:// or smtps://';
  if (/[\s\p{Cc}]/u.test(text) || !URL.canParse(text)) return 'is no valid URL';
  const url = new URL(text);
  if (url.password !== '') {
    return 'has a password in it, which belongs in email.passwordFile or email.passwordCommand';
  }
  if ((url.pathname !== '' && url.pathname !== '/') || url.search !== '' || url.hash !== '') {
    return 'has more in it than a user, a host and a port';
  }
  const written = decoded(url.hostname) ?? '';
  const host = written.startsWith('[') ? written.slice(1, -1) : domainToASCII(written);
  const user = decoded(url.username);
  if (host === '') return 'has no valid host';
  if (user === null || /\p{Cc}/u.test(user)) return 'has a user that cannot be read';
  if (url.port === '0') return 'has the port 0';
  const secure = url.protocol === 'smtps:';
  return {
    host,
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    user: user === '' ? null : user,
  };
}

/**
 * Reads a sender such as `Northside <no-reply@northside.example>` or a bare address.
 * @returns the sender, or the problem in words.
 */
export function readSender(text: string): Sender | string {
  const match = /^(?:(.*?)\s*<([^<>]*)>|([^<>]*))$/su.exec(text.trim());
  if (!match) return 'must be an address, or a name and an <address>';
  const address = match[2] ?? match[3] ?? '';
  const name = (match[1] ?? '').replace(/^"(.*)"$/su, '$1').trim();
  const problem = emailProblem(address);
  if (problem !== null) return `has an address that ${problem}`;
  if (name !== '' && nameProblem(name) !== null) return `has a name that ${nameProblem(name)}`;
  return { name, address };
}

/**
 * Reads the domain of the product's web application.
 * @returns its ASCII form; null for what is no domain of two labels or more.
 */
export function readDomain(text: string): string | null {
  return emailProblem(`domain@${text}`) === null ? domainToASCII(text.normalize('NFKC')) : null;
}
