// The topic sizing: what a store takes and bears, by arithmetic from figures that were measured.

import { partitionedTrail } from '../../store/partitions.ts';
import { paragraph, terms } from './layout.ts';

/**
 * Measured on two shared cores that ran program and database, Node.js 20.20, PostgreSQL 18.4, durable commits; bytes by
 * test/bench/sizes.js, rates by "npm run bench" (logins on PostgreSQL by the library, 8 at a time), once the code is compiled.
 */
const measured = {
  sqlite: { user: 427, event: 256, passing: 547, logins: 2000, issues: 950, verifications: 1650 },
  postgres: { user: 715, event: 359, passing: 870, logins: 2800, issues: 980, verifications: 1700 },
  cores: 2,
  eventsVerified: 130_000,
};

/** A user who signs in twice on each of 250 days, once a week with a code, the other times from the trusted location. */
const assumed = { signInsADay: 2, days: 250, codesAYear: 52, eventsOfCode: 4, eventsOfLocation: 1 };
/** The share of a day's sign-ins that comes in its busiest hour. */
const busiestHour = 0.2;

const signInsAYear = assumed.signInsADay * assumed.days;
const eventsAYear =
  assumed.codesAYear * assumed.eventsOfCode + (signInsAYear - assumed.codesAYear) * assumed.eventsOfLocation;

function bytes(count: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  const power = Math.max(0, Math.floor(Math.log10(count) / 3));
  const amount = count / 1000 ** power;
  return `${amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${units[power]}`;
}

function grouped(count: number): string {
  return Math.ceil(count).toLocaleString('en-US');
}

/** Sign-ins a second in the busiest hour, those of them that take a code, and the cores that they keep busy. */
function load(users: number, engine: 'sqlite' | 'postgres') {
  const signIns = (users * assumed.signInsADay * busiestHour) / 3600;
  const codes = (signIns * assumed.codesAYear) / signInsAYear;
  const { logins, issues, verifications } = measured[engine];
  const busy = signIns / logins + codes / issues + codes / verifications;
  return { signIns, codes, cores: busy * measured.cores };
}

/** A rate or a number of cores: to one decimal place while it is small. */
function small(count: number): string {
  if (count < 0.1) return 'less than 0.1';
  return count < 10 ? count.toFixed(1) : grouped(count);
}

function example(users: number, engine: 'sqlite' | 'postgres'): readonly [string, string] {
  const { user, event, passing } = measured[engine];
  const { signIns, codes, cores } = load(users, engine);
  const events = users * eventsAYear;
  return [
    grouped(users),
    [
      `${engine === 'sqlite' ? 'SQLite' : 'PostgreSQL'}: users ${bytes(users * user)}, what passes ${bytes(users * passing)},`,
      `the trail ${bytes(events * event)} a year of ${grouped(events / 1e6)} million events;`,
      `a second of the busiest hour has ${small(signIns)} sign-ins, ${small(codes)} of them with a code, and keeps ${small(cores)} cores busy`,
    ].join(' '),
  ];
}

function rates(engine: 'sqlite' | 'postgres'): string {
  const { logins, issues, verifications } = measured[engine];
  return `${grouped(logins)} logins, ${grouped(issues)} codes issued or ${grouped(verifications)} verified a second`;
}

export function sizing(): string {
  const { sqlite, postgres } = measured;
  return [
    'SIZING: what a store takes and bears, by arithmetic from measured figures\n\n',
    paragraph(
      `The figures are of two shared cores that ran program and database both, with durable commits. "node test/bench/sizes.js" and "npm run bench" in the sources measure them on a machine of yours; everything below is arithmetic from them.`,
    ),
    '\nWHAT WAS MEASURED\n',
    terms([
      [
        'a user',
        `${sqlite.user} bytes on SQLite, ${postgres.user} on PostgreSQL, with a practice and all indexes`,
      ],
      ['an event', `${sqlite.event} and ${postgres.event} bytes; events are kept for ever`],
      [
        'passing',
        `${sqlite.passing} and ${postgres.passing} bytes for a code, its message and a trusted location, until pruned`,
      ],
      ['SQLite', `${rates('sqlite')}, in one process; several processes share the one writer`],
      ['PostgreSQL', `${rates('postgres')}, 8 connections`],
      ['audit verify', `${grouped(measured.eventsVerified)} events a second, on one core`],
    ]),
    '\nA YEAR\n',
    paragraph(
      `A sign-in with a code is ${assumed.eventsOfCode} events, one from a trusted location is ${assumed.eventsOfLocation}. Somebody who signs in ${assumed.signInsADay} times on ${assumed.days} days, once a week with a code, makes ${assumed.codesAYear} x ${assumed.eventsOfCode} + ${signInsAYear - assumed.codesAYear} x ${assumed.eventsOfLocation} = ${eventsAYear} events a year: ${bytes(eventsAYear * sqlite.event)} on SQLite, ${bytes(eventsAYear * postgres.event)} on PostgreSQL. A fifth of a day's sign-ins comes in its busiest hour. So, by users:`,
    ),
    '\n',
    terms([
      example(1_000, 'sqlite'),
      example(100_000, 'sqlite'),
      example(1_000_000, 'postgres'),
      example(100_000_000, 'postgres'),
    ]),
    '\nWHICH ENGINE\n',
    paragraph(
      'SQLite while one host does: up to some 100,000 users by these figures, with room for a bad morning. PostgreSQL for several hosts, for a standby, or beyond that. "twofa db copy" moves a store from the one to the other.',
    ),
    '\n100 MILLION USERS\n',
    paragraph(
      `One PostgreSQL server with ${Math.ceil((2 * load(100_000_000, 'postgres').cores) / 10) * 10} cores would bear the busiest hour with as much to spare, but ${bytes(100_000_000 * eventsAYear * postgres.event)} of trail a year is too much for one. Accounts share nothing: each has its chains, and no request is about two. So have several installations, each with its accounts and its own database and key, and let the applications choose by KID; 20 of them hold 5 million users each. Give the programs a host of their own, and connections by a pooler: two per core of the database are enough.`,
    ),
    '\nWHAT TO DIVIDE, BY WHAT AND WHEN\n',
    paragraph(
      `Only audit_events grows without end. From some 500 GB on (${grouped(500e9 / postgres.event / 1e6)} million events) its indexes no longer fit into memory, and vacuum and backup take hours: divide it by its chains (hash of subject), which keeps each place of a chain unique. By time it cannot be: a chain goes on for years. Everything else stays in proportion to the users, or is pruned within 90 days. Run this as the owner of the tables while no program of twofa runs, then "db grants" again and "audit verify". The tests take sign-ins on a store divided so:`,
    ),
    `\n${partitionedTrail.replace(/^(?=.)/gm, '  ')}\n`,
    paragraph(
      'On a table of that size it copies for hours and needs the space twice. Begin divided where you know that you will get there: right after "init" it takes a moment.',
    ),
    '\nDISTRIBUTED ENGINES\n',
    paragraph(
      'twofa asks of PostgreSQL: SERIALIZABLE transactions, triggers in PL/pgSQL, statements that write by WITH, sequences, pg_advisory_xact_lock (to make and migrate the tables), pg_locks (for "audit export", "follow" and "checkpoint"), COLLATE "C", and clock_timestamp(). None of these engines was tried; this is by what their makers say:',
    ),
    '\n',
    terms([
      [
        'YugabyteDB',
        'is made of PostgreSQL 15 and has the transactions, triggers and statements; advisory locks only in new versions. Its pg_locks is of its own kind, so that the three commands of the trail have to be tried first.',
      ],
      [
        'CockroachDB',
        'has triggers from 24.3 on, and takes advisory locks for granted without taking them: make and migrate the store from one host alone. Its pg_locks is empty, so that the three commands of the trail could pass over events: do not use them there.',
      ],
      [
        'Citus',
        'wants the column that rows are distributed by in every unique key and foreign key, and has no triggers on distributed tables: not without another schema. Several installations do the same.',
      ],
    ]),
    '\n',
    paragraph(
      'PostgreSQL as a service (Amazon RDS and Aurora, Cloud SQL, AlloyDB, Azure) is PostgreSQL: unchanged.',
    ),
  ].join('');
}
