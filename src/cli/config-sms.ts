// Puts together what the configuration says of text messages, and says what of it does not fit.
import {
  type HttpGateway,
  readGatewayBody,
  type SmsConfig,
  type TwilioAccount,
} from '../delivery/sms-config.ts';
import { has, type Placeholder } from '../delivery/sms-template.ts';
import { fault, type Place } from './config-file.ts';
import { type Found, oneOf, passwordIn, requiredIn, valueIn } from './config-found.ts';
import { keys } from './config-values.ts';

/** What the http gateway's request is made of, and where that is configured. */
function requestOf(found: Found, place: Place): Pick<HttpGateway, 'method' | 'url' | 'body' | 'headers'> {
  const url = requiredIn(found, 'sms.http.url', { name: 'the gateway http', place });
  const written = found.get('sms.http.body');
  const kind = found.get('sms.http.contentType');
  if (kind && !written)
    throw fault(kind.place, 'sms.http.contentType stands without sms.http.body', 'sms.http.contentType');
  const text = valueIn(found, 'sms.http.body');
  const body = text === null ? null : readGatewayBody(text, valueIn(found, 'sms.http.contentType'));
  if (typeof body === 'string')
    throw fault(written?.place ?? place, `sms.http.body ${body}`, 'sms.http.body');
  const method = valueIn(found, 'sms.http.method') ?? (body ? 'POST' : 'GET');
  if (body && method === 'GET')
    throw fault(
      written?.place ?? place,
      'sms.http.body cannot be sent by GET',
      'sms.http.body',
      'Set sms.http.method to POST, or PUT.',
    );
  return { method, url, body, headers: valueIn(found, 'sms.http.headers') ?? [] };
}

function httpOf(found: Found, place: Place): HttpGateway {
  const request = requestOf(found, place);
  const from = valueIn(found, 'sms.http.from');
  const password = passwordIn(found, 'sms.http.passwordFile', 'sms.http.passwordCommand');
  const templates = [request.url.path, ...(request.body ? [request.body.template] : [])];
  const all = [...templates, ...request.headers.map(({ value }) => value)];
  const urlPlace = found.get('sms.http.url')?.place ?? place;
  const refuse = (problem: string, hint: string | null = null) =>
    fault(urlPlace, problem, 'sms.http.url', hint);
  const lacks = (each: Placeholder) => !has(templates, each);
  if (lacks('to') && lacks('toDigits')) throw refuse('the request has neither {to} nor {toDigits} in it');
  if (lacks('text')) throw refuse('the request has no {text} in it');
  if (has(all, 'from') && from === null)
    throw refuse('the request has {from} in it, but there is no sms.http.from');
  if (has(all, 'password') && password === null)
    throw refuse(
      'the request has {password} in it, but there is no password',
      'Set sms.http.passwordFile or sms.http.passwordCommand.',
    );
  if (password !== null && !has(all, 'password'))
    throw refuse('there is a password, but the request has no {password} in it');
  return {
    ...request,
    from,
    password,
    success: valueIn(found, 'sms.http.success'),
    messageId: valueIn(found, 'sms.http.messageId'),
  };
}

function senderOf(found: Found, place: Place): TwilioAccount['sender'] {
  const key = oneOf(found, 'sms.twilio.from', 'sms.twilio.messagingServiceSid');
  const value = key && valueIn(found, key);
  if (value !== null) return key === 'sms.twilio.from' ? { from: value } : { messagingServiceSid: value };
  throw fault(
    place,
    'the gateway twilio is configured without a sender',
    'sms.twilio.from',
    'Set sms.twilio.from or sms.twilio.messagingServiceSid.',
  );
}

function twilioOf(found: Found, place: Place): TwilioAccount {
  const accountSid = requiredIn(found, 'sms.twilio.accountSid', { name: 'the gateway twilio', place });
  const password = passwordIn(found, 'sms.twilio.authTokenFile', 'sms.twilio.authTokenCommand');
  if (password === null)
    throw fault(
      place,
      'the gateway twilio is configured without an auth token',
      'sms.twilio.authTokenFile',
      'Set sms.twilio.authTokenFile or sms.twilio.authTokenCommand.',
    );
  return {
    accountSid,
    apiKey: valueIn(found, 'sms.twilio.apiKey'),
    password,
    sender: senderOf(found, place),
  };
}

/**
 * The gateway of text messages; null where none is configured. The keys of another gateway than the chosen one do not count.
 * @throws TwofaError
 */
export function smsOf(found: Found): SmsConfig | null {
  const chosen = found.get('sms.gateway');
  if (!chosen) {
    const first = keys.find((key) => /^sms\.(http|twilio)\./.test(key) && found.has(key));
    const place = first && found.get(first)?.place;
    if (place) requiredIn(found, 'sms.gateway', { name: 'a gateway of text messages', place });
    return null;
  }
  return valueIn(found, 'sms.gateway') === 'http'
    ? { gateway: 'http', http: httpOf(found, chosen.place) }
    : { gateway: 'twilio', twilio: twilioOf(found, chosen.place) };
}
