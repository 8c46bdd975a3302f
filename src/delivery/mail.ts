// Composes an email into the bytes that go over the wire, with the headers that are ours and no others.
import type { Message } from '../actions/delivery.ts';
import type { Sender } from './config.ts';
import type { Texts } from './texts.ts';

export interface ComposedMail {
  content: Buffer;
  from: string;
  /** The one recipient, as the envelope spells it. */
  to: string;
}

/**
 * Composes a mail to exactly one recipient, as text and as HTML; every try of it is the same one, with the same date and id.
 * @param message its address is well-formed, and is never parsed as a list.
 */
export async function composeMail(
  from: Sender,
  { to, language, sentAt }: Pick<Message, 'to' | 'language' | 'sentAt'>,
  texts: Texts,
): Promise<ComposedMail> {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const recipient = { address: to, name: '' };
  const composed = new MailComposer({
    from,
    to: recipient,
    envelope: { from: { address: from.address, name: '' }, to: [recipient] },
    subject: texts.subject ?? '',
    text: texts.text,
    html: texts.html ?? undefined,
    date: new Date(sentAt),
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'Content-Language': language,
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
  const envelope = composed.getEnvelope();
  const [only, ...others] = envelope.to;
  if (!envelope.from || only === undefined || others.length > 0) {
    throw new Error('A message was composed for other than one recipient.');
  }
  return { content: await composed.build(), from: envelope.from, to: only };
}
