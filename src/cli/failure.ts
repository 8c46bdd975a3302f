// What went wrong unexpectedly, for a log: where it happened, and nothing that somebody sent.
import { safe } from './escape.ts';

/**
 * Lines about a failure. What the error itself says may repeat what was sent or stored, so that it is told only where
 * somebody asked for it by --debug.
 */
export function failureLines(error: unknown, debug: boolean): string {
  const { name, code, stack = '' } = (error ?? {}) as Error & { code?: unknown };
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  const said = debug
    ? stack.split('\n')
    : [`${name ?? 'Error'}${typeof code === 'string' ? ` (${code})` : ''}`, ...frames];
  return said
    .map((line, index) => `${index === 0 ? 'twofa: a request failed: ' : ''}${safe(line)}\n`)
    .join('');
}
