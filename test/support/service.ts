// A service for clients in tests: the requests of the library, over HTTP on a Unix socket.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { openTwofa, type Twofa, type TwofaError } from '../../src/index.ts';

async function textOf(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Serves the installation that an environment names, one request at a time. */
export class Service {
  readonly socket: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #server: Server;
  readonly #callers = new Map<string, Twofa>();
  #notices: string[] = [];
  #turn: Promise<void> = Promise.resolve();

  private constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.socket = join(folder, 'twofa.sock');
    this.#env = env;
    this.#server = createServer((request, response) => {
      this.#turn = this.#turn.then(() => this.#answer(request, response));
    });
  }

  /** @param folder where the socket is. */
  static async open(folder: string, env: NodeJS.ProcessEnv): Promise<Service> {
    const service = new Service(folder, env);
    await new Promise<void>((resolve) => service.#server.listen(service.socket, resolve));
    return service;
  }

  #caller(token: string): Twofa {
    const notice = (text: string) => this.#notices.push(text);
    const caller = this.#callers.get(token) ?? openTwofa({ env: this.#env, token, notice });
    this.#callers.set(token, caller);
    return caller;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await textOf(request);
    response.setHeader('content-type', 'application/json');
    if (request.url === '/health') return void response.end(JSON.stringify({ ok: true }));
    const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const { do: name, ...options } = JSON.parse(text) as { do: string };
    this.#notices = [];
    const answered = await this.#caller(token)
      .request(name, options)
      .catch((error: TwofaError) => ({ exit: error.exit, error: error.report() }));
    response.end(JSON.stringify({ id: null, ...answered, notices: this.#notices }));
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
    for (const caller of this.#callers.values()) await caller.close();
  }
}
