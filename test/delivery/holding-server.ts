// A mail server that takes messages and says nothing until a test lets it: what a slow one is like, without the wait.
import { type MailServer, mailServer } from './mail-server.ts';

export interface HoldingServer extends MailServer {
  /** Messages that wait for an answer. */
  held: number;
  /** Waits until so many messages wait for an answer. */
  holds(count: number): Promise<void>;
  /** Answers those that wait, and from now on every message at once. */
  release(): void;
  /** What has delivery use it. */
  env: Record<string, string>;
}

export async function holdingServer(): Promise<HoldingServer> {
  const waiting: (() => void)[] = [];
  let told: () => void = () => {};
  let free = false;
  const server = await mailServer({
    onData(stream, _session, done) {
      stream.resume();
      stream.on('end', () => {
        if (free) return done(null, 'kept');
        waiting.push(() => done(null, 'kept'));
        told();
      });
    },
  });
  return Object.assign(server, {
    get held() {
      return waiting.length;
    },
    async holds(count: number) {
      while (waiting.length < count)
        await new Promise<void>((resolve) => {
          told = resolve;
        });
    },
    release() {
      free = true;
      for (const answer of waiting.splice(0)) answer();
    },
    env: {
      TWOFA_EMAIL_URL: `smtp://127.0.0.1:${server.port}`,
      TWOFA_EMAIL_TLS: 'none',
      TWOFA_EMAIL_FROM: 'no-reply@northside.example',
    },
  }) as HoldingServer;
}
