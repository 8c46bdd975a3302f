// twofa auth
import type { Command } from 'commander';
import type { Run } from '../run.ts';
import { challenge } from './auth/challenge.ts';
import { login } from './auth/login.ts';
import { logout } from './auth/logout.ts';
import { status } from './auth/status.ts';
import { verify } from './auth/verify.ts';

export function auth(program: Command, run: Run): void {
  const group = program.command('auth').description('your own access tokens on this machine');
  for (const declare of [login, status, logout, challenge, verify]) declare(group, run);
}
