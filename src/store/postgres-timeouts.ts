// How long a PostgreSQL server may keep somebody waiting.

/** How long connecting may take, in milliseconds. */
export const connectTimeoutMs = 5000;
/** How long one statement may take before the server ends it, in milliseconds. */
export const statementTimeoutMs = 30_000;
