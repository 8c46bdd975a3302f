// The manual pages: every command with each of its options has its lines, every topic its page, and package.json names them.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { helpBelow } from '../../src/cli/help-text.ts';
import { manPages } from '../../src/cli/man-pages.ts';
import { programOf } from '../../src/cli/program.ts';
import { roff } from '../../src/cli/roff.ts';
import { shapes } from '../../src/cli/topics/json.ts';
import { helpTopic, topicNames } from '../../src/cli/topics.ts';
import { exitCodes } from '../../src/errors.ts';

const program = programOf(() => async () => {}, process);
const pages = manPages(program, { version: '1.2.3', date: '2026-01-31' });

/** What a reader of a page sees, so far as it matters here: without requests, fonts and escapes. */
function read(page: string): string {
  const characters: Record<string, string> = { rs: '\\', aq: "'", ga: '`', ha: '^', ti: '~', dq: '"' };
  return page
    .replace(/^\.(TP|PP|nf|fi)\n/gm, '')
    .replace(/^\.(SH|TH) /gm, '')
    .replace(/\\f[BIR]|\\&/g, '')
    .replace(/\\\[u([0-9A-F]+)\]/g, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replace(/\\\((..)/g, (_, name) => characters[name] ?? '?')
    .replaceAll('\\-', '-');
}

function commands(command: Command, path: string[] = []): [name: string, command: Command][] {
  const own = [...path, command.name()];
  return [[own.join('-'), command], ...command.commands.flatMap((each) => commands(each, own))];
}

describe('each command', () => {
  test.each(commands(program))(
    '%s has a page, with each argument, option and command of it',
    (name, command) => {
      const page = read(pages.get(`${name}.1`) ?? '');
      expect(page).toContain(`${name.toUpperCase()}" "1" "2026-01-31" "twofa 1.2.3"`);
      expect(page).toContain(command.description());
      for (const { flags, description } of command.options)
        expect(page).toContain(`${flags}\n${description}`);
      for (const argument of command.registeredArguments) {
        expect(page).toContain(`${argument.name()}${argument.variadic ? '...' : ''}`);
        expect(page).toContain(argument.description);
      }
      for (const each of command.commands)
        expect(page).toContain(`${name}-${each.name()}(1)\n${each.description()}`);
      expect(page).toContain(helpBelow(command));
    },
  );

  test('has the document that it prints', () => {
    for (const [names, shape] of shapes) {
      for (const name of names.split(', ')) {
        const path = name.replace(/ (USER|--summary|--undo)$/, '');
        expect(read(pages.get(`twofa-${path.replaceAll(' ', '-')}.1`) ?? ''), name).toContain(shape);
      }
    }
  });

  test('can have more in its help than options, which is in its page', () => {
    expect(commands(program).filter(([, command]) => helpBelow(command) !== '')).not.toEqual([]);
  });
});

test('the exit codes are in the page of the program', () => {
  const page = read(pages.get('twofa.1') ?? '');
  for (const exit of Object.values(exitCodes)) expect(page).toMatch(new RegExp(`^${exit}\\n`, 'm'));
});

test.each(topicNames)('the topic %s has a page of section 7, word for word', (name) => {
  expect(read(pages.get(`twofa-${name}.7`) ?? '')).toContain(helpTopic(name)?.trimEnd());
});

test('every page is named in package.json (npm run man writes them there), and no other', () => {
  const { man } = JSON.parse(
    readFileSync(join(resolve(import.meta.dirname, '../..'), 'package.json'), 'utf8'),
  );
  expect(man).toEqual([...pages.keys()].sort().map((name) => `./dist/man/${name}`));
});

describe('text as roff', () => {
  test.each([
    ['a\\b', 'a\\(rsb'],
    ['.TH is no request', '\\&.TH is no request'],
    ["'nor this", '\\(aqnor this'],
    ['--option', '\\-\\-option'],
    ['line\n.line', 'line\n\\&.line'],
    ['…', '\\[u2026]'],
  ])('%j stands for itself', (text, written) => {
    expect(roff(text)).toBe(written);
    expect(read(written)).toBe(text);
  });

  test('is of no characters but printable ones of ASCII, and no line is a request that is not meant', () => {
    for (const page of pages.values()) {
      expect(page).toMatch(/^[\x20-\x7e\n]*$/);
      const requests = [...page.matchAll(/^[.'](\S*)/gm)].map(([, request]) => request);
      expect([...new Set(requests)].filter((each) => !/^(TH|SH|TP|PP|nf|fi)$/.test(each ?? ''))).toEqual([]);
    }
  });
});
