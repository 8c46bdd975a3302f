// How the list of users in the roll call looks.
import type { RollCallView } from '../actions/rollcall-status.ts';
import { column } from './columns.ts';
import type { Column } from './out.ts';

function channelColumns(title: string, via: 'email' | 'sms'): Column<RollCallView>[] {
  return [
    column(title, `${via}_state`, (row) => row[via].state),
    column('since', `${via}_at`, (row) => row[via].at),
    column('reason', `${via}_reason`, (row) => row[via].reason),
  ];
}

export const rollCallColumns: Column<RollCallView>[] = [
  column('username', 'username', (row) => row.username),
  column('name', 'name', (row) => row.name),
  column('practices', 'practices', (row) => row.practices.join('; ')),
  ...channelColumns('email', 'email'),
  ...channelColumns('text message', 'sms'),
];
