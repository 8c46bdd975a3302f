// The message that the tests send, and where they send it.
import type { CodeMessage } from '../../src/actions/delivery.ts';
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
