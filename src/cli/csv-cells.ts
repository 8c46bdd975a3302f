// How values become cells of CSV and back: quotes by RFC 4180, and a guard so that no spreadsheet takes data for a formula.
import type { UserView } from '../actions/views.ts';

/** The columns of a roster that import reads. */
export const rosterColumns = [
  'username',
  'name',
  'email',
  'phone',
  'practices',
  'system_administrator',
  'language',
] as const;
/** What export adds for the reader; import ignores it. */
export const readOnlyColumns = [
  'id',
  'account',
  'status',
  'attempts_left',
  'locked_at',
  'last_verified_at',
  'contact_changed_at',
] as const;

export type RosterColumn = (typeof rosterColumns)[number];

/** The header of an exported roster. */
export const rosterHeader: readonly string[] = [
  ...rosterColumns.filter((column) => column !== 'language'),
  ...readOnlyColumns,
  // Last, so that the columns of a roster without it stay where they were.
  'language',
];

// Apostrophes before the sign count too: else a value that begins with '= would lose its own apostrophe in import.
const formula = /^'*[=+\-@\t\r]/;
const guarded = /^'+[=+\-@\t\r]/;
const internationalNumber = /^\+[0-9]+$/;

/** A cell's text without the one apostrophe that {@link csvCell} put before it. */
export function unguard(cell: string): string {
  return guarded.test(cell) ? cell.slice(1) : cell;
}

/** A value as a cell: a `'` before what a spreadsheet would take for a formula, quotes where CSV needs them. */
export function csvCell(text: string): string {
  const cell = formula.test(text) && !internationalNumber.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** A row with its line end. */
export function csvRow(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\n`;
}

/** A user's values in the order of {@link rosterHeader}, to be written by {@link csvRow}. */
export function rosterRow(user: UserView): string[] {
  return [
    user.username,
    user.name,
    user.email ?? '',
    user.phone ?? '',
    user.practices.join(';'),
    user.systemAdministrator ? 'yes' : 'no',
    user.id,
    user.account,
    user.status,
    String(user.attemptsLeft),
    user.lockedAt ?? '',
    user.lastVerifiedAt ?? '',
    user.contactChangedAt ?? '',
    user.language ?? '',
  ];
}
