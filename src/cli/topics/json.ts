// The topic json: the conventions of the JSON output, and the shape of each command's document.
import { broken, paragraph } from './layout.ts';

/** Objects that several commands show; `…name` stands for all of its keys. */
export const objects = {
  account:
    '{kid, name, country, twoFactor: {enabled, enabledAt, enabledBy, overdue, wanted}, practices, users, lockedUsers, createdAt}',
  user: '{id, account, username, name, email, phone, practices, systemAdministrator, status, attemptsLeft, lockedAt, lastVerifiedAt, contactChangedAt, language}',
  token: '{id, role, account, user, app, name, expiresAt}',
  operator: '{role, account, user, expiresAt, verifiedUntil}',
  lockout: '{account, username, name, practices, lockedAt, lastApp, lastIp}',
  message: '{messageId, via, to, app, status, reason, sentAt, settledAt}',
  event: '{seq, at, actor, role, tokenId, action, account, user, outcome, details}',
} as const;

/** The shape of each command's document. */
export const shapes: readonly (readonly [commands: string, shape: string])[] = [
  ['init', '{home, database, sandbox, changed}'],
  ['account create', '{…account, changed}'],
  ['account show', '{…account}'],
  ['account list', '[{…account}]'],
  [
    'account export',
    '{account: {kid, name, country}, practices, users: [{username, name, email, phone, practices}]}',
  ],
  ['practice add', '{account, name, users, changed}'],
  ['practice list', '[{account, name, users}]'],
  ['user add, user update, user rename, user deactivate', '{…user, changed}'],
  ['user show', '{…user}'],
  ['user list, user export, find', '[{…user}]'],
  ['user import', '{read, added, updated, unchanged, rejected, rejectedFile, changed}'],
  ['plan, apply', '{changes: [{account, action, kind, name, fields}], changed}'],
  ['schema', '{$schema, title, description, type, required, properties, additionalProperties}'],
  [
    'checklist',
    '{account, ready, blockers, warnings, items: [{id, title, severity, status, count, users, mendedBy, hint}]}',
  ],
  [
    'enable',
    '{account, enabledAt, enabledBy, practicesAffected, usersAffected, plan, impact: {practices: [{name, users}], ready, findings: [{id, status, count, users}], keptOut: {count, users: [{username, why}]}, firstMorning: {assumes, codes, codesPerMinute, email: {perMinute, enough, lateMinutes}, sms: {perMinute, enough, lateMinutes}}}, recoveryCodes, changed}',
  ],
  [
    'rollcall start',
    '{called, alreadyReachable, alreadyCalled, failed: [{username, via, to, reason}], skipped: [{username, via, reason}], changed}',
  ],
  ['rollcall confirm', '{result, why, via, triesLeft, changed}'],
  ['rollcall status', '[{username, name, practices, email: {state, at, reason}, sms: {state, at, reason}}]'],
  [
    'rollcall status --summary',
    '[{practice, users, email: {reachable, called, bounced, notCalled, noAddress}, sms: {reachable, called, bounced, notCalled, noAddress}}]',
  ],
  [
    'announce',
    '{sent, alreadyTold, failed: [{username, via, to, reason}], skipped: [{username, via, reason}], changed}',
  ],
  ['login', '{result, reason, trustedUntil, methods: [{via, to}], attemptsLeft}'],
  ['code send', '{result, via, to, expiresAt, outstanding, attemptsLeft, messageId}'],
  ['code verify', '{result, why, attemptsLeft, trustedUntil}'],
  ['location list', '[{location, trusted, trustedAt, expiresAt, endedAt, endedReason}]'],
  ['location forget', '{account, username, forgotten, changed}'],
  [
    'status',
    '{…account, checklist: {ready, blockers, warnings}, lockouts: [{…lockout}], sandbox, texts: {today, ceiling, resetsAt}}',
  ],
  [
    'status USER',
    '{…user, twoFactor: {enabled, enabledAt}, methods: [{via, to}], outstandingCodes, trustedLocations, messages: [{…message}]}',
  ],
  ['lockouts', '[{…lockout}]'],
  [
    'lockouts show',
    '{…lockout, failures: [{at, app, ip, why, looksLike}], assessment: {looksLike, because, passwordKnown}, history: [{…event}], messages: [{…message}]}',
  ],
  ['lockouts remind', '{account, username, administrators, remindedAt, changed}'],
  ['notices list', '[{id, account, kind, about, user, to, status, reason, tries, at, triedAt}]'],
  ['notices retry', '{retried, sent, failed, changed}'],
  [
    'maintain',
    '{messages: {abandoned, settled}, notices: {retried, sent, failed}, pruned: {codes, requests, locations, announcements, checkWords, messages, notices}, counted, checkpoint, failed: [{step, code, message, hint}], changed}',
  ],
  ['health', '{ok, store, key, schema, problem: {code, message, hint}, latencyMs}'],
  ['metrics', '{metrics: [{name, type, help, samples: [{labels, value}]}]}'],
  [
    'db status',
    '{engine, version, place, schema: {applied, unknown, oldestProgram, program}, movedTo, restoredAt, staging, bytes, walBytes, counted, tables: [{name, rows, bytes}], trail: {events, newestSeq, newestAt}, keys, maintainedAt, prunedAt, lastCheckpoint: {at, seq}}',
  ],
  ['db migrate', '{store, applied, oldestProgram, changed}'],
  ['db copy', '{from, to, tables: [{name, rows, digest}], events, intact, changed}'],
  ['db copy --undo', '{from, to, changed}'],
  ['db prune', '{codes, requests, locations, announcements, checkWords, messages, notices, changed}'],
  ['db grants', '{owner, program, schema, sql}'],
  ['recovery renew', '{account, recoveryCodes, changed}'],
  ['reactivate', '[{…user, changed}]'],
  ['audit list', '[{…event}]'],
  [
    'audit export',
    '[{seq, subject, place, at, actor, role, tokenId, action, account, user, outcome, details, keyId, link}]',
  ],
  ['audit checkpoint', '{account, at, seq, subjects, events, root, keyId, signature}'],
  [
    'db backup',
    '{engine, file, bytes, sha256, newest: {seq, at}, changed, keyIncluded, keyAt, commands: {dump, restore, password}}',
  ],
  [
    'db restore',
    '{lost: {from, to, until}, lostByAction, replayed: {enabled, locked, deactivated, attempts, revoked, until}, look: [{why, seq, at, account, user, details}], codesEnded, locationsEnded, recoveryCodesVoided, tokensRevoked, accepted, changed, restored: {file, newest: {seq, at}, keptAt, applied, profile}, staging}',
  ],
  [
    'audit verify',
    '{events, intact, firstBroken: {subject, seq, reason}, breaks: [{seq, at, reason}], unproved}',
  ],
  ['db rotate-key', '{key, previous, keptAt, changed}'],
  [
    'db rekey',
    '{key, keptAt, putAside, profile, accounts, users, ended: {codes, locations, tokens, recoveryCodes}, unproved, unfitting, changed}',
  ],
  ['token create, token rotate', '{…token, token, changed}'],
  ['token list', '[{…token, revoked}]'],
  ['token revoke', '{…token, changed}'],
  ['auth login', '{profile, …operator, changed}'],
  ['auth status', '{…operator}'],
  ['auth challenge', '{result, via, to, expiresAt, outstanding, attemptsLeft, messageId}'],
  ['auth verify', '{result, why, attemptsLeft, verifiedUntil}'],
  ['auth logout', '{profile, changed}'],
  [
    'policy',
    '{codeDigits, codeLifetimeMinutes, outstandingCodes, attempts, trustLifetimeDays, administratorHours, canBeDisabled, canBeConfigured}',
  ],
  ['config show', '[{key, value, source, variable}]'],
  ['config path', '{config, profiles, key, database, outbox, service}'],
  ['doctor', '{ok, checks: [{id, ok, message, hint}]}'],
  ['version', '{version, node}'],
];

function shape(name: string, text: string): string {
  return `  ${name}\n${broken(text, 74)
    .map((line) => `      ${line}\n`)
    .join('')}`;
}

export function json(): string {
  return [
    'JSON: what --json prints\n\n',
    paragraph(
      'One document on stdout, the same with and without a terminal. Names are in camelCase, times are ISO 8601 in UTC, absent values are null, lists are bare arrays ([] when empty, exit 0). "changed" is in the result of every write.',
    ),
    '\n',
    paragraph(
      'A verdict is a document whatever the exit code: login, code verify, rollcall confirm, checklist, doctor, health, maintain, audit verify, user import; db backup too, which ends with 6 on PostgreSQL, where it makes none and says in commands what to run. What fails leaves stdout empty and writes one line to stderr:',
    ),
    '\n  {"error": {"code", "message", "hint", "details"}}\n\n',
    paragraph(
      '-o ndjson prints a list one entry a line, a document on one line. -o csv is for lists. Long lists are had in parts by --limit N and --after KEY, where KEY is the username, the KID, the id or the seq of the last entry. Strings hold no control or invisible characters: they are written as \\u escapes. New keys may be added; keys are not renamed or removed.',
    ),
    '\n',
    paragraph(
      'A request of batch or serve has as its result what --json prints. What the program makes several requests for is had in parts there: user import takes "rows", a list of objects with the keys of the roster; announce and rollcall start answer "more" and "after", with which to go on; lists take "limit" and "after". recoveryCodes come in the answer: enable makes them with "recoveryCodes": true. token revoke and token rotate name theirs as "tokenId".',
    ),
    '\nWhat several commands show:\n\n',
    ...Object.entries(objects).map(([name, text]) => shape(name, text)),
    '\nEach command (…name stands for all of the keys above):\n\n',
    ...shapes.map(([name, text]) => shape(name, text)),
    '\n',
    paragraph(
      'twoFactor.overdue: days without the mandatory 2FA, null once it is on. status of a user: active, locked or inactive. why of a user who is kept out: a list of locked, email-missing, email-invalid, phone-missing and phone-invalid. result, reason and why: see "twofa help integrating". token (the secret) is in the documents of token create and token rotate alone, also with --save. recoveryCodes is a list of the two codes on a terminal, {file} with --recovery-codes-file, else null: none were made. wanted: whether the account waits for its administrator to turn 2FA on. status of a message: pending, accepted, delivered, undelivered or unknown. texts counts the text messages of the day in UTC; ceiling is null where none is configured. audit follow prints {…event} one a line, for as long as it runs; batch prints a reply a line, {id, exit, result} or {id, exit, error}, and serve answers with the same and notices; serve, help, completion, tour and disable have no document. state in the roll call: reachable, called, bounced, not-called or no-address; why of rollcall confirm: wrong, expired, undelivered, used-up or none. maintain: a part that failed is null, one that was not due too (pruned, once an hour; checkpoint, once a day); failed says why. db restore: restored is null without a file, replayed and lostByAction (numbers of events by action) without --replay; why in look: added, account-created, contact-changed, role-changed, renamed, reactivated, last-administrator or not-ready; details are those of the event, contact data masked.',
    ),
    paragraph(
      'changes of plan and apply: action is create, update, deactivate, enable or needs-administrator, kind is account, practice or user, fields has {from, to} by the name of each field; of plan, changed is false. account export also has twoFactor: {wanted}, and of users language and systemAdministrator, where they are set.',
    ),
  ].join('');
}
