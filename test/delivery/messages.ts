// The messages that the tests send, and where they send them.
import type {
  AnnouncementMessage,
  CheckWordMessage,
  CodeMessage,
  Message,
  NoticeMessage,
} from '../../src/actions/delivery.ts';
import type { EmailConfig } from '../../src/delivery/config.ts';

const sentAt = Date.UTC(2026, 2, 1, 9, 30);

export function codeMessage(changes: Partial<CodeMessage> = {}): CodeMessage {
  return {
    kind: 'code',
    via: 'email',
    to: 'jane@northside.example',
    code: '482913',
    account: '10482',
    accountName: 'Northside Family Health',
    user: 'jane',
    language: 'en',
    sentAt,
    expiresAt: sentAt + 15 * 60_000,
    ...changes,
  };
}

const own = {
  to: 'jane@northside.example',
  account: '10482',
  accountName: 'Northside Family Health',
  user: 'jane',
  language: 'en',
  sentAt,
} as const;

export function checkWordMessage(changes: Partial<CheckWordMessage> = {}): CheckWordMessage {
  const expiresAt = sentAt + 14 * 24 * 60 * 60_000;
  return { ...own, kind: 'check-word', via: 'email', words: 'maple river', expiresAt, ...changes };
}

export function announcementMessage(changes: Partial<AnnouncementMessage> = {}): AnnouncementMessage {
  return {
    ...own,
    kind: 'announcement',
    via: 'email',
    name: 'Jane Miller',
    on: '2026-03-10',
    codesTo: { email: 'j•••@northside.example', sms: '•••0125' },
    ask: ['Maria Lopez', 'Nina Ito'],
    ...changes,
  };
}

export function noticeMessage(changes: Partial<NoticeMessage> = {}): NoticeMessage {
  return {
    ...own,
    kind: 'notice',
    via: 'email',
    notice: 'user-locked',
    about: 'jane',
    details: { app: 'platform', ip: '203.0.113.7' },
    ...changes,
  };
}

/** One email of each kind. */
export function everyEmail(changes: {
  accountName?: string;
  user?: string;
  language?: 'en' | 'es';
}): Message[] {
  return [
    codeMessage(changes),
    checkWordMessage(changes),
    announcementMessage(changes),
    noticeMessage(changes),
    { ...own, kind: 'test', via: 'email', ...changes },
  ];
}

/** A mail server on this host, over TLS where it offers it. */
export function emailTo(
  port: number,
  changes: Partial<EmailConfig> = {},
  user: string | null = null,
): EmailConfig {
  return {
    server: { host: '127.0.0.1', port, secure: false, user },
    password: null,
    tls: 'optional',
    from: { name: 'Northside', address: 'no-reply@northside.example' },
    ...changes,
  };
}
