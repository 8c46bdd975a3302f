// The manual pages: one of twofa, one a command, one a topic, made from the command tree and the topics.
import type { Argument, Command, Option } from 'commander';
import { helpBelow } from './help-text.ts';
import { bold, definitions, heading, italic, lines, roff, section } from './roff.ts';
import { exitTable } from './topics/exit-codes.ts';
import { shapes } from './topics/json.ts';
import { helpTopic, topicNames } from './topics.ts';

export interface Release {
  version: string;
  /** `YYYY-MM-DD` */
  date: string;
}

/** The words that lead to a command, `twofa` first. */
function pathOf(command: Command): string[] {
  return command.parent ? [...pathOf(command.parent), command.name()] : [command.name()];
}

const pageOf = (command: Command) => pathOf(command).join('-');
const see = (page: string, section: number) => `${bold(page)}(${section})`;

/** What a value can be where there is a choice, in words. */
function choicesOf({ argChoices }: { argChoices?: string[] | undefined }): string {
  return argChoices ? ` (one of: ${argChoices.join(', ')})` : '';
}

/** An option as it is typed: `-o, --output <format>` with the names in bold, the value in italics. */
function optionTerm(option: Option): string {
  return option.flags
    .split(/([ ,]+)/)
    .map((part) => (part.startsWith('-') ? bold(part) : /\w/.test(part) ? italic(part) : part))
    .join('');
}

function optionEntries(options: readonly Option[]): (readonly [string, string])[] {
  return options.map((option) => {
    const must = option.mandatory ? ' (required)' : '';
    return [optionTerm(option), `${option.description}${choicesOf(option)}${must}`] as const;
  });
}

/** An argument as a usage line has it: `<user...>`, `[topic...]`. */
function argumentTerm(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? italic(`<${name}>`) : italic(`[${name}]`);
}

function synopsis(command: Command): string {
  const own = command.options.length > 0 ? ` ${italic('[options]')}` : '';
  const given = command.registeredArguments.map((argument) => ` ${argumentTerm(argument)}`).join('');
  const group = command.commands.length > 0 && !runs(command) ? ` ${italic('<command>')}` : '';
  return `${bold(pathOf(command).join(' '))}${own}${group}${given}\n`;
}

/** Whether a command does something by itself, in place of being but a group of others. */
function runs(command: Command): boolean {
  return command.commands.length === 0 || command.options.length > 0;
}

function argumentEntries(command: Command): (readonly [string, string])[] {
  return command.registeredArguments.map((argument) => [
    argumentTerm(argument),
    `${argument.description}${choicesOf(argument)}`,
  ]);
}

function commandEntries(command: Command): (readonly [string, string])[] {
  return command.commands.map((each) => [see(pageOf(each), 1), each.description()]);
}

/** The documents that a command prints with --json; variants such as `status USER` each. */
function documentsOf(command: Command): string {
  const path = pathOf(command).slice(1).join(' ');
  const own = shapes.filter(([commands]) =>
    commands
      .split(', ')
      .some((each) => each === path || (each.startsWith(`${path} `) && !isCommand(command, each))),
  );
  if (own.length === 0 || !runs(command)) return '';
  const shown = own.map(([commands, shape]) => {
    const variant = commands
      .split(', ')
      .find((each) => each.startsWith(`${path} `) && !isCommand(command, each));
    return `.PP\n${variant ? `${bold(`twofa ${variant}`)}:\n` : ''}${roff(shape)}\n`;
  });
  return `With ${bold('--json')}; the topic ${see('twofa-json', 7)} says what the names mean.\n${shown.join('')}`;
}

/** Whether a path is that of a command below another. */
function isCommand(above: Command, path: string): boolean {
  const last = path.split(' ').at(-1);
  return above.commands.some((each) => each.name() === last);
}

/** The pages of the group that a command is in, and of its neighbours there. */
function related(command: Command): string {
  const group = command.parent;
  if (!group?.parent) return '';
  const neighbours = group.commands.filter((each) => each !== command);
  return `.PP\n${[group, ...neighbours].map((each) => see(pageOf(each), 1)).join(',\n')}\n`;
}

function commandPage(command: Command, release: Release): string {
  const below = helpBelow(command);
  return [
    heading({ title: pageOf(command), section: 1, ...release }),
    section('NAME', `${roff(pageOf(command))} \\- ${roff(command.description())}\n`),
    section('SYNOPSIS', synopsis(command)),
    section('COMMANDS', definitions(commandEntries(command))),
    section('ARGUMENTS', definitions(argumentEntries(command))),
    section('OPTIONS', definitions(optionEntries(command.options))),
    section('NOTES', below === '' ? '' : lines(below)),
    section('RESULT', documentsOf(command)),
    section(
      'SEE ALSO',
      `${see('twofa', 1)} has the options that every command has,\n${see('twofa-exit-codes', 7)} the exit codes.\n${related(command)}`,
    ),
  ].join('');
}

function programPage(program: Command, release: Release): string {
  const exits = exitTable().map(({ exit, meaning }) => [bold(String(exit)), meaning] as const);
  const topics = topicNames.map((name) => see(`twofa-${name}`, 7)).join(',\n');
  return [
    heading({ title: 'twofa', section: 1, ...release }),
    section('NAME', `twofa \\- ${roff('two-factor authentication of a practice-management product')}\n`),
    section('SYNOPSIS', `${bold('twofa')} ${italic('<command>')} ${italic('[options]')}\n`),
    section('DESCRIPTION', `${roff(program.description())}\n`),
    section('COMMANDS', definitions(commandEntries(program))),
    section('OPTIONS', `Every command has these.\n${definitions(optionEntries(program.options))}`),
    section('EXIT STATUS', definitions(exits)),
    section('ENVIRONMENT', `The variables and files are in ${see('twofa-environment', 7)}.\n`),
    section('SEE ALSO', `${topics}\n`),
  ].join('');
}

function topicPage(name: string, release: Release): string {
  const text = helpTopic(name) ?? '';
  return [
    heading({ title: `twofa-${name}`, section: 7, ...release }),
    section('NAME', `${roff(`twofa-${name}`)} \\- ${roff(`what "twofa help ${name}" prints`)}\n`),
    section('DESCRIPTION', lines(text)),
    section('SEE ALSO', `${see('twofa', 1)}\n`),
  ].join('');
}

function below(command: Command): Command[] {
  return command.commands.flatMap((each) => [each, ...below(each)]);
}

/** Every page by the name of its file, such as `twofa-code-send.1`. */
export function manPages(program: Command, release: Release): Map<string, string> {
  return new Map([
    ['twofa.1', programPage(program, release)],
    ...below(program).map((each) => [`${pageOf(each)}.1`, commandPage(each, release)] as const),
    ...topicNames.map((name) => [`twofa-${name}.7`, topicPage(name, release)] as const),
  ]);
}
