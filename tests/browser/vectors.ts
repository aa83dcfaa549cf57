// The browsers' implementation in real Chromium, against vectors and against C++: common/web/build run vectors [BIN | access.json]
//   1. Chromium tries every vector of proto/vectors, whoever made it.
//   2. What Chromium seals, signs and bundles afresh is opened by C++ (jindu-vectors in BIN, by default build/release/bin), and its signatures by openssl.
//   3. The worker seals a file of many pieces, under a policy that allows nothing from elsewhere, and Chromium and C++ open it.
// Prints ok, FAIL or skip for each, and last `N passed, N failed, N skipped`.
// `common/web/build run vectors make` writes proto/vectors/typescript anew instead, with the keys of proto/vectors/keys.json.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import type * as InPage from '../../common/web/test/in-page.ts';
import { makeVectors, written } from '../../common/web/test/make-vectors.ts';
import { type KeyFile, needsRevocationLists, readKeyring, readVectors } from '../../common/web/test/vector.ts';
import { Complaints, demand, launch, readAccess, Report, run } from './support.ts';

const tree = process.cwd();
const vectors = resolve(tree, '../../proto/vectors');
const argument = process.argv[2] ?? '../release/bin';
const bin = argument.endsWith('.json') ? readAccess(argument).bin : resolve(argument);
const scratch = argument === 'make' ? '' : mkdtempSync(join(tmpdir(), 'jindu-vectors-'));

// The page: one script and its worker, as the front-ends are built.
async function bundled(): Promise<string> {
  const out = join(scratch, 'page');
  writeFileSync(join(scratch, 'index.html'), '');
  await build({
    configFile: false, root: tree, logLevel: 'error', publicDir: false, worker: { format: 'es' },
    resolve: { preserveSymlinks: true, alias: { '@common': resolve(tree, 'common/web/src'), '@proto': resolve(tree, 'proto/jindu/v1'), '@api': resolve(tree, 'api') } },
    build: { outDir: out, emptyOutDir: true, target: 'es2022', modulePreload: { polyfill: false }, rollupOptions: { input: resolve(tree, 'common/web/test/in-page.ts'), output: { entryFileNames: 'page.js' }, preserveEntrySignatures: 'strict' } },
  });
  writeFileSync(join(out, 'index.html'), '<!doctype html><html lang="en"><title>Vectors</title><script type="module" src="/page.js"></script></html>');
  return out;
}

const types: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.wasm': 'application/wasm' };
function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = join(folder, new URL(request.url ?? '/', 'http://localhost').pathname.replace(/\/$/, '/index.html'));
    if (!path.startsWith(folder) || !existsSync(path)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'Content-Type': types[extname(path)] ?? 'application/octet-stream',
      'Content-Security-Policy': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'",
    }).end(readFileSync(path));
  });
  return new Promise((ready) => server.listen(0, '127.0.0.1', () => ready(server)));
}

const keyFile = readFileSync(join(vectors, 'keys.json'), 'utf8');
const page = <T>(at: Page, name: keyof typeof InPage.jindu, ...args: unknown[]): Promise<T> =>
  at.evaluate(async ([method, values]) => {
    const { jindu } = globalThis as unknown as { jindu: Record<string, (...all: unknown[]) => Promise<unknown>> };
    return (await jindu[method as string]!(...(values as unknown[]))) as never;
  }, [name, args] as const);

async function tryFiles(report: Report, at: Page): Promise<void> {
  for (const where of ['.', 'typescript']) {
    for (const name of readdirSync(join(vectors, where)).filter((one) => one.endsWith('.json') && one !== 'keys.json').sort()) {
      const text = readFileSync(join(vectors, where, name), 'utf8');
      const file = readVectors(Buffer.from(text));
      const answers = await page<{ name: string; got: string; expected: string }[]>(at, 'tryFile', keyFile, text);
      for (const { name: vector, got, expected } of answers)
        await report.test(`${join(where, name)}: ${vector}`, async () => demand(got === expected, `${got} instead of ${expected}`));
      for (const vector of file.vectors.filter(needsRevocationLists)) report.skip(`${join(where, name)}: ${vector.name}`, 'a page has no revocation lists; the servers check them');
    }
  }
}

async function openInCpp(report: Report, at: Page): Promise<void> {
  const program = join(bin, 'jindu-vectors');
  if (!existsSync(program)) {
    await report.test('C++ opens what Chromium made', async () => demand(false, `${program} is not built`));
    return;
  }
  const made = join(scratch, 'made');
  await report.test('C++ opens what Chromium made afresh: seals, HPKE, signatures, bundles, dossiers', async () => {
    const files = await page<Record<string, string>>(at, 'make', keyFile);
    mkdirSync(made);
    writeFileSync(join(made, 'keys.json'), keyFile);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text);
    const said = run(program, ['try', made]);
    const [, count] = /^(\d+) passed, 0 failed, 0 skipped$/m.exec(said) ?? [];
    demand(Number(count) >= 20, `only ${count} were tried: ${said}`);
  });
  await report.test('openssl accepts the signatures that Chromium made, and none over other bytes', async () => {
    const { root } = JSON.parse(keyFile) as { root: string };
    writeFileSync(join(scratch, 'root.pem'), root);
    const file = readVectors(readFileSync(join(made, 'cms.json')));
    demand(file.vectors.length >= 2, 'there are signatures of both kinds');
    for (const vector of file.vectors) {
      writeFileSync(join(scratch, 'signature'), Buffer.from(vector['bytes'] as string, 'base64'));
      writeFileSync(join(scratch, 'content'), Buffer.from(vector['content'] as string, 'base64'));
      const verify = (content: string) =>
        run('openssl', ['cms', '-verify', '-cades', '-binary', '-inform', 'DER', '-in', join(scratch, 'signature'), '-content', join(scratch, content), '-CAfile', join(scratch, 'root.pem'), '-purpose', 'any', '-out', '/dev/null']);
      verify('content');
      writeFileSync(join(scratch, 'other'), Buffer.concat([Buffer.from(vector['content'] as string, 'base64'), Buffer.from('.')]));
      let refused = false;
      try {
        verify('other');
      } catch {
        refused = true;
      }
      demand(refused, `${vector.name}: other bytes pass`);
    }
  });
  await report.test('what a worker seals, piece by piece, C++ and Chromium open', async () => {
    const { vector, megabytes } = await page<{ vector: string; megabytes: number }>(at, 'sealInWorker', keyFile);
    const folder = join(scratch, 'worker');
    mkdirSync(folder);
    writeFileSync(join(folder, 'keys.json'), keyFile);
    writeFileSync(join(folder, 'worker.json'), vector);
    demand(megabytes >= 8, 'it has many pieces');
    demand(/^1 passed, 0 failed/m.test(run(program, ['try', folder])), 'C++ does not open it');
    const [answer] = await page<{ got: string; expected: string }[]>(at, 'tryFile', keyFile, vector);
    demand(answer?.got === answer?.expected, `Chromium opens ${answer?.got}`);
  });
}

async function make(): Promise<void> {
  const folder = join(vectors, 'typescript');
  mkdirSync(folder, { recursive: true });
  for (const [name, file] of Object.entries(await makeVectors(await readKeyring(JSON.parse(keyFile) as KeyFile)))) {
    writeFileSync(join(folder, name), written(file));
    console.log(`${name}: ${file.vectors.length} vectors`);
  }
}

async function tryAll(): Promise<void> {
  const server = await serve(await bundled());
  const browser = await launch();
  const report = new Report();
  try {
    const context = await browser.newContext();
    const complaints = new Complaints(context);
    const at = await context.newPage();
    await at.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await at.waitForFunction(() => 'jindu' in globalThis, undefined, { timeout: 20_000 });
    await tryFiles(report, at);
    await openInCpp(report, at);
    await report.test('the page complains of nothing', async () => {
      const found = complaints.take();
      demand(found.length === 0, found.join('\n'));
    });
  } finally {
    await browser.close();
    server.close();
    rmSync(scratch, { recursive: true });
    report.finish();
  }
}

await (argument === 'make' ? make() : tryAll());
