// Whoever runs the tests learns by the exit code what they came to.
import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

test('PostgreSQL, where the tests start it, leaves the exit code alone', () => {
  const module = pathToFileURL('test/support/embedded-postgres.js').href;
  const program = `await import(${JSON.stringify(module)}); process.exitCode = 3;`;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '--eval', program]);
  expect(status).toBe(3);
});
