// What is measured: each metric with what it means, and its numbers by the events that were counted and what there is.
import type { EventCount, EventKind } from './event-kind.ts';
import type { Instant } from './time.ts';

export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** A metric with its samples. No label holds an account, a name, an address or a user. */
export interface Metric {
  name: string;
  type: 'counter' | 'gauge';
  help: string;
  samples: Sample[];
}

/** How much there is of what somebody watches. */
export interface Gauges {
  accounts: { enabled: number; overdue: number };
  lockedUsers: number;
  openNotices: { pending: number; undelivered: number; unknown: number };
  /** Messages whose outcome is not recorded: on their way, or cut short. */
  pendingMessages: number;
  /** What the database takes, in bytes. */
  storeBytes: number;
  /** How far what is read is behind the primary; null where it is the primary. */
  standbyBehindMs: number | null;
}

export interface Measured extends Gauges {
  events: readonly EventCount[];
  expiringTokens: number;
  /** When a task was done last; null for never. */
  done: { maintain: Instant | null; prune: Instant | null; checkpoint: Instant | null };
}

type Of = Partial<EventKind>;

function counted(events: readonly EventCount[], ...kinds: Of[]): number {
  const fits = (event: EventCount) =>
    kinds.some((kind) => Object.entries(kind).every(([name, value]) => event[name as keyof Of] === value));
  return events.filter(fits).reduce((total, { count }) => total + count, 0);
}

const judged = { outcome: 'failed' };
const refused = { action: 'code.rejected', outcome: 'refused' };

const logins: Record<string, Of[]> = {
  granted: [{ action: 'login.granted' }],
  challenge: [{ action: 'login.challenged' }],
  locked: [{ action: 'login.refused', said: 'locked' }],
  inactive: [{ action: 'login.refused', said: 'inactive' }],
};

const verifications: Record<string, Of[]> = {
  verified: [{ action: 'code.verified' }],
  rejected: [{ action: 'code.rejected', ...judged }],
  locked: [{ action: 'user.locked' }, { ...refused, said: 'locked' }],
  inactive: [{ ...refused, said: 'inactive' }],
};

const channels = ['email', 'sms'];
const outcomes = ['accepted', 'delivered', 'undelivered', 'unknown'];

function outcomeOf(via: string, outcome: string): Of {
  return outcome === 'undelivered'
    ? { action: 'code.undelivered', via }
    : { action: 'code.sent', via, said: outcome };
}

function byLabel(label: string, values: Record<string, number>): Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}

const single = (value: number): Sample[] => [{ labels: {}, value }];

interface Definition {
  name: string;
  type: Metric['type'];
  help: string;
  samples(measured: Measured): Sample[];
}

function counter(name: string, help: string, samples: Definition['samples']): Definition {
  return { name: `twofa_${name}_total`, type: 'counter', help, samples };
}

function gauge(name: string, help: string, samples: Definition['samples']): Definition {
  return { name: `twofa_${name}`, type: 'gauge', help, samples };
}

function resultsOf(results: Record<string, Of[]>): Definition['samples'] {
  return ({ events }) =>
    Object.entries(results).map(([result, kinds]) => ({
      labels: { result },
      value: counted(events, ...kinds),
    }));
}

const definitions: readonly Definition[] = [
  counter('logins', 'Answers to sign-ins, by result', resultsOf(logins)),
  counter('code_verifications', 'Answers to codes, by result', resultsOf(verifications)),
  counter('failures', 'Codes that used an attempt', ({ events }) =>
    single(counted(events, { action: 'code.rejected', ...judged }, { action: 'user.locked' })),
  ),
  counter('lockouts', 'Users locked by their seventh failure', ({ events }) =>
    single(counted(events, { action: 'user.locked' })),
  ),
  counter('reactivations', 'Users given their attempts again', ({ events }) =>
    single(counted(events, { action: 'user.reactivated' })),
  ),
  counter('codes_issued', 'Codes made, by channel', ({ events }) =>
    channels.map((via) => ({ labels: { via }, value: counted(events, { action: 'code.issued', via }) })),
  ),
  counter(
    'code_messages',
    'What became of messages with codes; one that was accepted and later delivered counts as both',
    ({ events }) =>
      channels.flatMap((via) =>
        outcomes.map((outcome) => ({
          labels: { via, outcome },
          value: counted(events, outcomeOf(via, outcome)),
        })),
      ),
  ),
  counter('refused_calls', 'Calls that were refused to their operator', ({ events }) =>
    single(counted(events, { action: 'call.refused' })),
  ),
  gauge('messages_pending', 'Messages whose outcome is not recorded yet', ({ pendingMessages }) =>
    single(pendingMessages),
  ),
  gauge('notices_open', 'Notices by email that did not go out, or of which it is not known', (measured) =>
    byLabel('status', measured.openNotices),
  ),
  gauge('tokens_expiring', 'Access tokens that end within 14 days', ({ expiringTokens }) =>
    single(expiringTokens),
  ),
  gauge('users_locked', 'Users who are locked now', ({ lockedUsers }) => single(lockedUsers)),
  gauge('accounts', 'Accounts: with 2FA on, and without, which is overdue', ({ accounts }) =>
    byLabel('two_factor', accounts),
  ),
  gauge('trail_events', 'Events of the audit trail', ({ events }) =>
    single(events.reduce((total, { count }) => total + count, 0)),
  ),
  gauge('store_bytes', 'What the database takes', ({ storeBytes }) => single(storeBytes)),
  gauge(
    'standby_lag_seconds',
    'How far the standby that all of this is read from is behind; absent where it is of the primary',
    ({ standbyBehindMs }) => (standbyBehindMs === null ? [] : single(standbyBehindMs / 1000)),
  ),
  gauge(
    'task_timestamp_seconds',
    'When a task was last done without a failure; absent before the first time',
    ({ done }) =>
      Object.entries(done).flatMap(([task, at]) =>
        at === null ? [] : [{ labels: { task }, value: Math.floor(at / 1000) }],
      ),
  ),
];

/** The names of all metrics. */
export const metricNames: readonly string[] = definitions.map(({ name }) => name);

export function metricsOf(measured: Measured): Metric[] {
  return definitions.map(({ samples, ...metric }) => ({ ...metric, samples: samples(measured) }));
}

function escaped(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
}

function line(name: string, { labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(
    ([label, text]) => `${label}="${escaped(text).replace(/"/g, '\\"')}"`,
  );
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
}

/** The text in which Prometheus reads metrics, version 0.0.4. */
export function expositionOf(metrics: readonly Metric[]): string {
  return metrics
    .flatMap(({ name, type, help, samples }) => [
      `# HELP ${name} ${escaped(help)}`,
      `# TYPE ${name} ${type}`,
      ...samples.map((sample) => line(name, sample)),
    ])
    .map((text) => `${text}\n`)
    .join('');
}
