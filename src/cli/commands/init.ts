// twofa init
import type { Command } from 'commander';
import type { Run } from '../run.ts';

export function init(program: Command, run: Run): void {
  program
    .command('init')
    .description("make the key, the store and the owner's profile; safe to repeat")
    .option(
      '--sandbox',
      'for trying out: what is not configured is delivered to a file; stored once, for ever',
    )
    .action(
      run(async ({ parts, out }, { sandbox }: { sandbox?: boolean }) => {
        const { initialise } = await import('../installation.ts');
        const result = await initialise(parts, sandbox ?? false);
        const { profile, ...shown } = result;
        const keptAt = (await parts.keySource()).place;
        await out.document(shown, () => [
          ...out.pairs([
            ['Home', shown.home],
            ['Database', shown.database],
            ['Sandbox', shown.sandbox],
          ]),
          profile
            ? `${out.paint.green('✓')} You are its owner, by the profile ${profile}. Back up the key, apart from the database: ${keptAt}`
            : out.paint.dim('· It exists already; nothing was changed.'),
        ]);
      }),
    );
}
