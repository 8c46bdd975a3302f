// Which requests wait for which, whatever takes how long: order within a user, barriers of an account, and no wait without an end.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type About, Lanes } from '../../src/cli/lanes.ts';

interface Told {
  begun: number;
  effect: number;
  answered: number;
}

/** Lets what can go on go on, some turns of the event loop long. */
async function turns(count: number): Promise<void> {
  for (let each = 0; each < count; each += 1) await new Promise(setImmediate);
}

/** Goes through requests that are taken one after the other, and take so many turns each. */
async function goThrough(
  requests: readonly { about: About; work: number; delivery: number }[],
): Promise<{ told: Told[]; lanes: Lanes }> {
  const lanes = new Lanes();
  let now = 0;
  const told = await Promise.all(
    requests.map(async ({ about, work, delivery }): Promise<Told> => {
      const turn = lanes.enter(about);
      await turn.wait;
      now += 1;
      const begun = now;
      await turns(work);
      turn.tookEffect();
      now += 1;
      const effect = now;
      await turns(delivery);
      now += 1;
      const answered = now;
      turn.answered();
      return { begun, effect, answered };
    }),
  );
  return { told, lanes };
}

/** Whether the later of two requests has to wait until the earlier one was answered, or only until it took effect. */
function waits(earlier: About, later: About): 'answered' | 'effect' | null {
  if (!earlier || !later || earlier.account !== later.account) return null;
  if ('users' in earlier && 'users' in later)
    return earlier.users.some((user) => later.users.includes(user)) ? 'answered' : null;
  if ('reads' in earlier && earlier.reads) return null;
  return 'effect';
}

const account = fc.constantFrom('1', '2');
const about: fc.Arbitrary<About> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      account,
      users: fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ account, reads: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant(null) },
);
const request = fc.record({ about, work: fc.nat(3), delivery: fc.nat(3) });

describe('requests', () => {
  test('begin when those before them that concern the same are over, and all of them end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 25 }), async (requests) => {
        const { told, lanes } = await goThrough(requests);
        for (const [later, { about }] of requests.entries()) {
          for (let earlier = 0; earlier < later; earlier += 1) {
            const until = waits(requests[earlier]?.about ?? null, about);
            if (until === null) continue;
            expect(told[later]?.begun).toBeGreaterThan(told[earlier]?.[until] ?? 0);
          }
        }
        expect(lanes.size).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  const entered = (...abouts: About[]) => {
    const lanes = new Lanes();
    return abouts.map((each) => lanes.enter(each));
  };

  test('about other users, other accounts or nobody wait for nobody', () => {
    const several = entered(
      { account: '1', users: ['a'] },
      { account: '1', users: ['b'] },
      { account: '2', users: ['a'] },
      { account: '3', reads: false },
      null,
    );
    expect(several.map(({ wait }) => wait)).toEqual([null, null, null, null, null]);
  });

  test('that only read a whole account hold up nobody', () => {
    const [, , third] = entered(
      { account: '1', reads: true },
      { account: '1', reads: true },
      { account: '1', users: ['a'] },
    );
    expect(third?.wait).toBeNull();
  });

  test('about a whole account do not wait for the delivery of a message', async () => {
    const [sending, whole] = entered({ account: '1', users: ['a'] }, { account: '1', reads: false });
    sending?.tookEffect();
    await whole?.wait;
    whole?.answered();
    sending?.answered();
  });
});
