// twofa db restore
import type { Command } from 'commander';
import { TwofaError } from '../../../errors.ts';
import { count } from '../../describe.ts';
import type { Run } from '../../run.ts';

interface Restored {
  lost: { from: number; to: number; until: string } | null;
  codesEnded: number;
  locationsEnded: number;
  recoveryCodesVoided: number;
  tokensRevoked: number;
  changed: boolean;
}

const more = `
A store that is an older copy of itself refuses sign-ins and every change, since locks,
revocations and changed contact data may be missing from it. Put the newest copy back
if there is one. Otherwise its owner accepts it as it is: all outstanding codes and
trusted locations end, all recovery codes are void, since used or renewed ones would
work again, every token but the owner's own is revoked, and the audit trail says which
events are lost. Users who were locked in the meantime are not locked. The accounts'
System Administrators get tokens again, and make new recovery codes with
"twofa recovery renew".`;

export function restore(program: Command, run: Run): void {
  program
    .command('restore')
    .description(
      'accept a store that was put back to an older copy: ends all codes, recovery codes, trust and tokens',
    )
    .option('--accept', 'accept the store as it is now')
    .requiredOption('--reason <text>', 'why; kept in the audit trail')
    .addHelpText('after', more)
    .action(
      run(async ({ request, out }, { accept, reason }: { accept?: true; reason: string }) => {
        if (!accept) {
          throw new TwofaError('missing-option', 'It was not said that the store is accepted as it is.', {
            hint: 'Read "twofa db restore --help"; then add --accept.',
            details: { field: 'accept' },
          });
        }
        const result = await request<Restored>('db.restore', { accept, reason });
        const { lost, codesEnded, locationsEnded, recoveryCodesVoided, tokensRevoked } = result;
        await out.document(result, () =>
          lost === null
            ? ['The store is the newest that this machine knows; nothing was changed.']
            : [
                `${out.paint.green('✓')} The store is accepted. Lost, as far as this machine knew: events ${lost.from} to ${lost.to}, until ${lost.until}.`,
                `Ended: ${count(codesEnded, 'code')}, ${count(locationsEnded, 'trusted location')}, ${count(recoveryCodesVoided, 'recovery code')}, ${count(tokensRevoked, 'token')}.`,
                "Make everyone else's tokens again; look which users were locked or deactivated meanwhile.",
                ...(recoveryCodesVoided > 0
                  ? ['System Administrators make their recovery codes again: twofa recovery renew']
                  : []),
              ],
        );
      }),
    );
}
