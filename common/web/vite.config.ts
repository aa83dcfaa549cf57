// One configuration for the three front-ends (JINDU_APP says which) and for the unit tests. It runs inside build/web, where the sources are linked in.
import vue from '@vitejs/plugin-vue';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const tree = process.cwd();
const folders: Record<string, string> = { portal: 'extranet-portal', approval: 'intranet-approval', console: 'exchange-gateway' };
const app = process.env['JINDU_APP'];

// The services send name.gz where a browser takes it, so that nobody compresses the same file twice.
function compressed(folder: string): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    closeBundle() {
      for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(html|js|css|svg|json|webmanifest|wasm|txt)$/.test(path)) continue;
        const bytes = readFileSync(join(folder, path)), small = gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION });
        if (small.length < bytes.length) writeFileSync(join(folder, `${path}.gz`), small);
      }
    },
  };
}
// start.js stands in the page before anything else, in each front-end the same.
function starting(): Plugin {
  return {
    name: 'starting',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'start.js', source: readFileSync(resolve(tree, 'common/web/src/start.js'), 'utf8') });
    },
    transformIndexHtml: () => [{ tag: 'script', attrs: { src: '/start.js' }, injectTo: 'head-prepend' }],
  };
}
const outDir = resolve(tree, 'dist', app ?? 'none');

export default defineConfig({
  root: app ? resolve(tree, folders[app] ?? app, 'web') : tree,
  cacheDir: resolve(tree, 'cache'),
  publicDir: app ? 'public' : false,
  plugins: [vue(), starting(), compressed(outDir)],
  resolve: {
    preserveSymlinks: true,
    alias: {
      '@common': resolve(tree, 'common/web/src'),
      '@proto': resolve(tree, 'proto/jindu/v1'),
      '@api': resolve(tree, 'api'),
    },
  },
  define: {
    __VUE_OPTIONS_API__: 'true',  // Element Plus and vue-i18n use parts of it
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    // Messages become syntax trees that are interpreted: no code is made from text, as the pages' policy demands.
    __VUE_I18N_FULL_INSTALL__: 'true',
    __VUE_I18N_LEGACY_API__: 'false',
    __INTLIFY_DROP_MESSAGE_COMPILER__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
  },
  worker: { format: 'es' },
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,  // the policy allows no data: address for fonts, scripts and styles
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    sourcemap: false,
  },
  test: {
    root: tree,
    dir: tree,
    include: ['common/web/test/**/*.test.ts', '*/web/test/**/*.test.ts'],
    environment: 'node',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
