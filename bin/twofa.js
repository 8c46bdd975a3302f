#!/usr/bin/env node
// The executable: hands argv to src/cli.
const { main } = require('./cached.js');

main(process.argv.slice(2), process).then((exit) => {
  process.exitCode = exit;
});
