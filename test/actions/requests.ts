// One valid request for each operation, and whom the matrix grants it.
import type { OperationName } from '../../src/actions/operations.ts';
import type { Request } from '../../src/actions/perform.ts';
import {
  app,
  enabledNorthside,
  failCodes,
  ip,
  kid,
  type Northside,
  preparedNorthside,
  sendCode,
  signIn,
} from '../support/northside.ts';

/** What there is for a request to be about: Jane trusts a location and has a code, Li is locked. */
export interface Situation extends Northside {
  code: string;
  /** The id of a token of the account that nobody needs. */
  spare: string;
}

export async function preparedSituation(): Promise<Situation> {
  const northside = await preparedNorthside();
  const spare = await northside.world.mint('application', { kid, app: 'kiosk' });
  return { ...northside, code: '123456', spare: `tok_${spare.id}` };
}

export async function enabledSituation(): Promise<Situation> {
  const northside = await enabledNorthside();
  const spare = await northside.world.mint('application', { kid, app: 'kiosk' });
  await signIn(northside, 'jane');
  await failCodes(northside, 'li');
  return { ...northside, code: await sendCode(northside, 'jane'), spare: `tok_${spare.id}` };
}

type Options = Omit<Request, 'do'>;

interface Valid {
  /** What owner, System Administrator, Customer Care, provisioner and application are granted. */
  grants: string;
  options(situation: Situation): Options;
  /** What it ends with when it is granted; 0 unless told. */
  exit?: number;
  /** Where 2FA must not be on yet. */
  before?: true;
}

const tokens = 'yes no no no no';
const roster = 'yes own no yes no';
const see = 'yes own masked yes no';
const administrators = 'no own no no no';
const applications = 'no no no no yes';
const audit = 'yes own no no no';

/** A document that gives Jane another name. */
const renamed = { account: { kid }, users: [{ username: 'jane', name: 'Jane Roe' }] };

export const valid: Record<OperationName, Valid> = {
  'auth.challenge': { grants: administrators, options: () => ({ via: 'email' }) },
  'auth.verify': { grants: administrators, options: () => ({ code: '123456' }), exit: 8 },
  'auth.status': { grants: 'yes yes yes yes yes', options: () => ({}) },
  'token.create': { grants: tokens, options: () => ({ role: 'customer-care' }) },
  'token.list': { grants: 'yes own no no no', options: () => ({}) },
  'token.revoke': { grants: 'yes own no no no', options: ({ spare }) => ({ tokenId: spare }) },
  'token.rotate': { grants: tokens, options: ({ spare }) => ({ tokenId: spare }) },
  'account.create': { grants: 'yes no no yes no', options: () => ({ kid: '30303', name: 'Third' }) },
  'account.list': { grants: see, options: () => ({}) },
  'account.show': { grants: see, options: () => ({}) },
  'account.export': { grants: roster, options: () => ({}) },
  'practice.add': { grants: roster, options: () => ({ name: 'Oncology' }) },
  'practice.list': { grants: see, options: () => ({}) },
  'user.add': {
    grants: roster,
    options: () => ({ user: 'sam', name: 'Sam', email: 'sam@northside.example', phone: '+12015550130' }),
  },
  'user.update': { grants: roster, options: () => ({ user: 'jane', name: 'Jane Roe' }) },
  'user.rename': { grants: roster, options: () => ({ user: 'jane', newUsername: 'janet' }) },
  'user.deactivate': { grants: roster, options: () => ({ user: 'jane' }) },
  'user.list': { grants: see, options: () => ({}) },
  'user.show': { grants: see, options: () => ({ user: 'jane' }) },
  'user.import': { grants: roster, options: () => ({ rows: [{ username: 'jane', name: 'Jane Roe' }] }) },
  plan: { grants: roster, options: () => ({ document: renamed }) },
  apply: { grants: roster, options: () => ({ document: renamed }) },
  find: { grants: see, options: () => ({ text: 'jane' }) },
  checklist: { grants: see, options: () => ({}) },
  enable: { grants: administrators, options: () => ({ confirm: kid }), before: true },
  'rollcall.start': { grants: administrators, options: () => ({}), before: true },
  'rollcall.confirm': {
    grants: 'no own no no yes',
    options: () => ({ user: 'jane', via: 'email', checkWord: 'wrong words' }),
    exit: 8,
    before: true,
  },
  'rollcall.status': { grants: administrators, options: () => ({}) },
  announce: { grants: administrators, options: () => ({ on: '2026-04-01' }), before: true },
  status: { grants: see, options: () => ({ user: 'jane' }) },
  login: { grants: applications, options: () => ({ user: 'jane', ip, app }) },
  'code.send': { grants: applications, options: () => ({ user: 'jane', via: 'sms', app }) },
  'code.verify': { grants: applications, options: ({ code }) => ({ user: 'jane', code, ip, app }) },
  lockouts: { grants: see, options: () => ({}) },
  'lockouts.show': { grants: see, options: () => ({ user: 'li' }) },
  'lockouts.remind': { grants: 'no no yes no no', options: () => ({ user: 'li' }) },
  'notices.list': { grants: audit, options: () => ({}) },
  'notices.retry': { grants: audit, options: () => ({}) },
  maintain: { grants: tokens, options: () => ({}) },
  metrics: { grants: tokens, options: () => ({}) },
  'db.status': { grants: tokens, options: () => ({}) },
  'db.prune': { grants: tokens, options: () => ({}) },
  reactivate: { grants: administrators, options: () => ({ users: ['li'], reason: 'called back' }) },
  'recovery.renew': { grants: administrators, options: () => ({}) },
  'location.list': { grants: administrators, options: () => ({ user: 'jane' }) },
  'location.forget': { grants: 'no own no no yes', options: () => ({ user: 'jane' }) },
  'db.rotate-key': { grants: tokens, options: () => ({}) },
  'audit.list': { grants: audit, options: () => ({}) },
  'audit.verify': { grants: audit, options: () => ({}) },
  'audit.checkpoint': { grants: audit, options: () => ({}) },
  'audit.export': { grants: audit, options: () => ({}) },
  'audit.follow': { grants: audit, options: () => ({ cursor: '0' }) },
  'db.copy': {
    grants: tokens,
    options: () => ({ url: 'postgres://twofa@127.0.0.1:1/twofa' }),
    exit: 6,
  },
  'db.backup': { grants: tokens, options: () => ({}) },
  'db.restore': { grants: tokens, options: () => ({ accept: true, reason: 'the disk failed' }) },
};
