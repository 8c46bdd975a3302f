// Prints the bill of materials of the package, what is bundled into it included, in CycloneDX's format.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const asked = [
  'sbom',
  '--sbom-format=cyclonedx',
  '--sbom-type=application',
  '--omit=dev',
  '--package-lock-only',
];
const { status, stdout } = spawnSync('npm', asked, {
  stdio: ['ignore', 'pipe', 2],
  encoding: 'utf8',
  shell: process.platform === 'win32',
});
if (status !== 0) process.exit(status ?? 1);
const bill = JSON.parse(stdout);
// npm names it after the folder that it is in.
bill.metadata.component.name = JSON.parse(readFileSync('package.json', 'utf8')).name;
process.stdout.write(`${JSON.stringify(bill, null, 2)}\n`);
