// What a client finds out about itself: whether the service answers, and what its own token is worth there.
import { TwofaError } from '../errors.ts';
import { type Check, check } from './check.ts';
import type { Composed } from './compose.ts';
import type { Health } from './health.ts';
import { authenticateAs, operatorWords } from './operator.ts';
import type { ServiceDoor } from './service-door.ts';

/** The health that a service reports of its store; that of a service that cannot be asked is its problem. */
export async function healthBehind(service: ServiceDoor): Promise<Health> {
  const begun = performance.now();
  const none = { store: `unix:${service.socket}`, key: null, schema: null, problem: null };
  const latencyMs = () => Math.round(performance.now() - begun);
  try {
    const found = (await service.health()) as Partial<Health>;
    return { ...none, ...found, ok: found.ok === true, latencyMs: latencyMs() };
  } catch (error) {
    if (!(error instanceof TwofaError)) throw error;
    const { code, message, hint } = error;
    return { ...none, ok: false, problem: { code, message, hint }, latencyMs: latencyMs() };
  }
}

async function serviceAnswers(service: ServiceDoor): Promise<string> {
  const { ok, problem, latencyMs } = await healthBehind(service);
  if (ok) return `The service at unix:${service.socket} answers, after ${latencyMs} ms`;
  throw new TwofaError('service-unavailable', problem?.message ?? 'The service says that it is not well.', {
    hint: problem?.hint ?? 'Have whoever runs it look at "twofa doctor" there.',
  });
}

/** All checks of a client; those of key, store and delivery are the service's own. */
export async function examineClient(
  own: Pick<Composed, 'paths' | 'credential'>,
  service: ServiceDoor,
): Promise<Check[]> {
  return [
    await check('service', () => serviceAnswers(service)),
    await check('token', async () => {
      const operator = await authenticateAs(service, await own.credential());
      return `You are ${operatorWords(operator)}`;
    }),
  ];
}
