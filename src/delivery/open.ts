// Puts the channels together: what is configured goes out, what is not goes to the sandbox's outbox, or nowhere.
import type { Delivery } from '../actions/delivery.ts';
import type { Instant } from '../rules/time.ts';
import type { DeliveryConfig } from './config.ts';
import { deliverToOutbox } from './outbox.ts';
import { openMailer } from './smtp.ts';
import { textsOf } from './texts.ts';

export interface DeliveryOptions {
  config: DeliveryConfig;
  outboxFile: string;
  /** Says to the person at the terminal where a sandbox message went. */
  notice(text: string): void;
  clock(): Instant;
  /** How long a message may take with all its tries, in milliseconds. */
  budgetMs?: number;
}

/** Opens delivery. @throws TwofaError when the mail server's password file is missing or open to others. */
export function openDelivery(options: DeliveryOptions): Delivery {
  const { config } = options;
  const mailer = config.email && openMailer(config.email, options.budgetMs);
  const outbox = { file: options.outboxFile, notice: options.notice, clock: options.clock };
  return {
    // No gateway for text messages is known to this version.
    channels: () => ({ email: mailer !== null, sms: false }),
    textsPerUserPerDay: () => config.textsPerUserPerDay ?? null,
    rates: () => config.rates ?? { email: null, sms: null },
    async send(message, sandbox) {
      const texts = textsOf(message, config.domain);
      if (message.via === 'email' && mailer) return mailer.send(message, texts);
      if (sandbox) return deliverToOutbox(outbox, message, texts);
      const channel = message.via === 'email' ? 'email' : 'text message';
      return { status: 'undelivered', reason: `${channel} delivery is not configured` };
    },
    statusOf: async () => null,
    probe: async () => [],
    close: async () => mailer?.close(),
  };
}
