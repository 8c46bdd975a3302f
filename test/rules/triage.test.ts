// What a lockout looks like: each failure by its reason and place, and the whole by most of them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attemptsMax } from '../../src/rules/constants.ts';
import { type FailureLook, type SignInEvent, triage } from '../../src/rules/triage.ts';

const office = '203.0.113.7';
const elsewhere = '198.51.100.23';
const start = Date.parse('2026-03-02T09:00:00Z');
const known = new Set([office]);
const nowhere = new Set<string>();

type Details = Record<string, unknown>;

/** Events a second apart. */
function events(...list: (readonly [action: string, details?: Details, outcome?: string])[]): SignInEvent[] {
  return list.map(([action, details = {}, outcome = 'ok'], nth) => ({
    action,
    outcome,
    at: start + nth * 1000,
    details,
  }));
}

const wrong = (ip: string | null, why = 'wrong') =>
  ['code.rejected', { app: 'platform', ...(ip === null ? {} : { ip }), why }, 'failed'] as const;
const lock = (ip: string | null, why = 'wrong') =>
  ['user.locked', { app: 'platform', ...(ip === null ? {} : { ip }), why }, 'failed'] as const;
const times = <T>(number: number, each: T): T[] => Array.from({ length: number }, () => each);
const issued = (messageId: string, ip?: string) =>
  ['code.issued', { app: 'platform', via: 'sms', messageId, ...(ip ? { ip } : {}) }] as const;
const sent = (messageId: string, status = 'accepted') => ['code.sent', { messageId, status }] as const;
const undelivered = (messageId: string) =>
  ['code.undelivered', { messageId, status: 'undelivered' }, 'failed'] as const;
const verified = ['code.verified', { app: 'platform', ip: office }] as const;

function judge(
  list: SignInEvent[],
  knownPlaces: ReadonlySet<string>,
  contactChangedAt: number | null = null,
) {
  const { failures, assessment } = triage({ events: list, knownPlaces, contactChangedAt });
  return { looks: failures.map(({ looksLike }) => looksLike), failures, ...assessment };
}

describe('a lockout looks like', () => {
  test('mistyping, when wrong codes come from where the user has verified codes', () => {
    const { looks, ...found } = judge(
      events(issued('m'), sent('m'), ...times(6, wrong(office)), lock(office)),
      known,
    );
    expect(looks).toEqual(times(7, 'mistyped'));
    expect(found).toMatchObject({
      looksLike: 'mistyping',
      because: `7 of 7 failures are wrong codes from ${office}, where this user has verified codes before.`,
      passwordKnown: false,
    });
    expect(found.failures.at(-1)).toEqual({
      at: start + 8000,
      app: 'platform',
      ip: office,
      why: 'wrong',
      looksLike: 'mistyped',
    });
  });

  test.each(['expired', 'used'])('an older message, when the codes were the user’s: %s', (why) => {
    // Also from elsewhere: only who reads the user's messages has such a code.
    for (const ip of [office, elsewhere]) {
      const found = judge(events(...times(6, wrong(ip, why)), lock(ip, why)), known);
      expect(found).toMatchObject({ looksLike: 'older-code', passwordKnown: false });
      expect(found.because).toBe(
        "In 7 of 7 failures, it was a code of this user's that had expired or been used: an older message.",
      );
    }
  });

  test('messages that never arrived, when none is known to have gone out', () => {
    const list = events(
      issued('a'),
      undelivered('a'),
      issued('b'),
      sent('b', 'unknown'),
      issued('c'),
      ...times(6, wrong(office)),
      lock(office),
    );
    const found = judge(list, known, start);
    expect(found.looks).toEqual(times(7, 'never-arrived'));
    expect(found).toMatchObject({ looksLike: 'never-arrived', passwordKnown: false });
    expect(found.because).toBe(
      'In 7 of 7 failures, 3 of 3 messages with codes did not go out for all that is known (contact data last changed 2026-03-02T09:00:00.000Z).',
    );
  });

  test('messages that never arrived, when no code was outstanding at the usual address', () => {
    const found = judge(events(...times(6, wrong(office, 'none')), lock(office, 'none')), known);
    expect(found).toMatchObject({
      looksLike: 'never-arrived',
      because: 'In 7 of 7 failures, no code was outstanding.',
    });
  });

  test('one message that went out is enough for the codes after it to count as mistyped', () => {
    const list = events(
      issued('a'),
      undelivered('a'),
      wrong(office),
      issued('b'),
      sent('b'),
      ...times(5, wrong(office)),
      lock(office),
    );
    expect(judge(list, known).looks).toEqual(['never-arrived', ...times(6, 'mistyped')]);
  });

  test('a message that was said not to have arrived afterwards did not', () => {
    const list = events(issued('a'), sent('a'), wrong(office), undelivered('a'), lock(office));
    expect(judge(list, known).looks).toEqual(['never-arrived', 'never-arrived']);
  });

  test.each(['wrong', 'none'])(
    'guessing, when codes come from where the user never verified one: %s',
    (why) => {
      const list = events(issued('m'), sent('m'), ...times(6, wrong(elsewhere, why)), lock(elsewhere, why));
      expect(judge(list, known)).toMatchObject({
        looks: times(7, 'guess'),
        looksLike: 'guessing',
        because: `7 of 7 failures came within 6 seconds from ${elsewhere}, where this user never verified a code.`,
        passwordKnown: true,
      });
    },
  );

  test('guessing, when half of them, or the one that locked, do', () => {
    const half = [
      wrong(elsewhere),
      wrong(elsewhere),
      wrong(elsewhere),
      ...times(2, wrong(office)),
      lock(office),
    ];
    expect(judge(events(...half), known)).toMatchObject({ looksLike: 'guessing', passwordKnown: true });
    const last = [...times(6, wrong(office)), lock(elsewhere)];
    expect(judge(events(...last), known)).toMatchObject({
      looksLike: 'guessing',
      because: `1 of 7 failures came from ${elsewhere}, where this user never verified a code.`,
    });
  });

  test('nothing clear, when fewer do', () => {
    const few = [...times(3, wrong(elsewhere)), ...times(3, wrong(office)), lock(office)];
    expect(judge(events(...few), known)).toMatchObject({
      looks: [...times(3, 'guess'), ...times(4, 'mistyped')],
      looksLike: 'unclear',
      because: `3 of 7 failures came within 2 seconds from ${elsewhere}, where this user never verified a code; the others did not.`,
      passwordKnown: false,
    });
  });

  test('what most of them look like, the more frequent first', () => {
    const mixed = [...times(2, wrong(office)), ...times(4, wrong(office, 'expired')), lock(office)];
    expect(judge(events(issued('m'), sent('m'), ...mixed), known).looksLike).toBe('older-code');
    const tied = [...times(3, wrong(office, 'used')), ...times(2, wrong(office)), lock(office)];
    expect(judge(events(issued('m'), sent('m'), ...tied), known).looksLike).toBe('mistyping');
  });
});

describe('a user who has never verified a code', () => {
  const unsaid =
    'No code of this user was verified from an address before, so that none can be told to be theirs.';

  test('may have mistyped: a new address says nothing of them', () => {
    const list = events(issued('m', elsewhere), sent('m'), ...times(6, wrong(elsewhere)), lock(elsewhere));
    expect(judge(list, nowhere)).toMatchObject({
      looks: times(7, 'mistyped'),
      looksLike: 'unclear',
      because: unsaid,
    });
    const unasked = events(...times(6, wrong(elsewhere, 'none')), lock(elsewhere, 'none'));
    expect(judge(unasked, nowhere)).toMatchObject({
      looksLike: 'unclear',
      because: unsaid,
      passwordKnown: false,
    });
  });

  test('is guessed at from several addresses, though not from two', () => {
    const two = [wrong('2001:db8::1'), wrong('192.0.2.1'), lock('2001:db8::2')];
    expect(judge(events(...two), nowhere)).toMatchObject({ looksLike: 'unclear' });
    const four = [wrong('192.0.2.1'), wrong('192.0.2.2'), wrong('192.0.2.3'), lock('192.0.2.4')];
    expect(judge(events(...four), nowhere)).toMatchObject({
      looks: times(4, 'guess'),
      looksLike: 'guessing',
      because:
        '4 of 4 failures came within 3 seconds from 192.0.2.1, 192.0.2.2, 192.0.2.3, 1 more, where this user never verified a code.',
    });
  });

  test('is guessed at from where no code was asked for, when codes were asked for from elsewhere', () => {
    const list = events(issued('m', office), sent('m'), ...times(6, wrong(elsewhere)), lock(elsewhere));
    expect(judge(list, nowhere)).toMatchObject({ looks: times(7, 'guess'), looksLike: 'guessing' });
  });

  test('whose messages did not go out waits for them', () => {
    const list = events(
      issued('m'),
      undelivered('m'),
      ...times(6, wrong(office, 'none')),
      lock(office, 'none'),
    );
    expect(judge(list, nowhere)).toMatchObject({
      looksLike: 'never-arrived',
      because: 'In 7 of 7 failures, 1 of 1 messages with codes did not go out for all that is known.',
    });
  });
});

describe('what counts', () => {
  test('is what came after the last success or reactivation', () => {
    for (const fresh of [verified, ['user.reactivated', { from: 'locked' }] as const]) {
      const list = events(...times(3, wrong(elsewhere)), fresh, ...times(6, wrong(office)), lock(office));
      expect(judge(list, known).looks).toHaveLength(7);
      expect(judge(list, known).looksLike).toBe('mistyping');
    }
  });

  test('is no refusal to a user who was barred', () => {
    const barred = ['code.rejected', { app: 'platform', ip: elsewhere, why: 'locked' }, 'refused'] as const;
    const list = events(...times(6, wrong(office)), lock(office), barred, barred);
    expect(judge(list, known).looks).toHaveLength(7);
  });

  test('is the location, not the spelling of its address', () => {
    const places = new Set(['2001:db8:1:2::/64', '203.0.113.7']);
    const list = events(wrong('2001:db8:1:2:aaaa::9'), wrong('::ffff:203.0.113.7'), lock('2001:db8:1:2::1'));
    expect(judge(list, places).looks).toEqual(times(3, 'mistyped'));
  });

  test('is no entry without an address as a guess from one', () => {
    const list = events(...times(6, wrong(null)), lock(null));
    expect(judge(list, known)).toMatchObject({
      looks: times(7, 'mistyped'),
      looksLike: 'unclear',
      because: 'Of 7 of 7 failures, the trail does not say from where the codes were entered.',
    });
  });

  test('a trail without failures is unclear', () => {
    expect(judge([], known)).toMatchObject({ failures: [], looksLike: 'unclear', passwordKnown: false });
  });

  test.each([
    [1000, '1 second'],
    [90_000, '90 seconds'],
    [3_000_000, '50 minutes'],
    [86_400_000, '24 hours'],
    [5 * 86_400_000, '5 days'],
  ])('a span of %i ms is said as %s', (ms, span) => {
    const [first, last] = events(wrong(elsewhere), lock(elsewhere)) as [SignInEvent, SignInEvent];
    expect(judge([first, { ...last, at: first.at + ms }], known).because).toContain(
      `came within ${span} from`,
    );
  });
});

describe('whatever the trail has', () => {
  const place = fc.constantFrom(office, elsewhere, '192.0.2.9', '2001:db8::1', '::1', 'no address', null);
  const message = fc.constantFrom('a', 'b', 'c');
  const event = fc.oneof(
    fc
      .record({ ip: place, why: fc.constantFrom('wrong', 'expired', 'used', 'none', null) })
      .map((details) => ['code.rejected', { app: 'pm', ...details }, 'failed'] as const),
    fc.tuple(message, place).map(([messageId, ip]) => ['code.issued', { messageId, ip }] as const),
    message.map((messageId) => sent(messageId)),
    message.map((messageId) => sent(messageId, 'unknown')),
    message.map((messageId) => undelivered(messageId)),
    fc.constant(['login.challenged', { ip: office }] as const),
  );
  const places = fc
    .uniqueArray(fc.constantFrom(office, elsewhere, '2001:db8::/64'))
    .map((each) => new Set(each));
  const lookouts: FailureLook[] = ['mistyped', 'older-code', 'never-arrived', 'guess'];

  test('each failure gets exactly one class, in the order of time, and the whole exactly one', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), place, places, (before, ip, knownPlaces) => {
        const list = events(...before, lock(ip));
        const { failures, assessment } = triage({ events: list, knownPlaces, contactChangedAt: null });
        const failed = list.filter(
          ({ outcome, action }) => outcome === 'failed' && action !== 'code.undelivered',
        );
        expect(failures.map(({ at }) => at)).toEqual(failed.map(({ at }) => at));
        for (const { looksLike } of failures) expect(lookouts).toContain(looksLike);
        expect(['mistyping', 'older-code', 'never-arrived', 'guessing', 'unclear']).toContain(
          assessment.looksLike,
        );
        expect(assessment.because).toMatch(/^[^\n]+\.$/);
      }),
    );
  });

  test('the password counts as known exactly when the locking failure, or half of them, look like guesses', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: attemptsMax }), place, places, (before, ip, knownPlaces) => {
        const list = events(...before, lock(ip));
        const { failures, assessment } = triage({ events: list, knownPlaces, contactChangedAt: null });
        const guesses = failures.filter(({ looksLike }) => looksLike === 'guess').length;
        const known = failures.at(-1)?.looksLike === 'guess' || guesses * 2 >= failures.length;
        expect(assessment.passwordKnown).toBe(known);
        expect(assessment.looksLike === 'guessing').toBe(known);
      }),
    );
  });

  test('where codes were verified before, no failure from there is a guess, and every wrong one from elsewhere is', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (before) => {
        const { failures } = triage({
          events: events(...before, lock(office)),
          knownPlaces: known,
          contactChangedAt: null,
        });
        for (const { ip, why, looksLike } of failures) {
          const ours = ip === office || ip === null || ip === 'no address';
          if (ours) expect(looksLike).not.toBe('guess');
          else if (why === 'wrong') expect(looksLike).toBe('guess');
        }
      }),
    );
  });
});
