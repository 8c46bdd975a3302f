// One PostgreSQL server for all tests that run on it, for as long as they run.
import type { TestProject } from 'vitest/node';
import { startServer } from './postgres.ts';

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer();
  project.provide('server', server.url('postgres'));
  return () => server.stop();
}
