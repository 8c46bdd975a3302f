// The contract's part on what the audit trail finds: each change that went around it, named by its subject.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine, Opened, Value } from './engine.ts';
import { actor, type Fixture, fill, kid, otherKid, someone, verify } from './fixture.ts';
import { mixedWorkload } from './trail.ts';

const eventColumns =
  'at, actor, role, token_id, action, account, "user", outcome, details, key_id, link'.split(', ');

/** Columns of a user's row that a copy takes over. */
const userColumns =
  'account_kid, username, username_key, name, name_key, email, email_key, phone, phone_key, looks_shared, ' +
  'system_administrator, active, attempts_left, locked_at, created_at, codes_after, trust_after, chain_count, chain_link, key_id, head';

interface Tampering {
  what: string;
  /** The statements, given the seqs of Jane's events and the ids of the fixture. */
  does(seqs: number[], fixture: Fixture): [sql: string, ...bindings: Value[]][];
  /** Whose chain or row is broken. */
  subject(fixture: Fixture): string;
  /** The seq that is named: the one at this index of Jane's events. */
  at?: number;
}

const ofJane = ({ jane }: Fixture) => `user:${jane.id}`;
const ofMaria = ({ maria }: Fixture) => `user:${maria.id}`;

function changed(what: string, column: string, value: string): Tampering {
  return {
    what: `a user's ${what}`,
    does: (_, { maria }) => [[`UPDATE users SET ${column} = ${value} WHERE id = ?`, maria.id]],
    subject: ofMaria,
  };
}

const tamperings: Tampering[] = [
  ...eventColumns.map(
    (column): Tampering => ({
      what: `an event's ${column}`,
      does: (seqs) => [
        [
          `UPDATE audit_events SET ${column} = ${['at', 'token_id'].includes(column) ? 5 : "'x'"} WHERE seq = ?`,
          seqs[2] ?? 0,
        ],
      ],
      subject: ofJane,
      at: 2,
    }),
  ),
  {
    what: 'an event in the middle, deleted',
    does: (seqs) => [['DELETE FROM audit_events WHERE seq = ?', seqs[2] ?? 0]],
    subject: ofJane,
    at: 3,
  },
  {
    what: 'the first event, deleted',
    does: (seqs) => [['DELETE FROM audit_events WHERE seq = ?', seqs[0] ?? 0]],
    subject: ofJane,
    at: 1,
  },
  {
    what: 'the newest event, deleted',
    does: (seqs) => [['DELETE FROM audit_events WHERE seq = ?', seqs.at(-1) ?? 0]],
    subject: ofJane,
  },
  {
    what: 'an event deleted, and those after it moved up',
    does: (seqs) => [
      ['DELETE FROM audit_events WHERE seq = ?', seqs[2] ?? 0],
      ...seqs
        .slice(3)
        .map((seq): [string, number] => ['UPDATE audit_events SET place = place - 1 WHERE seq = ?', seq]),
    ],
    subject: ofJane,
    at: 3,
  },
  {
    what: 'all events of a subject, deleted',
    does: (_, { jane }) => [['DELETE FROM audit_events WHERE subject = ?', `user:${jane.id}`]],
    subject: ofJane,
  },
  {
    what: 'two events, their places swapped',
    does: (seqs) => [
      ['UPDATE audit_events SET place = 900 WHERE seq = ?', seqs[1] ?? 0],
      ['UPDATE audit_events SET place = 2 WHERE seq = ?', seqs[2] ?? 0],
      ['UPDATE audit_events SET place = 3 WHERE seq = ?', seqs[1] ?? 0],
    ],
    subject: ofJane,
    at: 2,
  },
  {
    what: 'two events, their order in the trail swapped',
    does: (seqs) => [
      ['UPDATE audit_events SET seq = 100000 WHERE seq = ?', seqs[1] ?? 0],
      ['UPDATE audit_events SET seq = ? WHERE seq = ?', seqs[1] ?? 0, seqs[2] ?? 0],
      ['UPDATE audit_events SET seq = ? WHERE seq = 100000', seqs[2] ?? 0],
    ],
    subject: ofJane,
    at: 1,
  },
  {
    what: "an event, moved to another user's chain",
    does: (seqs, { maria }) => [
      ['UPDATE audit_events SET subject = ?, place = 2 WHERE seq = ?', `user:${maria.id}`, seqs.at(-1) ?? 0],
    ],
    subject: ofMaria,
    at: -1,
  },
  {
    what: 'an event, added at the end of a chain',
    does: (seqs) => [
      [
        `INSERT INTO audit_events (seq, subject, place, ${eventColumns.join(', ')})
         SELECT 100000, subject, place + 1, ${eventColumns.join(', ')} FROM audit_events WHERE seq = ?`,
        seqs.at(-1) ?? 0,
      ],
    ],
    subject: ofJane,
  },
  {
    what: 'an event, added for a subject that has no row',
    does: (seqs) => [
      [
        `INSERT INTO audit_events (seq, subject, place, ${eventColumns.join(', ')})
         SELECT 100000, 'token:987', 1, ${eventColumns.join(', ')} FROM audit_events WHERE seq = ?`,
        seqs.at(-1) ?? 0,
      ],
    ],
    subject: () => 'token:987',
  },
  changed('attempts', 'attempts_left', '6'),
  changed('role', 'system_administrator', 'false'),
  changed('email', 'email', "'thief@example.com'"),
  changed('phone', 'phone', "'+12015550199'"),
  changed('status', 'active', 'false'),
  changed('username', 'username', "'Maria'"),
  {
    what: 'a lock, put on',
    does: (_, { maria }) => [['UPDATE users SET locked_at = 1, attempts_left = 0 WHERE id = ?', maria.id]],
    subject: ofMaria,
  },
  {
    what: 'a lock, re-dated',
    does: () => [["UPDATE users SET locked_at = locked_at + 1 WHERE username = 'locked'"]],
    subject: ({ jane }) => `user:${jane.id + 1}`,
  },
  {
    what: 'a lock, lifted',
    does: () => [["UPDATE users SET locked_at = NULL, attempts_left = 7 WHERE username = 'locked'"]],
    subject: ({ jane }) => `user:${jane.id + 1}`,
  },
  {
    what: 'a row and its head, put back to what they were before',
    does: (_, { jane }) => [
      [
        'UPDATE users SET attempts_left = 7, locked_at = NULL, chain_count = 0, chain_link = ?, head = ? WHERE id = ?',
        jane.chain.link,
        'the old head',
        jane.id,
      ],
    ],
    subject: ofJane,
  },
  {
    what: '2FA, turned off',
    does: () => [['UPDATE accounts SET enabled_at = NULL, enabled_by = NULL WHERE kid = ?', kid]],
    subject: () => `account:${kid}`,
  },
  {
    what: '2FA, re-dated',
    does: () => [['UPDATE accounts SET enabled_at = enabled_at - 1 WHERE kid = ?', kid]],
    subject: () => `account:${kid}`,
  },
  {
    what: '2FA, turned on behind the trail',
    does: () => [["UPDATE accounts SET enabled_at = 1, enabled_by = 'x' WHERE kid = ?", otherKid]],
    subject: () => `account:${otherKid}`,
  },
  {
    what: 'a token, un-revoked',
    does: (_, { token }) => [['UPDATE tokens SET revoked_at = NULL WHERE id = ?', token.id]],
    subject: ({ token }) => `token:${token.id}`,
  },
  {
    what: 'a token, given a longer life',
    does: (_, { token }) => [['UPDATE tokens SET expires_at = 9999999999999 WHERE id = ?', token.id]],
    subject: ({ token }) => `token:${token.id}`,
  },
  {
    what: 'a token, given another hash',
    does: (_, { token }) => [["UPDATE tokens SET digest = 'mine' WHERE id = ?", token.id]],
    subject: ({ token }) => `token:${token.id}`,
  },
  {
    what: 'a user, added behind the trail',
    does: (_, { maria }) => [
      [
        `INSERT INTO users (id, ${userColumns}) SELECT 5000, ${userColumns
          .replace(' username, username_key', " 'ghost', 'ghost'")
          .replace('username_key', "'ghost'")} FROM users WHERE id = ?`,
        maria.id,
      ],
    ],
    subject: () => 'user:5000',
  },
  {
    what: 'a user, removed',
    does: (_, { maria }) => [
      ['DELETE FROM user_practices WHERE user_id = ?', maria.id],
      ['DELETE FROM tokens WHERE user_id = ?', maria.id],
      ['DELETE FROM audit_events WHERE subject = ?', `user:${maria.id}`],
      ['DELETE FROM users WHERE id = ?', maria.id],
    ],
    subject: ofMaria,
  },
  {
    what: 'a token, removed with its events',
    does: (_, { token }) => [
      ['DELETE FROM audit_events WHERE subject = ?', `token:${token.id}`],
      ['DELETE FROM tokens WHERE id = ?', token.id],
    ],
    subject: ({ token }) => `token:${token.id}`,
  },
  {
    what: 'the installation, made a sandbox',
    does: () => [['UPDATE installation SET sandbox = true']],
    subject: () => 'installation',
  },
  {
    what: 'the installation, made a copy that sends nothing',
    does: () => [['UPDATE installation SET staging = true']],
    subject: () => 'installation',
  },
  {
    what: 'the installation, marked as put back',
    does: () => [['UPDATE installation SET restored_at = 1']],
    subject: () => 'installation',
  },
];

/** Adds a user after Jane, whom seven failures lock. */
async function addLocked(opened: Opened): Promise<void> {
  await opened.store.write(actor, async (tables) => {
    const account = await tables.account(kid);
    if (account)
      await tables.addUsers(account, [someone('locked', '+12015550131')], { action: 'user.added' });
  });
  for (let each = 0; each < 7; each += 1) await verify(opened, 'locked', '000000');
}

export function tampering(engine: Engine): void {
  let opened: Opened;
  let fixture: Fixture;
  let seqs: number[];

  beforeEach(async () => {
    opened = await engine.open();
    fixture = await fill(opened);
    await addLocked(opened);
    await mixedWorkload(opened, fixture);
    const events = await opened.sql(
      'SELECT seq FROM audit_events WHERE subject = ? ORDER BY place',
      `user:${fixture.jane.id}`,
    );
    seqs = events.map((event) => Number(event.seq));
  });
  afterEach(() => opened.remove());

  test.each(tamperings)('$what', async ({ does, subject, at }) => {
    expect((await opened.store.verifyTrail(null)).intact, 'before').toBe(true);
    for (const [sql, ...bindings] of does(seqs, fixture)) await opened.tamper(sql, ...bindings);
    const { intact, firstBroken } = await opened.store.verifyTrail(null);
    expect(intact).toBe(false);
    expect(firstBroken?.subject).toBe(subject(fixture));
    if (at !== undefined) expect(firstBroken?.seq).toBe(seqs.at(at));
  });
}
