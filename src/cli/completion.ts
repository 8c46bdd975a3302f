// The completion scripts of shells, made from the command tree. They never open the store.
import type { Command } from 'commander';

export type Shell = 'bash' | 'zsh' | 'fish';

interface Entry {
  /** The words that lead to the command, such as `user import`. */
  path: string;
  words: { word: string; says: string }[];
}

function optionWords(command: Command): { word: string; says: string }[] {
  return command.options
    .filter((option) => option.long)
    .map((option) => ({ word: option.long ?? '', says: option.description }));
}

/** Every command with the words that may follow it. */
function entries(program: Command): Entry[] {
  const common = [...optionWords(program), { word: '--help', says: 'show help' }];
  const visit = (command: Command, path: string[]): Entry[] => [
    {
      path: path.join(' '),
      words: [
        ...command.commands.map((each) => ({ word: each.name(), says: each.description() })),
        ...(command === program ? [] : optionWords(command)),
        ...common,
      ],
    },
    ...command.commands.flatMap((each) => visit(each, [...path, each.name()])),
  ];
  return visit(program, []);
}

/** The words that are commands, by which a script finds where it stands. */
function commandPaths(all: readonly Entry[]): string[] {
  return all.map((entry) => entry.path).filter((path) => path !== '');
}

function bash(all: readonly Entry[]): string {
  const cases = all.map(
    (entry) => `    "${entry.path}") words="${entry.words.map(({ word }) => word).join(' ')}" ;;`,
  );
  const paths = commandPaths(all).map((path) => `"${path}"`);
  return `# bash completion of twofa: source <(twofa completion bash)
_twofa() {
  local path="" next word words i
  local paths=(${paths.join(' ')})
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    next="\${path:+$path }$word"
    for known in "\${paths[@]}"; do
      if [[ "$known" == "$next" ]]; then path="$next"; break; fi
    done
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _twofa twofa
`;
}

const zshSafe = (text: string) => text.replace(/[\\':[\]$`"]/g, ' ');

function zsh(all: readonly Entry[]): string {
  const cases = all.map(
    (entry) =>
      `    "${entry.path}") words=(${entry.words.map(({ word, says }) => `'${word}:${zshSafe(says)}'`).join(' ')}) ;;`,
  );
  const paths = commandPaths(all).map((path) => `"${path}"`);
  return `#compdef twofa
# zsh completion of twofa: twofa completion zsh > "\${fpath[1]}/_twofa"
_twofa() {
  local line_path="" next word
  local -a words_before words
  local -a paths=(${paths.join(' ')})
  words_before=("\${(@)words[2,CURRENT-1]}")
  for word in "\${words_before[@]}"; do
    next="\${line_path:+$line_path }$word"
    if (( \${paths[(Ie)$next]} )); then line_path="$next"; fi
  done
  case "$line_path" in
${cases.join('\n')}
  esac
  _describe 'twofa' words || _files
}
if [ "$funcstack[1]" = "_twofa" ]; then _twofa "$@"; else compdef _twofa twofa; fi
`;
}

function fish(all: readonly Entry[]): string {
  const quote = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const lines = all.flatMap((entry) => {
    const condition =
      entry.path === '' ? 'test -z (__twofa_path)' : `test (__twofa_path) = ${quote(entry.path)}`;
    return entry.words.map(({ word, says }) =>
      word.startsWith('--')
        ? `complete -c twofa -n ${quote(condition)} -l ${word.slice(2)} -d ${quote(says)}`
        : `complete -c twofa -n ${quote(condition)} -f -a ${quote(word)} -d ${quote(says)}`,
    );
  });
  return `# fish completion of twofa: twofa completion fish | source
function __twofa_path
  set -l paths ${commandPaths(all).map(quote).join(' ')}
  set -l path
  for word in (commandline -opc)[2..-1]
    set -l next (string join ' ' $path $word)
    if contains -- "$next" $paths
      set path $path $word
    end
  end
  string join ' ' $path
end
${lines.join('\n')}
`;
}

/** The script of a shell. */
export function completionScript(program: Command, shell: Shell): string {
  const all = entries(program);
  return { bash, zsh, fish }[shell](all);
}
