// Sends requests through the library, all at once, and prints what each came to: node requests-at-once.js < JSON
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { outcome } from './outcome.js';

const { openTwofa } = createRequire(import.meta.url)('../../dist/index.cjs');
const { token, requests } = JSON.parse(await text(process.stdin));
const twofa = openTwofa({ env: process.env, token });

const outcomes = await Promise.all(requests.map((request) => outcome(twofa, request)));
await twofa.close();
process.stdout.write(JSON.stringify(outcomes));
