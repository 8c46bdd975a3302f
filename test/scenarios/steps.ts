// The steps that scenarios are made of: what an application asks for a user, and what comes of it.
import type { SendResult } from '../../src/actions/code-send.ts';
import type { LoginAnswer, VerifyAnswer } from '../../src/rules/sign-in.ts';
import { Installation, kid, otherThan } from '../support/program.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** Where users sign in from. */
export const office = '203.0.113.7';
export const elsewhere = '198.51.100.23';

/** The options of a call for the account by the operator of a profile. */
export function by(profile: string): string[] {
  return ['-a', kid, '-p', profile];
}

/** A copy of an installation, so that a scenario may change what it likes. */
export function copyOf<T extends Installation = Installation>(
  installation: Installation,
  copy = new Installation() as T,
): T {
  copy.store.copyOf(installation.store, installation.home);
  return copy;
}

type Shown<T> = Omit<T, 'trustedUntil'> & { trustedUntil: string | null };
export type Login = Shown<LoginAnswer> & { exit: number };
export type Verdict = Shown<VerifyAnswer> & { exit: number };

/** Runs a command that answers with a document whatever its exit code. */
async function answerOf<T>(
  installation: Installation,
  args: string[],
  options: { input?: string; env?: Record<string, string> },
): Promise<T & { exit: number }> {
  const { exit, stdout, stderr } = await installation.run([...args, '--json'], options);
  if (stdout === '') throw new Error(`twofa ${args.join(' ')} ended with ${exit}: ${stderr}`);
  return { exit, ...JSON.parse(stdout) };
}

/** The password was right; the application asks for the second step. */
export function login(
  installation: Installation,
  user: string,
  ip: string,
  app = 'platform',
  env: Record<string, string> = {},
): Promise<Login> {
  return answerOf(installation, ['login', user, '--ip', ip, ...by(app)], { env });
}

/** The user enters a code. */
export function verify(
  installation: Installation,
  user: string,
  code: string,
  {
    ip = office,
    app = 'platform',
    env = {},
  }: { ip?: string; app?: string; env?: Record<string, string> } = {},
): Promise<Verdict> {
  return answerOf(installation, ['code', 'verify', user, '--ip', ip, ...by(app)], {
    input: `${code}\n`,
    env,
  });
}

/** The user asks for a code. @returns its digits, as the message has them, and the answer to the application. */
export async function send(
  installation: Installation,
  user: string,
  via: 'email' | 'sms' = 'email',
  app = 'platform',
): Promise<{ code: string; answer: SendResult }> {
  const answer = await installation.json<SendResult>(['code', 'send', user, '--via', via, ...by(app)]);
  return { code: installation.lastCode(user), answer };
}

/** Signs a user in with a code, so that the location is trusted. */
export async function signIn(installation: Installation, user: string, ip = office): Promise<Verdict> {
  const { code } = await send(installation, user);
  const verdict = await verify(installation, user, code, { ip });
  if (verdict.exit !== 0) throw new Error(`${user} was not signed in: ${JSON.stringify(verdict)}`);
  return verdict;
}

/** Enters a wrong code again and again. @returns the verdicts. */
export async function fail(
  installation: Installation,
  user: string,
  times: number,
  options: Parameters<typeof verify>[3] & { right?: string } = {},
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const wrong = otherThan(options.right ?? (await send(installation, user)).code);
  for (let each = 0; each < times; each += 1) {
    verdicts.push(await verify(installation, user, wrong, options));
  }
  return verdicts;
}
