// Asks a System Administrator in place for the second factor that their token needs (R15), on a terminal only.
import { TwofaError } from '../errors.ts';
import type { Channel } from '../rules/code.ts';
import type { Context } from './run.ts';

export interface OwnVerification {
  result: 'verified' | 'rejected' | 'locked' | 'inactive';
  why: string | null;
  attemptsLeft: number;
  verifiedUntil: string | null;
}

/** Requests that are made beside the command's own, whose exit codes are not the command's. */
type Ask = <R>(name: string, options: Record<string, unknown>) => Promise<R>;

async function askChannel(context: Context): Promise<Channel> {
  const { default: inquirer } = await import('inquirer');
  const ask = inquirer.createPromptModule({ output: context.around.stderr });
  const choices = [
    { name: 'email', value: 'email' },
    { name: 'text message', value: 'sms' },
  ];
  const message = '2FA is on: this token needs a code of yours. Send it by';
  const { via } = await ask([{ type: 'select', name: 'via', message, choices }]);
  return via as Channel;
}

/** Sends a code and asks for it until it is right. @throws TwofaError when the administrator is locked by it. */
export async function proveSecondFactor(context: Context, ask: Ask): Promise<void> {
  const { readSecret } = await import('./prompt.ts');
  const sent = await ask<{ to: string }>('auth.challenge', { via: await askChannel(context) });
  context.out.say(`A code is on its way to ${sent.to}.`);
  for (;;) {
    const code = await readSecret(context, 'code');
    const answer = await ask<OwnVerification>('auth.verify', { code }).catch((error) => {
      if (!(error instanceof TwofaError) || error.code !== 'invalid-input') throw error;
      context.out.say(error.message);
      return null;
    });
    if (answer === null) continue;
    if (answer.result === 'verified') return;
    if (answer.result !== 'rejected') {
      throw new TwofaError('user-locked', 'You are locked: that was your seventh failure.', {
        hint: 'Another System Administrator of the account can reactivate you, or a recovery code.',
      });
    }
    context.out.say(`That code is ${answer.why}; ${answer.attemptsLeft} attempts left.`);
  }
}
