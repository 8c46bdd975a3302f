// Sends requests through the library, all at once, and prints what each came to: node requests-at-once.js < JSON
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

const { openTwofa } = createRequire(import.meta.url)('../../dist/index.cjs');
const { token, requests } = JSON.parse(await text(process.stdin));
const twofa = openTwofa({ env: process.env, token });

async function outcome({ do: name, ...options }) {
  try {
    const { exit, result } = await twofa.request(name, options);
    return { exit, result };
  } catch (error) {
    return { exit: error.exit ?? 1, error: error.code ?? error.message };
  }
}

const outcomes = await Promise.all(requests.map(outcome));
await twofa.close();
process.stdout.write(JSON.stringify(outcomes));
