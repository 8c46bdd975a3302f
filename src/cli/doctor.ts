// Tries everything for real: configuration, key, store, token, delivery, and who may read the files.
import { accessSync, constants, existsSync } from 'node:fs';
import { TwofaError } from '../errors.ts';
import { identify } from '../store/open.ts';
import type { Composed } from './compose.ts';
import { refuseReadable, refuseWritable } from './private-file.ts';

export interface Check {
  id: string;
  ok: boolean;
  message: string;
  hint: string | null;
}

/** Carries out a check; what it throws is what is wrong. */
async function check(id: string, work: () => Promise<string>): Promise<Check> {
  try {
    return { id, ok: true, message: await work(), hint: null };
  } catch (error) {
    const hint = error instanceof TwofaError ? error.hint : null;
    return { id, ok: false, message: (error as Error).message, hint };
  }
}

async function store(parts: Composed): Promise<string> {
  const url = await parts.databaseUrl();
  if (!(await identify(url))) {
    throw new TwofaError('not-initialised', `There is no store at ${url} yet.`, {
      hint: 'Make one with "twofa init".',
    });
  }
  const opened = await parts.services.store();
  // An unknown token makes the store read its identity, and compare key and version.
  await opened.authenticate('');
  if (url.startsWith('sqlite:')) accessSync(url.slice('sqlite:'.length), constants.W_OK);
  return `${url} answers, was made with this key, and is of this version`;
}

async function files(parts: Composed): Promise<string> {
  const { configFile, profilesFile, databaseFile, outboxFile } = parts.paths;
  for (const file of [profilesFile, databaseFile, outboxFile]) if (existsSync(file)) refuseReadable(file);
  if (existsSync(configFile)) refuseWritable(configFile);
  return 'No file is open to others';
}

async function delivery(parts: Composed): Promise<string> {
  const identity = await identify(await parts.databaseUrl());
  const { email, sms } = (await parts.services.delivery()).channels();
  const missing = [email ? '' : 'email', sms ? '' : 'text messages'].filter(Boolean).join(' and ');
  if (missing === '') return 'Email and text messages are configured';
  if (identity?.sandbox) return `Sandbox: ${missing} go to ${parts.paths.outboxFile}`;
  throw new TwofaError('delivery-not-configured', `Not configured: ${missing}.`, {
    hint: `Set it in ${parts.paths.configFile}.`,
  });
}

async function token(parts: Composed): Promise<string> {
  const { authenticateAs } = await import('./operator.ts');
  const operator = await authenticateAs(parts, await parts.credential());
  return `You are ${operator.user ?? operator.role}${operator.account ? ` of account ${operator.account}` : ''}`;
}

/** All checks, each carried out whatever became of the others. */
export async function examine(parts: Composed): Promise<Check[]> {
  return [
    await check('config', async () => {
      await parts.config();
      return existsSync(parts.paths.configFile)
        ? `${parts.paths.configFile} is valid`
        : 'No configuration file; defaults';
    }),
    await check('key', async () => {
      const ring = await parts.services.keyring();
      return `${await parts.keyFile()} holds the key ${ring.current.id}`;
    }),
    await check('store', () => store(parts)),
    await check('files', () => files(parts)),
    await check('delivery', () => delivery(parts)),
    await check('token', () => token(parts)),
  ];
}
