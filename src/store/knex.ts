// The one place that loads knex.
import knex, { type Knex } from 'knex';

export function connect(config: Knex.Config): Knex {
  return knex(config);
}
