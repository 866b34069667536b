import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{contracts,compliance,cloud-sync,gateway,installer,testkit,admin-ui}/**/*.test.{ts,tsx}', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '.runtime/**', 'var/**'],
    pool: 'forks',
    maxWorkers: 2,
    // Bounds for what hangs, not for what is slow: CI runs two files at once beside a browser.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
