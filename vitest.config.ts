import { defineConfig } from 'vitest/config';
import { PATIENCE_SECONDS, patience } from './test/support/waiting.ts';

export default defineConfig({
  test: {
    include: [process.env.WFC_TESTS === 'fast' ? 'test/**/*.fast.test.ts' : 'test/**/*.test.ts'],
    setupFiles: ['test/coverage/setup.ts'],
    // Tests named `.fast.` start nothing, so that they need no dist/: `npm run test:fast`.
    globalSetup: process.env.WFC_TESTS === 'fast' ? [] : ['test/global-setup.ts'],
    // Of two cores: many tests wait for Slurm, or for a time limit.
    maxWorkers: 3,
    // Guards against what never ends, no measure of speed: tests that take longer than this say so themselves.
    testTimeout: patience(40),
    hookTimeout: patience(40),
    expect: { poll: { timeout: PATIENCE_SECONDS * 1000 } },
    // Of vitest's own processes alone; `npm run coverage` adds those that the tests start.
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['**/*.generated.ts'],
      reporter: ['json'],
      reportsDirectory: 'coverage',
      reportOnFailure: true,
      clean: false,
    },
  },
});
