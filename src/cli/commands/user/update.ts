// twofa user update
import type { Command } from 'commander';
import type { UserView } from '../../../actions/views.ts';
import { changeLine, userPairs } from '../../describe.ts';
import type { Run } from '../../run.ts';

interface Options {
  name?: string;
  email?: string;
  phone?: string;
  language?: string;
  practice?: string[];
  systemAdministrator?: boolean;
}

export function update(program: Command, run: Run): void {
  program
    .command('update')
    .description("change a user's name, contact data, language, practices or role; '' clears")
    .argument('<user>', 'username or id')
    .option('--name <name>', "the person's name")
    .option('--email <email>', "the email; '' clears it")
    .option('--phone <phone>', "the phone; '' clears it")
    .option('--language <language>', "of messages to them: en or es; '' clears it")
    .option('--practice <practice...>', "the practices, in place of the present ones; '' leaves none")
    .option('--system-administrator', 'give the role')
    .option('--no-system-administrator', 'take the role away')
    .action(
      run(async ({ request, out }, user: string, { practice, ...values }: Options) => {
        const practices = practice?.filter((name) => name !== '');
        const updated = await request<UserView & { changed: boolean }>('user.update', {
          user,
          practices,
          ...values,
        });
        await out.document(updated, () => [
          changeLine(
            out,
            updated.changed,
            `Updated ${updated.username}.`,
            `${updated.username} has these values already.`,
          ),
          ...out.pairs(userPairs(updated)),
        ]);
      }),
    );
}
