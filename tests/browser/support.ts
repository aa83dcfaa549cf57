// What the browser programs share: Debian's Chromium against a running system that access.json describes (deploy/demo writes it), a report of what held, and the
// checks that every page must pass: no error on its console, nothing its own policy refuses, no finding of axe-core.
//
//   JINDU_SHOTS=FOLDER   keeps a picture of every page that is looked at
//   JINDU_HEADED=1       shows the browser
//   JINDU_PATIENCE=N     waits N times as long, on a machine that has much else to do
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const patience = Number(process.env['JINDU_PATIENCE'] ?? 1);

export interface Access {
  readonly portal: string;
  readonly approval: string;
  readonly pki: string; // folder; root.pem, officials/*.p12, companies/{ec,rsa}.p12
  readonly state: string;
  readonly bin: string; // folder of the programs
  readonly carrier: string;
  readonly database: string;
  readonly passphrase: string; // of every PKCS#12
}

export function readAccess(path = process.argv[2]): Access {
  if (!path) {
    console.error('which system? give the path of its access.json');
    process.exit(2);
  }
  return JSON.parse(readFileSync(resolve(path), 'utf8')) as Access;
}

export const official = (access: Access, name: string): string => join(access.pki, 'officials', `${name}.p12`);
export const company = (access: Access, kind: 'ec' | 'rsa'): string => join(access.pki, 'companies', `${kind}.p12`);

export const phone = { width: 390, height: 844 } as const;
export const desktop = { width: 1280, height: 900 } as const;

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    headless: !process.env['JINDU_HEADED'],
    // Chromium's sandbox does not start for root, who runs the tests on a bare machine.
    args: ['--disable-gpu', '--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
  });
}

export interface Visit {
  readonly size?: { readonly width: number; readonly height: number };
  readonly locale?: 'zh-CN' | 'en-GB';
  // A person with a client certificate, as the file in pki/officials is called; for `origins`, the approval system by default.
  readonly as?: string;
  readonly origins?: readonly string[];
  readonly more?: BrowserContextOptions;
}

// A browser of its own: no cookies, no storage. The certificates of the deployment come from a root that this machine does not know.
export async function visit(browser: Browser, access: Access, { size = desktop, locale = 'zh-CN', as, origins = [access.approval], more = {} }: Visit = {}): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { ...size },
    locale,
    timezoneId: 'Asia/Shanghai',
    ignoreHTTPSErrors: true,
    acceptDownloads: true,
    ...(as ? { clientCertificates: origins.map((origin) => ({ origin, pfxPath: official(access, as), passphrase: access.passphrase })) } : {}),
    ...more,
  });
  context.setDefaultTimeout(20_000 * patience);
  return context;
}

// What a page complains about, from now on: errors, warnings of its own policy, files that did not come.
export class Complaints {
  private readonly found: string[] = [];
  private forgiven: RegExp[] = [];

  constructor(context: BrowserContext) {
    context.on('console', (message) => {
      if (message.type() === 'error' || /Content Security Policy/i.test(message.text())) this.add(`console: ${message.text()} ${message.location().url}`);
    });
    context.on('weberror', (error) => this.add(`exception: ${error.error().stack ?? error.error().message}`));
  }
  private add(text: string): void {
    if (!this.forgiven.some((pattern) => pattern.test(text))) this.found.push(text);
  }
  // Chromium logs every answer of 400 and more and every broken connection; where a test provokes them, it says so.
  async while<T>(pattern: RegExp, work: () => Promise<T>): Promise<T> {
    this.forgiven.push(pattern);
    try {
      return await work();
    } finally {
      this.forgiven = this.forgiven.filter((one) => one !== pattern);
    }
  }
  take(): string[] {
    return this.found.splice(0);
  }
}

// The tests of a program, each a sentence. A failure ends its own test only.
export class Report {
  private passed = 0;
  private failed = 0;
  private skipped = 0;

  constructor(private readonly page?: () => Page | undefined) {}

  async test(promise: string, work: () => Promise<void>): Promise<boolean> {
    const began = performance.now();
    try {
      await work();
      this.passed++;
      console.log(`ok    ${promise} (${Math.round(performance.now() - began)} ms)`);
      return true;
    } catch (error) {
      this.failed++;
      console.log(`FAIL  ${promise}\n      ${String((error as Error).stack ?? error).replaceAll('\n', '\n      ')}`);
      const page = this.page?.();
      if (page) await shot(page, `failed-${this.failed}`).catch(() => undefined);
      return false;
    }
  }
  // Steps that build on each other: after one that fails, the rest is not tried, and counts as failed.
  chain(): (promise: string, work: () => Promise<void>) => Promise<void> {
    let broken = false;
    return async (promise, work) => {
      if (!broken) broken = !(await this.test(promise, work));
      else {
        this.failed++;
        console.log(`FAIL  ${promise}: not tried, since an earlier step failed`);
      }
    };
  }
  skip(promise: string, why: string): void {
    this.skipped++;
    console.log(`skip  ${promise}: ${why}`);
  }
  // The last line, and the program's exit code.
  finish(): void {
    console.log(`${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`);
    process.exitCode = this.failed > 0 || this.passed === 0 ? 1 : 0;
  }
}

export function demand(condition: unknown, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise);
}
export function same<T>(found: T, expected: T, what: string): void {
  if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
}

// Asks until the answer holds, with a deadline. For what comes over the exchange.
export async function until<T>(what: string, seconds: number, ask: () => Promise<T | undefined | null | false>): Promise<T> {
  const deadline = performance.now() + seconds * 1000 * patience;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (performance.now() > deadline) throw new Error(`not within ${seconds * patience} s: ${what}`);
    await new Promise((resume) => setTimeout(resume, 150));
  }
}

export async function shot(page: Page, name: string, fullPage = true): Promise<void> {
  const folder = process.env['JINDU_SHOTS'];
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage, animations: 'disabled' });
}

const axe = readFileSync(resolve(process.cwd(), 'node_modules/axe-core/axe.min.js'), 'utf8');
interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly help: string; readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[] }[];
}

// WCAG 2.0 to 2.2, A and AA, and axe-core's best practices; each finding with its places.
export async function demandAccessible(page: Page): Promise<void> {
  // What fades in has its colours at the end: two frames let it begin, then it is waited for.
  await page.evaluate(async () => {
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
    const ending = document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations !== Infinity);
    await Promise.allSettled(ending.map((one) => one.finished));
  });
  await page.evaluate(axe);
  const { violations } = await page.evaluate(async () => {
    const { axe: engine } = globalThis as unknown as { axe: { run(context: Document, options: object): Promise<AxeResult> } };
    return engine.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
  });
  const lines = violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) => `${id} (${help}): ${target.join(' ')} — ${failureSummary?.replaceAll('\n', ' ')}`));
  if (lines.length > 0) throw new Error(`axe-core finds\n${lines.join('\n')}`);
}

// Nothing is wider than the window, so that nobody has to scroll sideways (WCAG 1.4.10).
export async function demandFits(page: Page): Promise<void> {
  const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  if (wide! <= window!) return;
  const widest = await page.evaluate(() => {
    const right = document.documentElement.clientWidth;
    return Array.from(document.querySelectorAll('body *')).filter((one) => one.getBoundingClientRect().right > right + 1).slice(0, 5).map((one) => one.outerHTML.slice(0, 120));
  });
  throw new Error(`the page is ${wide} px wide in a window of ${window} px: ${widest.join('\n')}`);
}

// All of it at once, with a picture under this name.
export async function demandSound(page: Page, complaints: Complaints, name: string): Promise<void> {
  await shot(page, name);
  await demandAccessible(page);
  await demandFits(page);
  const found = complaints.take();
  if (found.length > 0) throw new Error(`the page complains:\n${found.join('\n')}`);
}

// Runs a program to its end; its output when it succeeds.
export function run(program: string, args: readonly string[], input?: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', input, maxBuffer: 64 * 1024 * 1024 });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr || stdout}`);
  return stdout;
}
