// What a command reaches: key and store themselves, or, where TWOFA_URL is set, a service that alone has them.
import { TwofaError } from '../errors.ts';
import type { Composed } from './compose.ts';
import type { Door } from './door.ts';
import type { ServiceDoor } from './service-door.ts';
import { socketOf } from './service-url.ts';

/** The installation that a process works on. TWOFA_URL is read when something is asked for, and not before. */
export class Reach {
  readonly #composed: Composed;
  readonly #env: NodeJS.ProcessEnv;
  readonly #database: string | undefined;
  readonly #say: (text: string) => void;
  #service: Promise<ServiceDoor> | undefined;

  /**
   * @param database what --database names.
   * @param say is told what a service has to say to the person at the terminal.
   */
  constructor(
    composed: Composed,
    {
      env,
      database,
      say,
    }: { env: NodeJS.ProcessEnv; database?: string | undefined; say(text: string): void },
  ) {
    this.#composed = composed;
    this.#env = env;
    this.#database = database;
    this.#say = say;
  }

  /** The socket of the service; null where there is none. @throws TwofaError for a bad URL, or a database beside it. */
  #socket(): string | null {
    const socket = socketOf(this.#env);
    if (socket === null || this.#database === undefined) return socket;
    throw new TwofaError(
      'usage',
      '--database and TWOFA_URL contradict each other: a service has its own database.',
      {
        hint: 'Leave one of them out.',
        details: { field: 'database' },
      },
    );
  }

  /** The parts behind requests; null in a client of a service, which opens none of them. @throws TwofaError */
  get local(): Composed | null {
    return this.#socket() === null ? this.#composed : null;
  }

  /** The parts behind requests, for what works on the installation itself. @throws TwofaError `not-here` in a client. */
  get parts(): Composed {
    this.refuseClient();
    return this.#composed;
  }

  /** @throws TwofaError `not-here` where requests go to a service */
  refuseClient(): void {
    const socket = this.#socket();
    if (socket === null) return;
    throw new TwofaError(
      'not-here',
      `This works on key and store themselves, which only the service at unix:${socket} has.`,
      {
        hint: "Run it without TWOFA_URL, where the store is, as the service's user.",
        details: { socket },
      },
    );
  }

  /** The service that this process is a client of; null where it works on the installation itself. @throws TwofaError */
  async service(): Promise<ServiceDoor | null> {
    const socket = this.#socket();
    if (socket === null) return null;
    this.#service ??= import('./service-door.ts').then(({ serviceDoor }) => serviceDoor(socket, this.#say));
    return this.#service;
  }

  /** Where requests go. @throws TwofaError */
  async door(): Promise<Door> {
    const service = await this.service();
    if (service) return service;
    const { localDoor } = await import('./door.ts');
    return localDoor(this.#composed.services);
  }
}
