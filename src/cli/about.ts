// Whom a request is about, so that two names of one user, and an account named or implied, come to the same.
import type { Operation, Operator, Services } from '../actions/operation.ts';
import { type OperationName, operations } from '../actions/operations.ts';
import type { Credential, Request } from '../actions/perform.ts';
import type { Permission } from '../rules/authority.ts';
import { foldKey, userIdShape } from '../rules/text.ts';
import { isTokenShaped, tokenDigest } from '../rules/token-format.ts';
import { type About, namesOf } from './lanes.ts';

/** How many tokens and users are known at a time. */
const knownMax = 10_000;

/** Permissions, and operations beside them, that change nothing of an account. */
const reading = new Set<Permission>(['see', 'audit', 'token.list', 'rollcall']);
const writing = new Set(['rollcall.start']);
/** Operations that change nothing, whatever their permission lets others do. */
const lookingOnly = new Set(['plan', 'account.export']);

type Whose = Pick<Operator, 'kid'> & { userId: number | null };

/** A map that forgets what it has known longest. */
class Known<K, V> {
  readonly #known = new Map<K, V>();

  get(key: K): V | undefined {
    return this.#known.get(key);
  }

  set(key: K, value: V): void {
    const [oldest] = this.#known.keys();
    if (this.#known.size >= knownMax && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(key, value);
  }

  clear(): void {
    this.#known.clear();
  }
}

/** Finds out what requests are about. It asks the store only where a request does not say it. */
export class Abouts {
  readonly #services: Pick<Services, 'store'>;
  readonly #tokens = new Known<string, Whose>();
  readonly #users = new Known<string, string>();
  #renamed = 0;

  constructor(services: Pick<Services, 'store'>) {
    this.#services = services;
  }

  /**
   * What a request is about. Whatever keeps that from being known keeps the request from taking effect, and is answered
   * when it is carried out.
   */
  async of(request: Request, credential: Credential): Promise<About> {
    if (!Object.hasOwn(operations, request.do)) return null;
    const name = request.do as OperationName;
    try {
      return await this.#of(name, (await operations[name]()) as Operation<unknown>, request, credential);
    } catch {
      return null;
    }
  }

  async #of(
    name: OperationName,
    { permission, account: aboutOne }: Operation<unknown>,
    request: Request,
    credential: Credential,
  ): Promise<About> {
    if (permission === 'second-factor') return this.#themselves(await credential());
    if (name === 'account.create') return { account: String(request.kid), reads: false };
    if (aboutOne === 'none') return null;
    const account = request.account ?? (await this.#whose(await credential())).kid;
    if (account === null) return null;
    const names = namesOf(request);
    if (names.length === 0)
      return { account, reads: lookingOnly.has(name) || (reading.has(permission) && !writing.has(name)) };
    const users: string[] = [];
    for (const each of names) users.push(await this.#keyOf(account, each));
    return { account, users };
  }

  async #themselves(secret: string): Promise<About> {
    const { kid, userId } = await this.#whose(secret);
    if (kid === null || userId === null) return null;
    return { account: kid, users: [await this.#keyOf(kid, `usr_${userId}`)] };
  }

  /** Whose a token is: neither its account nor its user ever changes. */
  async #whose(secret: string): Promise<Whose> {
    if (!isTokenShaped(secret)) return { kid: null, userId: null };
    const digest = tokenDigest(secret);
    const known = this.#tokens.get(digest);
    if (known) return known;
    const found = await (await this.#services.store()).authenticate(digest);
    if (!found) return { kid: null, userId: null };
    const whose = { kid: found.token.accountKid, userId: found.token.userId };
    this.#tokens.set(digest, whose);
    return whose;
  }

  /** One key for a username in any spelling and the id of the same user. */
  async #keyOf(account: string, name: string): Promise<string> {
    if (!userIdShape.test(name)) return foldKey(name);
    const place = `${account} ${name}`;
    const known = this.#users.get(place);
    if (known !== undefined) return known;
    const renamed = this.#renamed;
    const store = await this.#services.store();
    const user = await store.read((tables) => tables.user(account, name));
    if (!user) return name;
    const key = foldKey(user.username);
    if (renamed === this.#renamed) this.#users.set(place, key);
    return key;
  }

  /** Forgets the usernames of ids, after a user got another one. */
  forgetNames(): void {
    this.#renamed += 1;
    this.#users.clear();
  }
}
