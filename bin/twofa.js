#!/usr/bin/env node
// The executable: hands argv to src/cli.
import { createRequire } from 'node:module';

const { main } = createRequire(import.meta.url)('../dist/twofa.cjs');
process.exitCode = await main(process.argv.slice(2), process);
