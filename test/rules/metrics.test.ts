// What events are counted as, what is measured by them, and the text in which Prometheus reads it.
import { describe, expect, test } from 'vitest';
import { type EventCount, EventTally, kindOf } from '../../src/rules/event-kind.ts';
import { expositionOf, type Measured, metricNames, metricsOf } from '../../src/rules/metrics.ts';
import { nothing } from './measured.ts';

const kind = (action: string, outcome = 'ok', details: object = {}) =>
  kindOf({ action, outcome, details: JSON.stringify(details) });

describe('the kind of an event', () => {
  test('is its action and outcome', () => {
    expect(kind('login.granted', 'ok', { app: 'platform', ip: '203.0.113.7' })).toEqual({
      action: 'login.granted',
      outcome: 'ok',
      via: '',
      said: '',
    });
  });

  test.each([
    ['code.issued', 'ok', { via: 'sms', app: 'pm' }, 'sms', ''],
    ['code.sent', 'ok', { via: 'email', status: 'accepted', reason: null }, 'email', 'accepted'],
    ['code.undelivered', 'failed', { via: 'sms', reason: 'no such phone' }, 'sms', ''],
    ['login.refused', 'refused', { result: 'locked' }, '', 'locked'],
    ['code.rejected', 'refused', { why: 'locked' }, '', 'locked'],
    ['code.refused', 'refused', { why: 'too-many-codes' }, '', 'too-many-codes'],
    ['code.rejected', 'failed', { why: 'wrong', via: 'sms' }, '', ''],
    ['code.sent', 'ok', {}, '', ''],
  ])('of %s (%s) has what tells its answers apart', (action, outcome, details, via, said) => {
    expect(kind(action, outcome, details)).toEqual({ action, outcome, via, said });
  });

  test('is tallied once for each', () => {
    const tally = new EventTally();
    tally.add(kind('login.granted'));
    tally.add(kind('login.granted'), 4);
    tally.add(kind('login.challenged'));
    expect(tally.counts.map(({ action, count }) => [action, count])).toEqual([
      ['login.granted', 5],
      ['login.challenged', 1],
    ]);
  });
});

/** The samples of a metric as lines without its name. */
function samplesOf(measured: Partial<Measured>, name: string): string[] {
  const metric = metricsOf({ ...nothing, ...measured }).find((each) => each.name === name);
  if (!metric) throw new Error(`There is no metric ${name}.`);
  return expositionOf([metric])
    .trimEnd()
    .split('\n')
    .slice(2)
    .map((line) => line.slice(name.length).trim());
}

const count = (count: number, ...of: Parameters<typeof kind>): EventCount => ({ ...kind(...of), count });

describe('what is measured', () => {
  const events = [
    count(5, 'login.granted'),
    count(7, 'login.challenged'),
    count(2, 'login.refused', 'refused', { result: 'locked' }),
    count(1, 'login.refused', 'refused', { result: 'inactive' }),
    count(9, 'code.verified'),
    count(6, 'code.rejected', 'failed', { why: 'wrong' }),
    count(3, 'code.rejected', 'refused', { why: 'locked' }),
    count(4, 'code.rejected', 'refused', { why: 'inactive' }),
    count(1, 'code.rejected', 'refused', { why: 'not-enabled' }),
    count(1, 'user.locked', 'failed'),
    count(8, 'code.issued', 'ok', { via: 'sms' }),
    count(7, 'code.sent', 'ok', { via: 'sms', status: 'accepted' }),
    count(6, 'code.sent', 'ok', { via: 'sms', status: 'delivered' }),
    count(1, 'code.undelivered', 'failed', { via: 'sms' }),
  ];

  test.each<[string, string[]]>([
    [
      'twofa_logins_total',
      ['{result="granted"} 5', '{result="challenge"} 7', '{result="locked"} 2', '{result="inactive"} 1'],
    ],
    [
      'twofa_code_verifications_total',
      ['{result="verified"} 9', '{result="rejected"} 6', '{result="locked"} 4', '{result="inactive"} 4'],
    ],
    ['twofa_failures_total', ['7']],
    ['twofa_lockouts_total', ['1']],
    ['twofa_codes_issued_total', ['{via="email"} 0', '{via="sms"} 8']],
    ['twofa_trail_events', ['61']],
  ])('%s', (name, expected) => {
    expect(samplesOf({ events }, name)).toEqual(expected);
  });

  test('how far the standby is behind, where one is read', () => {
    expect(samplesOf({ standbyBehindMs: 1500 }, 'twofa_standby_lag_seconds')).toEqual(['1.5']);
    expect(samplesOf({ standbyBehindMs: null }, 'twofa_standby_lag_seconds')).toEqual([]);
  });

  test('what became of messages, by channel and outcome', () => {
    const samples = samplesOf({ events }, 'twofa_code_messages_total');
    expect(samples).toHaveLength(8);
    expect(samples.filter((line) => !line.endsWith(' 0'))).toEqual([
      '{via="sms",outcome="accepted"} 7',
      '{via="sms",outcome="delivered"} 6',
      '{via="sms",outcome="undelivered"} 1',
    ]);
  });

  test('a task that was never done has no time', () => {
    const done = { maintain: 1_772_442_000_999, prune: null, checkpoint: 1000 };
    expect(samplesOf({ done }, 'twofa_task_timestamp_seconds')).toEqual([
      '{task="maintain"} 1772442000',
      '{task="checkpoint"} 1',
    ]);
  });

  test('every metric is named as Prometheus would have it, each once', () => {
    expect(new Set(metricNames).size).toBe(metricNames.length);
    for (const { name, type } of metricsOf(nothing)) {
      expect(name).toMatch(/^twofa_[a-z]+(_[a-z]+)*$/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
    }
  });
});

describe('the text', () => {
  test('has a help and a type for each metric, and ends with a line break', () => {
    const metric = {
      name: 'twofa_x',
      type: 'gauge',
      help: 'Some',
      samples: [{ labels: {}, value: 1.5 }],
    } as const;
    expect(expositionOf([{ ...metric, samples: [...metric.samples] }])).toBe(
      '# HELP twofa_x Some\n# TYPE twofa_x gauge\ntwofa_x 1.5\n',
    );
  });

  test('escapes what would end a label or a line', () => {
    const samples = [{ labels: { a: 'quote " back \\ line \n end' }, value: 1 }];
    expect(expositionOf([{ name: 'twofa_x', type: 'gauge', help: 'one \\ two\nthree', samples }])).toBe(
      '# HELP twofa_x one \\\\ two\\nthree\n# TYPE twofa_x gauge\ntwofa_x{a="quote \\" back \\\\ line \\n end"} 1\n',
    );
  });
});
