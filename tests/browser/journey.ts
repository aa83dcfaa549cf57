// The entire journey by clicks alone, in browsers on two networks: a citizen registers, reads a guide, applies; officials with client certificates take it through
// every stage from their worklists; the citizen opens the decision; then others check it, by pdfsig, by the QR code on the portal's page, and by jindu-verify.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { attachDemanded, fillForm, mobile, next, residentId, sampleOf, submitReviewed } from './applying.ts';
import { Complaints, demand, demandSound, launch, official, phone, readAccess, Report, run, same, until, visit } from './support.ts';

const access = readAccess();
const folder = mkdtempSync(join(tmpdir(), 'jindu-journey-'));
const root = join(access.pki, 'root.pem');
const item = { id: 'outdoor-advertising', name: '户外广告', department: 'city-appearance' };
const citizen = { name: '林晓舟', phone: mobile(), password: '纸船 渡口 明月 1987', id: residentId() };
const browser = await launch();
let looked: Page | undefined;
const report = new Report(() => looked);

const home = await visit(browser, access, { size: phone });
const complaints = new Complaints(home);
const my = (looked = await home.newPage());
let declaration = { id: '', number: '' };

async function sees(status: string): Promise<void> {
  await until(`the applicant sees ${status}`, 60, async () => {
    await my.goto(`${access.portal}/my/${declaration.id}`);
    await my.locator('.head .badge').waitFor();
    return (await my.locator(`.head .badge[data-status=${status}]`).count()) > 0;
  });
}

// An official at a desk on the other network: finds the case in the worklist and opens it.
async function atDesk(role: string, work: (page: Page) => Promise<void>, scope = 'mine'): Promise<void> {
  const context = await visit(browser, access, { as: `${item.department}-${role}` });
  const theirs = new Complaints(context);
  const page = (looked = await context.newPage());
  await page.goto(`${access.approval}/worklist?scope=${scope}`);
  await page.getByRole('textbox', { name: '按申报号' }).fill(declaration.number);
  // Only then is the list that of the search, and no longer changes under the hand.
  await page.waitForURL((url) => url.searchParams.get('q') === declaration.number);
  await until('one row', 20, async () => (await page.locator('tbody tr').count()) === 1);
  await page.locator(`tbody a[href="/cases/${declaration.id}"]`).first().click();
  await page.waitForURL(`**/cases/${declaration.id}*`);
  await page.locator('.head h1').waitFor();
  await work(page);
  await page.getByRole('dialog').filter({ visible: true }).waitFor({ state: 'hidden' });
  const found = theirs.take();
  demand(found.length === 0, `the workbench complains: ${found.join('\n')}`);
  await context.close();
}
const dialog = (page: Page) => page.getByRole('dialog').filter({ visible: true });
async function act(page: Page, command: string, fill: (page: Page) => Promise<void>): Promise<void> {
  await page.locator(`[data-command="${command}"]`).click();
  await dialog(page).waitFor();
  await fill(page);
  await dialog(page).locator('[data-confirm]').click();
}
const writes = (label: string, words: string) => (page: Page) => dialog(page).getByLabel(label, { exact: false }).first().fill(words);

let whole = true;
async function step(promise: string, work: () => Promise<void>): Promise<void> {
  if (whole) whole = await report.test(promise, work);
  else report.skip(promise, 'an earlier step failed');
}

await step('a citizen finds the guide, registers with a key made in the browser, and begins', async () => {
  await my.goto(access.portal);
  await my.getByRole('searchbox').fill(item.name);
  await my.locator('.items li a').first().click();
  await my.locator('#materials').waitFor();
  await my.getByRole('link', { name: '开始申报' }).first().click();
  await my.getByRole('link', { name: '注册新账户' }).click();
  await my.locator('#register-name').fill(citizen.name);
  await my.locator('#register-phone').fill(citizen.phone);
  await my.getByLabel('设置密码', { exact: true }).fill(citizen.password);
  await my.getByLabel('再次输入密码', { exact: true }).fill(citizen.password);
  await my.getByRole('button', { name: '注册并生成密钥' }).click();
  const recovery = (await my.getByTestId('recovery-code').innerText()).replaceAll(/\s/g, '');
  await my.getByLabel('请输入恢复码的最后 6 位').fill(recovery.slice(-6));
  await my.getByRole('button', { name: '我已保存，继续' }).click();
  await my.waitForURL(`**/apply/${item.id}`);
});

await step('fills in the form, attaches what is demanded, reviews, signs and submits, on a phone', async () => {
  await my.locator('#applicant-id').fill(citizen.id);
  await my.locator('#applicant-phone').fill(citizen.phone);
  await fillForm(my, item.id, sampleOf(item.id));
  await next(my).click();
  await attachDemanded(my, folder);
  await next(my).click();
  await my.locator('#agree').waitFor();
  declaration = await submitReviewed(my);
  demand(/^JD\d+/.test(declaration.number), `not a declaration number: ${declaration.number}`);
  const [download] = await Promise.all([my.waitForEvent('download'), my.getByRole('button', { name: '下载回执' }).click()]);
  const receipt = join(folder, 'receipt');
  writeFileSync(receipt, readFileSync(await download.path()));
  demand(run(join(access.bin, 'jindu-verify'), ['receipt', receipt, '--root', root, '--intermediate', join(access.pki, 'issuing.pem')]).includes(declaration.number), 'jindu-verify does not name the declaration');
  await sees('received');
});

await step('an official accepts it, seeing form and materials', async () => {
  await atDesk('acceptor', async (page) => {
    await page.locator('#form').getByText(String(sampleOf(item.id)['address'])).first().waitFor();
    await page.getByText('申请人签名已核验').waitFor();
    await page.locator('#materials .tag', { hasText: '检查通过' }).first().waitFor();
    await act(page, 'accept', writes('意见', '材料齐全，符合法定形式，予以受理。'));
  });
  await sees('initial_review');
  demand((await my.locator('main').innerText()).includes('受理号'), 'the applicant does not see the acceptance number');
});

await step('two others review it', async () => {
  for (const role of ['reviewer', 'rereviewer'])
    await atDesk(role, (page) => act(page, 'review', async () => {
      await dialog(page).getByText('建议准予', { exact: true }).click();
      await writes('意见', '经审查，符合法定条件。')(page);
    }));
  await sees('determination');
});

await step('a fourth determines it, signing the record with his own key', async () => {
  const who = `${item.department}-determiner`;
  await atDesk('determiner', (page) => act(page, 'determine', async () => {
    await dialog(page).getByText('准予许可', { exact: true }).first().click();
    await writes('意见', '同意复审意见，准予许可。')(page);
    await dialog(page).getByLabel('密钥文件').setInputFiles(official(access, who));
    await dialog(page).getByLabel('密钥口令').fill(access.passphrase);
    await dialog(page).getByRole('button', { name: '载入密钥' }).click();
    await dialog(page).getByText('已载入').waitFor();
  }));
  await sees('notification');
});

await step('the applicant is notified', async () => {
  await atDesk('acceptor', (page) => act(page, 'notify', async () => undefined));
  await sees('granted');
});

await step('the history of the case is a file that proves, without the system, who decided', async () => {
  let proven = '';
  await atDesk('acceptor', async (page) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: '下载可核验的记录' }).click()]);
    same(download.suggestedFilename(), `history-${declaration.number}.json`, 'name of the file');
    proven = run(join(access.bin, 'jindu-verify'), ['history', await download.path(), '--root', root, '--intermediate', join(access.pki, 'issuing.pem'), '--language', 'zh']);
  }, 'closed');
  demand(/用自己的密钥签署了审定/.test(proven), `jindu-verify does not say who decided: ${proven}`);
});

await step('opens the decision with the password, and it is genuine for pdfsig, for jindu-verify, and by its QR code for everybody', async () => {
  looked = my;
  await my.locator('.notice[data-kind=decision] .head-button').click();
  if ((await my.locator('dialog input[type=password]').count()) > 0) {
    await my.locator('dialog input[type=password]').fill(citizen.password);
    await my.locator('dialog button[type=submit]').click();
    await my.locator('dialog').waitFor({ state: 'detached' });
  }
  const [download] = await Promise.all([my.waitForEvent('download'), my.getByRole('button', { name: '下载文书' }).click()]);
  const decision = join(folder, 'decision.pdf');
  writeFileSync(decision, readFileSync(await download.path()));
  await demandSound(my, complaints, 'journey-granted');
  demand(/Signature Validation: Signature is Valid/.test(run('pdfsig', ['-nocert', decision])), 'pdfsig does not find the signature valid');
  run(join(access.bin, 'jindu-verify'), ['decision', decision, '--root', root]);
  demand(run('pdftotext', [decision, '-']).replaceAll(/\s/g, '').includes(citizen.name), 'the decision does not name the applicant');

  // Printed coarsely or finely, the code can be read.
  const addresses = ['150', '200', '300'].map((dpi) => {
    run('pdftoppm', ['-r', dpi, '-png', '-singlefile', decision, join(folder, `paper-${dpi}`)]);
    return run('zbarimg', ['--quiet', '--raw', join(folder, `paper-${dpi}.png`)]).trim();
  });
  const url = addresses[0]!;
  same(new Set(addresses).size, 1, 'addresses in the QR code');
  demand(url.startsWith(`${access.portal}/check/`), `the QR code says ${url}`);
  const somebody = await visit(browser, access, { size: phone });
  const theirs = new Complaints(somebody);
  const page = (looked = await somebody.newPage());
  await page.goto(url);
  await page.locator('#result.good').waitFor();
  await page.locator('input[type=file]').setInputFiles(decision);
  await page.locator('#result .note.good').waitFor();
  demand(!(await page.locator('main').innerText()).includes(citizen.name), 'the public page tells who applied');
  await demandSound(page, theirs, 'journey-checked');
  same(theirs.take().length, 0, 'complaints');
  await somebody.close();
});

await browser.close();
rmSync(folder, { recursive: true });
report.finish();
