// The commands that back up a store on PostgreSQL, and restore it: the server has its own means for that.
import { hasPassword } from '../rules/database-url.ts';

export interface DumpCommands {
  dump: string;
  /** Into a new, empty database. */
  restore: string;
  /** Where the password goes, which is in no argument; null where the URL has none. */
  password: string | null;
}

/** As a shell takes it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The URL without its password. */
function bare(url: string): string {
  return url
    .replace(/^([a-z]+:\/\/[^/@:]*):[^/]*@/i, '$1@')
    .replace(/([?&])password=[^&]*&?/gi, '$1')
    .replace(/[?&]$/, '');
}

/** The URL of another database of the same server. */
function withDatabase(url: string, name: string): string {
  return url.replace(/^([a-z]+:\/\/[^/]*\/)[^?]*/i, `$1${name}`);
}

/** @param file where the dump goes. */
export function dumpCommands(url: string, file: string): DumpCommands {
  const from = bare(url);
  return {
    dump: `pg_dump --format=custom --file=${quoted(file)} --dbname=${quoted(from)}`,
    restore: `pg_restore --single-transaction --exit-on-error --dbname=${quoted(withDatabase(from, 'NEW_DATABASE'))} ${quoted(file)}`,
    password: hasPassword(url)
      ? 'Put the password into the file that PGPASSFILE names (~/.pgpass), or both into a service (PGSERVICE): an argument shows it to everybody.'
      : null,
  };
}
