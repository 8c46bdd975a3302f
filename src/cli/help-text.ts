// The whole help of a command, what stands below its options included.
import type { Command } from 'commander';

/** What `--help` prints for a command. */
export function helpText(command: Command): string {
  let text = '';
  command.configureOutput({
    ...command.configureOutput(),
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

/** What stands below the options of a command's help, without the line breaks around it; often nothing. */
export function helpBelow(command: Command): string {
  return helpText(command).slice(command.helpInformation().length).trim();
}
