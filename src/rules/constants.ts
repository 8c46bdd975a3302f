// The fixed numbers of the rules R1…R15. No option, variable, setting or role changes one of them.

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** R7: decimal digits of a code. */
export const codeDigits = 6;
/** R7: how long a code works, in milliseconds. */
export const codeLifetimeMs = 15 * minute;
/** R7: outstanding codes that a user may hold. */
export const outstandingCodesMax = 5;
/** R8: attempts of a user over all applications together. */
export const attemptsMax = 7;
/** R11: how long a success trusts a location, in milliseconds. */
export const trustLifetimeMs = 7 * day;
/** How long a request id is remembered for its application, in milliseconds. */
export const repeatWindowMs = 15 * minute;
/** How long an ended code is kept with its reason, in milliseconds. */
export const endedCodeRetentionMs = 24 * hour;
/** Checklist `reachable`: for how long a proof that messages arrive counts, in milliseconds. */
export const reachableProofMs = 90 * day;
/** Life of a person's token unless `--expires` says otherwise, in milliseconds. */
export const personTokenLifetimeMs = 90 * day;
/** R15: how long a verified code makes a System Administrator's token work, in milliseconds. */
export const tokenVerificationMs = 12 * hour;
/** Recovery codes of an account that work at a time. */
export const recoveryCodesMax = 2;
/** How long the next try of a recovery code waits after the first wrong one, in milliseconds; each wrong one doubles it. */
export const recoveryDelayMinMs = second;
/** How long it waits at the most, in milliseconds. */
export const recoveryDelayMaxMs = 15 * minute;
/** Tries of a roll call's check words, which are apart from the attempts of R8. */
export const checkWordTries = 5;
/** How long check words can be confirmed, in milliseconds. */
export const checkWordLifetimeMs = 14 * day;
/** The hour in which a preview assumes that everybody signs in for the first time, in minutes. */
export const firstMorningMinutes = 60;
/** How long Customer Care waits before it reminds administrators of the same lockout again, in milliseconds. */
export const reminderIntervalMs = hour;
/** A day, in milliseconds, for counting days. */
export const dayMs = day;
