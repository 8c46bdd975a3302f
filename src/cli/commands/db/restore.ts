// twofa db restore
import type { Command } from 'commander';
import type { Restored } from '../../../actions/restore.ts';
import { TwofaError } from '../../../errors.ts';
import type { RestoreResult } from '../../restore-lines.ts';
import type { Context, Run } from '../../run.ts';

const more = `
Stop the applications first. FILE is a backup made by "twofa db backup" (SQLite). It is
examined, and takes the place of the store at once or not at all; the store that was
there is kept beside it under a dated name. A program that still runs finds the backup
at its next step, and is refused.

A store that was put back refuses sign-ins and every change, since locks, revocations
and changed contact data may be missing from it. Its owner accepts it as it is, with
--accept: all outstanding codes and trusted locations end, all recovery codes are void,
since used or renewed ones would work again, every token but the owner's own is
revoked, and the audit trail says which events are lost. The accounts' System
Administrators get tokens again, and make new recovery codes with "twofa recovery
renew".

--replay takes an export that "twofa audit export" wrote after the backup: what bars and
ends is done again (2FA turned on, locks, used attempts, deactivations, revocations of
tokens); a reactivation is not, so that whoever was locked in the backup stays locked.
Whatever else happened is lost, and said. An export that was changed, cut off or is of
another store is refused, with its line, before anything is changed.

A store that was put back by other means is recognised where this machine knew newer
events. Elsewhere, as after pg_restore, say so with --mark.

--as-staging makes a copy, in a home of its own with a copy of the key, from which no
message ever leaves: all of them go to its outbox, whatever is configured. Codes,
recovery codes, trust and all tokens end; its owner is the profile that is said.
Contact data stays in it in clear.

The caller is an owner, by the store that is there; where there is none, by the key.
Where the backup does not know their token, another is made in a profile of its own.

  twofa db restore 2026-03-01.sqlite
  twofa db restore --replay audit.ndjson --accept --reason 'the disk failed'
  TWOFA_HOME=/srv/staging twofa db restore 2026-03-01.sqlite --as-staging`;

interface Options {
  accept?: true;
  mark?: true;
  replay?: string;
  asStaging?: true;
  reason?: string;
  confirm?: string;
}

function missing(field: string, message: string, hint: string): TwofaError {
  return new TwofaError('missing-option', message, { hint, details: { field } });
}

/** @throws TwofaError for options that make no sense together. */
function checkOptions(file: string | undefined, { accept, mark, replay, asStaging, reason }: Options): void {
  if (file === undefined && !accept && !mark && replay === undefined) {
    throw missing(
      'accept',
      'It was not said what to restore, nor that the store is accepted as it is.',
      'Read "twofa db restore --help"; then name a backup, or add --accept.',
    );
  }
  if (accept && reason === undefined) {
    throw missing(
      'reason',
      'It was not said why the store is accepted.',
      'Add --reason TEXT: it is kept in the audit trail.',
    );
  }
  const usage = (message: string) => new TwofaError('usage', message);
  if (file !== undefined && mark) throw usage('A backup that is put back here needs no --mark.');
  if (asStaging && replay !== undefined) throw usage('A copy for staging has nothing done again in it.');
  if (asStaging && file === undefined && !mark)
    throw usage('--as-staging goes with a backup, or with --mark.');
}

/** What typing the word is to prevent: that the store in use is replaced, or made useless, by accident. */
const prices = {
  restore:
    'Sign-ins stop until the store is accepted, which ends all codes, trust, recovery codes and tokens.',
  staging: 'This store never sends a message again, and nobody can take that back.',
};

/** @throws TwofaError unless the word was given, or is typed on a terminal. */
async function confirm(
  context: Context,
  given: string | undefined,
  word: keyof typeof prices,
): Promise<void> {
  const wrong = () =>
    new TwofaError('confirmation-mismatch', `That is not the word "${word}"; nothing was changed.`, {
      details: { field: 'confirm' },
    });
  if (given !== undefined) {
    if (given !== word) throw wrong();
    return;
  }
  if (!context.mayAsk)
    throw missing('confirm', 'It was not confirmed.', `${prices[word]} Add --confirm ${word}.`);
  context.out.say(prices[word]);
  const { askText } = await import('../../prompt.ts');
  if ((await askText(context, `Type the word ${word} to go on:`)) !== word) throw wrong();
}

/** Makes a request of the store as it is now, with the token that was made for it where one was. */
async function requestNow(
  { around, common, out, parts }: Context,
  secret: string | null,
  options: Record<string, unknown>,
): Promise<Restored> {
  const { compose } = await import('../../compose.ts');
  const { perform } = await import('../../../actions/perform.ts');
  // What this process knows of the store that was there does not count any more.
  const now = compose(around, common, (text) => out.say(text));
  try {
    const { auditExport } = parts.services;
    const services = auditExport ? { ...now.services, auditExport } : now.services;
    const credential = secret === null ? now.credential : async () => secret;
    return (await perform(services, credential, { do: 'db.restore', ...options })).result as Restored;
  } finally {
    await now.close();
  }
}

async function putBack(context: Context, file: string, options: Options) {
  const { parts } = context;
  const { placeOf, presentStore, restoreBackup } = await import('../../restoring.ts');
  const { withSpinner } = await import('../../spinner.ts');
  const present = await presentStore(parts, placeOf(await parts.databaseUrl()));
  const giveUp = new AbortController();
  context.onInterrupt(() => giveUp.abort());
  const restoring = {
    file,
    staging: options.asStaging ?? false,
    reason: options.reason ?? null,
    auditExport: parts.services.auditExport ?? null,
    watch: { signal: giveUp.signal },
  };
  return restoreBackup(parts, restoring, present, async (put) => {
    if (present.state !== 'none') await confirm(context, options.confirm, 'restore');
    return withSpinner(context, 'Putting the backup in its place', () => {
      if (present.state !== 'usable') return put();
      parts.services.replacement = put;
      return context.request('db.restore', { replace: true });
    });
  });
}

/** Says of a store that it was put back; by the key, where it does not know the caller's token. */
async function mark(context: Context, options: Options, request: Record<string, unknown>): Promise<Restored> {
  await confirm(context, options.confirm, options.asStaging ? 'staging' : 'restore');
  const unknown = new Set(['token-invalid', 'not-signed-in']);
  try {
    return await context.request<Restored>('db.restore', { ...request, mark: true });
  } catch (error) {
    if (!(error instanceof TwofaError) || !unknown.has(error.code)) throw error;
    const { markByKey } = await import('../../restored-owner.ts');
    const { profile, secret } = await markByKey(context.parts, options.reason ?? null);
    context.out.say(`The store does not know your token. You are its owner, by the profile ${profile}.`);
    return requestNow(context, secret, { ...request, mark: true });
  }
}

async function restoreStore(
  context: Context,
  file: string | undefined,
  options: Options,
): Promise<RestoreResult> {
  const { accept, replay, asStaging } = options;
  if (replay !== undefined) {
    const { exportFile } = await import('../../export-file.ts');
    context.parts.services.auditExport = exportFile(replay);
  }
  const staging = asStaging ?? false;
  const reason = options.reason ?? (staging ? 'a copy for staging' : undefined);
  const request = {
    ...(accept || staging ? { accept: true } : {}),
    ...(replay === undefined ? {} : { replay: true }),
    ...(reason === undefined ? {} : { reason }),
  };
  if (file === undefined) {
    const result = options.mark
      ? await mark(context, options, { ...request, ...(staging ? { staging } : {}) })
      : await context.request<Restored>('db.restore', request);
    return { ...result, restored: null, staging };
  }
  const {
    putBack: restored,
    secret,
    ended,
  } = await putBack(context, file, {
    ...options,
    ...(reason ? { reason } : {}),
  });
  const result = await requestNow(context, secret, staging ? {} : request);
  return { ...result, ...(ended ? { ...ended, accepted: true } : {}), restored, staging, changed: true };
}

export function restore(program: Command, run: Run): void {
  program
    .command('restore')
    .argument('[file]', 'a backup that "twofa db backup" made')
    .description('put a backup in the place of the store; accept a store that was put back')
    .option('--accept', 'accept the store as it is: ends all codes, recovery codes, trust and tokens')
    .option(
      '--replay <export>',
      'do again what an export of the audit trail tells of the time after the backup',
    )
    .option('--mark', 'say that this store was put back by other means, such as pg_restore')
    .option('--as-staging', 'make a copy that can send nothing, for ever')
    .option('--reason <text>', 'why; kept in the audit trail')
    .option(
      '--confirm <word>',
      'the word "restore", in place of typing it ("staging" for --mark --as-staging)',
    )
    .addHelpText('after', more)
    .action(
      run(async (context, file: string | undefined, options: Options) => {
        checkOptions(file, options);
        const { restoreLines } = await import('../../restore-lines.ts');
        const result = await restoreStore(context, file, options);
        await context.out.document(result, () => restoreLines(context.out, result));
      }),
    );
}
