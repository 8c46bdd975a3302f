// What both floors compute: the keys of an installation, the links, heads and seals of its trail, and a line of the outbox.
import { createHash, createHmac, createSecretKey, hkdfSync, randomBytes, randomInt } from 'node:crypto';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export const minute = 60_000;
export const week = 7 * 24 * 60 * minute;
/** Codes are looked at for their 15 minutes, and for the 24 hours after that. */
export const codesKept = 1455 * minute;

export function keysOf(home) {
  const { current, keys } = JSON.parse(readFileSync(join(home, 'key.json'), 'utf8'));
  const secret = Buffer.from(keys[current].secret, 'base64');
  const derive = (label) =>
    createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', `twofa ${label}`, 32)));
  return { id: current, codes: derive('codes'), trail: derive('audit trail') };
}

export const seal = (key, parts) =>
  createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url');

export const tokenDigest = (token) => createHash('sha256').update(token).digest('base64url');

export const codeDigest = (key, userId, code) =>
  createHmac('sha256', key.codes).update(`${userId}:${code}`).digest('base64url');

const truth = (value) => value === true || value === 1;

const states = {
  token: (row) => [
    ...[row.digest, row.role, row.account_kid, row.user_id, row.app, truth(row.may_contacts)],
    ...[row.expires_at, row.revoked_at, row.verified_at, row.verified_place],
  ],
  account: (row) => [
    ...[row.kid, row.name, row.country, row.enabled_at, row.enabled_by, row.created_at, row.recovery_codes],
  ],
  user: (row) => [
    ...[row.account_kid, row.username, truth(row.active), truth(row.system_administrator)],
    ...[row.attempts_left, row.locked_at, row.email, row.phone, row.codes_after, row.trust_after],
  ],
};

export function headOf(key, kind, row, place = row.chain_count, link = row.chain_link) {
  return seal(key.trail, ['head', `${kind}:${row.kid ?? row.id}`, place, link, ...states[kind](row)]);
}

/** A row decides nothing unless it is the one that was written, and its chain has not gone on without it. */
export function requireWritten(key, kind, row) {
  if (truth(row.behind) || row.head !== headOf(key, kind, row)) throw new Error(`The ${kind} was changed.`);
}

/** A token is of somebody: by its digest, and neither revoked nor expired. */
export function requireToken(key, row, now) {
  requireWritten(key, 'token', row);
  if (row.revoked_at !== null || (row.expires_at !== null && row.expires_at <= now))
    throw new Error('No token.');
}

/** Codes that count: outstanding, and with the seal of the event that made them. */
export function outstanding(key, user, codes, now) {
  return codes.filter(
    (code) =>
      code.ended_at === null &&
      code.expires_at > now &&
      code.place > user.codes_after &&
      code.place <= user.chain_count &&
      code.seal === codeSeal(key, code, code.place, code.event_link),
  );
}

export function codeSeal(key, { user_id, message_id, via, digest, created_at }, place, link) {
  return seal(key.trail, ['seal', 'code', user_id, message_id, via, digest, created_at, place, link]);
}

export function trustSeal(key, { user_id, location, trusted_at, expires_at }, place, link) {
  return seal(key.trail, ['seal', 'trust', user_id, location, trusted_at, expires_at, place, link]);
}

/** Whether a location is trusted now, by a row with the seal of the event that made it. */
export function isTrusted(key, user, trust, now) {
  return (
    trust != null &&
    trust.ended_at === null &&
    trust.expires_at > now &&
    trust.place > user.trust_after &&
    trust.seal === trustSeal(key, trust, trust.place, trust.event_link)
  );
}

/**
 * The next event of a user's chain, after which their row is changed and has its new place, link and head.
 * @param change columns of the user; `endsCodes` says that their codes end with this event.
 * @returns the event's columns, from `subject` to `link`.
 */
export function nextEvent(
  key,
  user,
  { now, app, tokenId, action, outcome = 'ok', details },
  change,
  endsCodes,
) {
  const subject = `user:${user.id}`;
  const place = user.chain_count + 1;
  const said = [action, user.account_kid, user.username, outcome, JSON.stringify(details)];
  const body = [now, app, 'application', tokenId, ...said];
  const link = seal(key.trail, [subject, place, user.chain_link, ...body]);
  Object.assign(user, change);
  if (endsCodes) user.codes_after = place;
  user.chain_count = place;
  user.chain_link = link;
  user.head = headOf(key, 'user', user);
  return [subject, place, ...body, key.id, link];
}

export const newCode = () => String(randomInt(1_000_000)).padStart(6, '0');

export function newMessageId(now) {
  return `msg_${now.toString(16).padStart(12, '0')}${randomBytes(16).toString('base64url')}`;
}

/** A message in a sandbox: one line in one write, by whoever opens the file for it. */
export function deliver(home, { user, code }) {
  const text = `${code} is your code.\n\nIt works for 15 minutes. Never tell it to anyone.\n`;
  const line = { at: new Date().toISOString(), user: user.username, via: 'email', to: user.email, text };
  const file = openSync(join(home, 'by-hand.ndjson'), 'a', 0o600);
  writeSync(file, `${JSON.stringify(line)}\n`);
  closeSync(file);
}
