// Has the store open for as long as it runs: sends the requests of each line it is given, all at once, and prints what each came to.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { outcome } from './outcome.js';

const { openTwofa } = createRequire(import.meta.url)('../../dist/index.cjs');
const twofa = openTwofa({ env: process.env, token: process.argv[2] });

for await (const line of createInterface({ input: process.stdin })) {
  const outcomes = await Promise.all(JSON.parse(line).map((request) => outcome(twofa, request)));
  process.stdout.write(`${JSON.stringify(outcomes)}\n`);
}
await twofa.close();
