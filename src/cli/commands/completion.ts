// twofa completion
import { Argument, type Command } from 'commander';
import type { Run } from '../run.ts';

export function completion(program: Command, run: Run): void {
  program
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .action(
      run(async ({ out }, shell: 'bash' | 'zsh' | 'fish') => {
        const { completionScripts } = await import('../completion-scripts.ts');
        await out.write(completionScripts[shell]);
      }),
    );
}
