// twofa practice add
import type { Command } from 'commander';
import { changeLine } from '../../describe.ts';
import type { Run } from '../../run.ts';

interface PracticeView {
  account: string;
  name: string;
  users: number;
}

export function add(program: Command, run: Run): void {
  program
    .command('add')
    .description('add a practice to the account')
    .argument('<name>')
    .action(
      run(async ({ request, out }, name: string) => {
        const practice = await request<PracticeView & { changed: boolean }>('practice.add', { name });
        await out.document(practice, () => [
          changeLine(
            out,
            practice.changed,
            `Added the practice ${practice.name}.`,
            `The practice ${practice.name} exists already.`,
          ),
        ]);
      }),
    );
}
