// Every error that twofa can answer with: its code, and the exit code that the code carries.

/** Exit codes of the program (see `twofa help exit-codes`). */
export const exitCodes = {
  done: 0,
  failure: 1,
  usage: 2,
  changesPending: 3,
  notPermitted: 4,
  notFound: 5,
  refused: 6,
  secondFactorRequired: 7,
  codeRejected: 8,
  userBarred: 9,
  deliveryFailed: 10,
  storeUnavailable: 11,
  interrupted: 130,
} as const;

/** The published list of error codes with the exit code of each. */
export const errorCodes = {
  'unexpected-failure': exitCodes.failure,

  usage: exitCodes.usage,
  'invalid-input': exitCodes.usage,
  'missing-option': exitCodes.usage,
  'invalid-configuration': exitCodes.usage,
  'file-unreadable': exitCodes.usage,
  'file-unwritable': exitCodes.usage,
  'file-malformed': exitCodes.usage,
  'confirmation-mismatch': exitCodes.usage,
  'request-id-reused': exitCodes.usage,
  'checkpoint-invalid': exitCodes.usage,
  'export-invalid': exitCodes.usage,
  'secret-in-argument': exitCodes.usage,

  'not-signed-in': exitCodes.notPermitted,
  'token-invalid': exitCodes.notPermitted,
  'token-expired': exitCodes.notPermitted,
  'token-revoked': exitCodes.notPermitted,
  'operator-inactive': exitCodes.notPermitted,
  'operator-locked': exitCodes.notPermitted,
  'not-permitted': exitCodes.notPermitted,
  'unsafe-file': exitCodes.notPermitted,

  'account-not-found': exitCodes.notFound,
  'user-not-found': exitCodes.notFound,
  'practice-not-found': exitCodes.notFound,
  'token-not-found': exitCodes.notFound,
  'profile-not-found': exitCodes.notPermitted,
  'lockout-not-found': exitCodes.notFound,
  'notice-not-found': exitCodes.notFound,
  'topic-not-found': exitCodes.notFound,

  'never-disabled': exitCodes.refused,
  'audit-broken': exitCodes.refused,
  'store-restored': exitCodes.refused,
  'not-restored': exitCodes.refused,
  'cursor-unknown': exitCodes.refused,
  'not-ready': exitCodes.refused,
  'not-enabled': exitCodes.refused,
  'already-enabled': exitCodes.refused,
  'account-exists': exitCodes.refused,
  'user-exists': exitCodes.refused,
  'contact-data-required': exitCodes.refused,
  'last-administrator': exitCodes.refused,
  'password-known': exitCodes.refused,
  'user-deactivated': exitCodes.refused,
  'not-an-administrator': exitCodes.refused,
  'too-many-codes': exitCodes.refused,
  'too-many-texts': exitCodes.refused,
  'too-soon': exitCodes.refused,
  'plan-changed': exitCodes.refused,
  'prune-limit': exitCodes.refused,
  'channel-unavailable': exitCodes.refused,
  'delivery-not-configured': exitCodes.refused,
  'not-a-sandbox': exitCodes.refused,
  'store-exists': exitCodes.refused,
  'copy-differs': exitCodes.refused,
  'key-mismatch': exitCodes.refused,
  'key-not-lost': exitCodes.refused,
  'key-kept-elsewhere': exitCodes.refused,
  'socket-in-use': exitCodes.refused,
  'not-here': exitCodes.refused,

  'second-factor-required': exitCodes.secondFactorRequired,
  'recovery-code-rejected': exitCodes.codeRejected,

  'user-locked': exitCodes.userBarred,
  'user-inactive': exitCodes.userBarred,

  'delivery-failed': exitCodes.deliveryFailed,

  'not-initialised': exitCodes.storeUnavailable,
  'store-unavailable': exitCodes.storeUnavailable,
  'store-busy': exitCodes.storeUnavailable,
  'store-incompatible': exitCodes.storeUnavailable,
  'store-moved': exitCodes.storeUnavailable,
  'key-unavailable': exitCodes.storeUnavailable,
  'service-unavailable': exitCodes.storeUnavailable,
  'answer-lost': exitCodes.storeUnavailable,

  interrupted: exitCodes.interrupted,
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** What an error says to a program: the object under `error` of a failed call. */
export interface ErrorReport {
  code: ErrorCode;
  message: string;
  hint: string | null;
  details: Record<string, unknown> | null;
}

/** Anything that twofa refuses or cannot do. Expected outcomes of a sign-in are values, not errors. */
export class TwofaError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | null;
  readonly details: Record<string, unknown> | null;

  constructor(
    code: ErrorCode,
    message: string,
    more: { hint?: string | null; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'TwofaError';
    this.code = code;
    this.hint = more.hint ?? null;
    this.details = more.details ?? null;
  }

  /** The process exit code of this error. */
  get exit(): number {
    return errorCodes[this.code];
  }

  report(): ErrorReport {
    return { code: this.code, message: this.message, hint: this.hint, details: this.details };
  }
}

/**
 * What a store answers that has moved to another database.
 * @param to where it is now, without a password.
 */
export function storeMoved(to: string): TwofaError {
  return new TwofaError('store-moved', `The store has moved to ${to}; what is left here is sealed.`, {
    hint: 'Name the database that it is in now: in TWOFA_DATABASE_URL, or as "database" in the configuration. The key stays the same.',
    details: { movedTo: to },
  });
}
