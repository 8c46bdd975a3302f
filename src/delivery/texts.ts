// What a message says: subject and text of an email, and a text message that fits into one segment where it can.
import type { CheckWordMessage, CodeMessage, Message } from '../actions/delivery.ts';
import { displayed } from './displayed.ts';
import { noticeTexts } from './notice-texts.ts';

export interface Texts {
  /** Null for a text message. */
  subject: string | null;
  text: string;
}

/** The characters of GSM 03.38 that take one septet, and those that take two. */
const gsmBasic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const gsmExtension = new Set('^{}\\[~]|€\f');
const gsmStandIns: Record<string, string> = {
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '–': '-',
  '—': '-',
  '…': '...',
};

/** Septets of one segment; a name whose script GSM-7 lacks makes the message longer. */
const segmentSeptets = 160;
const emailNameMax = 200;
const foreignNameMax = 30;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Cuts a text between visible characters, so that it measures at most `max`; `...` shows the cut. */
function shorten(text: string, max: number, measure: (text: string) => number): string {
  if (measure(text) <= max) return text;
  let kept = '';
  for (const { segment } of graphemes.segment(text)) {
    if (measure(kept) + measure(segment) + 3 > max) break;
    kept += segment;
  }
  return kept === '' ? '' : `${kept.trimEnd()}...`;
}

/** Septets that a text takes, or null when GSM-7 cannot say it. */
export function gsmLength(text: string): number | null {
  let septets = 0;
  for (const character of text) {
    if (gsmBasic.has(character)) septets += 1;
    else if (gsmExtension.has(character)) septets += 2;
    else return null;
  }
  return septets;
}

/** The nearest spelling in GSM-7, such as `Café “Süd”` → `Café "Süd"`; what has none stays as it is. */
function inGsm(text: string): string {
  return [...text.normalize('NFC')]
    .map((character) => {
      if (gsmLength(character) !== null) return character;
      const plain = gsmStandIns[character] ?? character.normalize('NFKD').replace(/\p{M}/gu, '');
      return gsmLength(plain) === null ? character : plain;
    })
    .join('');
}

function minutes(message: CodeMessage): number {
  return Math.round((message.expiresAt - message.sentAt) / 60_000);
}

function emailTexts(message: CodeMessage): Texts {
  const name = shorten(displayed(message.accountName), emailNameMax, (text) => text.length);
  const whose = name === '' ? 'your sign-in code' : `your sign-in code for ${name}`;
  return {
    // The code comes first, so that the notification of a phone shows it.
    subject: `${message.code} is ${whose}`,
    text: [
      `${message.code} is ${whose}.`,
      '',
      `It works for ${minutes(message)} minutes, once.`,
      '',
      'Nobody will ever ask you for this code, neither by phone nor in a message. Enter it only where you sign in.',
      'If you are not signing in, tell your System Administrator: somebody may know your password.',
      '',
    ].join('\n'),
  };
}

function smsTexts(message: CodeMessage, domain: string | null): Texts {
  const say = (name: string) =>
    `${message.code} is your ${name === '' ? '' : `${name} `}code for ${minutes(message)} minutes. Never tell it to anyone.` +
    // The origin-bound format: an application of this domain, and no other, is offered the code.
    (domain === null ? '' : `\n@${domain} #${message.code}`);
  const name = inGsm(displayed(message.accountName));
  const room = segmentSeptets - (gsmLength(say('')) ?? segmentSeptets) - 1;
  if (gsmLength(name) === null)
    return { subject: null, text: say(shorten(name, foreignNameMax, (text) => text.length)) };
  return { subject: null, text: say(shorten(name, room, (text) => gsmLength(text) ?? room)) };
}

function checkWordTexts({ words, accountName }: CheckWordMessage, via: 'email' | 'sms'): Texts {
  const name = displayed(accountName);
  const text = `${words} are your check words for ${name}. Tell them to your System Administrator. A sign-in code is never to be told to anyone.`;
  return { subject: via === 'email' ? `Check words for ${name}` : null, text };
}

/** Words a message. @param domain binds a text message with a code to an origin; null leaves that line out. */
export function textsOf(message: Message, domain: string | null): Texts {
  switch (message.kind) {
    case 'code':
      return message.via === 'email' ? emailTexts(message) : smsTexts(message, domain);
    case 'notice':
      return noticeTexts(message);
    case 'check-word':
      return checkWordTexts(message, message.via);
    case 'announcement':
      return {
        subject: `${displayed(message.accountName)}: two-factor authentication`,
        text: 'Two-factor authentication will be turned on.\n',
      };
    case 'test':
      return { subject: message.via === 'email' ? 'Test message' : null, text: 'This is a test message.' };
  }
}
