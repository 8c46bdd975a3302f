// Carries out the requests of a desk by the operations of this process, which holds key and store.
import type { Delivery } from '../actions/delivery.ts';
import type { Services } from '../actions/operation.ts';
import { perform } from '../actions/perform.ts';
import { Abouts } from './about.ts';
import type { Taken, Work } from './desk.ts';
import { replyTo } from './reply.ts';

export interface LocalWorkOptions<T extends Taken> {
  services: Services;
  /** Is told of a failure that is nobody's but ours. */
  failed(error: unknown): void;
  /** What is different for one request, such as who is told something beside its result. */
  around?(taken: T): Partial<Services>;
}

/** The same delivery, which tells when somebody begins to wait for a mail server or gateway. */
function telling(delivery: Delivery, waits: () => void): Delivery {
  return {
    channels: () => delivery.channels(),
    textsPerUserPerDay: () => delivery.textsPerUserPerDay(),
    rates: () => delivery.rates(),
    send(message, sandbox) {
      waits();
      return delivery.send(message, sandbox);
    },
    statusOf(via, gatewayId) {
      waits();
      return delivery.statusOf(via, gatewayId);
    },
    probe: () => delivery.probe(),
    close: () => delivery.close(),
  };
}

export function localWork<T extends Taken>({ services, failed, around }: LocalWorkOptions<T>): Work<T> {
  const abouts = new Abouts(services);
  return {
    about: ({ request, credential }) => abouts.of(request, credential),
    async reply(taken, sends) {
      const own: Services = {
        ...services,
        ...around?.(taken),
        delivery: async () => telling(await services.delivery(), sends),
      };
      const { id, request, credential } = taken;
      const reply = await replyTo(id, () => perform(own, credential, request), failed);
      if (request.do === 'user.rename') abouts.forgetNames();
      return reply;
    },
  };
}
