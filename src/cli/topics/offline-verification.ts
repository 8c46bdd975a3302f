// The script of the topic audit: verifies an export away from the installation, with nothing but Node.js.

/** Reads the export; a key ring and a checkpoint, where they are given. Ends with 6 when something is broken. */
export const offlineVerification = `\
import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const [file, ring, checkpoint] = process.argv.slice(2);
const json = (name) => JSON.parse(readFileSync(name, 'utf8'));
const derive = ([id, { secret }]) => [id, Buffer.from(hkdfSync(
  'sha256', Buffer.from(secret, 'base64'), '', 'twofa audit trail', 32))];
const keys = Object.fromEntries(Object.entries(
  ring && ring !== '-' ? json(ring).keys : {}).map(derive));
const point = checkpoint ? json(checkpoint) : { seq: 0 };
const [ends, then] = [new Map(), new Map()];
const says = { events: 0, linked: 0, broken: [] };
for await (const line of createInterface({ input: createReadStream(file) })) {
  const e = JSON.parse(line);
  const last = ends.get(e.subject) ?? { place: 0, link: '' };
  const parts = [e.subject, e.place, last.link, e.at, e.actor, e.role,
    e.tokenId, e.action, e.account, e.user, e.outcome, e.details];
  const link = keys[e.keyId] && createHmac('sha256', keys[e.keyId])
    .update(JSON.stringify(parts)).digest('base64url');
  if (e.place !== last.place + 1 || (link ?? e.link) !== e.link)
    says.broken.push(e.seq);
  says.events += 1;
  says.linked += link ? 1 : 0;
  ends.set(e.subject, e);
  if (e.seq <= point.seq) then.set(e.subject, e);
}
const root = createHash('sha256');
for (const subject of [...then.keys()].sort()) root.update(\`\${JSON.stringify(
  [subject, then.get(subject).place, then.get(subject).link])}\\n\`);
if (checkpoint && root.digest('hex') !== point.root)
  says.broken.push('the checkpoint');
console.log(JSON.stringify(says));
if (says.broken.length > 0) process.exitCode = 6;
`;
