// What the words of a language are asked for: each message as an email, and as a text message where it can be one.
import type { NoticeKind } from '../rules/notice.ts';

/** An email: its subject, and its text, in which an empty line parts paragraphs. */
export interface Letter {
  subject: string;
  text: string;
}

/** Whose message it is: the account's name, empty where a text message has no room for it, its KID, and the username. */
export type OwnFacts = { account: string; kid: string; user: string };

export type CodeFacts = OwnFacts & { code: string; minutes: string };

export type CheckWordFacts = OwnFacts & { words: string; days: string };

/** Each in words: what is not known is said so. */
export type AnnouncementFacts = OwnFacts & {
  name: string;
  /** When 2FA is turned on. */
  date: string;
  /** Where codes will go. */
  email: string;
  phone: string;
  /** Whom to ask. */
  ask: string;
};

/** The username of whom it is about, its subject, and its lines. */
export type NoticeFacts = OwnFacts & { about: string; title: string; notice: string };

/** A notice's words, without whose account it is of. */
export interface NoticeWords {
  subject: string;
  lines: string[];
}

export type NoticeWording = Record<
  NoticeKind,
  (about: string, details: Record<string, string>) => NoticeWords
>;

/** The words of a language. Those of text messages keep to GSM-7. */
export interface Wording {
  code(facts: CodeFacts): Letter;
  codeText(facts: CodeFacts): string;
  checkWords(facts: CheckWordFacts): Letter;
  checkWordsText(facts: CheckWordFacts): string;
  announcement(facts: AnnouncementFacts): Letter;
  notices: NoticeWording;
  /** A notice as an email, which says whose account it is of. */
  notice(facts: NoticeFacts): Letter;
  test: Letter;
  testText: string;
  /** When something happens: on a day, `YYYY-MM-DD`, or soon, where none is said. */
  when(day: string | null): string;
  /** One of these people; where there is none, whoever has the role. */
  oneOf(names: readonly string[]): string;
  noEmail: string;
  noPhone: string;
}
