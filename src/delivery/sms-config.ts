// What the gateway of text messages is configured with, and how the values of its requests are read.
import { domainToASCII } from 'node:url';
import type { PasswordSource } from './config.ts';
import type { HttpServer } from './http-connection.ts';
import { hidden, readEncoded, readJson, readTemplate, type Template } from './sms-template.ts';

export const httpMethods = ['GET', 'POST', 'PUT'] as const;
export type HttpMethod = (typeof httpMethods)[number];

/** A gateway's URL with placeholders in its path and query. */
export interface GatewayUrl {
  server: HttpServer;
  /** Path and query. */
  path: Template;
  /** The URL without what may be a secret: of a query, names and placeholders. */
  shown: string;
}

export const bodyKinds = ['application/x-www-form-urlencoded', 'application/json'] as const;
export type BodyKind = (typeof bodyKinds)[number];

export interface GatewayBody {
  kind: BodyKind;
  template: Template;
}

/** A header of the request; its value is one line of ASCII, with {password} and {from} at the most. */
export interface GatewayHeader {
  name: string;
  value: Template;
}

/** A gateway that takes a text message as one HTTP request. */
export interface HttpGateway {
  method: HttpMethod;
  url: GatewayUrl;
  body: GatewayBody | null;
  headers: readonly GatewayHeader[];
  /** What {from} stands for. */
  from: string | null;
  password: PasswordSource | null;
  /** What an answer's body matches, beside a status of 2xx, when the message was taken; null: the status says it. */
  success: RegExp | null;
  /** Its group is the gateway's id of the message. */
  messageId: RegExp | null;
}

/** An account at Twilio, and in whose name it sends. */
export interface TwilioAccount {
  accountSid: string;
  /** An API key, whose secret is the password then; null: the password is the account's auth token. */
  apiKey: string | null;
  password: PasswordSource;
  sender: { from: string } | { messagingServiceSid: string };
}

export type SmsConfig = { gateway: 'http'; http: HttpGateway } | { gateway: 'twilio'; twilio: TwilioAccount };

export const gateways = ['http', 'twilio'] as const;

/** Headers that are made here, or that would change what a request is. */
const ownHeaders =
  /^(host|content-length|content-type|transfer-encoding|connection|keep-alive|upgrade|expect|te|trailer)$/i;

/** A query as it is shown: names, and of values the placeholders. */
function shownQuery(query: string): string {
  const shown = query.split('&').map((pair) => {
    const equals = pair.indexOf('=');
    const value = readTemplate(pair.slice(equals + 1));
    const kept = typeof value === 'string' ? '•••' : hidden(value);
    return equals < 0 ? kept : `${pair.slice(0, equals + 1)}${kept}`;
  });
  return shown.join('&');
}

/**
 * Reads `http://host/path?query` or `https://…`, with placeholders after the host.
 * @returns the URL, or the problem in words, which never repeats it: it may hold a secret.
 */
export function readGatewayUrl(text: string): GatewayUrl | string {
  const match = /^https?:\/\/([^/?#\\]*)([^?]*)(?:\?(.*))?$/is.exec(text);
  if (!match) return 'must start with http:// or https://';
  const [, authority = '', path = '', query] = match;
  if (authority.includes('@'))
    return 'has a user or a password before its host; {password} takes it from a file or a command';
  if (/[{}]/.test(authority)) return 'has a placeholder in its host, where none may stand';
  if (text.includes('#')) return 'has a "#" in it, and what follows would not be sent; write %23';
  const template = readEncoded(
    `${path.startsWith('/') ? '' : '/'}${path}${query === undefined ? '' : `?${query}`}`,
  );
  if (typeof template === 'string') return template;
  const origin = `${text.slice(0, text.indexOf('/'))}//${authority}`;
  if (!URL.canParse(origin)) return 'is no valid URL';
  const url = new URL(origin);
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : domainToASCII(url.hostname);
  if (host === '') return 'has no valid host';
  if (url.port === '0') return 'has the port 0';
  const secure = url.protocol === 'https:';
  return {
    server: { secure, host, port: url.port === '' ? (secure ? 443 : 80) : Number(url.port) },
    path: template,
    shown: `${url.protocol}//${url.host}${path}${query === undefined ? '' : `?${shownQuery(query)}`}`,
  };
}

/**
 * Reads the body of a request.
 * @param kind what it is; null: JSON where it begins with a brace or a bracket, else a form.
 */
export function readGatewayBody(text: string, kind: BodyKind | null): GatewayBody | string {
  const written = text.trim();
  const actual =
    kind ?? (/^[{[](?![A-Za-z]+\})/.test(written) ? 'application/json' : 'application/x-www-form-urlencoded');
  const template = actual === 'application/json' ? readJson(written) : readEncoded(written);
  return typeof template === 'string' ? template : { kind: actual, template };
}

/** Reads a mapping of headers. @returns them, or the problem in words, which never repeats a value. */
export function readGatewayHeaders(given: object): GatewayHeader[] | string {
  const headers: GatewayHeader[] = [];
  for (const [name, value] of Object.entries(given)) {
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) return 'has a name in it that is none of a header';
    if (ownHeaders.test(name)) return `has ${name} in it, which is not to be set`;
    if (typeof value !== 'string' || !/^[ -~]+$/.test(value))
      return `has a value for ${name} that is not one line of ASCII text`;
    const template = readTemplate(value);
    if (typeof template === 'string') return template;
    const fits = (part: Template[number]) =>
      typeof part === 'string' || part.placeholder === 'password' || part.placeholder === 'from';
    if (!template.every(fits)) return 'has a placeholder in it that cannot stand in a header';
    headers.push({ name, value: template });
  }
  if (new Set(headers.map(({ name }) => name.toLowerCase())).size < headers.length)
    return 'has a header twice';
  return headers;
}

/** Reads a regular expression. @param groups how many groups it has to have; null: any. */
export function readPattern(text: string, groups: number | null): RegExp | string {
  let pattern: RegExp;
  let found: number;
  try {
    pattern = new RegExp(text);
    found = (new RegExp(`${text}|`).exec('')?.length ?? 1) - 1;
  } catch {
    return 'is no valid regular expression';
  }
  if (groups !== null && found !== groups)
    return 'must have one group in it, in parentheses, that is the id of the message';
  return pattern;
}
