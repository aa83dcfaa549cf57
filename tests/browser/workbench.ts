// The officials' workbench as officials use it: real Chromium with their client certificates, from an arrived dossier to a delivered decision, by supplement, by
// refusal, at the same moment as somebody else, and without a certificate. Given the access.json of a running system (deploy/demo).
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { Complaints, company, demand, demandFits, demandSound, launch, official, phone, readAccess, Report, run, same, shot, until, visit } from './support.ts';

const accessFile = resolve(process.argv[2] ?? '');
const access = readAccess();
const catalogueFolder = resolve('../../deploy/catalogue'); // programs run in build/web
const item = 'food-business-licence';
// A machine that does many things at once is slow, not wrong.
const patienceMs = 60_000;
const sizes = { desk: { width: 1440, height: 900 }, small: { width: 1024, height: 768 }, phone } as const;

let current: Page | undefined;
const report = new Report(() => current);

// A seat: an official at a browser of his own.
interface Seat {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly complaints: Complaints;
}
const seats = new Map<string, Promise<Seat>>();
async function seated(browser: Browser, as?: string, size: { width: number; height: number } = sizes.desk, more = {}): Promise<Seat> {
  const context = await visit(browser, access, { ...(as && { as }), size, more });
  context.setDefaultTimeout(patienceMs);
  const complaints = new Complaints(context);
  return { context, page: await context.newPage(), complaints };
}
function seat(browser: Browser, role: string): Promise<Seat> {
  const as = role.includes('-') || ['editor', 'leader'].includes(role) ? role : `market-supervision-${role}`;
  if (!seats.has(as)) seats.set(as, seated(browser, as));
  return seats.get(as)!;
}
async function at(browser: Browser, role: string, path: string): Promise<Seat> {
  const here = await seat(browser, role);
  current = here.page;
  await here.page.bringToFront();
  // Chromium breaks off what it loads when an interface of this machine comes or goes, as those of other networks here do.
  await until(`${path} is loaded`, 10, () => here.page.goto(access.approval + path).catch((error: Error) => {
    if (!error.message.includes('ERR_NETWORK_CHANGED')) throw error;
    return undefined;
  }));
  await here.page.locator('h1').first().waitFor({ state: 'attached' });
  return here;
}

// A dossier as an applicant hands it in, until it waits for an official.
function arrive(id = randomUUID()): string {
  run(join(access.bin, 'jindu-journey'), [accessFile, '--catalogue', catalogueFolder, '--item', item, '--until', 'received', '--declaration', id]);
  return id;
}
const command = (page: Page, name: string) => page.locator(`[data-command="${name}"]`);
const dialog = (page: Page) => page.getByRole('dialog').filter({ visible: true });
const confirm = (page: Page) => dialog(page).locator('[data-confirm]');
async function statusIs(page: Page, word: string): Promise<void> {
  await page.locator('.head:has(h1) .tag').filter({ hasText: word }).waitFor();
}
async function openAction(page: Page, name: string): Promise<void> {
  await command(page, name).click();
  await dialog(page).waitFor();
}
async function write(page: Page, label: string, words: string): Promise<void> {
  await dialog(page).getByLabel(label, { exact: false }).first().fill(words);
}
async function review(browser: Browser, role: string, id: string, outcome: '建议准予' | '建议不予', words: string): Promise<void> {
  const { page } = await at(browser, role, `/cases/${id}`);
  await openAction(page, 'review');
  await dialog(page).getByText(outcome, { exact: true }).click();
  await write(page, '意见', words);
  await confirm(page).click();
  await dialog(page).waitFor({ state: 'hidden' });
}
async function loadKey(page: Page, file: string, passphrase = access.passphrase): Promise<void> {
  await dialog(page).getByLabel('密钥文件').setInputFiles(file);
  await dialog(page).getByLabel('密钥口令').fill(passphrase);
  await dialog(page).getByRole('button', { name: '载入密钥' }).click();
}
// The layouts for the desk and for the phone are read by axe-core; what lies between them must fit.
async function demandSoundAtEverySize(page: Page, complaints: Complaints, name: string): Promise<void> {
  await page.setViewportSize(sizes.small);
  await shot(page, `${name}-small`);
  await demandFits(page);
  for (const size of ['phone', 'desk'] as const) {
    await page.setViewportSize(sizes[size]);
    await demandSound(page, complaints, `${name}-${size}`);
  }
}

const browser = await launch();
try {
  const [granted, refused, supplemented, contested] = [arrive(), arrive(), arrive(), arrive()] as [string, string, string, string];

  await report.test('who has no certificate is told what to do, and sees nothing of any case', async () => {
    const { context, page, complaints } = await seated(browser);
    current = page;
    await complaints.while(/401/, async () => {
      await page.goto(access.approval + '/worklist');
      await page.getByRole('heading', { name: '没有收到您的工作证书' }).waitFor();
      same(await page.locator('table').count(), 0, 'tables');
      await demandSound(page, complaints, 'no-certificate');
    });
    await context.close();
  });

  await report.test('a certificate that is not in the register is refused in words', async () => {
    const { context, page, complaints } = await seated(browser, undefined, sizes.desk, { clientCertificates: [{ origin: access.approval, pfxPath: company(access, 'ec'), passphrase: access.passphrase }] });
    current = page;
    await complaints.while(/403/, async () => {
      await page.goto(access.approval);
      await page.getByRole('heading', { name: '您的证书没有登记为工作人员' }).waitFor();
      await demandSound(page, complaints, 'not-registered');
    });
    await context.close();
  });

  await report.test('the overview shows what waits, what is due, and how the exchange is doing', async () => {
    const { page, complaints } = await at(browser, 'acceptor', '/');
    await page.locator('.tile').first().waitFor();
    demand(Number(await page.locator('.tile.accent .tile-count').textContent()) >= 4, 'at least the four cases that arrived wait');
    await page.getByRole('heading', { name: '内外网交换' }).waitFor();
    demand(await page.locator('.urgent li').count() > 0, 'the most urgent cases are listed');
    await demandSoundAtEverySize(page, complaints, 'overview');
  });

  await report.test('the worklist filters, searches and sorts by what the address says', async () => {
    const { page, complaints } = await at(browser, 'acceptor', '/worklist');
    const rows = page.locator('tbody tr');
    await rows.first().waitFor();
    const number = (await rows.first().locator('.number').textContent())!.trim();
    await page.getByRole('textbox', { name: '按申报号' }).fill(number);
    await page.waitForURL((url) => url.searchParams.get('q') === number);
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
    await page.reload();
    await rows.first().waitFor();
    same(await page.getByRole('textbox', { name: '按申报号' }).inputValue(), number, 'the search after loading again');
    same(await rows.count(), 1, 'rows after loading again');
    await page.getByRole('button', { name: '清除筛选' }).click();
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length >= 4);
    await page.getByRole('link', { name: '本部门在办' }).click();
    await page.getByRole('combobox', { name: '环节' }).press('Enter');
    await page.getByRole('option', { name: '受理', exact: true }).click();
    await page.waitForURL(/stage=acceptance/);
    await page.goto(access.approval + '/worklist?scope=department&q=no-such-case-anywhere');
    await page.getByText('没有符合条件的办件').waitFor();
    await demandSound(page, complaints, 'worklist-empty');
    await page.goto(access.approval + '/worklist');
    await rows.first().waitFor();
    await demandSoundAtEverySize(page, complaints, 'worklist');
  });

  await report.test('the keyboard is enough: j, k and Enter walk the list, u comes back, ? tells the keys', async () => {
    const { page, complaints } = await at(browser, 'acceptor', '/worklist');
    await page.locator('tbody tr').nth(3).waitFor();
    const focused = () => page.evaluate(() => [...document.querySelectorAll('a.number')].indexOf(document.activeElement!));
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    same(await focused(), 1, 'row after j j j k');
    const href = await page.evaluate(() => document.activeElement!.getAttribute('href'));
    await page.keyboard.press('Enter');
    await page.waitForURL(`**${href}`);
    await page.locator('.head h1').waitFor();
    await page.keyboard.press('n');
    await page.waitForURL((url) => !url.pathname.endsWith(href!));
    await page.keyboard.press('u');
    await page.waitForURL(/\/worklist/);
    await page.keyboard.press('?');
    await dialog(page).getByText('键盘快捷键').first().waitFor();
    await demandSound(page, complaints, 'shortcuts');
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'hidden' });
  });

  await report.test('a case that arrives appears in an open list by itself', async () => {
    const { page } = await at(browser, 'acceptor', '/worklist?sort=-received');
    await page.locator('tbody tr').first().waitFor();
    const id = arrive();
    await page.locator(`tbody a[href="/cases/${id}"]`).waitFor({ timeout: 30_000 });
  });

  await report.test('a case shows form, applicant, materials, limits with their reasons, and its way here', async () => {
    const { page, complaints } = await at(browser, 'acceptor', `/cases/${granted}`);
    const schema = JSON.parse(readFileSync(join(catalogueFolder, 'items', `${item}.json`), 'utf8')) as { form: { ui: { sections: { title: { zh: string } }[] } }; materials: { name: { zh: string } }[] };
    for (const section of schema.form.ui.sections) await page.locator('#form h3', { hasText: section.title.zh }).waitFor();
    await page.getByText(/表单数据符合事项第 \d+ 版的全部规则/).waitFor();
    await page.getByText('申请人签名已核验').waitFor();
    await page.locator('#materials .tag', { hasText: '检查通过' }).first().waitFor();
    const clock = page.locator('.clock', { hasText: '受理审查' });
    await clock.locator('summary').click();
    await clock.getByText('起算日，不计').waitFor();
    await demandSoundAtEverySize(page, complaints, 'case-received');
  });

  await report.test('an official copies by what the gateway knows a case, and its operators find the bundles by that at both units', async () => {
    const { context, page } = await at(browser, 'acceptor', `/cases/${granted}`);
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: access.approval });
    const code = (what: string) => page.locator('.codes > div').filter({ hasText: what }).first();
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    await code('交换主题代号（来自门户）').getByRole('button', { name: /^复制/ }).click();
    await code('交换主题代号（来自门户）').getByText('已复制').waitFor();
    const subject = await copied();
    await code('来件交换包 · 申报件').getByRole('button', { name: /^复制/ }).focus();
    await page.keyboard.press('Enter');
    await code('来件交换包 · 申报件').getByText('已复制').waitFor();
    const bundle = await copied();

    // The programs of both services say the same to who has only the number.
    interface Found { readonly subject: string; readonly subjects_of_other_side: string[]; readonly bundles: { readonly id: string; readonly direction: string; readonly rung: string }[] }
    const number = (await page.locator('.head').first().textContent())!.match(/JD\d+/)![0];
    const find = (service: string) => JSON.parse(run(join(access.bin, `jindu-${service}`), ['exchange', 'find', number, '--json', '--config', join(access.state, `config/${service}.toml`)])) as Found;
    const [outside, inside] = [find('portal'), find('approval')];
    same([outside.subject, inside.subjects_of_other_side], [subject, [subject]], 'the pseudonym of what the portal sends');
    same(outside.bundles.find(({ id }) => id === bundle)?.rung, 'applied', 'how far the dossier is by the portal');
    same(inside.bundles.find(({ id }) => id === bundle)?.direction, 'in', 'where the dossier goes by the approval service');

    const units = [access.portal, access.approval].map((url) => `https://${new URL(url).hostname}:7002`);
    const operator = await visit(browser, access, { as: 'operator', origins: units, size: sizes.desk });
    const complaints = new Complaints(operator);
    const console_ = (current = await operator.newPage());
    for (const unit of units) {
      await console_.goto(`${unit}/bundles`);
      const id = console_.getByLabel('交换包编号'), go = console_.getByRole('button', { name: '查找', exact: true });
      await id.fill(number);
      await go.click();
      await console_.getByRole('alert').getByText('如果是申报号').waitFor();
      await demandSound(console_, complaints, `console-asked-for-a-number-${units.indexOf(unit)}`);
      await id.fill('');
      await console_.getByLabel('主题代号').fill(subject);
      await go.click();
      await console_.waitForURL(new RegExp(`subject=${subject}`));
      await console_.getByRole('link', { name: bundle }).waitFor();
      await id.fill(subject); // whatever field it is put into
      await go.click();
      await console_.getByRole('link', { name: bundle }).waitFor();
      await id.fill(bundle);
      await go.click();
      await console_.getByRole('heading', { level: 1, name: '交换包' }).waitFor();
      await console_.locator('.way').getByText('已处理', { exact: true }).waitFor();
    }
    await operator.close();
  });

  await report.test('a PDF opens beside the form and says nothing bad; a download is the very file', async () => {
    const { page, complaints } = await at(browser, 'acceptor', `/cases/${granted}`);
    await page.locator('#materials').getByRole('button', { name: /^查看/ }).first().click();
    await page.locator('.viewer iframe').waitFor();
    await until('the viewer has the PDF', 20, async () => page.frames().some((frame) => frame.url().startsWith('blob:')));
    await demandSound(page, complaints, 'case-viewer');
    await page.keyboard.press('Escape');
    await page.locator('.viewer').waitFor({ state: 'detached' });
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#materials').getByRole('link', { name: /^下载/ }).first().click()]);
    same(readFileSync(await download.path()).subarray(0, 5).toString(), '%PDF-', 'first bytes');
  });

  await report.test('a supplement notice lists everything at once and then waits for the applicant', async () => {
    const { page, complaints } = await at(browser, 'acceptor', `/cases/${supplemented}`);
    await openAction(page, 'request_supplement');
    demand(await confirm(page).isDisabled(), 'an empty notice cannot be sent');
    const choose = dialog(page).getByLabel('添加需要补正的内容');
    await choose.selectOption({ label: '营业执照' });
    await dialog(page).getByRole('button', { name: /不清晰或不完整/ }).click();
    await choose.selectOption({ label: '经营场所地址' });
    demand(await confirm(page).isDisabled(), 'an entry without words cannot be sent');
    await dialog(page).getByLabel('对“经营场所地址”的说明').fill('地址与营业执照不一致，请核对后更正。');
    await demandSoundAtEverySize(page, complaints, 'supplement');
    await confirm(page).click();
    await dialog(page).waitFor({ state: 'hidden' });
    await statusIs(page, '待补正');
    await page.locator('.notice', { hasText: '地址与营业执照不一致' }).waitFor();
    same(await command(page, 'accept').count(), 0, 'buttons to accept while the applicant is asked');
    await demandSound(page, complaints, 'case-supplement');
  });

  await report.test('nothing is accepted without an opinion, and what was begun is kept', async () => {
    const { page, complaints } = await at(browser, 'acceptor', `/cases/${granted}`);
    await openAction(page, 'accept');
    demand(await confirm(page).isDisabled(), 'an empty opinion cannot be sent');
    await dialog(page).getByRole('button', { name: /材料齐全/ }).first().click();
    await demandSound(page, complaints, 'accept');
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'hidden' });
    await openAction(page, 'accept');
    demand((await dialog(page).getByRole('textbox').first().inputValue()).includes('材料齐全'), 'what was written is still there');
    await confirm(page).click();
    await dialog(page).waitFor({ state: 'hidden' });
    await statusIs(page, '初审中');
    await page.getByText(/受理号 /).first().waitFor();
    await page.locator('.clock', { hasText: '法定时限' }).waitFor();
    await page.locator('.clock', { hasText: '承诺时限' }).waitFor();
  });

  await report.test('who is too late is told who was faster, and loses no word', async () => {
    const [first, second] = [await seated(browser, 'market-supervision-acceptor'), await seated(browser, 'market-supervision-acceptor')];
    // The later one hears no news, so that the service itself must tell him.
    await second.context.route('**/api/v1/live', (route) => route.fulfill({ contentType: 'text/event-stream', body: 'retry: 600000\n\n' }));
    for (const { page } of [first, second]) {
      await page.goto(`${access.approval}/cases/${contested}`);
      await openAction(page, 'accept');
    }
    await write(first.page, '意见', '予以受理。');
    await write(second.page, '意见', '我也在受理。');
    await confirm(first.page).click();
    await statusIs(first.page, '初审中');
    current = second.page;
    await second.complaints.while(/409|403/, async () => {
      await confirm(second.page).click();
      await dialog(second.page).getByText('有了新的办理记录').waitFor();
      await dialog(second.page).getByText('予以受理。').first().waitFor();
      same(await dialog(second.page).getByRole('textbox').first().inputValue(), '我也在受理。', 'the words of the later one');
      demand(await confirm(second.page).isDisabled(), 'what is no longer allowed cannot be sent again');
      await demandSound(second.page, second.complaints, 'conflict');
    });
    for (const { context } of [first, second]) await context.close();
  });

  await report.test('a review can be sent back and given again by the stage before', async () => {
    await review(browser, 'reviewer', granted, '建议准予', '经初审，符合条件。');
    const { page } = await at(browser, 'rereviewer', `/cases/${granted}`);
    await openAction(page, 'send_back');
    await write(page, '理由', '请核实经营场所面积。');
    await confirm(page).click();
    await dialog(page).waitFor({ state: 'hidden' });
    await statusIs(page, '初审中');
    await review(browser, 'reviewer', granted, '建议准予', '已核实，面积无误。');
    await review(browser, 'rereviewer', granted, '建议准予', '同意初审意见。');
  });

  await report.test('a decision is signed by the own key of its official and by no other', async () => {
    const { page, complaints } = await at(browser, 'determiner', `/cases/${granted}`);
    await openAction(page, 'determine');
    await dialog(page).getByText('准予许可', { exact: true }).first().click();
    await write(page, '意见', '同意复审意见，准予许可。');
    await dialog(page).getByRole('button', { name: '生成预览' }).click();
    await dialog(page).locator('iframe').waitFor();
    await until('the preview has the PDF', 20, async () => page.frames().some((frame) => frame.url().startsWith('blob:')));
    demand(await confirm(page).isDisabled(), 'nothing is signed without a key');
    await loadKey(page, official(access, 'market-supervision-determiner'), 'not the passphrase');
    await dialog(page).getByText('口令不对').waitFor();
    await loadKey(page, official(access, 'market-supervision-reviewer'));
    await dialog(page).getByText('这不是您本人的密钥').waitFor();
    await loadKey(page, official(access, 'market-supervision-determiner'));
    await dialog(page).getByText('已载入').waitFor();
    await demandSoundAtEverySize(page, complaints, 'determine');
    await confirm(page).click();
    await dialog(page).waitFor({ state: 'hidden' });
    await statusIs(page, '待告知');
    await page.locator('#history .tag', { hasText: '本人电子签名' }).waitFor();
    await demandSound(page, complaints, 'case-determined');
  });

  await report.test('notification seals the decision, which is there to read, and closes the case', async () => {
    const { page, complaints, context } = await at(browser, 'acceptor', `/cases/${granted}`);
    await openAction(page, 'notify');
    await dialog(page).locator('iframe').waitFor();
    await demandSound(page, complaints, 'notify');
    await confirm(page).click();
    await dialog(page).waitFor({ state: 'hidden' });
    await statusIs(page, '准予许可');
    const link = page.locator('.documents a');
    await link.waitFor();
    const answer = await context.request.get(access.approval + (await link.getAttribute('href')));
    same(answer.status(), 200, 'status of the document');
    const file = join(access.state, 'workbench-decision.pdf');
    writeFileSync(file, await answer.body());
    demand(/Signature is Valid/.test(run('pdfsig', ['-nocert', file])), 'pdfsig finds the seal valid');
    await demandSoundAtEverySize(page, complaints, 'case-granted');
  });

  await report.test('a refusal says why, in the dialog, in the record and in its paper', async () => {
    const acceptor = await at(browser, 'acceptor', `/cases/${refused}`);
    await openAction(acceptor.page, 'accept');
    await write(acceptor.page, '意见', '予以受理。');
    await confirm(acceptor.page).click();
    await statusIs(acceptor.page, '初审中');
    await review(browser, 'reviewer', refused, '建议不予', '经审查，不符合法定条件。');
    await review(browser, 'rereviewer', refused, '建议不予', '同意初审意见。');
    const { page } = await at(browser, 'determiner', `/cases/${refused}`);
    await openAction(page, 'determine');
    await dialog(page).getByText('不予许可', { exact: true }).first().click();
    await write(page, '意见', '不予许可。');
    await loadKey(page, official(access, 'market-supervision-determiner'));
    await dialog(page).getByText('已载入').waitFor();
    demand(await confirm(page).isDisabled(), 'a refusal without reasons cannot be signed');
    await write(page, '理由', '经营场所与有毒有害场所的距离不符合规定。');
    await confirm(page).click();
    await dialog(page).waitFor({ state: 'hidden' });
    await statusIs(page, '待告知');
    await page.locator('#history', { hasText: '距离不符合规定' }).waitFor();
    const last = await at(browser, 'acceptor', `/cases/${refused}`);
    await openAction(last.page, 'notify');
    await confirm(last.page).click();
    await statusIs(last.page, '不予许可');
    await last.page.locator('.documents', { hasText: '不予行政许可决定书' }).waitFor();
  });

  await report.test('who recuses himself acts no more', async () => {
    const { page } = await at(browser, 'reviewer', `/cases/${contested}`);
    await openAction(page, 'recuse');
    await write(page, '理由', '与申请人有利害关系。');
    await confirm(page).click();
    await dialog(page).waitFor({ state: 'hidden' });
    await page.getByText('您已回避此件').first().waitFor();
    same(await command(page, 'review').count(), 0, 'buttons to review');
  });

  await report.test('everything is there in English too', async () => {
    const { page, complaints } = await at(browser, 'acceptor', `/cases/${granted}`);
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'Time limits' }).waitFor();
    same(await page.evaluate(() => document.documentElement.lang), 'en', 'language of the page');
    await demandSound(page, complaints, 'case-english');
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.locator('.tile').first().waitFor();
    await demandSound(page, complaints, 'overview-english');
    await page.getByRole('button', { name: '中文' }).click();
    await page.getByRole('heading', { name: '概览' }).waitFor();
  });

  await report.test('a case prints whole and without buttons', async () => {
    const { page } = await at(browser, 'acceptor', `/cases/${granted}`);
    await page.locator('#history').waitFor();
    await page.emulateMedia({ media: 'print' });
    same(await page.locator('.no-print, header.bar').filter({ visible: true }).count(), 0, 'things on paper that can only be pressed');
    await page.locator('#form').getByText('经营者名称').waitFor();
    await page.pdf({ path: join(access.state, 'workbench-case.pdf') });
    demand(run('pdftotext', [join(access.state, 'workbench-case.pdf'), '-']).includes('办理记录'), 'the history is on paper');
    await page.emulateMedia({ media: null });
  });

  await report.test('what is not there, or not for this official, is said so', async () => {
    const { page, complaints } = await at(browser, 'acceptor', '/no/such/page');
    await page.getByText('这个地址没有内容').waitFor();
    await demandSound(page, complaints, 'not-found');
    await complaints.while(/404/, async () => {
      await page.goto(`${access.approval}/cases/${randomUUID()}`);
      await page.getByText('没有这个办件，或您无权查阅').waitFor();
      await demandSound(page, complaints, 'case-unknown');
    });
    const other = await at(browser, 'health-acceptor', '/');
    await other.complaints.while(/404/, async () => {
      await other.page.goto(`${access.approval}/cases/${granted}`);
      await other.page.getByText('没有这个办件，或您无权查阅').waitFor();
    });
    const administrator = await at(browser, 'system-admin', '/worklist');
    await administrator.page.getByText('您的岗位不参与办件').waitFor();
    await demandSound(administrator.page, administrator.complaints, 'no-part');
  });

  await report.test('an editor sees what is wrong with a catalogue, what it changes, and publishes it by his own signature', async () => {
    const { page, complaints, context } = await at(browser, 'editor', '/catalogue');
    const active = await (await context.request.get(`${access.approval}/api/v1/catalogue/release`)).text();
    const choose = (name: string, text: string) => page.getByLabel('目录文件').setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
    await choose('broken.json', active.slice(0, -20));
    await page.getByText(/不是有效的 JSON/).waitFor();
    const value = JSON.parse(active) as { serial: number; items: { id: string; version: number; guide: { contact: { zh: string; en: string } }; department: string; workflow: { stages: unknown[] } }[] };
    const wrong = structuredClone(value);
    wrong.serial++;
    wrong.items[0]!.workflow.stages.pop();
    await choose('wrong.json', JSON.stringify(wrong, null, 1));
    await page.getByText('目录未通过检查').waitFor();
    await page.getByText('/items/0/workflow').first().waitFor();
    await demandSound(page, complaints, 'catalogue-invalid');
    const next = structuredClone(value);
    next.serial++;
    next.items[0]!.guide.contact.zh += '（总机）';
    await choose('unraised.json', JSON.stringify(next, null, 1));
    await page.getByText(/请把 version 改为/).waitFor();
    demand(await page.getByRole('button', { name: '签名并发布…' }).isDisabled(), 'a changed version cannot be published');
    next.items[0]!.version++;
    await choose('next.json', JSON.stringify(next, null, 1));
    await page.locator('.changes').getByText('/guide/contact/zh').waitFor();
    await demandSoundAtEverySize(page, complaints, 'catalogue-changes');
    await page.getByRole('button', { name: '签名并发布…' }).click();
    await loadKey(page, official(access, 'editor'));
    await dialog(page).getByText('已载入').waitFor();
    await demandSound(page, complaints, 'catalogue-sign');
    await confirm(page).click();
    await page.getByText(`第 ${next.serial} 号目录已生效`).waitFor();
    await page.getByText(`现行第 ${next.serial} 号`).waitFor();
    await until('the portal has the new release', 60, async () => ((await (await context.request.get(`${access.portal}/api/v1/catalogue`)).json()) as { serial: number }).serial === next.serial);
  });

  await report.test('a lost connection is said, and the page goes on by itself', async () => {
    const { page, complaints, context } = await at(browser, 'acceptor', '/worklist');
    await page.locator('tbody tr').first().waitFor();
    await complaints.while(/Failed to load|ERR_INTERNET|ERR_/, async () => {
      await context.setOffline(true);
      await page.getByRole('link', { name: '概览' }).click();
      await page.getByText(/连接不上审批系统|连接中断/).first().waitFor({ timeout: 30_000 });
      await context.setOffline(false);
      await page.locator('.tile').first().waitFor({ timeout: 30_000 });
    });
  });
} finally {
  await browser.close();
}
report.finish();
