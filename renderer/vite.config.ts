import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The renderer is files alone: nothing inline, so that both hosts can forbid it; paths relative, so that both can serve it. */
export default defineConfig({
  root: here('.'),
  base: './',
  publicDir: here('../assets/icons'),
  plugins: [react()],
  build: {
    outDir: here('../dist/renderer'),
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
  logLevel: 'warn',
});
