// The completion scripts of shells. Each asks the program what may come next: "twofa __complete WORD… BEGUN".

export type Shell = 'bash' | 'zsh' | 'fish';

/*
 * The program answers with a word a line, after a tab what it says, and with a last line: ":files" or ":folders" where the
 * shell is to look for those, ":" where it is not.
 */

const bash = `# bash completion of twofa: source <(twofa completion bash)
_twofa() {
  local line kind=
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :*) kind="\${line#:}" ;;
      *) COMPREPLY+=("$(printf '%q' "\${line%%$'\\t'*}")") ;;
    esac
  done < <("\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -eq 0 && "$kind" == files ]]; then compopt -o default
  elif [[ \${#COMPREPLY[@]} -eq 0 && "$kind" == folders ]]; then compopt -o dirnames
  fi
}
complete -F _twofa twofa
`;

const zsh = `#compdef twofa
# zsh completion of twofa: twofa completion zsh > "\${fpath[1]}/_twofa"
_twofa() {
  local line kind
  local -a found
  for line in "\${(@f)$("\${(Q)words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case "$line" in
      :*) kind="\${line#:}" ;;
      ?*) found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done
  if (( $#found )); then _describe -t twofa twofa found
  elif [[ "$kind" == files ]]; then _files
  elif [[ "$kind" == folders ]]; then _files -/
  fi
}
if [ "$funcstack[1]" = "_twofa" ]; then _twofa "$@"; else compdef _twofa twofa; fi
`;

const fish = `# fish completion of twofa: twofa completion fish | source
function __twofa_complete
  set -l typed (commandline -opc)
  set -l begun (commandline -ct)
  test (count $begun) -eq 0; and set begun ''
  for line in ($typed[1] __complete $typed[2..-1] $begun 2>/dev/null)
    switch $line
      case ':files'
        __fish_complete_path $begun
      case ':folders'
        __fish_complete_directories $begun
      case ':'
      case '*'
        echo $line
    end
  end
end
complete -c twofa -f -a '(__twofa_complete)'
`;

/** The script of each shell. */
export const completionScripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
