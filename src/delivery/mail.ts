// Composes a code email into the bytes that go over the wire, with the headers that are ours and no others.
import type { Instant } from '../rules/time.ts';
import type { Sender } from './config.ts';
import type { Texts } from './texts.ts';

export interface ComposedMail {
  content: Buffer;
  from: string;
  /** The one recipient, as the envelope spells it. */
  to: string;
}

/**
 * Composes a mail to exactly one recipient.
 * @param to a well-formed address; it is never parsed as a list.
 * @param sentAt its date, the same for every try.
 */
export async function composeMail(
  from: Sender,
  to: string,
  texts: Texts,
  sentAt: Instant,
): Promise<ComposedMail> {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const recipient = { address: to, name: '' };
  const message = new MailComposer({
    from,
    to: recipient,
    envelope: { from: { address: from.address, name: '' }, to: [recipient] },
    subject: texts.subject ?? '',
    text: texts.text,
    date: new Date(sentAt),
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
  const envelope = message.getEnvelope();
  const [only, ...others] = envelope.to;
  if (!envelope.from || only === undefined || others.length > 0) {
    throw new Error('A message was composed for other than one recipient.');
  }
  return { content: await message.build(), from: envelope.from, to: only };
}
