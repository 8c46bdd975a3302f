// twofa db rekey
import type { Command } from 'commander';
import { TwofaError } from '../../../errors.ts';
import { count } from '../../describe.ts';
import { safe } from '../../escape.ts';
import type { Rekeyed } from '../../lost-key.ts';
import type { Out } from '../../out.ts';
import type { Context, Run } from '../../run.ts';

interface RekeyOptions {
  lostKey: true;
  reason: string;
  confirm?: string;
}

const word = 'rekey';

const price = [
  'Nothing that the lost key sealed can be proved any more, for ever:',
  '  every chain of the audit trail is closed by a marked break, and goes on under another key;',
  '  rows are taken as they are now, whoever wrote them;',
  '  all outstanding codes, trusted locations, access tokens and recovery codes end.',
  'Locks, attempts and 2FA stay as they are. Restore the key from a backup if there is one.',
];

const more = `
${price.join('\n')}

It asks for no token: whoever can write the files of the installation is its owner.
The new owner's token is stored as the profile "owner"; everyone else's has to be
made again. A key file that is not the store's is put aside, never removed. From
then on "twofa audit verify" finds every change again, also of the events before
the break; what was changed before it, nobody can find.`;

function wrongWord(): TwofaError {
  return new TwofaError('confirmation-mismatch', `That is not the word "${word}"; nothing was changed.`, {
    details: { field: 'confirm' },
  });
}

/** @throws TwofaError unless the word was given, or is typed on a terminal. */
async function confirm(context: Context, given: string | undefined): Promise<void> {
  if (given !== undefined) {
    if (given !== word) throw wrongWord();
    return;
  }
  if (!context.mayAsk) {
    throw new TwofaError('missing-option', 'It was not confirmed that the key is lost.', {
      hint: `Read "twofa db rekey --help"; then add --confirm ${word}.`,
      details: { field: 'confirm' },
    });
  }
  for (const line of price) context.out.say(line);
  const { askText } = await import('../../prompt.ts');
  if ((await askText(context, `Type the word ${word} to go on without the key:`)) !== word) throw wrongWord();
}

function resultLines(out: Out, { ended, ...result }: Rekeyed): string[] {
  const unfitting =
    result.unfitting === 0
      ? []
      : [
          out.paint.red(
            `! ${count(result.unfitting, 'chain')} did not fit the row: somebody had removed or added events.`,
          ),
        ];
  const aside =
    result.putAside === null ? [] : [`The key file that was there is now ${safe(result.putAside)}`];
  return [
    `${out.paint.green('✓')} The key is ${result.key} from now on. Back it up, apart from the database: ${safe(result.keptAt)}`,
    ...aside,
    `Ended: ${count(ended.codes, 'code')}, ${count(ended.locations, 'trusted location')}, ${count(ended.tokens, 'token')}, ${count(ended.recoveryCodes, 'recovery code')}.`,
    `${count(result.unproved, 'event')} of ${count(result.accounts, 'account')} and ${count(result.users, 'user')} cannot be checked any more.`,
    ...unfitting,
    `You are the owner, by the profile ${result.profile}. Make everyone else's tokens again.`,
  ];
}

export function rekey(program: Command, run: Run): void {
  program
    .command('rekey')
    .description('go on after the key is lost: ends all codes and tokens, and breaks the audit trail')
    .requiredOption('--lost-key', 'say that the key is lost, and that no backup has it')
    .requiredOption('--reason <text>', 'how it was lost; kept in the audit trail')
    .option(`--confirm <word>`, `the word "${word}", in place of typing it`)
    .addHelpText('after', more)
    .action(
      run(async (context, options: RekeyOptions) => {
        const { checkReason, goOnWithoutKey, lostKeyOf } = await import('../../lost-key.ts');
        checkReason(options.reason);
        await lostKeyOf(context.parts);
        await confirm(context, options.confirm);
        const { withSpinner } = await import('../../spinner.ts');
        const result = await withSpinner(context, 'Closing the chains of the audit trail', () =>
          goOnWithoutKey(context.parts, options.reason),
        );
        await context.out.document(result, () => resultLines(context.out, result));
      }),
    );
}
