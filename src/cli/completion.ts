// What may come next on a command line, found in the command tree; and the scripts by which shells ask for it.
import type { Command, Option } from 'commander';
import { roles } from '../rules/authority.ts';
import { auditActions } from '../rules/chain.ts';
import { languages } from '../rules/language.ts';
import { topicNames } from './topics.ts';

export interface Word {
  word: string;
  says: string;
}

/** What a value can be where the command tree alone does not tell. */
export type Names = 'files' | 'folders' | 'profiles' | 'accounts' | 'users';

/** Words that may come next, and names to look for elsewhere. */
export interface Completion {
  words: Word[];
  names: Names | null;
}

const nothing: Completion = { words: [], names: null };
const wordsOf = (values: readonly string[]): Completion => ({
  words: values.map((word) => ({ word, says: '' })),
  names: null,
});

/** What a value can be, by the name that the command tree gives to its place. */
const values: Record<string, Completion> = {
  file: { words: [], names: 'files' },
  folder: { words: [], names: 'folders' },
  profile: { words: [], names: 'profiles' },
  kid: { words: [], names: 'accounts' },
  user: { words: [], names: 'users' },
  channel: wordsOf(['email', 'sms']),
  status: wordsOf(['active', 'locked', 'inactive']),
  language: wordsOf(languages),
  action: wordsOf(auditActions),
};

/** Places whose name says something else for one command. */
const special: Record<string, Completion> = {
  'account create kid': nothing,
  'token create role': wordsOf(roles),
  'token create what': wordsOf(['contacts']),
  'serve path': { words: [], names: 'files' },
  'serve mode': wordsOf(['600', '660', '666']),
  'rollcall start channel': wordsOf(['email', 'sms', 'both']),
};

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}`.trim() : '';
}

function valuesOf(command: Command, place: string, choices: readonly string[] | undefined): Completion {
  if (choices) return wordsOf(choices);
  const own = `${pathOf(command)} ${place}`;
  if (Object.hasOwn(special, own)) return special[own] ?? nothing;
  return Object.hasOwn(values, place) ? (values[place] ?? nothing) : nothing;
}

/** The name of an option's value, such as `kid` of `--account <kid>`; undefined where it takes none. */
function placeOf(option: Option): string | undefined {
  return /[<[]([a-z-]+)/.exec(option.flags)?.[1];
}

function optionsOf(command: Command): Option[] {
  const own = [...command.options, ...(command.parent ? optionsOf(command.parent) : [])];
  return own.filter((option) => option.long !== '--version' || command.parent === null);
}

/** Where a command line stands after the words that are complete. */
interface Place {
  command: Command;
  /** Arguments of the command so far. */
  given: string[];
  /** The option whose value comes next. */
  option: Option | null;
  /** Whether everything is an argument from here on. */
  ended: boolean;
}

function after(place: Place, word: string): Place {
  const { command, given, option, ended } = place;
  if (option) return { ...place, option: option.variadic ? option : null };
  if (!ended && word === '--') return { ...place, ended: true };
  if (!ended && word.startsWith('-') && word !== '-') {
    const named = optionsOf(command).find((each) => each.long === word || each.short === word);
    return { ...place, option: named && placeOf(named) !== undefined ? named : null };
  }
  const next = given.length === 0 ? command.commands.find((each) => each.name() === word) : undefined;
  if (next) return { ...place, command: next };
  return { ...place, given: [...given, word] };
}

/** After a value, an option that takes several of them can also end. */
function ofOption(place: Place, word: string): boolean {
  return place.option !== null && !(place.option.variadic && word.startsWith('-'));
}

function walked(program: Command, words: readonly string[]): Place {
  let place: Place = { command: program, given: [], option: null, ended: false };
  for (const word of words) {
    place = after(ofOption(place, word) ? place : { ...place, option: null }, word);
  }
  return place;
}

function optionWords(command: Command): Word[] {
  const help = { word: '--help', says: 'show help' };
  return [
    ...optionsOf(command).flatMap(({ long, description }) =>
      long ? [{ word: long, says: description }] : [],
    ),
    help,
  ];
}

function commandWords(command: Command): Word[] {
  return command.commands.map((each) => ({ word: each.name(), says: each.description() }));
}

/** What `help` explains: topics and commands, and the commands of a group. */
function helpWords(program: Command, given: readonly string[]): Word[] {
  const { command } = walked(program, given);
  const topics = given.length === 0 ? topicNames.map((word) => ({ word, says: 'a topic' })) : [];
  return [...topics, ...commandWords(command)];
}

function argumentsOf(program: Command, { command, given }: Place): Completion {
  if (pathOf(command) === 'help') return { words: helpWords(program, given), names: null };
  const known = command.registeredArguments;
  const last = known.at(-1);
  const argument = known[given.length] ?? (last?.variadic ? last : undefined);
  const commands = given.length === 0 ? commandWords(command) : [];
  if (!argument) return { words: commands, names: null };
  const found = valuesOf(command, argument.name(), argument.argChoices);
  return { ...found, words: [...commands, ...found.words] };
}

/** A shell may give `--output=json` as three words. */
function joined(words: readonly string[]): string[] {
  return words.filter((word) => word !== '=');
}

/**
 * What may come next.
 * @param typed the words after `twofa`, of which the last is begun, or empty.
 */
export function completionOf(program: Command, typed: readonly string[]): Completion {
  const begun = typed.at(-1) ?? '';
  const before = joined(typed.slice(0, -1));
  const current = begun === '=' ? '' : begun;
  const place = walked(program, before);
  const [, option = '', value] = /^(--[a-z-]+)=(.*)$/s.exec(current) ?? [];
  if (value !== undefined && !place.ended) {
    const within = completionOf(program, [...before, option, value]);
    return { ...within, words: within.words.map(({ word, says }) => ({ word: `${option}=${word}`, says })) };
  }
  const starting = (found: Completion) => ({
    ...found,
    words: found.words.filter(({ word }) => word.startsWith(current)),
  });
  if (place.option && ofOption(place, current)) {
    return starting(valuesOf(place.command, placeOf(place.option) ?? '', place.option.argChoices));
  }
  if (current.startsWith('-') && !place.ended)
    return starting({ words: optionWords(place.command), names: null });
  return starting(argumentsOf(program, place));
}
