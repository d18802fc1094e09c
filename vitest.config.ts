import { defineConfig } from 'vitest/config';

/**
 * Two projects: `engine` in plain Node (store, rules, diff, messages, dispatch, command line, contract), `component`
 * in a simulated page. Window tests run in a real window and have their own runner, see scripts/test.ts.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'engine',
          environment: 'node',
          include: ['test/{engine,contract,cli,security}/**/*.test.ts'],
          testTimeout: 30_000,
          pool: 'forks',
        },
      },
      {
        test: {
          name: 'component',
          environment: 'jsdom',
          include: ['test/component/**/*.test.{ts,tsx}'],
          testTimeout: 15_000,
        },
      },
    ],
  },
});
