// twofa account create
import type { Command } from 'commander';
import type { AccountView } from '../../../actions/views.ts';
import { accountPairs, changeLine } from '../../describe.ts';
import type { Run } from '../../run.ts';

export function create(program: Command, run: Run): void {
  program
    .command('create')
    .description('create an account; the same again changes nothing')
    .argument('<kid>', 'the KID by which the account is known')
    .requiredOption('--name <name>', 'the name that users read in their messages')
    .option('--country <code>', 'the country of national phone numbers', 'US')
    .action(
      run(async ({ request, out }, kid: string, { name, country }: { name: string; country: string }) => {
        const account = await request<AccountView & { changed: boolean }>('account.create', {
          kid,
          name,
          country,
        });
        await out.document(account, () => [
          changeLine(out, account.changed, `Created account ${kid}.`, `Account ${kid} exists already.`),
          ...out.pairs(accountPairs(account)),
        ]);
      }),
    );
}
