// The one place that loads knex.
import knex, { type Knex } from 'knex';

/** What goes wrong is thrown; knex would also print it, on standard output, where results belong. */
const log = { debug() {}, warn() {}, error() {}, deprecate() {} };

export function connect(config: Knex.Config): Knex {
  return knex({ ...config, log });
}
