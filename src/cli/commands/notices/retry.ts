// twofa notices retry
import type { Command } from 'commander';
import type { Retried } from '../../../actions/notices-open.ts';
import { changeLine, count } from '../../describe.ts';
import type { Run } from '../../run.ts';

const more = `
Without an id, all that surely did not go out are tried again. One whose outcome is
unknown may have arrived, and is sent a second time only when its id is given.
"twofa maintain" tries notices again by itself, less and less often, for 7 days.`;

export function retry(program: Command, run: Run): void {
  program
    .command('retry')
    .description('try notices again that did not go out')
    .argument('[id...]', 'such as ntc_5')
    .addHelpText('after', more)
    .action(
      run(async ({ request, out }, ids: string[]) => {
        const given = ids.length === 0 ? {} : { ids };
        const retried = await request<Retried>('notices.retry', given);
        const { sent, failed } = retried;
        const done = `Tried ${count(retried.retried, 'notice')} again: ${sent} went out, ${failed} did not.`;
        await out.document(retried, () => [
          changeLine(out, retried.changed, done, 'There is no notice to be tried again.'),
        ]);
      }),
    );
}
