// twofa db grants
import type { Command } from 'commander';
import type { GrantOptions } from '../../grants.ts';
import type { Run } from '../../run.ts';

const more = `
PostgreSQL only. The owner's role makes the store and migrates it (init, db migrate);
everything else connects as the program's role, which reads, adds, and changes what
sign-ins and people change. It cannot drop a trigger, alter a table, make one, truncate
anything, change or delete an event, or delete an account, a user or a token: so what
is done behind the trail's back takes more than the program's password.

  twofa db grants > grants.sql
  psql -d twofa -f grants.sql

A superuser, or who owns the database and may make roles, runs it in the store's
database after "twofa init", and again after each "twofa db migrate". It makes the
roles where there are none, without passwords, and it closes the database and the
schema to everybody else: use a database of its own. This command itself only prints.`;

export function grants(program: Command, run: Run): void {
  program
    .command('grants')
    .description('print the SQL for two roles of PostgreSQL: who migrates, and what the program runs as')
    .option('--owner <role>', 'the role that owns the tables', 'twofa_owner')
    .option('--program <role>', 'the role that the program connects as', 'twofa')
    .option('--schema <schema>', 'the schema that the tables are in', 'public')
    .addHelpText('after', more)
    .action(
      run(async ({ out }, options: GrantOptions) => {
        const { grantStatements } = await import('../../grants.ts');
        const { owner, program, schema } = options;
        const sql = grantStatements({ owner, program, schema });
        if (out.format === 'table') return out.write(sql);
        return out.document({ owner, program, schema, sql }, () => []);
      }),
    );
}
