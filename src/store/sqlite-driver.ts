// The driver of SQLite that goes with the Node.js that runs: better-sqlite3 13 from Node.js 22 on, before that 12.
import { createRequire } from 'node:module';
import SqliteDialect from 'knex/lib/dialects/better-sqlite3/index.js';
import { TwofaError } from '../errors.ts';

/** The oldest Node.js that better-sqlite3 13 runs on. Version 12 ends the process on some of those after it. */
const nodeWithNapi = 22;

const require = createRequire(import.meta.url);

function usesNapi(): boolean {
  return Number.parseInt(process.versions.node, 10) >= nodeWithNapi;
}

/** @throws TwofaError `store-unavailable` where the installation has left the optional package out. */
function napiDriver(): unknown {
  try {
    return require('better-sqlite3-napi');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    throw new TwofaError(
      'store-unavailable',
      `On Node.js ${process.versions.node}, SQLite needs the package better-sqlite3-napi, which is not installed.`,
      { hint: 'Install twofa again, with its optional dependencies.', cause: error },
    );
  }
}

/** What the driver of Node.js before 22 is opened with: named, so that the program's bundle need not look for it. */
export function driverOptions(): { nativeBinding?: string } {
  if (usesNapi()) return {};
  return { nativeBinding: require.resolve('better-sqlite3/build/Release/better_sqlite3.node') };
}

export class SqliteClient extends SqliteDialect {
  override _driver(): unknown {
    return usesNapi() ? napiDriver() : super._driver();
  }
}
