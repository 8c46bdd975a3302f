// Reads the folder of an installation's own templates: each file is known by its name, and checked before anything is sent.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Message } from '../actions/delivery.ts';
import { TwofaError } from '../errors.ts';
import { checkWordLifetimeMs, codeLifetimeMs } from '../rules/constants.ts';
import { callerOf, mendingOf, type Protection } from '../rules/file-mode.ts';
import { nearest } from '../rules/nearest.ts';
import { segmentsOf } from './gsm.ts';
import { type Template, type TemplatePart, type Templates, templateName } from './template.ts';
import { checkTemplate, type Flaw, templateParts } from './template-check.ts';
import { textsOf } from './texts.ts';

const bytesMax = 64 * 1024;
/** Files that lie beside templates and are none: hidden ones, backups of editors, explanations. */
const noTemplate = /^\.|~$|\.md$/;

function unreadable(path: string, cause: unknown): TwofaError {
  const why = cause instanceof Error ? cause.message : 'it is no text in UTF-8';
  return new TwofaError('file-unreadable', `${path} cannot be read: ${why}.`, {
    hint: 'Correct templates, or what it names.',
    cause,
  });
}

/** @throws TwofaError `unsafe-file` for what others can change. */
function requireOwn(path: string, protection: Protection): void {
  const mending = mendingOf(statSync(path), callerOf(process), protection);
  if (mending.length === 0) return;
  throw new TwofaError('unsafe-file', `Others can change ${path}, and with it what messages say.`, {
    hint: mending.map((command) => `${command} ${path}`).join(' && '),
  });
}

function textIn(path: string): string {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw new Error('it is no regular file');
    if (stats.size > bytesMax) throw new Error(`it is larger than ${bytesMax / 1024} KiB`);
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)).replaceAll('\r\n', '\n');
  } catch (error) {
    throw unreadable(path, error);
  }
}

function refused(path: string, { place, problem, hint }: Flaw): TwofaError {
  const where = place ? `${path}:${place.line}:${place.column}` : path;
  return new TwofaError('invalid-configuration', `${where}: ${problem}.`, {
    hint,
    details: { file: path, ...place, key: 'templates' },
  });
}

function readTemplate(folder: string, name: string): Template {
  const path = join(folder, name);
  const of = templateParts.get(name);
  if (!of) {
    const known = [...templateParts.keys()];
    const near = nearest(name, known);
    const hint = near === null ? `Known are names such as ${known[0]}.` : `Did you mean ${near}?`;
    throw refused(path, { place: null, problem: 'no template has this name', hint });
  }
  const text = textIn(path);
  requireOwn(path, 'unwritable');
  const read = checkTemplate(text, of);
  if ('flaw' in read) throw refused(path, read.flaw);
  return read.template;
}

/** HTML says what the text says: where one is replaced alone, they would differ. */
function requireTextBeside(folder: string, templates: Templates): void {
  for (const name of templates.keys()) {
    const of = templateParts.get(name);
    if (of?.part !== 'html') continue;
    const text = templateName({ ...of, part: 'text' });
    if (templates.has(text)) continue;
    throw refused(join(folder, name), {
      place: null,
      problem: `it stands without ${text}, which mail programs show that show no HTML`,
      hint: 'Without an HTML file, the HTML part is made of the text.',
    });
  }
}

/**
 * Reads all templates of a folder.
 * @throws TwofaError `invalid-configuration` saying which file, where and why; `unsafe-file` for what others can change;
 * `file-unreadable`.
 */
export function readTemplates(folder: string): Templates {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => !noTemplate.test(name));
  } catch (error) {
    throw unreadable(folder, error);
  }
  requireOwn(folder, 'folder');
  const templates = new Map(names.sort().map((name) => [name, readTemplate(folder, name)]));
  requireTextBeside(folder, templates);
  return templates;
}

/** A message to measure a template with, without the account's name: that is cut to the room there is. */
function sampleOf({ kind, language }: TemplatePart): Message {
  const sentAt = 0;
  const of = {
    to: '',
    account: '10482',
    accountName: '',
    user: 'jane.miller',
    language,
    sentAt,
    via: 'sms',
  } as const;
  return kind === 'code'
    ? { ...of, kind, code: '482913', expiresAt: sentAt + codeLifetimeMs }
    : { ...of, kind: 'check-word', words: 'strawberry lemonade', expiresAt: sentAt + checkWordLifetimeMs };
}

/** Templates of text messages that take more than one segment, each of which is paid for, with how many they take. */
export function longTemplates(
  templates: Templates,
  domain: string | null,
): { name: string; segments: number }[] {
  return [...templates.keys()].flatMap((name) => {
    const of = templateParts.get(name);
    if (of?.via !== 'sms') return [];
    const segments = segmentsOf(textsOf(sampleOf(of), domain, templates).text);
    return segments > 1 ? [{ name, segments }] : [];
  });
}
