// One configuration for the three front-ends (JINDU_APP says which) and for the unit tests. It runs inside build/web, where the sources are linked in.
import vue from '@vitejs/plugin-vue';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

const tree = process.cwd();
const folders: Record<string, string> = { portal: 'extranet-portal', approval: 'intranet-approval', console: 'exchange-gateway' };
const app = process.env['JINDU_APP'];

export default defineConfig({
  root: app ? resolve(tree, folders[app] ?? app, 'web') : tree,
  cacheDir: resolve(tree, 'cache'),
  publicDir: app ? 'public' : false,
  plugins: [vue()],
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
    outDir: resolve(tree, 'dist', app ?? 'none'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,  // the policy allows no data: address for fonts, scripts and styles
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    sourcemap: false,
  },
  test: {
    root: resolve(tree, 'common/web/test'),
    dir: resolve(tree, 'common/web/test'),
    include: ['**/*.test.ts'],
    environment: 'node',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
