// twofa user add
import type { Command } from 'commander';
import type { UserView } from '../../../actions/views.ts';
import { changeLine, userPairs } from '../../describe.ts';
import type { Run } from '../../run.ts';

interface Options {
  name: string;
  email?: string;
  phone?: string;
  language?: string;
  practice?: string[];
  systemAdministrator?: boolean;
}

export function add(program: Command, run: Run): void {
  program
    .command('add')
    .description('add a user to the account; the same again changes nothing')
    .argument('<username>', 'unique in the account, never reused')
    .requiredOption('--name <name>', "the person's name")
    .option('--email <email>', 'an email of their own')
    .option('--phone <phone>', 'a phone that takes text messages')
    .option('--language <language>', 'of messages to them: en (unless told otherwise) or es')
    .option('--practice <practice...>', 'the practices that they belong to')
    .option('--system-administrator', 'may enable 2FA and reactivate users')
    .action(
      run(async ({ request, out }, user: string, { practice: practices, ...values }: Options) => {
        const added = await request<UserView & { changed: boolean }>('user.add', {
          user,
          practices,
          ...values,
        });
        await out.document(added, () => [
          changeLine(out, added.changed, `Added ${user}.`, `${user} exists already, with these values.`),
          ...out.pairs(userPairs(added)),
        ]);
      }),
    );
}
