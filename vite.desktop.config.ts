import { builtinModules } from 'node:module';
import { defineConfig } from 'vite';

/** What runs in Node: each is one file, but for the command line, which loads what a command needs. Chosen by `--mode`. */
const targets = {
  desktop: { entry: 'src-main/desktop/main.ts', file: 'main.cjs', format: 'cjs', node: 'node16' },
  preload: { entry: 'src-main/preload/preload.ts', file: 'preload.cjs', format: 'cjs', node: 'node16' },
  /** Not a part of the app: what the carrier tests start in Electron. */
  carriers: { entry: 'e2e/fixtures/carriers.ts', file: 'carriers.cjs', format: 'cjs', node: 'node16' },
  engine: { entry: 'src-main/engine/host/entry.ts', file: 'entry.mjs', format: 'es', node: 'node24' },
  cli: { entry: 'src-main/cli/main.ts', file: 'main.mjs', format: 'es', node: 'node24' },
} as const;

const builtins = [...builtinModules, ...builtinModules.map((name) => `node:${name}`)];

/** Packages with native parts or files of their own: they stay packages. */
const packages = ['electron', 'sharp', 'koffi', 'openvino-node'];

export default defineConfig(({ mode }) => {
  const target = targets[mode as keyof typeof targets];
  if (!target) throw new Error(`There is no target ${mode}.`);
  return {
    publicDir: false,
    build: {
      outDir: `dist/${mode}`,
      emptyOutDir: true,
      target: target.node,
      minify: false,
      sourcemap: true,
      lib: { entry: target.entry, formats: [target.format], fileName: () => target.file },
      rollupOptions: {
        external: [...builtins, ...packages],
        platform: 'node',
        output: mode === 'cli' ? { chunkFileNames: '[name]-[hash].mjs' } : { codeSplitting: false },
      },
    },
    ssr: { noExternal: true },
    resolve: { conditions: ['node', 'import', 'module', 'default'], mainFields: ['module', 'main'] },
  };
});
