// Puts the channels together: what is configured goes out, what is not goes to the sandbox's outbox, or nowhere.
import type { Delivery } from '../actions/delivery.ts';
import type { Instant } from '../rules/time.ts';
import type { DeliveryConfig } from './config.ts';
import type { HttpServer } from './http-connection.ts';
import { deliverToOutbox } from './outbox.ts';
import { openMessenger } from './sms.ts';
import { openMailer } from './smtp.ts';
import { probeMailServer } from './smtp-probe.ts';
import type { Templates } from './template.ts';
import { textsOf } from './texts.ts';

export interface DeliveryOptions {
  config: DeliveryConfig;
  /** The installation's own words; null, or absent, where it has none. */
  templates?: Templates | null;
  outboxFile: string;
  /** Says to the person at the terminal where a sandbox message went. */
  notice(text: string): void;
  clock(): Instant;
  /** How long a message may take with all its tries, in milliseconds. */
  budgetMs?: number;
  /** Where Twilio's interface is, unless at Twilio. */
  twilioServer?: HttpServer;
}

/** Opens delivery. @throws TwofaError when a password file of a server or gateway is missing or open to others. */
export function openDelivery(options: DeliveryOptions): Delivery {
  const { config } = options;
  const mailer = config.email && openMailer(config.email, { budgetMs: options.budgetMs });
  const { budgetMs, twilioServer } = options;
  const messenger = config.sms ? openMessenger(config.sms, { budgetMs, twilioServer }) : null;
  const outbox = { file: options.outboxFile, notice: options.notice, clock: options.clock };
  return {
    channels: () => ({ email: mailer !== null, sms: messenger !== null }),
    textsPerUserPerDay: () => config.textsPerUserPerDay ?? null,
    rates: () => config.rates ?? { email: null, sms: null },
    async send(message, outlet) {
      const texts = textsOf(message, config.domain, options.templates ?? undefined);
      if (outlet === 'staging') return deliverToOutbox(outbox, message, texts);
      if (message.via === 'email' && mailer) return mailer.send(message, texts);
      if (message.via === 'sms' && messenger) return messenger.send(message, texts.text);
      if (outlet === 'sandbox') return deliverToOutbox(outbox, message, texts);
      const channel = message.via === 'email' ? 'email' : 'text message';
      return { status: 'undelivered', reason: `${channel} delivery is not configured` };
    },
    statusOf: async (via, gatewayId) => (via === 'sms' && messenger ? messenger.statusOf(gatewayId) : null),
    probe: () =>
      Promise.all([
        ...(config.email ? [probeMailServer(config.email, options.budgetMs)] : []),
        ...(messenger ? [messenger.probe()] : []),
      ]),
    async close() {
      await Promise.all([mailer?.close(), messenger?.close()]);
    },
  };
}
