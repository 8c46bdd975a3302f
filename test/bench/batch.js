// Issue and verify by `twofa batch` with 64 in flight, against the same work by hand with a commit for each request.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { openFloor } from './floor.js';

const ip = '203.0.113.7';
const passes = 5;

/** A process that carries out requests, started before anything is measured. */
function startBatch(program, env) {
  const child = spawn(process.execPath, [program, 'batch', '-q', '--in-flight', '64'], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  let exits = [];
  let told = () => {};
  createInterface({ input: child.stdout }).on('line', (line) => {
    exits.push(JSON.parse(line).exit);
    told();
  });
  /** @returns milliseconds until all of them were answered. */
  const carryOut = async (requests, expected) => {
    exits = [];
    const begun = process.hrtime.bigint();
    child.stdin.write(requests.map((request) => `${JSON.stringify(request)}\n`).join(''));
    while (exits.length < requests.length)
      await new Promise((resolve) => {
        told = resolve;
      });
    const ms = Number(process.hrtime.bigint() - begun) / 1e6;
    const other = exits.find((exit) => exit !== expected);
    if (other !== undefined) throw new Error(`A request of batch ended with ${other}.`);
    return ms;
  };
  const end = () => {
    child.stdin.end();
    return ended;
  };
  return { carryOut, end };
}

function timed(work) {
  const begun = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - begun) / 1e6;
}

/** One pass: every user of ours by batch, every other one by hand. */
async function pass({ batch, floor, ours, theirs, kid, codesOf }) {
  const about = { account: kid, ip };
  const send = ours.map((user) => ({ do: 'code.send', user, via: 'email', ...about }));
  const issue = await batch.carryOut(send, 0);
  const codes = new Map();
  const floorIssue = timed(() => {
    for (const user of theirs) codes.set(user, floor.issue(user));
  });
  const sent = codesOf();
  const enter = ours.map((user) => ({ do: 'code.verify', user, code: sent.get(user), ...about }));
  const verify = await batch.carryOut(enter, 0);
  const floorVerify = timed(() => {
    for (const user of theirs) floor.verify(user, codes.get(user), ip);
  });
  return {
    issue: floorIssue / issue,
    verify: floorVerify / verify,
    ms: { issue, floorIssue, verify, floorVerify },
  };
}

/** @param warmUp how many of each are made before any is measured. */
export async function byBatch({ home, env, program, token, kid, users, warmUp, codesOf, row, median }) {
  const batch = startBatch(program, { ...env, TWOFA_TOKEN: token.token });
  const floor = openFloor(home, kid, 'bench', token);
  const names = Array.from({ length: users }, (_, index) => `u${index}`);
  const ours = names.filter((_, index) => index % 2 === 0);
  const theirs = names.filter((_, index) => index % 2 === 1);
  // The first request loads what the others work with.
  await batch.carryOut([{ do: 'login', user: ours[0], account: kid, ip: '198.51.100.1' }], 7);
  const found = [];
  for (let each = -Math.ceil(warmUp / ours.length); each < passes; each += 1) {
    const measured = await pass({ batch, floor, ours, theirs, kid, codesOf });
    if (each >= 0) found.push(measured);
  }
  await batch.end();
  floor.close();
  const rate = (ms) => `${Math.round((1000 * ours.length) / median(found.map((each) => each.ms[ms])))}/s`;
  for (const [name, goal, byHand] of [
    ['issue', '≥ 4 floor', 'floorIssue'],
    ['verify', '≥ 2.5 floor', 'floorVerify'],
  ])
    row(
      `${name} (batch, 64 in flight, FULL)`,
      median(found.map((each) => each[name])),
      goal,
      `${rate(name)} against ${rate(byHand)}`,
    );
}
