// The migrations in their order. A released one never changes.
import type { Knex } from 'knex';
import * as accountsAndUsers from './001-accounts-and-users.ts';
import * as signIn from './002-sign-in.ts';
import * as tokens from './003-tokens.ts';
import * as auditTrail from './004-audit-trail.ts';
import * as recoveryCodes from './005-recovery-codes.ts';
import * as notices from './006-notices.ts';
import * as rollCall from './007-roll-call.ts';
import * as keptForOperating from './008-operations.ts';
import * as moved from './009-moved.ts';
import * as restored from './010-restored.ts';
import { migrationNames } from './names.ts';

export interface Migration {
  name: string;
  up(knex: Knex): Promise<void>;
  down(knex: Knex): Promise<void>;
}

const steps: Record<(typeof migrationNames)[number], Omit<Migration, 'name'>> = {
  '001-accounts-and-users': accountsAndUsers,
  '002-sign-in': signIn,
  '003-tokens': tokens,
  '004-audit-trail': auditTrail,
  '005-recovery-codes': recoveryCodes,
  '006-notices': notices,
  '007-roll-call': rollCall,
  '008-operations': keptForOperating,
  '009-moved': moved,
  '010-restored': restored,
};

export const migrations: readonly Migration[] = migrationNames.map((name) => ({ name, ...steps[name] }));
