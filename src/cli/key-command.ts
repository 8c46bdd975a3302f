// The key ring from a command: run without a shell when it is needed, its output read as a key file.
import { execFileSync } from 'node:child_process';
import { TwofaError } from '../errors.ts';
import type { Keyring } from '../rules/keyring.ts';
import { lostKeyHint, nextKeyId, readRing } from './key-ring.ts';
import type { KeySource } from './key-source.ts';

const timeoutMs = 10_000;
const outputBytesMax = 1024 * 1024;

function why(error: NodeJS.ErrnoException & { status?: number | null; signal?: string | null }): string {
  if (error.code === 'ETIMEDOUT') return `did not end within ${timeoutMs / 1000} seconds`;
  if (error.code === 'ENOBUFS') return 'printed more than a key ring';
  if (error.code !== undefined) return `cannot be run (${error.code})`;
  return `failed (${error.status ?? error.signal})`;
}

/**
 * Runs the command and reads the ring that it prints. Neither its output nor its arguments are ever shown.
 * @throws TwofaError `key-unavailable`
 */
export function readKeyCommand([program, ...args]: readonly [string, ...string[]]): Keyring {
  const place = `The key command ${program}`;
  let text: string;
  try {
    text = execFileSync(program, args, {
      encoding: 'utf8',
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: outputBytesMax,
      stdio: ['ignore', 'pipe', 'ignore'],
      shell: false,
    });
  } catch (error) {
    // The error itself has the output in it, and is therefore not kept as the cause.
    throw new TwofaError('key-unavailable', `${place} ${why(error as NodeJS.ErrnoException)}.`, {
      hint: `Run it by hand to see what it says, and correct keyCommand. ${lostKeyHint}`,
    });
  }
  return readRing(`${place} prints no key ring of twofa.`, text).keyring;
}

function keptElsewhere(place: string, does: string): TwofaError {
  return new TwofaError('key-kept-elsewhere', `The key ring is kept where "${place}" reads it.`, {
    hint: `Add a key there, under an id of its own, make it "current" and leave the others; then ${does}.`,
  });
}

/** A ring behind a command: whoever keeps it adds the keys. */
export function keyCommandSource(command: readonly [string, ...string[]]): KeySource {
  const [place] = command;
  const read = () => readKeyCommand(command);
  return {
    place,
    read,
    create: read,
    rotate(_key, storeFingerprint) {
      if (read().current.fingerprint !== storeFingerprint) return;
      throw keptElsewhere(place, 'run "twofa db rotate-key" again, which makes the store know it');
    },
    replace(_key, used) {
      const keyring = read();
      if (used.includes(keyring.current.id)) {
        throw new TwofaError(
          'key-mismatch',
          `The key ring that "${place}" prints calls its current key ${keyring.current.id}, as the lost one was called.`,
          { hint: `Give it another id: ${nextKeyId(used)} is free.` },
        );
      }
      return { keyring, keep: () => null };
    },
  };
}
