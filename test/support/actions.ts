// The actions with a real store, a clock that the test moves, and a delivery that keeps what it was given.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { CodeMessage, Delivery, Message, Probe } from '../../src/actions/delivery.ts';
import type { BackupTarget, Services } from '../../src/actions/operation.ts';
import { perform, type Request } from '../../src/actions/perform.ts';
import type { AuditEvent, Receipt, Token } from '../../src/actions/store.ts';
import { type ErrorReport, TwofaError } from '../../src/errors.ts';
import type { Role } from '../../src/rules/authority.ts';
import type { Channel } from '../../src/rules/code.ts';
import type { Rates } from '../../src/rules/impact.ts';
import type { Instant } from '../../src/rules/time.ts';
import { formatToken, tokenDigest } from '../../src/rules/token-format.ts';
import { type TestStore, temporaryStore } from './store.ts';

/** A delivery that keeps what it was given and answers as the test tells it to. */
export class KeptDelivery implements Delivery {
  readonly messages: Message[] = [];
  configured = { email: true, sms: true };
  perMinute: Rates = { email: null, sms: null };
  dailyTexts: number | null = null;
  receipt: Receipt = { status: 'accepted', reason: null };
  /** What the gateway says of a message by its id there. */
  readonly statuses = new Map<string, Receipt>();

  channels() {
    return this.configured;
  }

  rates() {
    return this.perMinute;
  }

  textsPerUserPerDay(): number | null {
    return this.dailyTexts;
  }

  async send(message: Message): Promise<Receipt> {
    this.messages.push(message);
    return this.receipt;
  }

  async statusOf(_via: Channel, gatewayId: string): Promise<Receipt | null> {
    return this.statuses.get(gatewayId) ?? null;
  }

  async probe(): Promise<Probe[]> {
    return [];
  }

  async close(): Promise<void> {}

  /** The codes that were sent, oldest first. */
  get codes(): CodeMessage[] {
    return this.messages.filter((message): message is CodeMessage => message.kind === 'code');
  }

  /** The digits that were sent last. */
  get lastCode(): string {
    const last = this.codes.at(-1);
    if (!last) throw new Error('No code was sent.');
    return last.code;
  }
}

/** A backup that nobody keeps. */
const keptBackup: BackupTarget = {
  async keep(copy) {
    const folder = mkdtempSync(join(tmpdir(), 'twofa-backup-'));
    try {
      const file = join(folder, 'backup.sqlite');
      writeFileSync(file, '');
      const newest = await copy(file, {});
      return { file, bytes: statSync(file).size, sha256: '', newest };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

/** What a call came to: a result with its exit code, or an error with its own. */
export interface Outcome {
  exit: number;
  // biome-ignore lint/suspicious/noExplicitAny: a result is a JSON document, which each test knows.
  result?: any;
  error?: ErrorReport;
}

/** A token as its operator has it. */
export interface Minted {
  id: number;
  secret: string;
}

export interface MintOptions {
  kid?: string;
  user?: string;
  app?: string;
  mayContacts?: boolean;
  expiresAt?: Instant;
}

/** Six digits that no code of these tests is. */
export const wrongCode = '999999';

/** An installation that a test calls. */
export class World {
  readonly delivery = new KeptDelivery();
  readonly notices: string[] = [];
  readonly background: Promise<void>[] = [];
  readonly services: Services;
  readonly kept: TestStore;
  #codes = 0;

  constructor(kept: TestStore) {
    this.kept = kept;
    this.services = {
      store: async () => kept.store,
      delivery: async () => this.delivery,
      keyring: async () => kept.keyring,
      rotateKey: async () => {
        kept.keyring.rotate();
        return 'memory';
      },
      random: { code: () => this.#nextCode(), token: () => randomBytes(32) },
      notice: (text) => void this.notices.push(text),
      backup: keptBackup,
      background: (work) => void this.background.push(work),
    };
  }

  static async make(options: { sandbox?: boolean } = {}): Promise<World> {
    return new World(await temporaryStore(options));
  }

  #nextCode(): string {
    this.#codes += 1;
    return String(100_000 + this.#codes);
  }

  get store() {
    return this.kept.store;
  }

  get clock() {
    return this.kept.clock;
  }

  /** The same installation once more, in which nothing that happens changes this one. */
  async copy(): Promise<World> {
    await this.settled();
    const copied = new World(await this.kept.copy());
    copied.#codes = this.#codes;
    return copied;
  }

  /** Waits until nothing goes on behind the answers any more. */
  async settled(): Promise<void> {
    await Promise.all(this.background);
  }

  async remove(): Promise<void> {
    await this.settled();
    await this.kept.remove();
  }

  /** Mints a token of a role without asking anyone's leave. */
  async mint(role: Role, options: MintOptions = {}): Promise<Minted> {
    const secret = formatToken(randomBytes(32));
    const token = await this.store.write({ actor: 'test', role: 'owner', tokenId: null }, async (tables) => {
      const user = options.user ? await tables.user(options.kid ?? '', options.user) : null;
      return tables.addToken(
        {
          digest: tokenDigest(secret),
          role,
          accountKid: options.kid ?? null,
          userId: user?.id ?? null,
          app: options.app ?? null,
          name: role,
          mayContacts: options.mayContacts ?? false,
          lifetimeMs: null,
          expiresAt: options.expiresAt ?? null,
        },
        { action: 'token.created', details: { role } },
      );
    });
    return { id: token.id, secret };
  }

  /** Makes a call; what is refused or fails is an outcome as well. */
  async call(token: Minted, request: Request): Promise<Outcome> {
    try {
      const answer = await perform(this.services, async () => token.secret, request);
      // What goes on after the answer is over before the test looks at what it left.
      await Promise.all(this.background.splice(0));
      return answer;
    } catch (error) {
      if (!(error instanceof TwofaError)) throw error;
      return { exit: error.exit, error: error.report() };
    }
  }

  /** Makes a call that must be done. @returns its result. */
  async done(token: Minted, request: Request): Promise<Outcome['result']> {
    const outcome = await this.call(token, request);
    expect(outcome, `${request.do} is done`).toMatchObject({ exit: 0 });
    return outcome.result;
  }

  /** Makes a call that must fail with a code. @returns the error. */
  async refused(token: Minted, request: Request, code: string): Promise<ErrorReport> {
    const { error, result } = await this.call(token, request);
    expect({ code: error?.code, result }, `${request.do} is refused`).toEqual({ code, result: undefined });
    return error as ErrorReport;
  }

  events(): Promise<AuditEvent[]> {
    return this.store.read((tables) => tables.events({ limit: 100_000 }));
  }

  /** The newest event. */
  async lastEvent(): Promise<AuditEvent> {
    const last = (await this.events()).at(-1);
    if (!last) throw new Error('There is no event.');
    return last;
  }

  async tokenRow(token: Minted): Promise<Token> {
    const row = await this.store.read((tables) => tables.token(token.id));
    if (!row) throw new Error('There is no such token.');
    return row;
  }
}
