// A template that an installation puts in place of the product's words: literal text, and placeholders such as `{code}`.
import type { Channel } from '../rules/code.ts';
import type { Language } from '../rules/language.ts';

export type Template = readonly (string | { placeholder: string })[];

/** What stands for each placeholder. */
export type Facts = Readonly<Record<string, string>>;

/** The kinds of messages whose words can be replaced. */
export type TemplatedKind = 'code' | 'check-word' | 'announcement' | 'notice';

/** Which part of which message a template is. */
export interface TemplatePart {
  kind: TemplatedKind;
  via: Channel;
  language: Language;
  part: 'subject' | 'text' | 'html';
}

/** Templates by the names of their files. */
export type Templates = ReadonlyMap<string, Template>;
export const noTemplates: Templates = new Map();

const endings: Record<TemplatePart['part'], string> = { subject: 'subject.txt', text: 'txt', html: 'html' };

/** The name of a template's file, such as `code.email.en.subject.txt`. */
export function templateName({ kind, via, language, part }: TemplatePart): string {
  return `${kind}.${via}.${language}.${endings[part]}`;
}

/** The text of a template. @param encode how a fact is written where it stands. */
export function fill(template: Template, facts: Facts, encode: (fact: string) => string): string {
  return template
    .map((part) => (typeof part === 'string' ? part : encode(facts[part.placeholder] ?? '')))
    .join('');
}
