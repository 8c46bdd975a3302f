// Whether a store and this program fit each other.
import { migrationNames, oldestPrograms } from '../../migrations/names.ts';
import { TwofaError } from '../errors.ts';
import { isOlder, newestOf, programVersion } from '../rules/program-version.ts';
import { type Row, text } from './rows.ts';

/** What a store says of its tables. */
export interface Schema {
  /** The migrations that it has, by name. */
  applied: readonly string[];
  /** The oldest twofa that can use it. */
  oldestProgram: string;
}

/** Reads `oldest_program`, and the names of `migrations` with commas between them. */
export function schemaOf(row: Row): Schema {
  return { applied: text(row, 'migrations').split(','), oldestProgram: text(row, 'oldest_program') };
}

/** The oldest twofa that can use a store with these migrations. */
export function oldestProgram(applied: readonly string[]): string {
  return newestOf(applied.flatMap((name) => oldestPrograms.get(name) ?? []));
}

/** The migrations that this program knows and a store lacks. */
export function missingIn({ applied }: Pick<Schema, 'applied'>): string[] {
  return migrationNames.filter((name) => !applied.includes(name));
}

/** The migrations of a store that are a newer program's. */
export function unknownIn({ applied }: Pick<Schema, 'applied'>): string[] {
  return applied.filter((name) => !oldestPrograms.has(name));
}

/** The newest migration of a store: those of a newer program come after all that this one knows. */
export function newestMigration({ applied }: Pick<Schema, 'applied'>): string {
  return [...applied].sort().at(-1) ?? '';
}

/** @throws TwofaError `store-incompatible` for a store that needs a newer program than this. */
export function refuseTooNew({ oldestProgram }: Schema, program = programVersion): void {
  if (!isOlder(program, oldestProgram)) return;
  throw new TwofaError(
    'store-incompatible',
    `The store needs twofa ${oldestProgram} or newer; this is ${program}.`,
    { hint: 'Update twofa on this machine.', details: { program, oldestProgram } },
  );
}

/**
 * A store may have migrations that this program does not know, as long as they only expanded it.
 * @throws TwofaError `store-incompatible` when the program is too old for the store, or the store for the program.
 */
export function checkVersion(schema: Schema, program = programVersion): void {
  refuseTooNew(schema, program);
  const missing = missingIn(schema);
  if (missing.length === 0) return;
  throw new TwofaError('store-incompatible', 'The store was made by an older twofa.', {
    hint: 'Bring it up to date with "twofa db migrate".',
    details: { program, missing },
  });
}
