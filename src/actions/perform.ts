// The one way in: a request is read, permitted, carried out and answered here, whoever brings it.
import * as v from 'valibot';
import { exitCodes, TwofaError } from '../errors.ts';
import { grantOf } from '../rules/authority.ts';
import { notAccepted } from '../rules/restored.ts';
import { authenticate, barOf } from './authenticate.ts';
import { kid } from './fields.ts';
import { requireNewest, servesAnyCopy } from './high-water.ts';
import type { Answer, Call, Operation, Operator, Services } from './operation.ts';
import { type OperationName, operations } from './operations.ts';
import { accountNotFound } from './refusals.ts';
import { recordRefusedCall } from './refused-call.ts';
import type { KeptNotice, Writing } from './store.ts';

/** A request: the operation by name, its account, and its options. */
export interface Request {
  do: string;
  account?: string | undefined;
  [option: string]: unknown;
}

/** Where the operator's token comes from; it is asked for once the form of the input is known to be right. */
export type Credential = () => Promise<string>;

/** What a store that has moved still serves: all else is to be asked where it is now. */
const servedOnceMoved = new Set(['db.status', 'db.copy']);

/** Fields whose value is never repeated in an error. */
const secretFields = new Set(['code', 'token', 'password', 'recoveryCode', 'checkWord']);

function describe(field: string, value: unknown, problem: string): string {
  if (value === undefined) return `${field} is missing.`;
  if (secretFields.has(field) || typeof value !== 'string' || value === '') return `${field} ${problem}.`;
  const shown = value.length > 60 ? `${value.slice(0, 60)}…` : value;
  return `${field} ${JSON.stringify(shown)} ${problem}.`;
}

function invalidInput(issues: readonly v.BaseIssue<unknown>[]): TwofaError {
  const issue = issues[0];
  const field = issue?.path?.map((item) => String(item.key)).join('.') ?? 'request';
  const value = issue?.path?.at(-1)?.value;
  if (issue?.type === 'strict_object' && issue.expected === 'never') {
    return new TwofaError('invalid-input', `${field} is no option of this request.`, { details: { field } });
  }
  return new TwofaError('invalid-input', describe(field, value, issue?.message ?? 'is invalid'), {
    details: { field },
  });
}

const accountField = v.object({ account: kid });

function read<I>(schema: v.GenericSchema<unknown, I>, options: unknown): I {
  const parsed = v.safeParse(schema, options, { abortPipeEarly: true });
  if (!parsed.success) throw invalidInput(parsed.issues);
  return parsed.output;
}

/** Operations that were asked for before, which the next request has at once. */
const loaded = new Map<string, Operation<unknown>>();

async function load(name: string): Promise<Operation<unknown>> {
  if (!Object.hasOwn(operations, name)) {
    throw new TwofaError('invalid-input', `There is no request ${JSON.stringify(name.slice(0, 60))}.`, {
      details: { field: 'do' },
    });
  }
  const operation = (await operations[name as OperationName]()) as Operation<unknown>;
  loaded.set(name, operation);
  return operation;
}

/** The account that a call is about: named, or implied by a narrowed token; never guessed. */
function accountOf(operation: Operation<unknown>, operator: Operator, named: string | undefined): string {
  if (operation.account === 'none') return '';
  if (operator.kid !== null && named !== undefined && named !== operator.kid) throw accountNotFound(named);
  const kid = named ?? operator.kid ?? '';
  if (kid === '' && operation.account === 'required') {
    throw new TwofaError('missing-option', 'No account was named.', {
      hint: 'Name it with --account KID or in TWOFA_ACCOUNT.',
      details: { field: 'account' },
    });
  }
  return kid;
}

/** The user whom a request names, where it names one. */
function namedUser(request: Request): string | null {
  const { user, users } = request;
  if (typeof user === 'string') return user;
  return Array.isArray(users) && users.length === 1 ? String(users[0]) : null;
}

async function recordRefusal(
  services: Services,
  operator: Operator,
  request: Request,
  error: TwofaError,
): Promise<void> {
  const store = await services.store();
  const recorded = store.write(operator, (tables) =>
    recordRefusedCall(tables, operator, {
      account: typeof request.account === 'string' ? request.account : operator.kid,
      user: namedUser(request),
      details: { do: request.do, code: error.code },
    }),
  );
  await recorded.catch((failure) => {
    // A store that has moved takes no event any more.
    if ((failure as Partial<TwofaError>).code !== 'store-moved') throw failure;
  });
}

/** Whether a refusal is recorded on the token: not what the form refuses, nor what is an event of the user already. */
function isRecorded(operation: Operation<unknown>, error: TwofaError): boolean {
  if (error.code === 'store-restored') return false;
  if (error.exit === exitCodes.refused) return operation.permission !== 'sign-in';
  return error.exit === exitCodes.notPermitted || error.exit === exitCodes.notFound;
}

/** Writes for an operator; what is told by the try that was saved, and by no other, is told. */
function writing(
  services: Services,
  operator: Operator,
  anyCopy: boolean,
  told: KeptNotice[],
): Call['write'] {
  return async (work) => {
    const store = await services.store();
    let kept: KeptNotice[] = [];
    const result = await store.write(operator, async (tables) => {
      kept = [];
      // A backup may have been put in place of the store since the call began.
      const { restoredAt } = tables;
      if (restoredAt !== null && !anyCopy) throw new TwofaError('store-restored', ...notAccepted(restoredAt));
      const addNotices: Writing['addNotices'] = async (account, notices) => {
        const added = await tables.addNotices(account, notices);
        kept.push(...added);
        return added;
      };
      return work({ ...tables, addNotices });
    });
    told.push(...kept);
    return result;
  };
}

async function permitted(
  services: Services,
  operation: Operation<unknown>,
  operator: Operator,
  request: Request,
  input: unknown,
): Promise<Answer> {
  const grant = grantOf(operation.permission, operator.role);
  if (grant === 'no') {
    throw new TwofaError('not-permitted', `${describeRole(operator.role)} may not do this (${request.do}).`, {
      hint: refusalHint(request.do),
    });
  }
  const bar = barOf(operator, (operation as Operation<unknown, unknown>).waives?.(input) ?? {});
  if (bar) throw bar;
  const kid = accountOf(operation, operator, request.account);
  await requireNewest(services, operator, operation, request.do);
  const told: KeptNotice[] = [];
  const write = writing(services, operator, servesAnyCopy(operation, request.do), told);
  // Spread last: V8 takes a hundred times longer to add to what was spread than to spread into what is there.
  const call: Call = { operator, kid, masked: grant === 'masked', write, told, ...services };
  try {
    return await (operation as Operation<unknown, unknown>).perform(call, input);
  } finally {
    // What was saved is told also where the answer is a refusal, such as of a wrong recovery code.
    if (call.told.length > 0) {
      const { sendNotices } = await import('./notices.ts');
      services.background(sendNotices(call, call.told).then(() => undefined));
    }
  }
}

const roleNames: Record<string, string> = {
  owner: 'The owner of the installation',
  'system-administrator': 'A System Administrator',
  'customer-care': 'Customer Care',
  provisioner: 'A provisioner',
  application: 'An application',
};

function describeRole(role: string): string {
  return roleNames[role] ?? role;
}

function refusalHint(name: string): string {
  if (name === 'reactivate') return 'Only a System Administrator of the account reactivates its users.';
  if (name === 'enable') return 'Only a System Administrator of the account turns 2FA on for it.';
  return '"twofa help roles" says who may do what.';
}

/** Reads a request: the operation that it asks for, and its input. @throws TwofaError `invalid-input` */
async function readRequest(request: Request): Promise<{ operation: Operation<unknown>; input: unknown }> {
  const operation = loaded.get(request.do) ?? (await load(request.do));
  const { do: _do, account: _account, ...options } = request;
  if (request.account !== undefined) read(accountField, { account: request.account });
  return { operation, input: read(operation.input, options) };
}

/**
 * Checks the form of a request, which comes before everything else, and nothing more.
 * @throws TwofaError `invalid-input`
 */
export async function checkForm(request: Request): Promise<void> {
  await readRequest(request);
}

/**
 * Carries out a request for the operator of a token. Checks come in this order: form of the input (exit 2),
 * token and role (4), the operator's own second factor (7), account, then user (5), then the state.
 * @throws TwofaError for whatever is refused or fails; an expected verdict of a sign-in is an answer.
 */
export async function perform(services: Services, credential: Credential, request: Request): Promise<Answer> {
  const { operation, input } = await readRequest(request);
  const secret = await credential();
  const step = (operation as Operation<unknown, unknown>).ahead?.(input);
  const found = await authenticate(await services.store(), secret, {
    ahead: step && { kid: request.account ?? null, ...step },
    moved: servedOnceMoved.has(request.do),
  });
  const operator = 'refusal' in found ? found.operator : found;
  services.madeBy?.(operator);
  try {
    if ('refusal' in found) throw found.refusal;
    return await permitted(services, operation, operator, request, input);
  } catch (error) {
    if (error instanceof TwofaError && isRecorded(operation, error)) {
      await recordRefusal(services, operator, request, error);
    }
    throw error;
  }
}
