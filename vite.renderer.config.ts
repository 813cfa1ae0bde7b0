import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: 'src-renderer',
  base: './',
  plugins: [react()],
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    target: 'chrome108',
    // The page may load only files of its own, so nothing becomes a data address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
