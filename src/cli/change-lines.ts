// How the changes of a plan look to people: a line each, with what is there and what is to be.
import type { PlannedChange } from '../rules/planned-change.ts';
import { safe } from './escape.ts';
import type { Out, Paint } from './out.ts';

const marks: Record<PlannedChange['action'], readonly [mark: string, color: keyof Paint]> = {
  create: ['+', 'green'],
  update: ['~', 'yellow'],
  deactivate: ['-', 'red'],
  enable: ['!', 'red'],
  'needs-administrator': ['?', 'dim'],
};

function shown(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.length === 0 ? '–' : safe(value.join('; '));
  return safe(String(value));
}

function whatOf({ action, account, name }: PlannedChange): string {
  if (action === 'enable') return ' turns 2FA on, for ever';
  if (action === 'needs-administrator')
    return ` is inactive: only a System Administrator brings them back (twofa reactivate ${safe(name)} --deactivated -a ${account})`;
  return action === 'deactivate' ? ' is deactivated' : '';
}

function linesOf(change: PlannedChange, paint: Paint): string[] {
  const [mark, color] = marks[change.action];
  const head = `  ${paint[color](`${mark} ${change.kind} ${safe(change.name)}`)}${whatOf(change)}`;
  if (change.action === 'create') {
    const values = Object.entries(change.fields).map(([field, { to }]) => `${field} ${shown(to)}`);
    return [values.length === 0 ? head : `${head}  ${paint.dim(values.join(', '))}`];
  }
  if (change.action !== 'update') return [head];
  const fields = Object.entries(change.fields);
  return [head, ...fields.map(([field, { from, to }]) => `      ${field}: ${shown(from)} → ${shown(to)}`)];
}

const counted: readonly (readonly [PlannedChange['action'], before: string, after: string])[] = [
  ['create', 'to create', 'created'],
  ['update', 'to update', 'updated'],
  ['deactivate', 'to deactivate', 'deactivated'],
  ['enable', 'to enable', 'enabled'],
  ['needs-administrator', 'for a System Administrator', 'left for a System Administrator'],
];

/**
 * How much of each action there is, such as `2 to create, 1 to update`.
 * @param done whether it has been done.
 */
export function summaryOf(changes: readonly PlannedChange[], done = false): string {
  const parts = counted.flatMap(([action, before, after]) => {
    const number = changes.filter((change) => change.action === action).length;
    return number === 0 ? [] : [`${number} ${done ? after : before}`];
  });
  return parts.join(', ');
}

/** All changes, account by account. */
export function changeLines(out: Out, changes: readonly PlannedChange[]): string[] {
  const accounts = [...new Set(changes.map((change) => change.account))];
  return accounts.flatMap((account) => [
    out.paint.bold(`Account ${safe(account)}`),
    ...changes.filter((change) => change.account === account).flatMap((change) => linesOf(change, out.paint)),
  ]);
}
