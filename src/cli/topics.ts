// The topics of `twofa help`: plain text of at most 80 columns.
import { audit } from './topics/audit.ts';
import { environment } from './topics/environment.ts';
import { exitCodesTopic } from './topics/exit-codes.ts';
import { faq } from './topics/faq.ts';
import { integrating } from './topics/integrating.ts';
import { json } from './topics/json.ts';
import { messages } from './topics/messages.ts';
import { operations } from './topics/operations.ts';
import { provisioning } from './topics/provisioning.ts';
import { rolesTopic } from './topics/roles.ts';
import { sizing } from './topics/sizing.ts';
import { sms } from './topics/sms.ts';

const topics: Record<string, () => string> = {
  integrating: () => integrating,
  'exit-codes': exitCodesTopic,
  roles: rolesTopic,
  provisioning: () => provisioning,
  environment,
  messages: () => messages,
  sms: () => sms,
  json,
  audit,
  operations,
  sizing,
  faq: () => faq,
};

export const topicNames: readonly string[] = Object.keys(topics);

/** The text of a topic, which ends with a line break; or null where there is none of that name. */
export function helpTopic(name: string): string | null {
  const topic = Object.hasOwn(topics, name) ? topics[name] : undefined;
  return topic?.() ?? null;
}
