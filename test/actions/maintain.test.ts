// What is done by itself: each step on its own, what is pruned, counted and kept, and what monitoring is told of it.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Checkpoint } from '../../src/rules/checkpoint.ts';
import type { Metric } from '../../src/rules/metrics.ts';
import { nonePruned } from '../../src/rules/retention.ts';
import { copyOf, enabledNorthside, failCodes, kid, type Northside, signIn } from '../support/northside.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

let template: Northside;
let here: Northside;

beforeAll(async () => {
  template = await enabledNorthside();
});
afterAll(() => template.world.remove());
beforeEach(async () => {
  here = await copyOf(template);
});
afterEach(() => here.world.remove());

const maintain = () => here.world.done(here.as.owner, { do: 'maintain' });
const prune = (more: object = {}) => here.world.done(here.as.owner, { do: 'db.prune', ...more });

/** Keeps checkpoints in memory. @returns those that were kept, by day. */
function keptCheckpoints(): Map<string, Checkpoint> {
  const kept = new Map<string, Checkpoint>();
  here.world.services.checkpoints = {
    has: async (day) => kept.has(day),
    keep: async (day, checkpoint) => {
      kept.set(day, checkpoint);
      return `${day}.json`;
    },
  };
  return kept;
}

describe('pruning', () => {
  test('by maintain is done once an hour; an event says what went, and nothing is said of nothing', async () => {
    const { world } = here;
    await signIn(here, 'jane');
    expect((await maintain()).pruned).toEqual(nonePruned());
    const before = (await world.events()).length;
    world.clock.move(hour - 1);
    expect((await maintain()).pruned).toBeNull();
    world.clock.move(2 * day);
    const codes = world.kept.sql('SELECT id FROM codes').length;
    expect(codes).toBeGreaterThan(0);
    expect((await maintain()).pruned).toEqual({ ...nonePruned(), codes });
    expect(await world.events()).toHaveLength(before + 1);
    expect(await world.lastEvent()).toMatchObject({
      action: 'store.pruned',
      actor: 'owner',
      details: { ...nonePruned(), codes },
    });
    expect(await world.store.verifyTrail(null)).toMatchObject({ intact: true });
  });

  test('of more than one batch takes them one after the other, each with its event', async () => {
    const { world } = here;
    const rows = Array.from(
      { length: 1100 },
      (_, each) => `('platform', 'r${each}', 1, 'login', '{}', 1, 1, 'k1', '')`,
    );
    world.kept.sql(
      `INSERT INTO requests (app, request_id, user_id, action, answer, created_at, place, key_id, seal)
       VALUES ${rows.join(', ')}`,
    );
    expect(await prune({ dryRun: true })).toMatchObject({ requests: 1100, changed: false });
    expect(await prune()).toMatchObject({ requests: 1100, changed: true });
    const events = (await world.events()).filter(({ action }) => action === 'store.pruned');
    expect(events.map(({ details }) => details.requests)).toEqual([500, 500, 100]);
    expect(await prune()).toEqual({ ...nonePruned(), changed: false });
  });

  test('a dry run counts, and leaves everything where it is', async () => {
    const { world } = here;
    await signIn(here, 'jane');
    world.clock.move(2 * day);
    const before = world.kept.sql('SELECT count(*) AS n FROM codes');
    expect(await prune({ dryRun: true })).toMatchObject({ codes: before[0]?.n, changed: false });
    expect(world.kept.sql('SELECT count(*) AS n FROM codes')).toEqual(before);
    expect(world.kept.sql('SELECT * FROM tasks')).toEqual([]);
  });
});

describe('checkpoints', () => {
  test('are kept once a day, and the trail stands by each', async () => {
    const { world } = here;
    const kept = keptCheckpoints();
    expect(await maintain()).toMatchObject({ checkpoint: '2026-03-02.json', changed: true });
    expect(await maintain()).toMatchObject({ checkpoint: null, changed: false });
    await signIn(here, 'jane');
    world.clock.move(15 * hour - 1);
    expect((await maintain()).checkpoint).toBeNull();
    world.clock.move(1);
    expect((await maintain()).checkpoint).toBe('2026-03-03.json');
    for (const checkpoint of kept.values()) {
      const request = { do: 'audit.verify', checkpoint };
      expect(await world.done(here.as.owner, request)).toMatchObject({ intact: true });
    }
    const { lastCheckpoint } = await world.done(here.as.owner, { do: 'db.status' });
    expect(lastCheckpoint).toEqual({ at: '2026-03-03T00:00:00.000Z', seq: kept.get('2026-03-03')?.seq });
  });

  test('are none where there is nowhere to keep them', async () => {
    expect(await maintain()).toMatchObject({ checkpoint: null, failed: [] });
  });
});

describe('a step that fails', () => {
  test('is named and gives the exit code; the others are done, and maintenance is not noted', async () => {
    const { world, as } = here;
    await signIn(here, 'jane');
    world.clock.move(2 * day);
    keptCheckpoints();
    world.kept.tamper(
      "DELETE FROM audit_events WHERE seq = (SELECT max(seq) FROM audit_events WHERE action = 'code.verified')",
    );
    const { exit, result } = await world.call(as.owner, { do: 'maintain' });
    expect(exit).toBe(6);
    expect(result).toMatchObject({
      notices: { retried: 0 },
      checkpoint: null,
      failed: [
        { step: 'checkpoint', code: 'audit-broken', hint: '"twofa audit verify" names what is broken.' },
      ],
      changed: true,
    });
    expect(result.pruned.codes).toBeGreaterThan(0);
    expect(result.counted).toBeGreaterThan(0);
    expect(await world.store.read((tables) => tables.task('maintain'))).toBeNull();
  });

  test('in a way that nobody foresaw is an unexpected failure, exit 1', async () => {
    const { world, as } = here;
    world.services.checkpoints = {
      has: async () => false,
      keep: () => Promise.reject(new Error('the folder is on fire')),
    };
    const { exit, result } = await world.call(as.owner, { do: 'maintain' });
    expect(exit).toBe(1);
    expect(result.failed).toEqual([
      { step: 'checkpoint', code: 'unexpected-failure', message: 'the folder is on fire', hint: null },
    ]);
  });
});

describe('metrics', () => {
  async function values(): Promise<Record<string, number>> {
    const { metrics } = (await here.world.done(here.as.owner, { do: 'metrics' })) as { metrics: Metric[] };
    return Object.fromEntries(
      metrics.flatMap(({ name, samples }) =>
        samples.map(({ labels, value }) => [[name, ...Object.values(labels)].join(' '), value]),
      ),
    );
  }

  test('tell what happened, the same before and after maintenance counted it', async () => {
    const { world } = here;
    const before = await values();
    await signIn(here, 'jane');
    await failCodes(here, 'li');
    const after = await values();
    const risen = Object.fromEntries(
      Object.entries(after)
        .filter(([name]) => name.includes('_total'))
        .map(([name, value]) => [name, value - (before[name] ?? 0)])
        .filter(([, by]) => by !== 0),
    );
    expect(risen).toEqual({
      'twofa_code_verifications_total verified': 1,
      'twofa_code_verifications_total rejected': 6,
      'twofa_code_verifications_total locked': 1,
      twofa_failures_total: 7,
      twofa_lockouts_total: 1,
      'twofa_codes_issued_total email': 1,
      'twofa_code_messages_total email accepted': 1,
    });
    expect(after).toMatchObject({
      twofa_users_locked: 1,
      'twofa_accounts enabled': 1,
      'twofa_accounts overdue': 1,
      twofa_trail_events: (await world.events()).length,
    });
    expect(Object.keys(after).filter((name) => name.startsWith('twofa_task'))).toEqual([]);
    await maintain();
    const counted = await values();
    expect(counted).toEqual({
      ...after,
      twofa_store_bytes: counted.twofa_store_bytes,
      'twofa_task_timestamp_seconds maintain': Date.parse('2026-03-02T09:00:00Z') / 1000,
      'twofa_task_timestamp_seconds prune': Date.parse('2026-03-02T09:00:00Z') / 1000,
    });
  });

  test('tell of tokens that end within 14 days, and of notices that are open', async () => {
    const { world } = here;
    const before = await values();
    await world.mint('owner', { expiresAt: world.clock.now() + 14 * day });
    await world.mint('owner', { expiresAt: world.clock.now() + 14 * day + 1 });
    world.delivery.receipt = { status: 'undelivered', reason: 'no such mailbox' };
    await failCodes(here, 'jane');
    const after = await values();
    expect(after.twofa_tokens_expiring).toBe((before.twofa_tokens_expiring ?? 0) + 1);
    expect(after['twofa_notices_open undelivered']).toBeGreaterThan(0);
  });

  test('name no account, no user and no address', async () => {
    await signIn(here, 'jane');
    const { metrics } = await here.world.done(here.as.owner, { do: 'metrics' });
    expect(JSON.stringify(metrics)).not.toMatch(new RegExp(`${kid}|jane|maria|northside|203\\.0\\.113`));
  });
});
