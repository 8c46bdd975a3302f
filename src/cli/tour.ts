// Walks through the lifecycle: each step a real command of this program, with its real output.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TwofaError } from '../errors.ts';
import type { Context } from './run.ts';
import { chapters, type Step, sampleRoster } from './tour-script.ts';

interface Ran {
  exit: number;
  output: string;
}

/** The environment of the tour's commands: nothing of an installation of one's own. */
function cleanEnvironment(env: NodeJS.ProcessEnv, home: string, colored: boolean): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('TWOFA_'));
  return { ...Object.fromEntries(kept), TWOFA_HOME: home, FORCE_COLOR: colored ? '1' : '0' };
}

function runStep(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv, input: string): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [process.argv[1] ?? '', ...args], { cwd, env, stdio: 'pipe' });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', reject);
    child.on('close', (exit) => resolve({ exit: exit ?? 1, output }));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/** The code that a user was sent last, from the sandbox's outbox; or a code that is surely another. */
function codeFor(home: string, { of, right }: { of: string; right: boolean }): string {
  const lines = readFileSync(join(home, 'outbox.ndjson'), 'utf8').trim().split('\n');
  const texts = lines
    .map((line) => JSON.parse(line) as { user: string; text: string })
    .flatMap((each) => (each.user === of ? [each.text] : []));
  const code = texts.findLast((text) => /^[0-9]{6}\b/.test(text))?.slice(0, 6);
  if (code === undefined) throw new Error(`The outbox has no code for ${of}.`);
  return right ? code : String((Number(code) + 1) % 1_000_000).padStart(6, '0');
}

function quoted(argument: string): string {
  return /^[A-Za-z0-9@%+=:,./_-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

function shownCommand(step: Step): string {
  const command = `twofa ${step.args.map(quoted).join(' ')}`;
  if (!step.code) return command;
  return `${step.code.right ? 'echo "$CODE"' : 'echo "$WRONG_CODE"'} | ${command}`;
}

/**
 * Takes the tour in a temporary home, which is removed afterwards.
 * @returns 0. @throws TwofaError `unexpected-failure` when a step ends otherwise than it should.
 */
export async function takeTour({ out, around, onInterrupt }: Context): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), 'twofa-tour-'));
  const { paint } = out;
  const env = cleanEnvironment(around.env, home, paint.bold('x') !== 'x');
  let interrupted = false;
  onInterrupt(() => {
    interrupted = true;
  });
  try {
    writeFileSync(join(home, 'roster.csv'), sampleRoster);
    for (const [index, chapter] of chapters.entries()) {
      await out.write(`\n${paint.bold(`${index + 1}. ${chapter.title}`)}\n`);
      for (const step of chapter.steps) {
        await out.write(`\n${step.says ? `${step.says}\n` : ''}${paint.green('$')} ${shownCommand(step)}\n`);
        const ran = await runStep(step.args, home, env, step.code ? `${codeFor(home, step.code)}\n` : '');
        await out.write(ran.output);
        if (interrupted)
          throw new TwofaError('interrupted', 'Interrupted; the temporary home of the tour was removed.');
        if (ran.exit !== 0) await out.write(paint.dim(`(exit ${ran.exit})\n`));
        if (ran.exit !== step.exit) {
          throw new TwofaError(
            'unexpected-failure',
            `The tour expected exit ${step.exit} of this command, not ${ran.exit}.`,
          );
        }
      }
    }
    await out.write(
      `\n${paint.bold('That was the whole lifecycle.')} Begin with your own data: twofa init, then twofa help.\n`,
    );
    return 0;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
