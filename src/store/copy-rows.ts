// What is done inside the transaction of a copy: every row sent and compared, the trail verified, and the copy made the store.
import type { Actor, Standing } from '../actions/store.ts';
import type { CopiedTable, CopyProgress } from '../actions/store-copy.ts';
import { LineDigest } from './copy-lines.ts';
import { differs, trailBroken } from './copy-refusals.ts';
import type { CopySource, SourceOptions, SourceTable } from './copy-source.ts';
import type { CopyTarget } from './copy-target.ts';
import { serverNow } from './postgres-statements.ts';
import { standingOf, trailSource } from './postgres-trail.ts';
import { int } from './rows.ts';
import type { Session } from './session.ts';
import { verifyTrail } from './verify.ts';
import { recordOnInstallation } from './write-accounts.ts';

/** A copy that is asked for. */
export interface Copy {
  options: SourceOptions;
  actor: Actor;
  url: string;
  source: CopySource;
  tell(progress: CopyProgress): void;
}

/** What became of it. */
export interface Made {
  to: string;
  tables: CopiedTable[];
  events: number;
  standing: Standing;
}

/** Verifies what is to be copied, while sign-ins go on: a trail that is broken here would be broken there. */
export async function verifySource({ source, tell }: Copy): Promise<void> {
  const total = source.events();
  const verdict = await source.verify((done) => tell({ step: 'verifying', done, total }));
  if (!verdict.intact) throw trailBroken(verdict, source.place);
}

async function verifyTarget({ options, tell }: Copy, target: CopyTarget, total: number): Promise<number> {
  const progress = (done: number) => tell({ step: 'verifying-copy', done, total });
  const verdict = await verifyTrail(options.keyring, trailSource(target.connection), null, { progress });
  if (!verdict.intact) throw trailBroken(verdict, 'the copy');
  return verdict.events;
}

/** Tells of the rows of one table after the other. */
class Counting {
  readonly #tell: (done: number) => void;
  #before = 0;

  constructor(step: CopyProgress['step'], tables: readonly SourceTable[], { tell }: Copy) {
    const total = tables.reduce((sum, { rows }) => sum + rows, 0);
    this.#tell = (done) => tell({ step, done, total });
  }

  readonly counted = (rows: number): void => this.#tell(this.#before + rows);

  next({ rows }: SourceTable): void {
    this.#before += rows;
  }
}

function* digested(lines: Iterable<Buffer>, digest: LineDigest): Generator<Buffer> {
  for (const chunk of lines) {
    digest.add(chunk);
    yield chunk;
  }
}

/** Sends all rows. @returns how many there are of each table, and their digest. */
async function send(copy: Copy, target: CopyTarget, tables: readonly SourceTable[]): Promise<CopiedTable[]> {
  const counting = new Counting('copying', tables, copy);
  const sent: CopiedTable[] = [];
  for (const table of tables) {
    const columns = await target.columns(table.name);
    const digest = new LineDigest();
    const lines = copy.source.lines(table, columns, counting.counted);
    await target.take(table.name, columns, digested(lines, digest));
    counting.next(table);
    sent.push({ name: table.name, rows: digest.rows, digest: digest.end() });
  }
  for (const { table, last } of copy.source.numbers()) await target.numberFrom(table, last);
  return sent;
}

/** @throws TwofaError `copy-differs` unless the target has what was sent, row by row. */
async function compare(
  copy: Copy,
  target: CopyTarget,
  tables: readonly SourceTable[],
  sent: readonly CopiedTable[],
): Promise<void> {
  const counting = new Counting('comparing', tables, copy);
  for (const [index, table] of tables.entries()) {
    const columns = await target.columns(table.name);
    const found = await target.digest(table, columns, { counted: counting.counted });
    const { rows, digest } = sent[index] ?? {};
    if (found.rows !== rows || found.end() !== digest) throw differs(table.name, await target.place());
    counting.next(table);
  }
}

/** The seal came along with the row that it is in: taking it off makes the copy the store. */
async function arrive(
  { actor, source, options }: Copy,
  target: CopyTarget,
  knex: Session['knex'],
): Promise<void> {
  const now = int(await target.one(`SELECT ${serverNow} AS now`), 'now');
  const session: Session = {
    ...{ knex, connection: target.connection, keyring: options.keyring, now, actor },
    reserveIds: async () => [],
  };
  const details = { from: source.place };
  await recordOnInstallation(session, { action: 'store.arrived', details }, { movedTo: null });
}

/** Copies all of a sealed source. It counts when the transaction is committed. */
export async function carryOver(copy: Copy, target: CopyTarget, knex: Session['knex']): Promise<Made> {
  const { source, options } = copy;
  source.begin();
  const tables = source.tables();
  const sent = await send(copy, target, tables);
  await target.analyze(tables);
  await compare(copy, target, tables, sent);
  await arrive(copy, target, knex);
  return {
    to: await target.place(),
    tables: sent,
    events: await verifyTarget(copy, target, source.events() + 1),
    standing: await standingOf(target.connection, options.keyring, null),
  };
}

/**
 * Compares and verifies a copy that is there already and may have been used since. What never changes is the events, and by
 * the trail they vouch for the rows.
 */
export async function confirm(copy: Copy, target: CopyTarget): Promise<Made> {
  const { source, options } = copy;
  source.begin();
  const events = source.tables().filter(({ name }) => name === 'audit_events');
  const counting = new Counting('comparing', events, copy);
  const to = await target.place();
  const tables: CopiedTable[] = [];
  for (const table of events) {
    const columns = await target.columns(table.name);
    const here = new LineDigest();
    for (const _ of digested(
      source.lines(table, columns, () => undefined),
      here,
    ));
    const there = await target.digest(table, columns, { until: source.lastSeq(), counted: counting.counted });
    const digest = here.end();
    if (here.rows !== there.rows || digest !== there.end()) throw differs(table.name, to);
    tables.push({ name: table.name, rows: here.rows, digest });
  }
  return {
    to,
    tables,
    events: await verifyTarget(copy, target, source.events()),
    standing: await standingOf(target.connection, options.keyring, null),
  };
}
