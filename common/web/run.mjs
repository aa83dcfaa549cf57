// Runs one TypeScript program outside a browser with the aliases of the front-ends: run.mjs FILE [ARGUMENT…]
import { resolve } from 'node:path';
import { runnerImport } from 'vite';

const [file, ...rest] = process.argv.slice(2);
const tree = process.cwd();
process.argv = [process.argv[0], resolve(tree, file), ...rest];
try {
  await runnerImport(resolve(tree, file), {
    root: tree,
    configFile: false,
    logLevel: 'error',
    resolve: {
      preserveSymlinks: true,
      alias: { '@common': resolve(tree, 'common/web/src'), '@proto': resolve(tree, 'proto/jindu/v1'), '@api': resolve(tree, 'api') },
    },
  });
} catch (error) {
  console.error(error);
  process.exit(1);
}
