// twofa token revoke
import type { Command } from 'commander';
import type { TokenView } from '../../../actions/views.ts';
import { changeLine } from '../../describe.ts';
import type { Run } from '../../run.ts';

export function revoke(program: Command, run: Run): void {
  program
    .command('revoke')
    .description('make a token worthless, for ever')
    .argument('<id>', 'such as tok_3')
    .action(
      run(async ({ request, out }, id: string) => {
        const token = await request<TokenView & { changed: boolean }>('token.revoke', { tokenId: id });
        await out.document(token, () => [
          changeLine(out, token.changed, `Revoked ${id} (${token.name}).`, `${id} is revoked already.`),
        ]);
      }),
    );
}
