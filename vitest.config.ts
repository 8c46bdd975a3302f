import { defineConfig } from 'vitest/config';

/** Scenarios, concurrency and operation are tried on both databases; all else on SQLite, or on the one that it is about. */
const onBoth = [
  ...['test/scenarios/*.test.ts', 'test/cli/concurrency.test.ts'],
  ...[
    'test/cli/operations.test.ts',
    'test/cli/upgrade.test.ts',
    'test/cli/marked.test.ts',
    'test/cli/batch.test.ts',
  ],
];
const common = { testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ['default'],
    projects: [
      { test: { ...common, name: 'sqlite', include: ['test/**/*.test.ts'], provide: { server: null } } },
      {
        test: { ...common, name: 'postgres', include: onBoth, globalSetup: 'test/support/one-server.ts' },
      },
    ],
  },
});
