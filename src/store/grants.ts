// The SQL that gives two roles of PostgreSQL what they need: the owner who migrates, and the program's own role.
import { TwofaError } from '../errors.ts';
import { statementTimeoutMs } from './postgres-timeouts.ts';

/** What the program's role may do with a table besides reading it. */
export interface Grant {
  insert: boolean;
  delete: boolean;
  /** The columns that it may update. */
  update: readonly string[];
}

const chain = ['chain_count', 'chain_link', 'key_id', 'head'];
const seal = ['place', 'key_id', 'seal'];
const end = ['ended_at', 'ended_reason'];

function grant(rows: 'kept' | 'added' | 'added and removed', update: readonly string[] = []): Grant {
  return { insert: rows !== 'kept', delete: rows === 'added and removed', update };
}

/**
 * Every table. Nothing is deleted that the trail, a count of attempts or a decision rests on; what can be changed leaves out
 * what a row is known by.
 */
export const grants: Readonly<Record<string, Grant>> = {
  installation: grant('kept', ['key_fingerprint', 'restored_at', 'staging', ...chain]),
  accounts: grant('added', [
    ...['name', 'name_key', 'country', 'enabled_at', 'enabled_by', 'wanted', 'recovery_codes'],
    ...chain,
  ]),
  practices: grant('added', ['name', 'name_key']),
  users: grant('added', [
    ...['username', 'username_key', 'name', 'name_key', 'email', 'email_key', 'email_problem'],
    ...['phone', 'phone_key', 'phone_problem', 'language', 'looks_shared', 'system_administrator', 'active'],
    ...['attempts_left', 'locked_at', 'last_verified_at', 'email_proved_at', 'phone_proved_at'],
    ...['contact_changed_at', 'reminded_at', 'codes_after', 'trust_after'],
    ...chain,
  ]),
  former_usernames: grant('added'),
  user_practices: grant('added and removed'),
  messages: grant('added and removed', ['status', 'reason', 'gateway_id', 'settled_at']),
  codes: grant('added and removed', end),
  trusted_locations: grant('added and removed', ['app', 'trusted_at', 'expires_at', ...seal, ...end]),
  requests: grant('added and removed', ['user_id', 'action', 'answer', 'created_at', ...seal]),
  tokens: grant('added', ['expires_at', 'revoked_at', 'verified_at', 'verified_place', ...chain]),
  audit_events: grant('added'),
  recovery_codes: grant('added', ['used_at', 'used_by', 'void_at']),
  recovery_tries: grant('added and removed', ['failures', 'last_failed_at']),
  notices: grant('added and removed', ['status', 'reason', 'tries', 'tried_at', 'settled_at']),
  check_words: grant('added and removed', [
    ...['account_kid', 'message_id', 'address', 'digest', 'key_id', 'tries_left', 'created_at'],
    ...['proved_at', 'ended_at'],
  ]),
  announcements: grant('added and removed', ['message_id']),
  event_counts: grant('added', ['count']),
  tasks: grant('added', ['done_at', 'seq']),
  migrations: grant('kept'),
  migrations_lock: grant('kept'),
};

/** The roles, and the schema that the tables are in. */
export interface GrantOptions {
  owner: string;
  program: string;
  schema: string;
}

/** A name as SQL has it between double quotes. @throws TwofaError `invalid-input` */
function quoted(field: keyof GrantOptions, name: string): string {
  const printable = !/[\p{C}\p{Zl}\p{Zp}]/u.test(name);
  if (name !== '' && printable && Buffer.byteLength(name) <= 63) return `"${name.replaceAll('"', '""')}"`;
  throw new TwofaError(
    'invalid-input',
    `${field} ${JSON.stringify(name.slice(0, 60))} is no name of PostgreSQL: 1 to 63 bytes, without control characters.`,
    { details: { field } },
  );
}

function literal(name: string): string {
  return `'${name.replaceAll("'", "''")}'`;
}

function tableLines(table: string, program: string): string[] {
  const { insert, delete: deletes, update } = grants[table] ?? grant('kept');
  const may = ['SELECT', ...(insert ? ['INSERT'] : []), ...(deletes ? ['DELETE'] : [])];
  const columns = [...new Set(update)].join(', ');
  return [
    `REVOKE ALL ON ${table} FROM PUBLIC, ${program};`,
    `GRANT ${may.join(', ')} ON ${table} TO ${program};`,
    ...(columns === '' ? [] : [`GRANT UPDATE (${columns}) ON ${table} TO ${program};`]),
  ];
}

/** A block of statements. Its end is a word that does not stand in it, whatever the names are. */
function block(...lines: readonly string[]): string[] {
  const text = lines.join('\n');
  let end = '$twofa$';
  while (text.includes(end)) end = `${end.slice(0, -1)}_$`;
  return [`DO ${end}`, ...lines, `${end};`];
}

/** Makes a role where there is none. */
function roleLines(name: string, quotedName: string): string[] {
  return block(
    'BEGIN',
    `  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(name)}) THEN`,
    `    CREATE ROLE ${quotedName} LOGIN;`,
    '  END IF;',
    'END',
  );
}

/**
 * SQL to be run by a superuser, or by who owns the database and may make roles, in the database of the store, after it was
 * made or migrated; it can be run again.
 * @throws TwofaError `invalid-input` for names that PostgreSQL does not have.
 */
export function grantStatements({ owner, program, schema }: GrantOptions): string {
  const [by, to, where] = [quoted('owner', owner), quoted('program', program), quoted('schema', schema)];
  if (owner === program) {
    throw new TwofaError('invalid-input', 'The owner and the program need two roles, not one.', {
      details: { field: 'program' },
    });
  }
  const tables = Object.keys(grants);
  return [
    `-- ${by} owns the tables and migrates; the program runs as ${to}.`,
    '-- Passwords are yours to give: \\password ROLE',
    'BEGIN;',
    ...roleLines(owner, by),
    ...roleLines(program, to),
    ...block(
      'BEGIN',
      `  IF EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(program)}`,
      '      AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)) THEN',
      `    RAISE EXCEPTION 'The role % is more than the program may be: make it an ordinary one.', ${literal(program)};`,
      '  END IF;',
      'END',
    ),
    `REVOKE ${by} FROM ${to};`,
    '-- Of itself the program asks for this; a connection pooler may not pass that on.',
    `ALTER ROLE ${to} SET statement_timeout = '${statementTimeoutMs}ms';`,
    `SET LOCAL search_path = ${where};`,
    '',
    '-- Everything belongs to the owner: what one owns, one can drop.',
    ...tables.map((table) => `ALTER TABLE ${table} OWNER TO ${by};`),
    ...block(
      'DECLARE each regprocedure; BEGIN',
      '  FOR each IN SELECT DISTINCT tgfoid::regprocedure FROM pg_trigger',
      '      JOIN pg_class ON pg_class.oid = tgrelid',
      `      WHERE relnamespace = ${literal(where)}::regnamespace AND NOT tgisinternal LOOP`,
      `    EXECUTE format('ALTER FUNCTION %s OWNER TO %I', each, ${literal(owner)});`,
      '  END LOOP;',
      'END',
    ),
    '',
    '-- Nobody else is let in.',
    ...block(
      'BEGIN',
      `  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());`,
      `  EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I, %I', current_database(), ${literal(owner)}, ${literal(program)});`,
      'END',
    ),
    `REVOKE ALL ON SCHEMA ${where} FROM PUBLIC, ${to};`,
    `GRANT USAGE, CREATE ON SCHEMA ${where} TO ${by};`,
    `GRANT USAGE ON SCHEMA ${where} TO ${to};`,
    '',
    '-- What the program may do, table by table.',
    ...tables.flatMap((table) => tableLines(table, to)),
    '',
    '-- Numbers of rows are taken from sequences, and never set back.',
    `REVOKE ALL ON ALL SEQUENCES IN SCHEMA ${where} FROM PUBLIC, ${to};`,
    `GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${where} TO ${to};`,
    'COMMIT;',
    '',
  ].join('\n');
}
