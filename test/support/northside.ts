// Northside Family Health, the account that tests of the actions work on, with a token of each role.
import type { Role } from '../../src/rules/authority.ts';
import { type Minted, World, wrongCode } from './actions.ts';

export const kid = '10482';
/** An account that exists beside it, with users of the same names. */
export const otherKid = '20967';
export const missingKid = '99999';

export const ip = '203.0.113.7';
export const app = 'platform';

/** Everyone's contact data; the phones are valid and of people in the same town. */
export const contacts = {
  maria: { email: 'maria@northside.example', phone: '+12015550123' },
  omar: { email: 'omar@northside.example', phone: '+12015550124' },
  jane: { email: 'jane@northside.example', phone: '+12015550125' },
  li: { email: 'li@northside.example', phone: '+12015550126' },
} as const;

export type Username = keyof typeof contacts;

export interface Northside {
  world: World;
  /** A token of each role; the System Administrator's is Maria's. */
  as: Record<Role, Minted>;
  /** The token of the account's other System Administrator. */
  omar: Minted;
}

async function fill(world: World, provisioner: Minted, account: string): Promise<void> {
  await world.done(provisioner, { do: 'account.create', kid: account, name: `Family Health ${account}` });
  await world.done(provisioner, { do: 'practice.add', account, name: 'Pediatrics' });
  await world.done(provisioner, { do: 'practice.add', account, name: 'Cardiology' });
  for (const [user, contact] of Object.entries(contacts)) {
    await world.done(provisioner, {
      do: 'user.add',
      account,
      user,
      name: `${user} of ${account}`,
      ...contact,
      practices: ['Pediatrics'],
      systemAdministrator: user === 'maria' || user === 'omar',
    });
  }
}

/** The account prepared for 2FA, which is not on yet. */
export async function preparedNorthside(): Promise<Northside> {
  const world = await World.make();
  const provisioner = await world.mint('provisioner');
  await fill(world, provisioner, kid);
  await fill(world, provisioner, otherKid);
  return {
    world,
    as: {
      owner: await world.mint('owner'),
      'system-administrator': await world.mint('system-administrator', { kid, user: 'maria' }),
      'customer-care': await world.mint('customer-care'),
      provisioner,
      application: await world.mint('application', { app }),
    },
    omar: await world.mint('system-administrator', { kid, user: 'omar' }),
  };
}

/** The account with 2FA on. */
export async function enabledNorthside(): Promise<Northside> {
  const northside = await preparedNorthside();
  const { world, as } = northside;
  await world.done(as['system-administrator'], { do: 'enable', account: kid, confirm: kid });
  for (const administrator of [as['system-administrator'], northside.omar])
    await prove(northside, administrator);
  return northside;
}

/** Proves a code of a System Administrator for their token, as R15 asks once 2FA is on. */
export async function prove({ world }: Northside, administrator: Minted): Promise<void> {
  await world.done(administrator, { do: 'auth.challenge', via: 'email' });
  await world.done(administrator, { do: 'auth.verify', code: world.delivery.lastCode });
}

/** The same in a copy, so that a test may change what it likes. */
export async function copyOf(northside: Northside): Promise<Northside> {
  return { ...northside, world: await northside.world.copy() };
}

/** Has a code sent to a user. @returns its digits. */
export async function sendCode(
  { world, as }: Northside,
  user: string,
  via: 'email' | 'sms' = 'email',
): Promise<string> {
  await world.done(as.application, { do: 'code.send', account: kid, user, via });
  return world.delivery.lastCode;
}

/** Signs a user in with a code, which trusts the location. */
export async function signIn(northside: Northside, user: string, from = ip): Promise<void> {
  const code = await sendCode(northside, user);
  const { world, as } = northside;
  await world.done(as.application, { do: 'code.verify', account: kid, user, code, ip: from });
}

/** Enters wrong codes for a user, all seven unless told otherwise. */
export async function failCodes({ world, as }: Northside, user: string, times = 7): Promise<void> {
  for (let each = 0; each < times; each += 1) {
    await world.call(as.application, { do: 'code.verify', account: kid, user, code: wrongCode, ip });
  }
}
