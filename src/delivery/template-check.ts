// What a template has to say, what it may not, and where in it something is wrong.
import { languages } from '../rules/language.ts';
import { nearest } from '../rules/nearest.ts';
import { type Template, type TemplatedKind, type TemplatePart, templateName } from './template.ts';
import type { AnnouncementFacts, CheckWordFacts, CodeFacts, NoticeFacts } from './wording.ts';

/** What is wrong with a template, and where, counted from 1; null where it is in all of it. */
export interface Flaw {
  place: { line: number; column: number } | null;
  problem: string;
  hint: string | null;
}

interface KindOfTemplate {
  placeholders: readonly string[];
  /** The placeholder without which the message is none. */
  essential: string | null;
  /** Whether the subject has to have it too, so that a phone's notification shows it. */
  inSubject: boolean;
  /** Whether it asks for something that only the application may be told: then it has no link. */
  secret: boolean;
  vias: readonly TemplatePart['via'][];
}

const own = ['account', 'kid', 'user'] as const;
const codeFacts = [...own, 'code', 'minutes'] satisfies (keyof CodeFacts)[];
const checkWordFacts = [...own, 'words', 'days'] satisfies (keyof CheckWordFacts)[];
const announcementFacts = [
  ...own,
  'name',
  'date',
  'email',
  'phone',
  'ask',
] satisfies (keyof AnnouncementFacts)[];
const noticeFacts = [...own, 'about', 'title', 'notice'] satisfies (keyof NoticeFacts)[];

const kinds: Readonly<Record<TemplatedKind, KindOfTemplate>> = {
  code: {
    placeholders: codeFacts,
    essential: 'code',
    inSubject: true,
    secret: true,
    vias: ['email', 'sms'],
  },
  'check-word': {
    placeholders: checkWordFacts,
    essential: 'words',
    inSubject: false,
    secret: true,
    vias: ['email', 'sms'],
  },
  announcement: {
    placeholders: announcementFacts,
    essential: null,
    inSubject: false,
    secret: false,
    vias: ['email'],
  },
  notice: {
    placeholders: noticeFacts,
    essential: 'notice',
    inSubject: false,
    secret: false,
    vias: ['email'],
  },
};

function partsOf(via: TemplatePart['via']): TemplatePart['part'][] {
  return via === 'email' ? ['subject', 'text', 'html'] : ['text'];
}

/** Every part of every message that a template can replace, by the name of its file. */
export const templateParts: ReadonlyMap<string, TemplatePart> = new Map(
  (Object.keys(kinds) as TemplatedKind[])
    .flatMap((kind) => kinds[kind].vias.map((via) => ({ kind, via })))
    .flatMap((of) => languages.map((language) => ({ ...of, language })))
    .flatMap((of) => partsOf(of.via).map((part) => ({ ...of, part })))
    .map((of) => [templateName(of), of]),
);

/** Where a part of a text begins, as an editor counts. */
function placeIn(text: string, index: number): { line: number; column: number } {
  const before = text.slice(0, index).split('\n');
  return { line: before.length, column: [...(before.at(-1) ?? '')].length + 1 };
}

/** A name in braces; spaces around it are taken for a mistake and not for text. */
const placeholder = /\{([ \t]*[A-Za-z][\w-]*[ \t]*)\}/g;

/** The first name in braces that is none of the known ones. */
function unknownPlaceholder(text: string, known: readonly string[]): Flaw | null {
  for (const { 0: whole, 1: name = '', index } of text.matchAll(placeholder)) {
    if (known.includes(name)) continue;
    const near = nearest(name.trim(), known);
    const list = `Known here are ${known.map((each) => `{${each}}`).join(' ')}.`;
    return {
      place: placeIn(text, index),
      problem: `there is no placeholder ${whole.slice(0, 100)}`,
      hint: near === null ? list : `Did you mean {${near}}? ${list}`,
    };
  }
  return null;
}

const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/;
/** What makes a mail program load something, or run it. */
const loading =
  /<\s*(?:img|link|script|iframe|frame|object|embed|video|audio|source|base|svg|meta\s[^>]*http-equiv)\b|\b(?:src|srcset|background|poster|on[a-z]+)\s*=|\burl\s*\(|@import/i;
const link = /https?:\/\/|\bwww\./i;
const linkInHtml = /https?:\/\/|\bwww\.|<\s*(?:a|area|form)\b|\bhref\s*=/i;

/** What a template may not hold. */
function forbidden(text: string, { kind, part }: TemplatePart): Flaw | null {
  const find = (pattern: RegExp, problem: string, hint: string | null): Flaw | null => {
    const found = pattern.exec(text);
    return found && { place: placeIn(text, found.index), problem, hint };
  };
  const inHtml = part === 'html';
  const loads = inHtml
    ? find(loading, 'a mail program would load or run something', 'Messages bring all that they show.')
    : null;
  const links = kinds[kind].secret
    ? find(
        inHtml ? linkInHtml : link,
        'there is a link',
        'Messages of this kind have none, so that nobody learns to follow one that somebody else sends.',
      )
    : null;
  return find(controls, 'there is a control character', null) ?? loads ?? links;
}

/** What a template has to say and does not. */
function missing(text: string, { kind, part }: TemplatePart): Flaw | null {
  const { essential, inSubject } = kinds[kind];
  if (text.trim() === '') return { place: null, problem: 'it is empty', hint: null };
  const secondLine = text.indexOf('\n') + 1;
  if (part === 'subject' && secondLine > 0)
    return { place: placeIn(text, secondLine), problem: 'a subject has one line', hint: null };
  if (essential === null || (part === 'subject' && !inSubject) || text.includes(`{${essential}}`))
    return null;
  const hint = part === 'subject' ? 'The notification of a phone shows it there.' : null;
  return { place: null, problem: `it lacks {${essential}}`, hint };
}

function split(text: string): Template {
  const parts: Template[number][] = [];
  let end = 0;
  for (const { 0: whole, 1: name = '', index } of text.matchAll(placeholder)) {
    parts.push(text.slice(end, index), { placeholder: name });
    end = index + whole.length;
  }
  return [...parts, text.slice(end)].filter((part) => part !== '');
}

/** Reads a template. @param of which part of which message it is. */
export function checkTemplate(written: string, of: TemplatePart): { template: Template } | { flaw: Flaw } {
  const text = written.trimEnd();
  const flaw =
    forbidden(text, of) ?? unknownPlaceholder(text, kinds[of.kind].placeholders) ?? missing(text, of);
  return flaw ? { flaw } : { template: split(text) };
}
