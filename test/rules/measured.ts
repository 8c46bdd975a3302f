// What is measured where there is nothing yet.
import type { Measured } from '../../src/rules/metrics.ts';

export const nothing: Measured = {
  events: [],
  accounts: { enabled: 0, overdue: 0 },
  lockedUsers: 0,
  openNotices: { pending: 0, undelivered: 0, unknown: 0 },
  pendingMessages: 0,
  storeBytes: 0,
  standbyBehindMs: null,
  expiringTokens: 0,
  done: { maintain: null, prune: null, checkpoint: null },
};
