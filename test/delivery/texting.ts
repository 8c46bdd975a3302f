// Text messages for the tests, and gateways that they go to.
import type { CodeMessage } from '../../src/actions/delivery.ts';
import {
  type HttpGateway,
  readGatewayBody,
  readGatewayHeaders,
  readGatewayUrl,
} from '../../src/delivery/sms-config.ts';
import { codeMessage } from './messages.ts';

export const phone = '+12015550125';
export const codeText =
  '482913 is your Northside code for 15 minutes. Never tell it to anyone.\n@app.northside.example #482913';

export function textMessage(changes: Partial<CodeMessage> = {}): CodeMessage {
  return codeMessage({ via: 'sms', to: phone, ...changes });
}

/** What was read, where it can be. */
export function readable<T>(value: T | string): T {
  if (typeof value === 'string') throw new Error(value);
  return value as T;
}

/** A gateway as a configuration would have it. */
export function gatewayAt(
  url: string,
  {
    body,
    headers,
    ...changes
  }: Partial<Omit<HttpGateway, 'url' | 'body' | 'headers'>> & {
    body?: string;
    headers?: Record<string, string>;
  } = {},
): HttpGateway {
  return {
    method: body === undefined ? 'GET' : 'POST',
    url: readable(readGatewayUrl(url)),
    body: body === undefined ? null : readable(readGatewayBody(body, null)),
    headers: readable(readGatewayHeaders(headers ?? {})),
    from: null,
    password: null,
    success: null,
    messageId: null,
    ...changes,
  };
}
