// Compares the recovery codes that work with what the heads of their accounts seal of them.
import { workingCodesDigest } from '../rules/recovery-code.ts';
import { type Row, text, textOrNull } from './rows.ts';
import type { TrailSource } from './verify.ts';
import type { Broken } from './walked-chain.ts';

/** The codes of one account, and what its row keeps of them. */
interface Kept {
  kid: string;
  sealed: string | null;
  digests: string[];
}

function brokenOf({ kid, sealed, digests }: Kept): Broken | null {
  if (workingCodesDigest(digests) === sealed) return null;
  const reason = 'a recovery code was added, removed or revived';
  return { subject: `account:${kid}`, seq: null, reason };
}

function begin(row: Row): Kept {
  return { kid: text(row, 'kid'), sealed: textOrNull(row, 'sealed'), digests: [] };
}

/** The first account whose codes that work are not those that were made, or null. */
export async function recoveryBroken(source: TrailSource, kid: string | null): Promise<Broken | null> {
  const query = `SELECT accounts.kid, accounts.recovery_codes AS sealed, codes.digest FROM accounts
    LEFT JOIN recovery_codes AS codes ON codes.account_kid = accounts.kid AND used_at IS NULL AND void_at IS NULL
    WHERE (codes.digest IS NOT NULL OR accounts.recovery_codes IS NOT NULL)
    ${kid === null ? '' : 'AND accounts.kid = :kid'} ORDER BY accounts.kid`;
  let kept: Kept | null = null;
  for await (const rows of source.rows(query, kid === null ? {} : { kid })) {
    for (const row of rows) {
      if (kept?.kid !== text(row, 'kid')) {
        const broken = kept && brokenOf(kept);
        if (broken) return broken;
        kept = begin(row);
      }
      const digest = textOrNull(row, 'digest');
      if (digest !== null) kept.digests.push(digest);
    }
  }
  return kept && brokenOf(kept);
}
