import { defineConfig } from 'vitest/config';

/**
 * Two projects: `engine` in plain Node (store, rules, diff, messages, dispatch, command line, contract), `component`
 * in a simulated page. Window tests run in a real window and have their own runner, see scripts/test.ts.
 */
export default defineConfig({
  test: {
    // Tests mostly wait for files, processes and sockets of their own: one core fewer, as is the default, took twice the time on two.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'engine',
          environment: 'node',
          globalSetup: ['test/temporary-folder.ts', 'test/kernel.ts'],
          include: ['test/{engine,contract,cli,security}/**/*.test.ts'],
          // Real files, processes and sockets on a machine that may be busy: a limit against hanging, not a measurement.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          pool: 'forks',
        },
      },
      {
        test: {
          name: 'component',
          environment: 'jsdom',
          include: ['test/component/**/*.test.{ts,tsx}'],
          testTimeout: 60_000,
        },
      },
    ],
  },
});
