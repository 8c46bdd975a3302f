// The statements of the hot path on PostgreSQL that load: a token, a step of a sign-in, or both in one round trip.
import { codeLifetimeMs, endedCodeRetentionMs } from '../rules/constants.ts';
import { behind, joinEvent } from './sealed.ts';

/** A named statement, which the server prepares once for each connection. */
export interface Statement {
  name: string;
  text: string;
  values: unknown[];
}

/** The server's clock in milliseconds, read as the rows are. */
export const serverNow = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/** How far a standby is behind, in milliseconds: by what it has received and not applied yet. 0 on a primary. */
export const behindMs = `CASE
  WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
  ELSE greatest(0, extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::bigint END`;

/** What is known of a token, and with it what `more` selects from `join`. */
const authenticated = (
  more: string,
  join: string,
) => `SELECT row_to_json(t)::text AS token, row_to_json(u)::text AS "user", row_to_json(a)::text AS account,
    (SELECT row_to_json(i) FROM (
      SELECT sandbox, staging, restored_at, moved_to FROM installation WHERE id = 1) AS i) AS installation,
    ${serverNow} AS now ${more}
  FROM (SELECT *, ${behind('tokens')} FROM tokens WHERE digest = $1) AS t
  LEFT JOIN LATERAL (SELECT *, ${behind('users')} FROM users WHERE id = t.user_id) AS u ON true
  LEFT JOIN LATERAL (SELECT *, ${behind('accounts')} FROM accounts WHERE kid = u.account_kid) AS a ON true ${join}`;

const authenticate = authenticated('', '');

export function authenticateStatement(digest: string): Statement {
  return { name: 'authenticate', text: authenticate, values: [digest] };
}

/** The recorded answer of an application's request, with the link of the event that it was saved with. */
export function requestBy(app: string, id: string): string {
  return `(SELECT row_to_json(r) FROM (SELECT requests.*, made.link AS event_link FROM requests ${joinEvent('requests')}
    WHERE requests.app = ${app} AND requests.request_id = ${id}) AS r)`;
}

/** Where the parts of a step are bound. */
type Places = Record<keyof LoadKeys, string>;

/** All that a step is decided on. The clock is read once for the codes, so that they are found by their index. */
const load = (at: Places) => `SELECT row_to_json(a)::text AS account, row_to_json(u) AS "user",
    (SELECT coalesce(json_agg(c ORDER BY c.created_at, c.id), '[]') FROM (
      SELECT codes.*, made.link AS event_link FROM codes ${joinEvent('codes', 'codes.ended_at IS NULL')}
      WHERE ${at.codes}::boolean AND codes.user_id = u.id AND codes.created_at >
        (SELECT ${serverNow}) - ${codeLifetimeMs + endedCodeRetentionMs}) AS c
    ) AS codes,
    (SELECT row_to_json(l) FROM (
      SELECT trusted_locations.*, made.link AS event_link FROM trusted_locations ${joinEvent('trusted_locations')}
      WHERE trusted_locations.user_id = u.id AND trusted_locations.location = ${at.location}) AS l) AS trust,
    ${requestBy(at.app, at.requestId)} AS request
  FROM (SELECT *, ${behind('accounts')} FROM accounts WHERE kid = ${at.kid}) AS a LEFT JOIN LATERAL (
    SELECT *, ${behind('users')} FROM users WHERE account_kid = a.kid
      AND username_key = ${at.usernameKey} AND username = ${at.username}
    UNION ALL SELECT *, ${behind('users')} FROM users WHERE account_kid = a.kid AND id = ${at.id}::bigint LIMIT 1) AS u ON true`;

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

/** The places of a step that is bound after so many other values. */
function placesAfter(others: number): Places {
  const at = (index: number) => `$${others + index}`;
  return {
    ...{ kid: at(1), usernameKey: at(2), username: at(3), id: at(4) },
    ...{ codes: at(5), location: at(6), app: at(7), requestId: at(8) },
  };
}

function valuesOf({ kid, usernameKey, username, id, codes, location, app, requestId }: LoadKeys): unknown[] {
  return [kid, usernameKey, username, id, codes, location, app, requestId];
}

const loadText = `SELECT step.*, ${serverNow} AS now FROM (${load(placesAfter(0))}) AS step`;

export function loadStatement(keys: LoadKeys): Statement {
  return { name: 'load', text: loadText, values: valuesOf(keys) };
}

/** Account and application are those of the token where it is narrowed to them. */
function placesByToken(): Places {
  const given = placesAfter(1);
  return { ...given, kid: `coalesce(t.account_kid, ${given.kid})`, app: `coalesce(t.app, ${given.app})` };
}

const authenticateAndLoad = authenticated(
  ', row_to_json(step) AS step',
  `LEFT JOIN LATERAL (${load(placesByToken())}) AS step ON true`,
);

/** Authenticates, and loads what a step will be decided on, in one round trip. */
export function authenticateAndLoadStatement(digest: string, keys: LoadKeys): Statement {
  return { name: 'authenticate_and_load', text: authenticateAndLoad, values: [digest, ...valuesOf(keys)] };
}
