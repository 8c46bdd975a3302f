// twofa location forget
import type { Command } from 'commander';
import { changeLine } from '../../describe.ts';
import type { Run } from '../../run.ts';

export function forget(program: Command, run: Run): void {
  program
    .command('forget')
    .description("end the trust in a user's locations: the next sign-in asks for a code")
    .argument('<user>', 'username or id')
    .action(
      run(async ({ request, out }, user: string) => {
        const result = await request<{ forgotten: number; changed: boolean }>('location.forget', { user });
        await out.document(result, () => [
          changeLine(
            out,
            result.changed,
            `Forgot ${result.forgotten} of ${user}'s locations.`,
            'No trusted location.',
          ),
        ]);
      }),
    );
}
