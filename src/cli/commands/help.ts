// twofa help
import type { Command } from 'commander';
import { TwofaError } from '../../errors.ts';
import type { Run } from '../run.ts';

/** The command of a path such as `user import`, or null. */
function commandAt(program: Command, path: readonly string[]): Command | null {
  let found: Command = program;
  for (const name of path) {
    const next = found.commands.find((each) => each.name() === name);
    if (!next) return null;
    found = next;
  }
  return found;
}

export function help(program: Command, run: Run): void {
  program
    .command('help')
    .description(
      'help on a command, or on a topic: integrating, exit-codes, roles, provisioning, environment, messages, sms, json, audit, operations, sizing, faq',
    )
    .argument('[topic...]', 'a command or a topic')
    .action(
      run(async ({ out }, topic: string[]) => {
        const command = commandAt(program, topic);
        const { helpTopic, topicNames } = await import('../topics.ts');
        const text = helpTopic(topic.join(' '));
        // A name such as audit is a command and a topic.
        const { helpText } = await import('../help-text.ts');
        const found = [command && helpText(command), text].filter((each) => each != null);
        if (found.length > 0) return out.write(found.join('\n'));
        const { nearest } = await import('../../rules/nearest.ts');
        const known = [...topicNames, ...program.commands.map((each) => each.name())];
        const meant = nearest(topic.join(' '), known);
        throw new TwofaError(
          'topic-not-found',
          `There is no help on ${JSON.stringify(topic.join(' ').slice(0, 60))}.`,
          {
            hint: meant ? `Did you mean "twofa help ${meant}"?` : `Topics: ${topicNames.join(', ')}.`,
          },
        );
      }),
    );
}
