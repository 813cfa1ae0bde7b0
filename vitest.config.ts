import { defineConfig } from 'vitest/config';

// A machine that others use too may stall for seconds: what is waited for gets time there, and a second try, which is
// listed by `npm test`. Elsewhere each test has one.
const retry = process.env['CI'] ? 1 : 0;
const expect = { poll: { timeout: 15_000 } };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'engine',
          environment: 'node',
          include: ['src-main/**/*.test.ts', 'scripts/**/*.test.mjs'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          retry,
          expect,
        },
      },
      {
        test: {
          name: 'window',
          environment: 'jsdom',
          include: ['src-renderer/**/*.test.{ts,tsx}'],
          testTimeout: 20_000,
          retry,
          expect,
        },
      },
      {
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['e2e/**/*.test.ts'],
          testTimeout: 100_000,
          hookTimeout: 60_000,
          // One window at a time: they share the screen, and each takes the whole processor.
          fileParallelism: false,
          // After all others, with the processor to themselves.
          sequence: { groupOrder: 1 },
          retry,
          expect,
        },
      },
    ],
  },
});
