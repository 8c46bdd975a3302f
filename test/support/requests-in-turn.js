// Sends requests through the library, one after the other, and prints what each came to and how long it took: node requests-in-turn.js < JSON
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

const { openTwofa } = createRequire(import.meta.url)('../../dist/index.cjs');
const { token, requests } = JSON.parse(await text(process.stdin));
const twofa = openTwofa({ env: process.env, token });

const outcomes = [];
for (const { do: name, ...options } of requests) {
  const begun = performance.now();
  const outcome = await twofa.request(name, options).catch((error) => ({
    exit: error.exit ?? 1,
    error: { code: error.code, message: error.message, hint: error.hint, details: error.details },
  }));
  outcomes.push({ ...outcome, ms: performance.now() - begun });
}
await twofa.close();
process.stdout.write(JSON.stringify(outcomes));
