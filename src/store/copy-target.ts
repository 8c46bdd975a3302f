// The target of a copy: a database on PostgreSQL, in the one transaction by which the copy appears whole.
import { once } from 'node:events';
import type { Knex } from 'knex';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { Installation } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import { type CopiedColumn, LineDigest } from './copy-lines.ts';
import type { CopySource, SourceTable } from './copy-source.ts';
import { namedDatabase } from './postgres-connect.ts';
import { migrationLock } from './postgres-open.ts';
import { readPostgresUrl } from './postgres-url.ts';
import { installationOf, intOrNull, type Row, text } from './rows.ts';

/** What is in a database: no table, other tables, another store, this store before it moved, or the copy. */
export type Content = { kind: 'empty' | 'tables' | 'other' | 'former' | 'copy'; words: string };

interface TargetColumn extends CopiedColumn {
  /** Whether the table numbers its rows by it. */
  numbers: boolean;
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

export class CopyTarget {
  readonly #connection: pg.Client;
  readonly #url: string;

  constructor(connection: pg.Client, url: string) {
    this.#connection = connection;
    this.#url = url;
  }

  /** The target on a transaction that knex has begun. */
  static async on(transaction: Knex.Transaction, url: string): Promise<CopyTarget> {
    return new CopyTarget((await transaction.client.acquireConnection()) as pg.Client, url);
  }

  get connection(): pg.Client {
    return this.#connection;
  }

  async all(query: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.#connection.query(query, values)).rows;
  }

  async one(query: string, values: unknown[] = []): Promise<Row> {
    return (await this.all(query, values))[0] ?? {};
  }

  /** A large table takes longer than any statement of every day. */
  async takeAnyTime(): Promise<void> {
    await this.all(
      `SELECT set_config(name, '0', true) FROM pg_settings
        WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')`,
    );
  }

  /** Keeps others who would make, migrate or copy a store there away until the transaction ends. @throws TwofaError `store-busy` */
  async claim(): Promise<void> {
    const { mine } = await this.one('SELECT pg_try_advisory_xact_lock($1) AS mine', [migrationLock]);
    if (mine === true) return;
    throw new TwofaError('store-busy', `Somebody else is making a store in ${namedDatabase(this.#url)}.`, {
      hint: 'Wait for the other copy, init or migration to end; one that was stopped ends as soon as the server notices.',
    });
  }

  /** Which database and schema this is, as a store says where it has moved: without user, password and how to connect. */
  async place(): Promise<string> {
    const { hosts, database } = readPostgresUrl(this.#url);
    const at = hosts.map(({ host, port }) => {
      const name = host.includes(':') ? `[${host}]` : encodeURIComponent(host);
      return `${name}:${port}`;
    });
    const schema = text(await this.one('SELECT current_schema() AS name'), 'name');
    const path = schema === 'public' ? '' : `?options=${encodeURIComponent(`-c search_path=${schema}`)}`;
    return `postgres://${at.join(',')}/${encodeURIComponent(database)}${path}`;
  }

  /** @throws TwofaError `invalid-configuration` for a database that cannot hold every text. */
  async requireUnicode(): Promise<void> {
    const encoding = text(await this.one("SELECT current_setting('server_encoding') AS name"), 'name');
    if (encoding === 'UTF8') return;
    throw new TwofaError(
      'invalid-configuration',
      `The database ${namedDatabase(this.#url)} has the encoding ${encoding}, not UTF8.`,
      { hint: 'Make one with createdb --encoding=UTF8 --template=template0.' },
    );
  }

  /** Looks what is in the database. @param moved the event by which the source moved, if it did. */
  async content(source: Installation, moved: ReturnType<CopySource['newest']>): Promise<Content> {
    const tables = await this.all(
      `SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'p', 'f')
        AND relnamespace = current_schema()::regnamespace ORDER BY relname`,
    );
    const names = tables.map((row) => text(row, 'name'));
    if (names.length === 0) return { kind: 'empty', words: 'nothing' };
    if (!names.includes('installation') || !names.includes('audit_events')) {
      return { kind: 'tables', words: `other tables: ${names.slice(0, 5).join(', ')}` };
    }
    const found = installationOf(await this.one('SELECT * FROM installation WHERE id = 1'));
    if (found.createdAt !== source.createdAt) return { kind: 'other', words: 'another store of twofa' };
    const same = await this.one(
      `SELECT 1 AS found FROM audit_events WHERE subject = 'installation' AND place = $1 AND link = $2`,
      [moved.place, moved.link],
    );
    const is = source.movedTo !== null && same.found === 1;
    return is
      ? { kind: 'copy', words: 'the copy' }
      : { kind: 'former', words: 'a copy of this store that it did not move to' };
  }

  async columns(table: string): Promise<TargetColumn[]> {
    const found = await this.all(
      `SELECT column_name AS name, data_type AS type, column_default AS value FROM information_schema.columns
        WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position`,
      [table],
    );
    return found.map((row) => ({
      name: text(row, 'name'),
      boolean: row.type === 'boolean',
      numbers: String(row.value ?? '').startsWith('nextval'),
    }));
  }

  /** Takes the lines of a table, at the speed of whichever side is the slower. */
  async take(table: string, columns: readonly CopiedColumn[], lines: Iterable<Buffer>): Promise<void> {
    const names = quoted(columns.map(({ name }) => name));
    const stream = this.#connection.query(copyFrom(`COPY "${table}" (${names}) FROM STDIN`));
    let refused: Error | null = null;
    stream.on('error', (error) => {
      refused = error;
    });
    try {
      for (const chunk of lines) {
        if (!stream.write(chunk)) await once(stream, 'drain');
        // A signal is heard, and an error, also where the server is the faster one.
        await new Promise((resolve) => setImmediate(resolve));
        if (refused) throw refused;
      }
    } catch (error) {
      // What cannot be read ends the COPY; one that the server ended is ended.
      if (!refused) stream.destroy(error as Error);
      throw error;
    }
    const finished = once(stream, 'finish');
    stream.end();
    await finished;
  }

  /** The digest of a table's rows in the order of its key. */
  async digest(
    { name, key }: Pick<SourceTable, 'name' | 'key'>,
    columns: readonly CopiedColumn[],
    { until, counted = () => undefined }: { until?: number; counted?: (rows: number) => void } = {},
  ): Promise<LineDigest> {
    const names = quoted(columns.map((each) => each.name));
    const where = until === undefined ? '' : `WHERE seq <= ${until}`;
    const query = `COPY (SELECT ${names} FROM "${name}" ${where} ORDER BY ${quoted(key)}) TO STDOUT`;
    const digest = new LineDigest();
    for await (const chunk of this.#connection.query(copyTo(query))) {
      digest.add(chunk as Buffer);
      counted(digest.rows);
    }
    return digest;
  }

  /** Goes on numbering the rows of a table where the source stopped. */
  async numberFrom(table: string, last: number): Promise<void> {
    const column = (await this.columns(table)).find(({ numbers }) => numbers);
    if (!column) throw new Error(`The table ${table} does not number its rows.`);
    await this.all('SELECT setval(pg_get_serial_sequence($1, $2), $3)', [table, column.name, last]);
  }

  /** Has the server know how large the tables are: without, it reads all of one for every row that it looks for. */
  async analyze(tables: readonly SourceTable[]): Promise<void> {
    for (const { name } of tables) await this.all(`ANALYZE "${name}"`);
  }

  async newestSeq(): Promise<number | null> {
    return intOrNull(await this.one('SELECT max(seq) AS seq FROM audit_events'), 'seq');
  }
}
