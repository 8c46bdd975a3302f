// The login to a mail server: the user of its URL, with the password when it is needed.
import type { EmailConfig } from './config.ts';
import { checkPasswordSource, passwordOf } from './password.ts';
import type { Login } from './smtp-line.ts';

export interface Logins {
  /**
   * @returns the login, and whether its password was read just now; null where the server is used without one.
   * @throws NoPassword
   */
  read(remainingMs: number): Promise<(Login & { fresh: boolean }) | null>;
  /** Forgets a kept password that the server refused. */
  forget(login: Login): void;
}

/** @throws TwofaError when the password file is missing or open to others. */
export function loginsFor(email: EmailConfig): Logins {
  const { user } = email.server;
  if (email.password) checkPasswordSource(email.password, 'email.passwordFile');
  const password = email.password && passwordOf(email.password);
  return {
    async read(remainingMs) {
      if (!password || user === null) return null;
      const { text, fresh } = await password.read(remainingMs);
      return { user, pass: text, fresh };
    },
    forget: ({ pass }) => password?.forget(pass),
  };
}
