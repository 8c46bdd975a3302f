// The roll call by practice: how many users stand how by each channel.
import type { RollCallView } from '../actions/rollcall-status.ts';
import type { StandingState } from '../rules/check-word.ts';
import { foldKey } from '../rules/text.ts';
import { column } from './columns.ts';
import type { Column } from './out.ts';

type Counts = Record<'reachable' | 'called' | 'bounced' | 'notCalled' | 'noAddress', number>;

/** A practice and its active users; a user of several practices is counted in each. */
export interface RollCallSummary {
  /** Null for users of no practice. */
  practice: string | null;
  users: number;
  email: Counts;
  sms: Counts;
}

const countOf: Record<StandingState, keyof Counts> = {
  reachable: 'reachable',
  called: 'called',
  bounced: 'bounced',
  'not-called': 'notCalled',
  'no-address': 'noAddress',
};

const none = (): Counts => ({ reachable: 0, called: 0, bounced: 0, notCalled: 0, noAddress: 0 });

/** Counts the users of pages by practice, in the order of names. @param only the practice that was asked for. */
export async function summaryOf(
  pages: AsyncIterable<RollCallView[]>,
  only: string | undefined,
): Promise<RollCallSummary[]> {
  const found = new Map<string | null, RollCallSummary>();
  const wanted = only === undefined ? undefined : foldKey(only);
  for await (const page of pages) {
    for (const { practices, email, sms } of page) {
      for (const practice of practices.length === 0 ? [null] : practices) {
        if (wanted !== undefined && foldKey(practice ?? '') !== wanted) continue;
        const summary = found.get(practice) ?? { practice, users: 0, email: none(), sms: none() };
        summary.users += 1;
        summary.email[countOf[email.state]] += 1;
        summary.sms[countOf[sms.state]] += 1;
        found.set(practice, summary);
      }
    }
  }
  return [...found.values()].sort((a, b) => (a.practice ?? '').localeCompare(b.practice ?? '', 'en'));
}

function countColumns(via: 'email' | 'sms'): Column<RollCallSummary>[] {
  return [
    column(`${via} reachable`, `${via}_reachable`, (row) => row[via].reachable),
    column('called', `${via}_called`, (row) => row[via].called),
    column('bounced', `${via}_bounced`, (row) => row[via].bounced),
    column('not called', `${via}_not_called`, (row) => row[via].notCalled),
    column('no address', `${via}_no_address`, (row) => row[via].noAddress),
  ];
}

export const summaryColumns: Column<RollCallSummary>[] = [
  column('practice', 'practice', (row) => row.practice),
  column('users', 'users', (row) => row.users),
  ...countColumns('email'),
  ...countColumns('sms'),
];
