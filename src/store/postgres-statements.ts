// The statements of the hot path on PostgreSQL that load: a token, a step of a sign-in, or both in one round trip.
import { codeLifetimeMs, endedCodeRetentionMs } from '../rules/constants.ts';
import { type Draft, Kinds } from './postgres-kinds.ts';
import type { Statement } from './postgres-query.ts';
import { behind, joinEvent } from './sealed.ts';

/** The server's clock in milliseconds, read as the rows are. */
export const serverNow = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/** How far a standby is behind, in milliseconds: by what it has received and not applied yet. 0 on a primary. */
export const behindMs = `CASE
  WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
  ELSE greatest(0, extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::bigint END`;

/** What a step is loaded by. */
export interface LoadKeys {
  kid: string | null;
  usernameKey: string;
  username: string;
  /** The number of a user named by id. */
  id: number | null;
  codes: boolean;
  location: string | null;
  app: string | null;
  requestId: string | null;
}

/** Whose token is looked for. */
export interface TokenKeys {
  digest: string;
  /** Whether it may be a user's: then they are loaded with it, and their account. */
  ofUser: boolean;
}

/** The recorded answer of an application's request, with the link of the event that it was saved with. */
function requestBy(app: string, id: string): string {
  return `(SELECT row_to_json(r) FROM (SELECT requests.*, made.link AS event_link FROM requests ${joinEvent('requests')}
    WHERE requests.app = ${app} AND requests.request_id = ${id}) AS r)`;
}

/** The clock is read once, so that the codes are found by their index. */
const codes = `(SELECT coalesce(json_agg(c ORDER BY c.created_at, c.id), '[]') FROM (
    SELECT codes.id, codes.user_id, codes.message_id, via, digest, created_at, ended_at, ended_reason, codes.place,
      codes.key_id, seal, made.link AS event_link
    FROM codes ${joinEvent('codes', 'codes.ended_at IS NULL')}
    WHERE codes.user_id = u.id AND created_at > (SELECT ${serverNow}) - ${codeLifetimeMs + endedCodeRetentionMs}) AS c)`;

function trustAt(location: string): string {
  return `(SELECT row_to_json(l) FROM (
    SELECT trusted_locations.*, made.link AS event_link FROM trusted_locations ${joinEvent('trusted_locations')}
    WHERE trusted_locations.user_id = u.id AND trusted_locations.location = ${location}) AS l)`;
}

const userRow = `SELECT *, ${behind('users')} FROM users WHERE account_kid = a.kid`;

/** Where a step's account and user are found, and the columns of all that it is decided on: as many for each kind. */
interface StepParts {
  columns: string;
  account: string;
  user: string;
}

/** @param narrowed whether account and application are those of the token `t`, where it is narrowed to them. */
function stepParts<G>(
  draft: Draft<G>,
  keysOf: (given: G) => LoadKeys,
  kind: LoadKeys,
  narrowed: boolean,
): StepParts {
  const bind = (name: keyof LoadKeys, type?: string) => draft.bind((given) => keysOf(given)[name], type);
  const byToken = (column: string, given: string) => (narrowed ? `coalesce(t.${column}, ${given})` : given);
  const account = `(SELECT *, ${behind('accounts')} FROM accounts WHERE kid = ${byToken('account_kid', bind('kid'))}) AS a`;
  const named = `${userRow} AND username_key = ${bind('usernameKey')} AND username = ${bind('username')}`;
  const byId = kind.id === null ? '' : ` UNION ALL ${userRow} AND id = ${bind('id', 'bigint')} LIMIT 1`;
  const request = () => requestBy(byToken('app', bind('app')), bind('requestId'));
  return {
    account,
    user: `LEFT JOIN LATERAL (${named}${byId}) AS u ON true`,
    columns: [
      'row_to_json(a)::text, row_to_json(u)::text',
      kind.codes ? `${codes}::text` : 'NULL',
      kind.location === null ? 'NULL' : `${trustAt(bind('location'))}::text`,
      kind.requestId === null ? 'NULL' : `${request()}::text`,
    ].join(', '),
  };
}

/** Which of the statements that load a step is needed: a letter for each part that it has. */
function kindOf({ id, codes, location, requestId }: LoadKeys): string {
  const parts = [id !== null && 'i', codes && 'c', location !== null && 'l', requestId !== null && 'r'];
  return parts.filter((part) => part).join('');
}

const steps = new Kinds<LoadKeys>('load');

/**
 * Loads what a step is decided on.
 * @returns columns: the clock, then those of a step: account, user, codes, trusted location, recorded answer, each as JSON.
 */
export function loadStatement(keys: LoadKeys): Statement {
  return steps.statement(kindOf(keys), keys, (draft) => {
    const { columns, account, user } = stepParts(draft, (given) => given, keys, false);
    return `SELECT ${serverNow}, ${columns} FROM ${account} ${user}`;
  });
}

interface Authenticating {
  token: TokenKeys;
  keys: LoadKeys | null;
}

const tokenOwner = `LEFT JOIN LATERAL (SELECT *, ${behind('users')} FROM users WHERE id = t.user_id) AS o ON true
  LEFT JOIN LATERAL (SELECT *, ${behind('accounts')} FROM accounts WHERE kid = o.account_kid) AS oa ON true`;

function writeAuthenticate(
  draft: Draft<Authenticating>,
  { token: { ofUser }, keys }: Authenticating,
): string {
  const token = `(SELECT *, ${behind('tokens')} FROM tokens WHERE digest = ${draft.bind(({ token }) => token.digest)}) AS t`;
  const step = keys && stepParts(draft, (given) => given.keys ?? keys, keys, true);
  return `SELECT ${serverNow}, (SELECT row_to_json(i)::text FROM (
      SELECT sandbox, staging, restored_at, moved_to FROM installation WHERE id = 1) AS i),
    row_to_json(t)::text, ${ofUser ? 'row_to_json(o)::text, row_to_json(oa)::text' : 'NULL, NULL'}
    ${step ? `, ${step.columns}` : ''}
    FROM ${token} ${ofUser ? tokenOwner : ''} ${step ? `LEFT JOIN LATERAL ${step.account} ON true ${step.user}` : ''}`;
}

const authentications = new Kinds<Authenticating>('authenticate');

/**
 * Authenticates, and loads what a step will be decided on, in one round trip.
 * @returns columns: the clock, the installation, the token, its user, and that user's account, as JSON; then those of the
 * step where there is one.
 */
export function authenticateStatement(token: TokenKeys, keys: LoadKeys | null): Statement {
  const kind = `${token.ofUser ? 'u' : 't'}${keys ? `_${kindOf(keys)}` : ''}`;
  return authentications.statement(kind, { token, keys }, (draft) =>
    writeAuthenticate(draft, { token, keys }),
  );
}

interface SettlingKeys {
  id: string;
  remember: { app: string; id: string } | undefined;
}

const settlings = new Kinds<SettlingKeys>('settling');

/**
 * Loads what the outcome of a message is decided on.
 * @param remember the request whose recorded answer the outcome goes into.
 * @returns columns: the clock, the message's kind, channel and status, its user and the recorded answer as JSON.
 */
export function settlingStatement(id: string, remember: SettlingKeys['remember']): Statement {
  return settlings.statement(remember ? 'r' : 'm', { id, remember }, (draft) => {
    const message = draft.bind((given) => given.id);
    const by = (name: 'app' | 'id') => draft.bind((given) => given.remember?.[name]);
    const request = remember ? `${requestBy(by('app'), by('id'))}::text` : 'NULL';
    return `SELECT ${serverNow}, m.kind, m.via, m.status, row_to_json(u)::text, ${request}
      FROM messages m JOIN users u ON u.id = m.user_id WHERE m.id = ${message}`;
  });
}
