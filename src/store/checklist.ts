// The counts behind the checklist, in SQL over one account.
import type { ChecklistFacts, Finding } from '../rules/checklist.ts';
import { reachableProofMs } from '../rules/constants.ts';
import { int, text } from './rows.ts';
import { type Session, sql } from './session.ts';

/** Usernames shown with a finding at the most; its count is exact. */
const shownUsers = 100;

const repeated = (column: string) =>
  `${column} IN (SELECT ${column} FROM users WHERE account_kid = :kid AND active AND ${column} IS NOT NULL
     GROUP BY ${column} HAVING count(*) > 1)`;

/** The condition on an active user's row under which a finding names the user. */
const conditions = {
  emailMissing: 'email IS NULL',
  emailInvalid: 'email_problem IS NOT NULL',
  emailRepeated: repeated('email_key'),
  phoneMissing: 'phone IS NULL',
  phoneInvalid: 'phone_problem IS NOT NULL',
  phoneShared: repeated('phone_key'),
  mailboxShared: 'looks_shared',
  unproven: `(email_proved_at IS NULL OR email_proved_at < :since OR phone_proved_at IS NULL OR phone_proved_at < :since)`,
} as const;

type FindingName = keyof typeof conditions;

async function usernames(
  session: Session,
  bindings: Record<string, unknown>,
  condition: string,
): Promise<string[]> {
  const found = await sql(
    session,
    `SELECT username FROM users WHERE account_kid = :kid AND active AND ${condition}
     ORDER BY username_key LIMIT ${shownUsers}`,
    bindings,
  );
  return found.map((row) => text(row, 'username'));
}

export async function checklistFacts(
  session: Session,
  kid: string,
): Promise<Omit<ChecklistFacts, 'delivery'>> {
  const bindings = { kid, since: session.now - reachableProofMs };
  const counted = Object.entries(conditions).map(
    ([name, condition]) => `sum(CASE WHEN ${condition} THEN 1 ELSE 0 END) AS "${name}"`,
  );
  const able = `system_administrator AND locked_at IS NULL AND email IS NOT NULL AND email_problem IS NULL
    AND phone IS NOT NULL AND phone_problem IS NULL`;
  const [counts = {}] = await sql(
    session,
    `SELECT count(*) AS "activeUsers", sum(CASE WHEN ${able} THEN 1 ELSE 0 END) AS "ableAdministrators",
       (SELECT count(*) FROM practices WHERE account_kid = :kid) AS practices, ${counted.join(', ')}
     FROM users WHERE account_kid = :kid AND active`,
    bindings,
  );
  const finding = async (name: FindingName): Promise<Finding> => {
    const count = int(counts, name);
    return { count, users: count === 0 ? [] : await usernames(session, bindings, conditions[name]) };
  };
  return {
    practices: int(counts, 'practices'),
    activeUsers: int(counts, 'activeUsers'),
    ableAdministrators: int(counts, 'ableAdministrators'),
    administrators: await usernames(session, bindings, 'system_administrator AND locked_at IS NULL'),
    emailMissing: await finding('emailMissing'),
    emailInvalid: await finding('emailInvalid'),
    emailRepeated: await finding('emailRepeated'),
    phoneMissing: await finding('phoneMissing'),
    phoneInvalid: await finding('phoneInvalid'),
    phoneShared: await finding('phoneShared'),
    mailboxShared: await finding('mailboxShared'),
    unproven: await finding('unproven'),
  };
}
