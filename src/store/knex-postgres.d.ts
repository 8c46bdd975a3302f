// What knex has and does not declare: its dialect for PostgreSQL.
declare module 'knex/lib/dialects/postgres/index.js' {
  import type { Knex } from 'knex';

  export interface ColumnCompiler {
    text: string;
  }

  export default class PostgresDialect extends Knex.Client {
    columnCompiler(tableCompiler: unknown, builder: unknown): ColumnCompiler;
    _driver(): unknown;
    acquireRawConnection(): Promise<unknown>;
  }
}
