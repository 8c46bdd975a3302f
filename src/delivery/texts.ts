// What a message says, in the language of whoever reads it: subject, text and HTML of an email, or a text message.
import type { AnnouncementMessage, Message, NoticeMessage } from '../actions/delivery.ts';
import type { Language } from '../rules/language.ts';
import type { Instant } from '../rules/time.ts';
import { displayed } from './displayed.ts';
import { fitted, shorten } from './gsm.ts';
import { escapedForHtml, htmlOf } from './html.ts';
import {
  type Facts,
  fill,
  noTemplates,
  type TemplatedKind,
  type Templates,
  templateName,
} from './template.ts';
import type { AnnouncementFacts, Letter, NoticeFacts, OwnFacts, Wording } from './wording.ts';
import { english } from './words-en.ts';
import { spanish } from './words-es.ts';

export interface Texts {
  /** Null for a text message. */
  subject: string | null;
  text: string;
  /** Null for a text message. */
  html: string | null;
}

const wordings: Readonly<Record<Language, Wording>> = { en: english, es: spanish };
const nameMax = 200;
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** A message in the product's own words, and the facts of which a template can make others. */
interface Said {
  /** Null for one that no template replaces. */
  kind: TemplatedKind | null;
  facts: Facts;
  letter: Letter;
  /** As a text message; null for what is none. */
  short: string | null;
  /** What the reader looks for, and an email begins with. */
  first: string | null;
}

/** A name that users typed, as an email shows it. */
function inEmail(name: string): string {
  return shorten(displayed(name), nameMax, (text) => text.length);
}

/** For how long something works, in whole units of time. */
function lasting({ sentAt, expiresAt }: { sentAt: Instant; expiresAt: Instant }, unitMs: number): string {
  return String(Math.round((expiresAt - sentAt) / unitMs));
}

/** Facts of a notice as they are shown: what users typed makes no link; an address and a time are nobody's words. */
function detailsOf(message: NoticeMessage): Record<string, string> {
  const shown = (name: string, value: string) => {
    if (name === 'ip') return value;
    return name === 'since' ? value.replace(/^(.{10})T(.{5}).*$/, '$1 $2 UTC') : inEmail(value);
  };
  return Object.fromEntries(
    Object.entries(message.details).map(([name, value]) => [name, shown(name, value)]),
  );
}

function noticeFacts(message: NoticeMessage, own: OwnFacts, wording: Wording): NoticeFacts {
  const about = inEmail(message.about);
  const { subject, lines } = wording.notices[message.notice](about, detailsOf(message));
  return { ...own, about, title: subject, notice: lines.join('\n') };
}

function announcementFacts(message: AnnouncementMessage, own: OwnFacts, wording: Wording): AnnouncementFacts {
  const { name, on, codesTo, ask } = message;
  return {
    ...own,
    name: inEmail(name) || own.user,
    date: wording.when(on),
    email: codesTo.email ?? wording.noEmail,
    phone: codesTo.sms ?? wording.noPhone,
    ask: wording.oneOf(ask.map(inEmail).filter((each) => each !== '')),
  };
}

/** Words a message. @param account the account's name as it is shown. */
function say(message: Message, account: string): Said {
  const wording = wordings[message.language];
  const own: OwnFacts = { account, kid: message.account, user: inEmail(message.user) };
  switch (message.kind) {
    case 'code': {
      const facts = { code: message.code, minutes: lasting(message, minuteMs), ...own };
      const [letter, short] = [wording.code(facts), wording.codeText(facts)];
      return { kind: 'code', facts, letter, short, first: message.code };
    }
    case 'check-word': {
      const facts = { ...own, words: message.words, days: lasting(message, dayMs) };
      const [letter, short] = [wording.checkWords(facts), wording.checkWordsText(facts)];
      return { kind: 'check-word', facts, letter, short, first: message.words };
    }
    case 'announcement': {
      const facts = announcementFacts(message, own, wording);
      return { kind: 'announcement', facts, letter: wording.announcement(facts), short: null, first: null };
    }
    case 'notice': {
      const facts = noticeFacts(message, own, wording);
      return { kind: 'notice', facts, letter: wording.notice(facts), short: null, first: null };
    }
    case 'test':
      return { kind: null, facts: own, letter: wording.test, short: wording.testText, first: null };
  }
}

function emailTexts(message: Message, templates: Templates): Texts {
  const { language } = message;
  const { kind, facts, letter, first } = say(message, inEmail(message.accountName) || message.account);
  const replaced = (part: 'subject' | 'text' | 'html', encode: (fact: string) => string) => {
    const template = kind && templates.get(templateName({ kind, via: 'email', language, part }));
    return template ? fill(template, facts, encode) : null;
  };
  const asItIs = (fact: string) => fact;
  const text = `${(replaced('text', asItIs) ?? letter.text).trimEnd()}\n`;
  return {
    subject: replaced('subject', asItIs) ?? letter.subject,
    text,
    html: replaced('html', escapedForHtml) ?? htmlOf(text, language, first),
  };
}

/** @param templates where the text of a code need not say the origin: that line is always ours. */
function smsTexts(message: Message, domain: string | null, templates: Templates): Texts {
  const { language } = message;
  // The origin-bound format: an application of this domain, and no other, is offered the code.
  const lastLine = message.kind === 'code' && domain !== null ? `\n@${domain} #${message.code}` : '';
  const text = fitted(displayed(message.accountName), (account) => {
    const { kind, facts, short } = say(message, account);
    const template = kind && templates.get(templateName({ kind, via: 'sms', language, part: 'text' }));
    return `${template ? fill(template, facts, (fact) => fact) : (short ?? '')}${lastLine}`;
  });
  return { subject: null, text, html: null };
}

/**
 * Words a message.
 * @param domain binds a text message with a code to an origin; null leaves that line out.
 * @param templates the installation's own words, in place of the product's.
 */
export function textsOf(message: Message, domain: string | null, templates: Templates = noTemplates): Texts {
  return message.via === 'email' ? emailTexts(message, templates) : smsTexts(message, domain, templates);
}
