// Access tokens: made, listed, revoked and rotated. A token is shown once; the store keeps its hash.
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import type { Role } from '../rules/authority.ts';
import { roles } from '../rules/authority.ts';
import { personTokenLifetimeMs } from '../rules/constants.ts';
import type { Instant } from '../rules/time.ts';
import { formatToken, tokenDigest } from '../rules/token-format.ts';
import { application, duration, flag, limit, name, tokenId, userName } from './fields.ts';
import { tellAdministrators } from './notices.ts';
import { type Call, done, operation } from './operation.ts';
import { theAccount, theUser } from './refusals.ts';
import type { NewEvent, NewToken, Reading, Token, Writing } from './store.ts';
import { tokenView } from './views.ts';

/** Roles of people; the others' tokens do not expire unless told to. */
const persons: readonly Role[] = ['owner', 'system-administrator', 'customer-care'];

/** How long a token of a role lasts unless told otherwise, in milliseconds; null for ever. */
export function lifetimeOf(role: Role): number | null {
  return persons.includes(role) ? personTokenLifetimeMs : null;
}

/** When a token that is made now expires. */
export function expiryOf(lifetimeMs: number | null, now: Instant): Instant | null {
  return lifetimeMs === null ? null : now + lifetimeMs;
}

interface TokenRequest {
  role: Role;
  user?: string | undefined;
  app?: string | undefined;
  mayContacts: boolean;
}

function invalid(field: string, message: string): TwofaError {
  return new TwofaError('invalid-input', message, { details: { field } });
}

function checkRequest(request: TokenRequest, kid: string): void {
  const administrator = request.role === 'system-administrator';
  if (administrator && kid === '') {
    throw new TwofaError('missing-option', "A System Administrator's token is for one account.", {
      hint: 'Name it with --account KID.',
      details: { field: 'account' },
    });
  }
  if (administrator && request.user === undefined) {
    throw new TwofaError(
      'missing-option',
      "A System Administrator's token belongs to a user of the account.",
      {
        hint: 'Name them with --user USER.',
        details: { field: 'user' },
      },
    );
  }
  if (!administrator && request.user !== undefined) {
    throw invalid('user', "Only a System Administrator's token belongs to a user.");
  }
  if (request.role !== 'application' && request.app !== undefined) {
    throw invalid('app', "Only an application's token can be for one application.");
  }
  if (request.mayContacts && request.role !== 'owner' && request.role !== 'provisioner') {
    throw invalid('mayContacts', '"--may contacts" is for the tokens of owners and provisioners.');
  }
}

async function administratorOf(
  tables: Reading,
  kid: string,
  user: string,
): Promise<{ id: number; username: string }> {
  const found = await theUser(tables, kid, user);
  if (found.active && found.systemAdministrator) return found;
  throw new TwofaError(
    'not-an-administrator',
    `${found.username} is no active System Administrator of account ${kid}.`,
    {
      hint: 'twofa user update USER --system-administrator',
    },
  );
}

async function add(
  call: Call,
  tables: Writing,
  values: Omit<NewToken, 'digest'>,
  event: NewEvent,
): Promise<{ token: Token; secret: string }> {
  const secret = formatToken(call.random.token());
  return { secret, token: await tables.addToken({ ...values, digest: tokenDigest(secret) }, event) };
}

/** Tells an account's administrators of a token made for one of them: any of them can revoke it. */
async function tellOfToken(call: Call, tables: Writing, token: Token): Promise<void> {
  if (token.accountKid === null || token.user === null) return;
  const account = await theAccount(tables, token.accountKid);
  const details = { token: `tok_${token.id}` };
  await tellAdministrators(call, tables, account, { kind: 'token-made', about: token.user, details });
}

export const tokenCreate = operation({
  permission: 'token.create',
  account: 'optional',
  input: v.strictObject({
    role: v.picklist(roles, `must be one of ${roles.join(', ')}`),
    user: v.optional(userName),
    app: v.optional(application),
    name: v.optional(name),
    expires: v.optional(duration),
    mayContacts: v.optional(flag, false),
  }),
  async perform(call, input) {
    checkRequest(input, call.kid);
    const lifetimeMs = input.expires ?? lifetimeOf(input.role);
    return call.write(async (tables) => {
      if (call.kid !== '') await theAccount(tables, call.kid);
      const owner = input.user === undefined ? null : await administratorOf(tables, call.kid, input.user);
      const { token, secret } = await add(
        call,
        tables,
        {
          role: input.role,
          accountKid: call.kid === '' ? null : call.kid,
          userId: owner?.id ?? null,
          app: input.app ?? null,
          name: input.name ?? input.app ?? owner?.username ?? input.role,
          mayContacts: input.mayContacts,
          lifetimeMs,
          expiresAt: expiryOf(lifetimeMs, tables.now),
        },
        {
          action: 'token.created',
          user: owner?.username ?? null,
          details: { role: input.role, app: input.app ?? null, mayContacts: input.mayContacts },
        },
      );
      if (owner) await tellOfToken(call, tables, token);
      return done({ ...tokenView(token), token: secret, changed: true });
    });
  },
});

export const tokenList = operation({
  permission: 'token.list',
  account: 'optional',
  input: v.strictObject({ limit: v.optional(limit, 1000), after: v.optional(tokenId) }),
  async perform(call, input) {
    const store = await call.store();
    return store.read(async (tables) => {
      if (call.kid !== '') await theAccount(tables, call.kid);
      const tokens = await tables.tokens({
        limit: input.limit,
        ...(call.kid === '' ? {} : { kid: call.kid }),
        ...(input.after === undefined ? {} : { after: input.after }),
      });
      return done(tokens.map((token) => ({ ...tokenView(token), revoked: token.revokedAt !== null })));
    });
  },
});

/** A token that the operator may see. @throws TwofaError `token-not-found` also for another account's. */
async function theToken(call: Call, tables: Reading, id: number): Promise<Token> {
  const token = await tables.token(id);
  if (!token || (call.kid !== '' && token.accountKid !== call.kid)) {
    throw new TwofaError('token-not-found', `There is no token tok_${id}.`, {
      hint: 'See "twofa token list".',
    });
  }
  return token;
}

export const tokenRevoke = operation({
  permission: 'token.revoke',
  account: 'optional',
  input: v.strictObject({ tokenId }),
  async perform(call, input) {
    return call.write(async (tables) => {
      const token = await theToken(call, tables, input.tokenId);
      if (token.revokedAt !== null) return done({ ...tokenView(token), changed: false });
      const event: NewEvent = { action: 'token.revoked', account: token.accountKid, user: token.user };
      return done({
        ...tokenView(await tables.saveToken(token, { revokedAt: tables.now }, event)),
        changed: true,
      });
    });
  },
});

export const tokenRotate = operation({
  permission: 'token.create',
  account: 'optional',
  input: v.strictObject({ tokenId, overlap: v.optional(duration, '7d') }),
  async perform(call, input) {
    return call.write(async (tables) => {
      const old = await theToken(call, tables, input.tokenId);
      if (old.revokedAt !== null) {
        throw new TwofaError('token-revoked', `Token tok_${old.id} is revoked and cannot be rotated.`, {
          hint: 'Make a new one with "twofa token create".',
        });
      }
      const { token, secret } = await add(
        call,
        tables,
        {
          role: old.role,
          accountKid: old.accountKid,
          userId: old.userId,
          app: old.app,
          name: old.name,
          mayContacts: old.mayContacts,
          lifetimeMs: old.lifetimeMs,
          expiresAt: expiryOf(old.lifetimeMs, tables.now),
        },
        {
          action: 'token.created',
          user: old.user,
          details: { role: old.role, app: old.app, rotates: `tok_${old.id}` },
        },
      );
      const until = Math.min(old.expiresAt ?? Number.POSITIVE_INFINITY, tables.now + input.overlap);
      await tables.saveToken(
        old,
        { expiresAt: until },
        {
          action: 'token.rotated',
          account: old.accountKid,
          user: old.user,
          details: { by: `tok_${token.id}` },
        },
      );
      await tellOfToken(call, tables, token);
      return done({ ...tokenView(token), token: secret, changed: true });
    });
  },
});
