// Has the store open for as long as it runs: sends the requests of each line it is given, all at once, and prints what each came to.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const { openTwofa } = createRequire(import.meta.url)('../../dist/index.cjs');
const twofa = openTwofa({ env: process.env, token: process.argv[2] });

async function outcome({ do: name, ...options }) {
  try {
    const { exit, result } = await twofa.request(name, options);
    return { exit, result };
  } catch (error) {
    return { exit: error.exit ?? 1, error: error.code ?? error.message };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await Promise.all(JSON.parse(line).map(outcome)))}\n`);
}
await twofa.close();
