import { defineConfig } from 'vitest/config';

/** Window tests: a real Electron on a display, one window at a time. */
export default defineConfig({
  test: {
    name: 'window',
    environment: 'node',
    include: ['test/window/**/*.test.ts'],
    globalSetup: ['test/temporary-folder.ts', 'test/window/setup.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 120_000,
  },
});
