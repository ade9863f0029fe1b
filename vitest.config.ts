import { defineConfig } from 'vitest/config';

/** Faults on a real controller wait for its timeouts, and need a machine that does nothing else: `npm run test:faults`. */
const FAULTS = 'test/slurm/faults.test.ts';

export default defineConfig({
  test: {
    include: process.env.WFC_FAULTS === '1' ? [FAULTS] : ['test/**/*.test.ts'],
    exclude: process.env.WFC_FAULTS === '1' ? [] : ['node_modules/**', FAULTS],
    globalSetup: ['test/global-setup.ts'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
