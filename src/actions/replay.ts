// Does again in a store that was put back what happened after the backup: what bars and ends, never what lets in (R3, R9, R10).
import { TwofaError } from '../errors.ts';
import { evaluateChecklist } from '../rules/checklist.ts';
import type { LaterUser, Look, Replay, Told } from '../rules/replay.ts';
import { iso } from '../rules/time.ts';
import type { Call } from './operation.ts';
import type { User, Writing } from './store.ts';

/** How much was done again. */
export interface Replayed {
  enabled: number;
  locked: number;
  deactivated: number;
  /** Users who have fewer attempts left than in the backup. */
  attempts: number;
  revoked: number;
}

/** What an event says that does another one again: what that one said, and which it was. */
function again({ seq, at, actor, details }: Told): Record<string, unknown> {
  return { ...details, replays: { seq, at: iso(at), actor } };
}

class Application {
  readonly replayed: Replayed = { enabled: 0, locked: 0, deactivated: 0, attempts: 0, revoked: 0 };
  readonly look: Look[];
  readonly #call: Call;
  readonly #tables: Writing;

  constructor(call: Call, tables: Writing, replay: Replay) {
    this.#call = call;
    this.#tables = tables;
    this.look = [...replay.look];
  }

  #lookAt(why: Look['why'], told: Told, { account, user }: Pick<Look, 'account' | 'user'>): void {
    const { seq, at, details } = told;
    this.look.push({ why, seq, at, account, user, details });
  }

  /** 2FA is never turned off, nor by a backup from before (R3). What the account lacks for it is to be mended (R4). */
  async enable(kid: string, told: Told): Promise<void> {
    const account = await this.#tables.account(kid);
    if (!account || account.enabledAt !== null) return;
    const by = { enabledAt: told.at, enabledBy: told.actor };
    await this.#tables.saveAccount(account, by, { action: 'account.enabled', details: again(told) });
    await this.#tables.endCheckWords(kid);
    this.replayed.enabled += 1;
    const facts = await this.#tables.checklistFacts(kid);
    const delivery = (await this.#call.delivery()).channels();
    const { sandbox } = this.#call.operator;
    const { ready } = evaluateChecklist({ ...facts, delivery: { sandbox, ...delivery } });
    if (!ready) this.#lookAt('not-ready', told, { account: kid, user: null });
  }

  /** A user of the backup, or null where there is none. */
  async #user({ id, account }: LaterUser): Promise<User | null> {
    return this.#tables.user(account, `usr_${id}`);
  }

  async lock(later: LaterUser): Promise<void> {
    const user = await this.#user(later);
    if (!user) return;
    if (user.lockedAt !== null) return this.#stillBarred(user, later);
    const { lock, attempts } = later;
    if (lock) {
      const change = { attemptsLeft: 0, lockedAt: lock.at, endCodes: 'locked', endTrust: 'locked' } as const;
      await this.#tables.saveUser(user, change, {
        action: 'user.locked',
        outcome: 'failed',
        details: again(lock),
      });
      this.replayed.locked += 1;
    } else if (attempts && attempts.left < user.attemptsLeft) {
      const change = { attemptsLeft: Math.max(1, attempts.left) };
      await this.#tables.saveUser(user, change, { action: 'attempts.replayed', details: again(attempts) });
      this.replayed.attempts += 1;
    }
  }

  /** Only a System Administrator lifts what bars a user, whatever happened after the backup (R10). */
  #stillBarred({ username, accountKid }: User, { reactivation }: LaterUser): void {
    if (reactivation) this.#lookAt('reactivated', reactivation, { account: accountKid, user: username });
  }

  async deactivate(later: LaterUser): Promise<void> {
    const user = await this.#user(later);
    if (!user) return;
    if (!user.active) return this.#stillBarred(user, later);
    const { deactivation } = later;
    if (!deactivation) return;
    const { accountKid: account, username } = user;
    // Whoever took their place may have been added after the backup: without one, nobody could help the account (R13).
    if (user.systemAdministrator && (await this.#tables.otherAdministrators(account, user.id)) === 0)
      return this.#lookAt('last-administrator', deactivation, { account, user: username });
    const change = { active: false, endCodes: 'deactivated', endTrust: 'deactivated' } as const;
    await this.#tables.saveUser(user, change, { action: 'user.deactivated', details: again(deactivation) });
    this.replayed.deactivated += 1;
  }

  async revoke(id: number, told: Told): Promise<void> {
    const token = await this.#tables.token(id);
    if (!token || token.revokedAt !== null) return;
    await this.#tables.saveToken(
      token,
      { revokedAt: this.#tables.now },
      { action: 'token.revoked', account: token.accountKid, user: token.user, details: again(told) },
    );
    this.replayed.revoked += 1;
  }
}

/** @throws TwofaError `token-revoked` when the operator's own token was revoked after the backup. */
function requireOwnToken({ operator }: Call, { revocations }: Replay): void {
  const told = revocations.get(operator.tokenId);
  if (!told) return;
  throw new TwofaError(
    'token-revoked',
    `Your access token was revoked after the backup, by event ${told.seq}; nothing was changed.`,
    { hint: "Restore with another owner's token.", details: { seq: told.seq } },
  );
}

/** Does all of it again in one transaction, each with an event that names the one that it repeats. */
export async function applyReplay(
  call: Call,
  tables: Writing,
  replay: Replay,
): Promise<{ replayed: Replayed; look: Look[] }> {
  requireOwnToken(call, replay);
  const application = new Application(call, tables, replay);
  for (const [kid, told] of replay.enablings) await application.enable(kid, told);
  const users = [...replay.users.values()];
  for (const user of users) await application.lock(user);
  for (const user of users) await application.deactivate(user);
  for (const [id, told] of replay.revocations) await application.revoke(id, told);
  return { replayed: application.replayed, look: application.look };
}
