// Twilio's SDK, its requests made here: to Twilio and nowhere else, once, within a time, and with nothing logged.
import type { Twilio } from 'twilio';
import type { HttpServer } from './http-connection.ts';
import { type Exchange, exchange } from './http-exchange.ts';
import type { TwilioAccount } from './sms-config.ts';

export const twilioServer: HttpServer = { secure: true, host: 'api.twilio.com', port: 443 };

type HttpClient = NonNullable<NonNullable<ConstructorParameters<typeof Twilio>[2]>['httpClient']>;
type Asked = Parameters<HttpClient['request']>[0];

/** The request got no answer, or not all of it. */
class Unanswered extends Error {}

function formOf(data: object): string {
  const fields = Object.entries(data).filter(([, value]) => value !== undefined);
  return new URLSearchParams(
    fields.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
}

export interface TwilioClient {
  sdk: Twilio;
  /** How the last request ended; null before one was made. */
  last(): Exchange | null;
}

/** Loads the SDK, for requests to `server` that end within `timeoutMs` from now. */
export async function twilioClient(
  account: TwilioAccount,
  password: string,
  { server, timeoutMs }: { server: HttpServer; timeoutMs: number },
): Promise<TwilioClient> {
  const started = performance.now();
  const { default: twilio } = await import('twilio');
  let last: Exchange | null = null;

  async function request({ method, uri, username, password: secret, headers, params, data }: Asked) {
    const { pathname } = new URL(uri);
    const query = params ? `?${formOf(params)}` : '';
    last = await exchange(
      {
        server,
        method: method.toUpperCase(),
        path: `${pathname}${query}`,
        headers: {
          ...(headers as Record<string, string>),
          Authorization: `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`,
        },
        body: data ? formOf(data) : null,
      },
      timeoutMs - (performance.now() - started),
    );
    if (last.kind !== 'answered' || !last.whole) throw new Unanswered();
    return { statusCode: last.status, body: last.body, headers: last.headers };
  }

  return {
    // Its own client would look for a proxy, another host and a log level in the environment.
    sdk: twilio(account.apiKey ?? account.accountSid, password, {
      accountSid: account.accountSid,
      httpClient: { request } as unknown as HttpClient,
    }),
    last: () => last,
  };
}
