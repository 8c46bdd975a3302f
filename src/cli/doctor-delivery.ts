// Tries delivery for real: what is configured, whether servers and gateways answer, and a message to an address of one's own.
import type { Outlet, TestMessage } from '../actions/delivery.ts';
import type { Receipt } from '../actions/store.ts';
import { TwofaError } from '../errors.ts';
import { emailProblem } from '../rules/email.ts';
import { defaultLanguage } from '../rules/language.ts';
import { maskContact } from '../rules/mask.ts';
import { abandonedAfterMs } from '../rules/retries.ts';
import type { Advice, Check } from './check.ts';
import type { Composed } from './compose.ts';

/** Messages or notices that are counted at the most. */
const countedMax = 1000;

/** To whom a test message goes. */
export type Recipient = Pick<TestMessage, 'via' | 'to'>;

/** Whether email and text messages are configured, or go to a sandbox's file. */
export async function configured(parts: Composed, outlet: Outlet): Promise<string> {
  if (outlet === 'staging')
    return `A copy for staging: nothing is sent, all of it goes to ${parts.paths.outboxFile}`;
  const { email, sms } = (await parts.services.delivery()).channels();
  const missing = [email ? '' : 'email', sms ? '' : 'text messages'].filter(Boolean).join(' and ');
  if (missing === '') return 'Email and text messages are configured';
  const goes = sms ? 'goes' : 'go';
  if (outlet === 'sandbox') return `Sandbox: ${missing} ${goes} to ${parts.paths.outboxFile}`;
  throw new TwofaError('delivery-not-configured', `Not configured: ${missing}.`, {
    hint: `Set it in ${parts.paths.configFile}.`,
  });
}

/** The installation's own words for messages, where it has some. */
export async function ownWords(parts: Composed): Promise<(() => Promise<string>) | null> {
  const { templates: folder, domain } = await parts.config().catch(() => ({ templates: null, domain: null }));
  if (folder === null) return null;
  return async () => {
    const { longTemplates, readTemplates } = await import('../delivery/template-files.ts');
    const templates = readTemplates(folder);
    const long = longTemplates(templates, domain).map(({ name, segments }) => `${name} takes ${segments}`);
    const found = `Templates in ${folder}: ${templates.size}`;
    return long.length === 0 ? found : `${found}; segments of a text message: ${long.join(', ')}`;
  };
}

/** What each configured server and gateway answers; nothing is sent. */
export async function probes(parts: Composed): Promise<Check[]> {
  const delivery = await parts.services.delivery().catch(() => null);
  const found = (await delivery?.probe()) ?? [];
  return found.map(({ via, ok, message, hint }) => ({ id: via, ok, message, hint }));
}

/** What a killed program left, and notices that did not go out: "twofa maintain" sees to both. */
export async function leftovers(parts: Composed): Promise<string | Advice> {
  const store = await parts.services.store();
  const { abandoned, notices } = await store.read(async (tables) => ({
    abandoned: (await tables.abandonedMessages(tables.now - abandonedAfterMs, countedMax)).length,
    notices: (await tables.openNotices({ limit: countedMax })).filter(
      ({ status, triedAt }) => status !== 'pending' || triedAt + abandonedAfterMs < tables.now,
    ).length,
  }));
  if (abandoned + notices === 0) return 'No message is without an outcome, and every notice went out';
  const counted = (number: number) => (number < countedMax ? String(number) : `${countedMax} or more`);
  return {
    message: `Messages without a recorded outcome: ${counted(abandoned)}. Notices that did not go out: ${counted(notices)}.`,
    hint: 'Run "twofa maintain", by cron best; "twofa notices list" says why.',
  };
}

/** The channel of an address, or null for what is none. */
export async function recipientOf(address: string): Promise<Recipient | null> {
  if (address.includes('@')) return emailProblem(address) === null ? { via: 'email', to: address } : null;
  if (!address.startsWith('+')) return null;
  const { checkPhone } = await import('../rules/phone.ts');
  const { e164, problem } = checkPhone(address, 'US');
  return e164 !== null && problem === null ? { via: 'sms', to: e164 } : null;
}

const said: Record<Receipt['status'], string> = {
  accepted: 'was accepted',
  delivered: 'was delivered',
  undelivered: 'was not delivered',
  unknown: 'may or may not have gone out',
};

/** Sends a message that says it is a test. */
export async function sendTest(
  parts: Composed,
  recipient: Recipient,
  outlet: Outlet,
): Promise<string | Advice> {
  const delivery = await parts.services.delivery();
  const message: TestMessage = {
    kind: 'test',
    ...recipient,
    account: '',
    accountName: '',
    user: '',
    language: defaultLanguage,
    sentAt: parts.clock(),
  };
  const { status, reason } = await delivery.send(message, outlet);
  const what = recipient.via === 'email' ? 'email' : 'text message';
  const why = reason === null ? '' : `: ${reason}`;
  const found = `The ${what} to ${maskContact(recipient.via, recipient.to)} ${said[status]}${why}`;
  if (status === 'accepted' || status === 'delivered') return found;
  return {
    message: `${found}.`,
    hint: 'Correct the configuration; "twofa config show" has what is in effect.',
  };
}
