// twofa token rotate
import type { Command } from 'commander';
import type { TokenView } from '../../../actions/views.ts';
import type { Run } from '../../run.ts';

export function rotate(program: Command, run: Run): void {
  program
    .command('rotate')
    .description('make a token in place of another, which goes on working for a while')
    .argument('<id>', 'such as tok_3')
    .option('--overlap <duration>', 'how long the old one goes on working', '7d')
    .action(
      run(async (context, id: string, { overlap }: { overlap: string }) => {
        const { tellToken } = await import('../../new-token.ts');
        const token = await context.request<TokenView & { token: string }>('token.rotate', {
          tokenId: id,
          overlap,
        });
        await tellToken(context, token, undefined);
      }),
    );
}
