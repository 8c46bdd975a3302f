// twofa token create
import type { Command } from 'commander';
import type { TokenView } from '../../../actions/views.ts';
import { roles } from '../../../rules/authority.ts';
import type { Run } from '../../run.ts';

interface Options {
  role: string;
  user?: string;
  app?: string;
  name?: string;
  expires?: string;
  may?: string;
  save?: string;
}

export function create(program: Command, run: Run): void {
  program
    .command('create')
    .description('make an access token; it is shown once')
    .requiredOption('--role <role>', roles.join(', '))
    .option('--user <user>', 'the System Administrator to whom it belongs')
    .option('--app <app>', 'the application that it is narrowed to')
    .option('--name <name>', 'what the audit trail calls it')
    .option('--expires <duration>', "such as 90d; a person's lasts 90 days unless told otherwise")
    .option('--may <what>', 'contacts: may change contact data once 2FA is on')
    .option('--save <profile>', 'store it as a profile in place of showing it')
    .action(
      run(async (context, { may, save, ...values }: Options) => {
        const { tellToken } = await import('../../new-token.ts');
        const { checkProfileName } = await import('../../profiles.ts');
        if (save !== undefined) checkProfileName(save);
        if (may !== undefined && may !== 'contacts') {
          const { TwofaError } = await import('../../../errors.ts');
          throw new TwofaError(
            'invalid-input',
            `may ${JSON.stringify(may.slice(0, 60))} must be "contacts".`,
          );
        }
        const mayContacts = may === 'contacts' ? true : undefined;
        const token = await context.request<TokenView & { token: string }>('token.create', {
          ...values,
          mayContacts,
        });
        await tellToken(context, token, save);
      }),
    );
}
