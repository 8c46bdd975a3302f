// Asks the person at the terminal, or reads a secret from standard input; never from an argument.
import { TwofaError } from '../errors.ts';
import { wantsColor } from './color.ts';
import type { Context } from './run.ts';

/** A secret is one short line: what is longer was piped in by mistake. */
const secretMax = 4096;

async function readAll(stream: NodeJS.ReadStream): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Buffer);
    size += bytes.length;
    if (size > secretMax) {
      throw new TwofaError('invalid-input', 'Standard input holds more than one line of a secret.', {
        hint: 'Pipe in the secret alone.',
      });
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const same = (text: string) => text;
const plainTheme = {
  prefix: { idle: '?', done: '✔' },
  spinner: { interval: 80, frames: ['?'] },
  style: { answer: same, message: same, help: same, error: same },
};

/** How a question looks: in colour, where there is any. */
function lookOf({ common, around }: Context): { theme?: typeof plainTheme } {
  return wantsColor(common.color, around.env, around.stderr) ? {} : { theme: plainTheme };
}

/**
 * A secret: asked for without echo on a terminal, else read from standard input.
 * @param what such as `code` or `token`, for the question and the error.
 * @throws TwofaError `missing-option` when there is none.
 */
export async function readSecret(context: Context, what: string): Promise<string> {
  const { stdin } = context.around;
  if (context.mayAsk) {
    const { default: inquirer } = await import('inquirer');
    const ask = inquirer.createPromptModule({ output: context.around.stderr });
    const hidden = { mask: false, toggleMask: false };
    const { secret } = await ask([
      { type: 'password', name: 'secret', message: `The ${what}:`, ...hidden, ...lookOf(context) },
    ]);
    return String(secret).trim();
  }
  const text = stdin.isTTY ? '' : (await readAll(stdin)).trim();
  if (text !== '') return text;
  throw new TwofaError('missing-option', `Standard input has no ${what}.`, {
    hint: `Pipe it in, or type it on a terminal: it is never an argument.`,
    details: { field: what },
  });
}

/** Asks for a yes on a terminal; anything else, and nothing, is a no. */
export async function askYes(context: Context, message: string): Promise<boolean> {
  const { default: inquirer } = await import('inquirer');
  const ask = inquirer.createPromptModule({ output: context.around.stderr });
  const { yes } = await ask([{ type: 'confirm', name: 'yes', message, default: false, ...lookOf(context) }]);
  return yes === true;
}

/** Asks for a line of text on a terminal. */
export async function askText(context: Context, message: string): Promise<string> {
  const { default: inquirer } = await import('inquirer');
  const ask = inquirer.createPromptModule({ output: context.around.stderr });
  const { text } = await ask([{ type: 'input', name: 'text', message, ...lookOf(context) }]);
  return String(text).trim();
}
