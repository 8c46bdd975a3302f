// A change to an account, its practices or its users as it is shown before and after it is made.
import type { AdditionStep } from './provisioning-users.ts';
import type { Difference, RosterUser } from './roster-change.ts';

export type ChangeAction = 'create' | 'update' | 'deactivate' | 'enable' | 'needs-administrator';

/** One change as it is shown: each field as it is and as it is to be; null for nothing. */
export interface PlannedChange {
  account: string;
  action: ChangeAction;
  kind: 'account' | 'practice' | 'user';
  name: string;
  fields: Record<string, { from: unknown; to: unknown }>;
}

/** Whether a plan changes anything: what waits for a System Administrator is not done by it. */
export function changesAnything(changes: readonly PlannedChange[]): boolean {
  return changes.some((change) => change.action !== 'needs-administrator');
}

/** The fields of an update. */
export function changedFields(
  user: RosterUser,
  { fields, change, practices }: Difference,
): PlannedChange['fields'] {
  const [before, after] = [{ ...user }, { ...change, practices: practices ?? undefined }];
  return Object.fromEntries(
    fields.map((field) => [field, { from: before[field] ?? null, to: after[field] ?? null }]),
  );
}

/** The fields of a new user: those that it has. */
export function addedFields(user: AdditionStep): PlannedChange['fields'] {
  const { name, email, phone, language, practices, systemAdministrator } = user;
  const values = {
    ...{ name, email, phone, language },
    practices: practices.length > 0 ? practices : null,
    systemAdministrator: systemAdministrator || null,
  };
  const stated = Object.entries(values).filter(([, value]) => value !== null);
  return Object.fromEntries(stated.map(([field, to]) => [field, { from: null, to }]));
}
