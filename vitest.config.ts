import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{contracts,compliance,cloud-sync,gateway,installer,testkit,admin-ui}/**/*.test.{ts,tsx}', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '.runtime/**', 'var/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
