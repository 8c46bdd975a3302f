// What knex has and does not declare: its dialect for better-sqlite3.
declare module 'knex/lib/dialects/better-sqlite3/index.js' {
  import type { Knex } from 'knex';

  export default class SqliteDialect extends Knex.Client {
    _driver(): unknown;
  }
}
