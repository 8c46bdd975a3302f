// Why a store is not copied, and what is left of a copy that failed.
import type { TrailVerdict } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import type { Content } from './copy-target.ts';
import { namedDatabase, postgresError } from './postgres-connect.ts';

export function notEmpty(url: string, { words }: Content): TwofaError {
  return new TwofaError('store-exists', `The database ${namedDatabase(url)} is not empty: it has ${words}.`, {
    hint: 'Make another database for the copy: createdb. Nothing was changed in this one.',
  });
}

/** Of a store whose seal is not taken off, since there would be two of it then. */
export function copyIsThere(url: string): TwofaError {
  const at = namedDatabase(url);
  return new TwofaError(
    'store-exists',
    `The copy is in ${at}: that is the store, and the source stays sealed.`,
    {
      hint: 'Users may have used attempts in it. Name it in TWOFA_DATABASE_URL, or as "database" in the configuration.',
    },
  );
}

/** Of a store that moves, or has moved, to another place than the one that was asked for. */
export function movesElsewhere(movedTo: string): TwofaError {
  return new TwofaError('store-moved', `The store moves to ${movedTo}, or is there already.`, {
    hint: 'Go on with a URL of that database; with --undo as well, the source is the store again, unless the copy is there.',
    details: { movedTo },
  });
}

export function trailBroken({ firstBroken }: TrailVerdict, where: string): TwofaError {
  const { subject, seq, reason } = firstBroken ?? { subject: '', seq: null, reason: '' };
  return new TwofaError('audit-broken', `The audit trail of ${where} is broken, at ${subject}: ${reason}.`, {
    hint: 'A store whose trail is broken is not copied. "twofa audit verify" says what is broken.',
    details: { subject, seq },
  });
}

export function differs(table: string, to: string): TwofaError {
  return new TwofaError('copy-differs', `The rows of ${table} in ${to} are not those of the source.`, {
    hint: 'Something changes what is in that database: look for triggers and rules that twofa did not make, and ask who writes to it.',
    details: { table },
  });
}

/** @throws TwofaError `store-incompatible` for a source that a newer twofa has expanded. */
export function requireSameMigrations(source: readonly string[], target: readonly string[]): void {
  const unknown = source.filter((name) => !target.includes(name));
  if (unknown.length === 0) return;
  throw new TwofaError(
    'store-incompatible',
    'A newer twofa has expanded the store; that one has to copy it.',
    {
      hint: 'Update twofa on this machine.',
      details: { unknown },
    },
  );
}

const goOn =
  'The source is sealed: run the same command again to go on, or with --undo as well to stay in the source.';

/** What is said of a failure once the source is sealed. What was sent and not committed, the server undoes. */
export function failedSealed(error: unknown, url: string): unknown {
  const said = postgresError(error, url);
  if (!(said instanceof TwofaError)) {
    const why = (said as Error).message.replace(/\.$/, '');
    const message = `The copy in ${namedDatabase(url)} could not be made: ${why}.`;
    return new TwofaError('store-unavailable', message, { hint: goOn, cause: error });
  }
  if (said.code === 'store-moved') return said;
  const { code, message, hint, details } = said;
  const more = { hint: hint === null ? goOn : `${hint} ${goOn}`, cause: error };
  return new TwofaError(code, message, details === null ? more : { ...more, details });
}
