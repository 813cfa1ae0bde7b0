import { defineConfig } from 'vitest/config';

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
        },
      },
      {
        test: {
          name: 'window',
          environment: 'jsdom',
          include: ['src-renderer/**/*.test.{ts,tsx}'],
          testTimeout: 20_000,
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
          // After all others, with the processor to themselves; a real window on a busy machine gets a second try.
          sequence: { groupOrder: 1 },
          retry: 1,
        },
      },
    ],
  },
});
