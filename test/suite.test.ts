// Whoever runs the tests learns by the exit code what they came to.
import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

const module = pathToFileURL('test/support/embedded-postgres.js').href;

test.each([
  ['when nothing is left to do', 'process.exitCode = 3;'],
  ['when it is ended at once', 'process.exit(3);'],
])('PostgreSQL, where the tests start it, leaves the exit code of a process alone %s', (_, end) => {
  const program = `await import(${JSON.stringify(module)}); ${end}`;
  const ran = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  expect(ran).toMatchObject({ status: 3, stdout: '', stderr: '' });
});
