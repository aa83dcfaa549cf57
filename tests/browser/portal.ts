// The applicants' pages as applicants use them, against a running system: tests/browser/portal.ts ACCESS.JSON
//   JINDU_BIG_MIB   size of the large upload, 100 by default
//   JINDU_PARTS     which parts: public,citizen,company,account
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Download, Page } from 'playwright-core';
import { attachDemanded, fillForm, itemFile, mobile, modelOf, next, pdf, residentId, sampleOf, type Submitted, submitReviewed } from './applying.ts';
import { decide, Official } from './officials.ts';
import { company, Complaints, demand, demandSound, desktop, launch, phone, readAccess, Report, run, same, shot, until, visit } from './support.ts';

const access = readAccess();
const parts = (process.env['JINDU_PARTS'] ?? 'public,citizen,company,account').split(',');
const bigMib = Number(process.env['JINDU_BIG_MIB'] ?? 100);
const folder = mkdtempSync(join(tmpdir(), 'jindu-portal-'));
const browser = await launch();
let page: Page | undefined;
const report = new Report(() => page);

// People

const citizen = { name: '王晓渡', phone: mobile(), password: '江南 渡口 1984 纸船', id: residentId(), recovery: '' };

// Files

function file(name: string, content: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
// A video by its first bytes, random here and there, so that nothing can be guessed from its length.
function bigFile(name: string, mib: number): string {
  const path = join(folder, name), handle = openSync(path, 'w');
  writeSync(handle, Buffer.from('000000186674797069736f6d0000020069736f6d69736f32', 'hex'), 0, 24, 0);
  ftruncateSync(handle, mib * 1024 * 1024);
  for (let at = 1; at < mib; at += 16) writeSync(handle, randomBytes(4096), 0, 4096, at * 1024 * 1024);
  closeSync(handle);
  return path;
}

async function applicantFields(on: Page, id = citizen.id): Promise<void> {
  if (await on.locator('#applicant-id').count()) await on.locator('#applicant-id').fill(id);
  await on.locator('#applicant-phone').fill('0571-88001101');
}
const saved = (on: Page) => on.locator('.saving[data-state=saved]').waitFor();

async function unlock(on: Page, password = citizen.password): Promise<void> {
  await on.locator('dialog input[type=password]').fill(password);
  await on.locator('dialog button[type=submit]').click();
  await on.locator('dialog').waitFor({ state: 'detached' });
}
// What a page shows of a declaration once the exchange has brought it.
const statusIs = (on: Page, declaration: string, status: string, seconds = 60) => until(`status ${status}`, seconds, async () => {
  if (!on.url().endsWith(`/my/${declaration}`)) await on.goto(`${access.portal}/my/${declaration}`);
  else await on.reload();
  await on.locator('.head .badge').waitFor();
  return (await on.locator(`.head .badge[data-status=${status}]`).count()) > 0;
});
async function bytesOf(download: Download): Promise<Buffer> {
  return readFileSync(await download.path());
}
async function eachSize(name: string, on: Page, complaints: Complaints): Promise<void> {
  for (const [suffix, size] of [['phone', phone], ['desktop', desktop]] as const) {
    await on.setViewportSize(size);
    await demandSound(on, complaints, `${name}-${suffix}`);
  }
}

// Browsers: one of nobody, one of a citizen, one of a company.

const open = await visit(browser, access), home = await visit(browser, access), office = await visit(browser, access);
const openComplaints = new Complaints(open), complaints = new Complaints(home), officeComplaints = new Complaints(office);
const at = await open.newPage(), my = await home.newPage(), desk = await office.newPage();
const application: { id: string; number: string; decision?: Buffer } = { id: '', number: '' };

// What everybody sees

async function publicPages(): Promise<void> {
  page = at;
  await report.test('the home page offers the items, and finds them by what people type', async () => {
    await at.goto(access.portal);
    await at.locator('.items li').first().waitFor();
    same(await at.locator('.items li').count(), 6, 'items');
    await eachSize('home', at, openComplaints);
    await at.getByRole('searchbox').fill('食品许可');
    same(await at.locator('.items li').count(), 1, 'items for 食品许可');
    demand((await at.locator('.items li').innerText()).includes('食品经营许可'), 'the food licence is not found');
    demand(at.url().includes('q='), 'the search is not in the address');
    await at.getByRole('searchbox').fill('不存在的事项');
    await at.locator('.empty').waitFor();
    await eachSize('home-empty', at, openComplaints);
    await at.getByRole('button', { name: '查看全部事项' }).click();
    await at.locator('label.filter', { hasText: '个人' }).click();
    same(await at.locator('.items li').count(), 4, 'items for citizens');
  });

  await report.test('every item has its guide', async () => {
    for (const id of ['food-business-licence', 'human-resources-service', 'outdoor-advertising', 'public-place-hygiene', 'road-occupation-excavation', 'road-transport-operation']) {
      await at.goto(`${access.portal}/items/${id}`);
      await at.locator('#materials').waitFor();
      demand((await at.title()).startsWith(itemFile(id).name.zh), 'the title is not that of the item');
      same(await at.locator('.materials li').count(), itemFile(id).materials.length, `materials of ${id}`);
      if (id === 'food-business-licence') await eachSize('guide', at, openComplaints);
      else await demandSound(at, openComplaints, `guide-${id}`);
    }
    await openComplaints.while(/404/, async () => {
      await at.goto(`${access.portal}/items/nothing`);
      await at.locator('.note.bad').waitFor();
      await demandSound(at, openComplaints, 'guide-unknown');
    });
  });

  await report.test('a program that comes only in part is fetched again by itself, and until then the page says what to do', async () => {
    for (const pattern of ['**/assets/index*.js', '**/assets/HomePage*.js']) {
      const context = await visit(browser, access), page = await context.newPage();
      let broken = 0;
      await context.route(pattern, async (route) => {
        if (broken++ > 0) return route.continue();
        if (pattern.includes('index')) await page.getByRole('link', { name: '重新加载' }).waitFor();
        return route.abort('connectionreset');
      });
      await page.goto(access.portal);
      await page.getByRole('searchbox').waitFor();
      demand(broken > 0, `nothing is called ${pattern}`);
      await context.close();
    }
  });

  await report.test('help, a missing page and the login are there on a phone and on a desk, in both languages', async () => {
    for (const [name, path] of [['help', '/help'], ['missing', '/nowhere/at/all'], ['login', '/login'], ['login-company', '/login?kind=company'], ['register', '/register'], ['recover', '/recover'], ['check', '/check']] as const) {
      await at.goto(access.portal + path);
      await at.locator('main h1').waitFor();
      await eachSize(name, at, openComplaints);
    }
    const english = await visit(browser, access, { locale: 'en-GB', size: phone });
    const complaints = new Complaints(english), page = await english.newPage();
    for (const [name, path] of [['home', '/'], ['guide', '/items/food-business-licence'], ['register', '/register'], ['help', '/help'], ['check', '/check']] as const) {
      await page.goto(access.portal + path);
      await page.locator('main h1').waitFor();
      await page.waitForLoadState('networkidle');
      same(await page.getAttribute('html', 'lang'), 'en', 'language');
      demand(!/\p{sc=Han}/u.test((await page.locator('main').innerText()).replaceAll('中文', '')), `Chinese on the English page ${path}`);
      await demandSound(page, complaints, `english-${name}`);
    }
    await english.close();
  });

  await report.test('the keyboard alone leads to the content, through the menu, and to the other language and back', async () => {
    await at.setViewportSize(desktop);
    await at.goto(`${access.portal}/help`);
    await at.locator('main h1').waitFor();
    await at.keyboard.press('Tab');
    demand(await at.locator('.skip').evaluate((one) => one === document.activeElement), 'the skip link is not first');
    await at.keyboard.press('Enter');
    demand(await at.locator('main h1').evaluate((one) => one === document.activeElement), 'skipping does not reach the heading');
    await at.getByRole('link', { name: '文书核验' }).first().focus();
    await at.keyboard.press('Enter');
    await at.waitForURL('**/check');
    await until('focus on the new page', 5, () => at.locator('main h1').evaluate((one) => one === document.activeElement));
    same(await at.title(), '文书核验 – 津渡政务服务', 'title');
    await at.getByRole('button', { name: 'English' }).focus();
    await at.keyboard.press('Enter');
    await until('English', 5, async () => (await at.title()) === 'Check a document – Jindu Services');
    await at.reload();
    await until('English after a reload', 5, async () => (await at.title()) === 'Check a document – Jindu Services');
    await at.getByRole('button', { name: '中文' }).click();
    await until('Chinese', 5, async () => (await at.title()).startsWith('文书核验'));
  });
}

// A citizen

async function citizenJourney(): Promise<void> {
  page = my;
  const step = report.chain();
  await step('a citizen registers: mistakes are told at their fields, weak passwords refused, the recovery code confirmed', async () => {
    await my.goto(`${access.portal}/apply/public-place-hygiene`);
    await my.waitForURL((url) => url.pathname === '/login');
    await my.getByRole('link', { name: '注册新账户' }).click();
    await my.locator('#register-name').waitFor();
    await my.getByRole('button', { name: '注册并生成密钥' }).click();
    same(await my.locator('[aria-invalid]').count(), 3, 'fields with mistakes');
    demand(await my.locator('#register-name').evaluate((one) => one === document.activeElement), 'the first mistake has not the focus');
    await eachSize('register-mistakes', my, complaints);
    await my.locator('#register-name').fill(citizen.name);
    await my.locator('#register-phone').fill(citizen.phone);
    const [password, again] = [my.getByLabel('设置密码', { exact: true }), my.getByLabel('再次输入密码', { exact: true })];
    await password.fill(`${citizen.phone}12`);
    same(await my.locator('.strength').getAttribute('data-strength'), '0', 'strength of a password from the phone number');
    await password.fill(citizen.password);
    demand(Number(await my.locator('.strength').getAttribute('data-strength')) >= 2, 'a good password counts for little');
    await again.fill(citizen.password);
    await my.getByRole('button', { name: '注册并生成密钥' }).click();
    citizen.recovery = (await my.locator('[data-testid=recovery-code]').innerText()).replace(/\s+/g, '-').trim();
    demand(/^([0-9A-Z]{5}-){4}[0-9A-Z]{6}$/.test(citizen.recovery), `not a recovery code: ${citizen.recovery}`);
    await eachSize('recovery-code', my, complaints);
    const kept = my.getByLabel('请输入恢复码的最后 6 位');
    await kept.fill('AAAAAA');
    await my.getByRole('button', { name: '我已保存，继续' }).click();
    await my.locator('.error').waitFor();
    await kept.fill(citizen.recovery.slice(-6));
    await my.getByRole('button', { name: '我已保存，继续' }).click();
    await my.waitForURL('**/apply/public-place-hygiene');
    await my.locator('#applicant-id').waitFor();
  });

  const form = sampleOf('public-place-hygiene');
  const model = modelOf('public-place-hygiene');
  await step('an empty form names everything that is missing, and leads to each field', async () => {
    await my.setViewportSize(desktop);
    await next(my).click();
    await my.locator('.summary').waitFor();
    const required = model.check(model.prune({})).length + 1;
    same(await my.locator('.summary li').count(), required, 'findings in the summary');
    demand(await my.locator('.summary').evaluate((one) => one === document.activeElement), 'the summary has not the focus');
    await my.locator('.summary li a').nth(1).click();
    demand(await my.evaluate(() => document.activeElement?.matches('input, select, textarea')), 'the summary does not lead to a field');
    await eachSize('form-mistakes', my, complaints);
  });

  await step('a field complains once it is left, in its own words, and no longer when it is mended', async () => {
    await my.setViewportSize(desktop);
    const field = my.locator('#f-legal_id');
    await field.fill('110105199003072831');
    await field.blur();
    await my.locator('#f-legal_id-error', { hasText: '校验码' }).waitFor();
    await field.fill(' 11010519900307283x');
    await field.blur();
    same(await field.inputValue(), '11010519900307283X', 'a tidied resident id');
    await my.locator('#f-legal_id-error').waitFor({ state: 'detached' });
    await applicantFields(my);
    await fillForm(my, 'public-place-hygiene', form);
    same(await my.locator('.field.has-error').count(), 0, 'fields with mistakes');
    await my.locator('.summary').waitFor({ state: 'detached' });
  });

  await step('what is filled in is saved sealed by itself, and is there again after a reload, once the password is given', async () => {
    await saved(my);
    demand(/\/apply\/public-place-hygiene\/[0-9a-f-]{36}$/.test(new URL(my.url()).pathname), 'the draft is not in the address');
    const draft = my.url().split('/').at(-1)!;
    const stored = await my.evaluate(async (id) => (await fetch(`/api/v1/drafts/${id}`)).json(), draft) as { sealed: string };
    const bytes = Buffer.from(stored.sealed, 'base64');
    same(bytes.subarray(0, 4).toString(), 'JDS1', 'the stored draft begins with');
    for (const secret of [citizen.id, String(form['unit_name'])]) demand(!bytes.includes(secret), 'the stored draft tells what was typed');
    await my.reload();
    await my.locator('dialog').waitFor();
    await demandSound(my, complaints, 'unlock');
    await unlock(my);
    await my.locator('#applicant-id').waitFor();
    same(await my.locator('#applicant-id').inputValue(), citizen.id, 'the resident id');
    same(await my.locator('#f-unit_name').inputValue(), String(form['unit_name']), 'the name');
    await eachSize('form', my, complaints);
  });

  await step('a session that ends while somebody types asks again, and nothing is lost', async () => {
    await my.setViewportSize(desktop);
    await home.clearCookies();
    await complaints.while(/401|status of 4/, async () => {
      await my.locator('#f-unit_name').fill('津渡市新渡口宾馆有限公司');
      await my.locator('dialog', { hasText: '登录已超时' }).waitFor();
      await unlock(my);
      await saved(my);
    });
    same(await my.locator('#f-unit_name').inputValue(), '津渡市新渡口宾馆有限公司', 'what was typed');
    await next(my).click();
    await my.locator('section.material').first().waitFor();
  });

  await step('materials: what is not allowed is refused with its reason before a byte is sent; the rest is sealed and uploaded', async () => {
    const box = my.locator('#material-test-report'), input = box.locator('input[type=file]');
    await eachSize('materials', my, complaints);
    await next(my).click();
    await my.locator('.summary').waitFor();
    await eachSize('materials-missing', my, complaints);
    await input.setInputFiles(file('renamed.pdf', Buffer.from('only text')));
    await box.locator('.refused', { hasText: '类型' }).waitFor();
    await input.setInputFiles(file('empty.pdf', Buffer.alloc(0)));
    await box.locator('.refused', { hasText: '空' }).waitFor();
    await input.setInputFiles(file('large.pdf', Buffer.concat([pdf('large'), Buffer.alloc(itemFile('public-place-hygiene').materials.find((one: { code: string }) => one.code === 'test-report').max_bytes)])));
    await box.locator('.refused', { hasText: '大小' }).waitFor();
    // By dropping it.
    const transfer = await my.evaluateHandle((bytes) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], 'dropped.pdf', { type: 'application/pdf' }));
      return data;
    }, pdf('dropped').toString('base64'));
    await box.dispatchEvent('drop', { dataTransfer: transfer });
    await box.locator('li[data-state=done]').waitFor();
    await attachDemanded(my, folder);
    await my.locator('.summary').waitFor({ state: 'detached' });
    await eachSize('materials-done', my, complaints);
    await next(my).click();
    await my.locator('#agree').waitFor();
  });

  await step('the review shows all of it; without the declaration nothing is signed; a double click submits once', async () => {
    await my.setViewportSize(desktop);
    const text = await my.locator('main').innerText();
    for (const shown of ['津渡市新渡口宾馆有限公司', citizen.name, 'dropped.pdf']) demand(text.includes(shown), `the review does not show ${shown}`);
    await eachSize('review', my, complaints);
    await next(my).click();
    await my.locator('#agree-error').waitFor();
    await my.locator('#agree').check();
    let asked = 0;
    my.on('request', (request) => void (request.url().endsWith('/submit') && asked++));
    await next(my).dblclick();
    await my.getByTestId('declaration-number').waitFor();
    same(asked, 1, 'submissions sent');
    application.number = (await my.getByTestId('declaration-number').textContent())!.trim();
    application.id = (await my.locator('a[href^="/my/"]').last().getAttribute('href'))!.split('/').at(-1)!;
    demand(/^JD\d/.test(application.number), `not a declaration number: ${application.number}`);
    await eachSize('submitted', my, complaints);
  });

  await step('the receipt is a download that verifies offline', async () => {
    const [download] = await Promise.all([my.waitForEvent('download'), my.getByRole('button', { name: '下载回执' }).click()]);
    const path = file(`${application.number}.receipt`, await bytesOf(download));
    same(download.suggestedFilename(), `${application.number}.receipt`, 'file name');
    const said = run(join(access.bin, 'jindu-verify'), ['receipt', path, '--root', join(access.pki, 'root.pem'), '--intermediate', join(access.pki, 'issuing.pem')]);
    demand(said.includes(application.number), `jindu-verify does not name the number: ${said}`);
  });

  await step('the declaration shows each step of both networks as it comes', async () => {
    await my.getByRole('link', { name: '查看办理进度' }).click();
    await statusIs(my, application.id, 'received');
    await until('all of it applied on the intranet', 60, async () => {
      await my.reload();
      await my.locator('.way li').first().waitFor();
      return (await my.locator('.way li.reached').count()) === 5;
    });
    // Folded, for the one who asks where something is.
    same(await my.locator('.ids').isVisible(), false, 'ids are shown to everybody');
    await my.getByText('查询编号').click();
    const ids = (await my.locator('.ids .code').allTextContents()).sort();
    const known = JSON.parse(run(join(access.bin, 'jindu-portal'), ['--config', join(access.state, 'config/portal.toml'), 'exchange', 'find', application.number, '--json'])) as { bundles: { id: string; direction: string }[] };
    same(ids, known.bundles.filter(({ direction }) => direction === 'out').map(({ id }) => id).sort(), 'the ids on the page');
    await my.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: access.portal });
    await my.locator('.ids button').first().click();
    await my.locator('.ids').getByText('已复制').waitFor();
    demand(ids.includes(await my.evaluate(() => navigator.clipboard.readText())), 'what was copied is no id');
    await eachSize('declaration-received', my, complaints);
  });

  await step('what was submitted can be read again, with the key and not without', async () => {
    await my.setViewportSize(desktop);
    await my.reload();
    await my.getByRole('button', { name: '查看申请内容' }).click();
    await unlock(my);
    await my.locator('main', { hasText: '津渡市新渡口宾馆有限公司' }).waitFor();
    await eachSize('declaration-content', my, complaints);
  });

  await step('a supplement begins with what was submitted, keeps the files that are there, and is submitted once', async () => {
    const acceptor = await Official.enter(access, 'health-acceptor');
    await acceptor.command(application.id, { command: 'request_supplement', items: [
      { pointer: '/unit_name', message_zh: '单位名称与营业执照不一致，请核对。', message_en: 'The name differs from the business licence.' },
      { pointer: '/materials/floor-plan', message_zh: '平面图缺少消毒间，请重新提交。', message_en: 'The floor plan lacks the disinfection room.' }] });
    await statusIs(my, application.id, 'supplement_requested');
    await my.locator('.notice[data-kind=supplement] .head-button').click();
    await unlock(my);
    await my.locator('.findings li').nth(1).waitFor();
    demand((await my.locator('.findings').innerText()).includes('平面布局图') || (await my.locator('.findings').innerText()).includes('平面'), 'the finding does not name the material');
    await eachSize('declaration-supplement', my, complaints);
    // The page asks for a draft of this supplement; there is none yet.
    await complaints.while(/404.*\/drafts\//, async () => {
      await my.getByRole('link', { name: '补正材料' }).click();
      await my.locator('#applicant-id').waitFor();
    });
    same(await my.locator('#f-unit_name').inputValue(), '津渡市新渡口宾馆有限公司', 'the form of the application');
    await my.locator('#f-unit_name').fill('津渡市新渡口宾馆');
    await my.locator('#f-unit_name').blur();
    await next(my).click();
    const plan = my.locator('#material-floor-plan');
    await plan.waitFor();
    demand((await my.locator('#material-test-report').innerText()).includes('无需重传'), 'the report would have to be sent again');
    await plan.locator('.files li').first().getByRole('button', { name: /^移除/ }).click();
    await plan.locator('input[type=file]').last().setInputFiles(file('new-plan.pdf', pdf('new plan')));
    await plan.locator('li[data-state=done]').waitFor();
    await eachSize('supplement-materials', my, complaints);
    await next(my).click();
    const done = await submitReviewed(my);
    same(done, { id: application.id, number: application.number }, 'the declaration');
    await shot(my, 'supplement-submitted');
    const state = await until('the supplement on the intranet', 60, async () => {
      const found = await acceptor.caseOf(application.id);
      return found.status !== 'supplement_requested' && found;
    });
    same(state.form['unit_name'], '津渡市新渡口宾馆', 'the form on the intranet');
    demand(state.materials.some((one) => one.file_name === 'new-plan.pdf') && state.materials.some((one) => one.file_name === 'dropped.pdf'), 'new and earlier files are not both there');
    await acceptor.leave();
  });

  await step('the decision arrives, opens with the key, and is genuine for everybody', async () => {
    await decide(access, 'health', application.id, 'grant');
    // The status is a bundle and the paper another: whoever looks between the two is told that it comes, and need not load the page again.
    const asked = `${access.portal}/api/v1/declarations/${application.id}`;
    // Its route stays until the page has the paper: taking it away lets go of a question whose answer is under way, which then has two.
    let comes = false;
    await my.route(asked, async (route) => {
      if (comes) return route.continue();
      const answer = await route.fetch(), { notices, ...rest } = (await answer.json()) as { notices: { kind: string }[] };
      await route.fulfill({ response: answer, json: { ...rest, notices: notices.filter(({ kind }) => kind !== 'decision') } });
    });
    await statusIs(my, application.id, 'granted');
    await my.locator('.main-note', { hasText: '自动出现在这里' }).waitFor();
    await eachSize('declaration-paper-comes', my, complaints);
    await my.setViewportSize(desktop);
    comes = true;
    await my.locator('.main-note', { hasText: '决定书已送达' }).waitFor();
    await my.locator('.notice[data-kind=decision] .head-button').click();
    await unlock(my);
    const [download] = await Promise.all([my.waitForEvent('download'), my.getByRole('button', { name: '下载文书' }).click()]);
    application.decision = await bytesOf(download);
    const path = file('decision.pdf', application.decision);
    demand(/Signature Validation: Signature is Valid/.test(run('pdfsig', ['-nocert', path])), 'pdfsig does not find the signature valid');
    run(join(access.bin, 'jindu-verify'), ['decision', path, '--root', join(access.pki, 'root.pem'), '--intermediate', join(access.pki, 'issuing.pem')]);
    // The help tells how to check both oneself; its very words do it.
    for (const certificate of ['root.pem', 'issuing.pem']) file(certificate, readFileSync(join(access.pki, certificate)));
    await at.goto(`${access.portal}/help`);
    const told = (await at.locator('pre code').innerText()).replace('JD…', application.number).split('\n').filter(Boolean);
    demand(told.length >= 3, 'the help tells less than three commands');
    for (const line of told) run('bash', ['-c', `cd "$0" && PATH=$1:$PATH && ${line}`, folder, access.bin]);
    await eachSize('declaration-granted', my, complaints);
    const code = /decision-([0-9A-Z]{26})/.exec(download.suggestedFilename())![1]!;
    await at.goto(`${access.portal}/check/${code.toLowerCase()}`);
    await at.locator('#result.good').waitFor();
    await at.locator('input[type=file]').setInputFiles(path);
    await at.locator('#result .note.good').waitFor();
    await eachSize('check-valid', at, openComplaints);
    const altered = Buffer.from(application.decision);
    altered[altered.length - 100]! ^= 1;
    await openComplaints.while(/404/, async () => {
      await at.goto(`${access.portal}/check`);
      await at.locator('input[type=file]').setInputFiles(file('altered.pdf', altered));
      await at.locator('#result.bad').waitFor();
      await eachSize('check-unknown', at, openComplaints);
      await at.locator('input[type=file]').setInputFiles(path);
      await at.locator('#result.good').waitFor();
    });
  });
}

// Companies

async function companyJourneys(): Promise<void> {
  page = desk;
  const step = report.chain();
  async function enterCompany(on: Page, kind: 'ec' | 'rsa', passphrase = access.passphrase): Promise<void> {
    await on.goto(`${access.portal}/login?kind=company`);
    await on.locator('input[type=file]').setInputFiles(company(access, kind));
    await on.getByLabel('证书密码', { exact: true }).fill(passphrase);
    await on.getByRole('button', { name: '用证书登录' }).click();
  }

  await step('a company logs in by its certificate file, and a wrong passphrase or file is told apart', async () => {
    page = desk;
    await enterCompany(desk, 'ec', 'wrong');
    await desk.locator('.note.bad', { hasText: '密码不正确' }).waitFor();
    await desk.locator('input[type=file]').setInputFiles(file('not.p12', Buffer.from('nothing of the kind')));
    await desk.getByRole('button', { name: '用证书登录' }).click();
    await desk.locator('.note.bad', { hasText: '不是有效的证书文件' }).waitFor();
    await demandSound(desk, officeComplaints, 'login-company-wrong');
    await enterCompany(desk, 'ec');
    await desk.waitForURL('**/my');
    await desk.locator('main h1').waitFor();
    await eachSize('mine-company', desk, officeComplaints);
  });

  await step(`a file of ${bigMib} MiB is uploaded over a connection that breaks, pauses, and a page that is loaded anew`, async () => {
    await desk.setViewportSize(desktop);
    await desk.goto(`${access.portal}/apply/food-business-licence`);
    await desk.locator('dialog').waitFor();
    await desk.locator('dialog input[type=file]').setInputFiles(company(access, 'ec'));
    await unlock(desk, access.passphrase);
    await applicantFields(desk);
    demand((await desk.locator('#f-credit_code').inputValue()).length === 18, 'the credit code of the certificate is not filled in');
    await fillForm(desk, 'food-business-licence', sampleOf('food-business-licence'));
    await next(desk).click();
    const video = bigFile('premises.mp4', bigMib), box = desk.locator('#material-video');
    const sent = async (): Promise<number> => Number(await box.locator('progress').getAttribute('value').catch(() => 0)) || 0;
    // As slow as it takes to be disturbed under way, however quick this machine is.
    const cable = await office.newCDPSession(desk);
    const connect = (how: 'slowly' | 'fast' | 'not at all') =>
      cable.send('Network.emulateNetworkConditions', { offline: how === 'not at all', latency: 0, downloadThroughput: -1, uploadThroughput: how === 'slowly' ? (bigMib * 1024 * 1024) / 100 : -1 });
    await connect('slowly');
    await box.locator('input[type=file]').last().setInputFiles(video);
    await until('the upload begins', 30, async () => (await sent()) > 1024 * 1024);
    await demandSound(desk, officeComplaints, 'upload-running');
    await officeComplaints.while(/net::ERR|Failed to load|Failed to fetch/, async () => {
      await connect('not at all');
      await box.locator('li[data-state=offline]').waitFor();
      await demandSound(desk, officeComplaints, 'upload-offline');
      const before = await sent();
      await connect('slowly');
      await until('the upload goes on', 30, async () => (await sent()) > before);
    });
    await box.getByRole('button', { name: /^暂停/ }).click();
    await box.locator('li[data-state=paused]').waitFor();
    const paused = await sent();
    await demandSound(desk, officeComplaints, 'upload-paused');
    await saved(desk);
    const dialog = new Promise<void>((resolve) => desk.once('dialog', (one) => void one.accept().then(resolve)));
    await box.getByRole('button', { name: /^继续/ }).click();
    await until('the upload goes on', 30, async () => (await sent()) > paused);
    await Promise.all([desk.reload(), Promise.race([dialog, desk.waitForEvent('load')])]);
    await desk.locator('dialog input[type=file]').setInputFiles(company(access, 'ec'));
    await unlock(desk, access.passphrase);
    await desk.locator('#applicant-phone').waitFor();
    await next(desk).click();
    await box.locator('li[data-state=needs-file]').waitFor();
    await demandSound(desk, officeComplaints, 'upload-needs-file');
    await connect('fast');
    await box.locator('li input[type=file]').setInputFiles(bigFile('another.mp4', 1));
    await box.locator('.refused').waitFor();
    const offsets: number[] = [];
    desk.on('request', (request) => {
      if (request.method() === 'PUT' && request.url().includes('/uploads/')) offsets.push(Number(new URL(request.url()).searchParams.get('offset')));
    });
    const begun = performance.now();
    await box.locator('li input[type=file]').setInputFiles(video);
    // However long a large file takes, as long as it goes on.
    const over = box.locator('li[data-state=done], li[data-state=failed]');
    for (let before = -1, now = 0; (await over.count()) === 0; before = now)
      await until(`the upload goes on after ${before} bytes, or ends`, 60, async () => (now = await sent()) > before || (await over.count()) > 0);
    demand((await box.locator('li[data-state=failed]').count()) === 0, `the upload failed: ${await box.innerText()}`);
    demand(offsets.length > 0 && Math.min(...offsets) >= paused, `it went on at ${Math.min(...offsets)}, not where it was, at ${paused} or later`);
    console.log(`      the rest took ${Math.round(performance.now() - begun)} ms`);
    await attachDemanded(desk, folder);
    await saved(desk);
    await next(desk).click();
    await desk.locator('#agree').waitFor();
  });

  let big: Submitted | undefined;
  await step('an answer that is lost on its way back costs nothing: the same submission is asked for again and is one declaration', async () => {
    let lost = 0;
    await desk.route('**/submit', async (route) => {
      if (lost++ > 0) return route.continue();
      await route.fetch();
      await route.abort('connectionreset');
    });
    await officeComplaints.while(/net::ERR|Failed to load/, async () => {
      big = await submitReviewed(desk);
    });
    await desk.unroute('**/submit');
    demand(lost >= 2, 'it was not asked for again');
    await desk.goto(`${access.portal}/my`);
    await desk.locator('.entry').first().waitFor();
    same(await desk.locator(`.entry[data-number="${big!.number}"]`).count(), 1, 'declarations');
    await statusIs(desk, big!.id, 'received', 60 + bigMib / 5);
    const acceptor = await Official.enter(access, 'market-supervision-acceptor');
    demand((await acceptor.caseOf(big!.id)).materials.some((one) => one.file_name === 'premises.mp4'), 'the large file is not on the intranet');
    await acceptor.leave();
  });

  await step('a company with an RSA certificate applies; a dossier with a forbidden file comes back by itself with the reason, and is mended from there', async () => {
    const other = await visit(browser, access), otherComplaints = new Complaints(other), on = await other.newPage();
    page = on;
    await enterCompany(on, 'rsa');
    await on.waitForURL('**/my');
    await on.locator('a', { hasText: '办理新事项' }).click();
    await on.getByRole('link', { name: '人力资源服务许可' }).click();
    await on.getByRole('link', { name: '开始申报' }).first().click();
    await on.locator('#applicant-phone').waitFor();
    await applicantFields(on);
    await fillForm(on, 'human-resources-service', sampleOf('human-resources-service'));
    await next(on).click();
    await on.locator('#material-articles input[type=file]').setInputFiles(file('articles.pdf', pdf('articles', '/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> ')));
    await on.locator('#material-articles li[data-state=done]').waitFor();
    await attachDemanded(on, folder);
    await next(on).click();
    const done = await submitReviewed(on);
    await on.getByRole('link', { name: '查看办理进度' }).click();
    await until('returned', 60, async () => {
      if ((await on.locator('.head .badge[data-status=returned]').count()) > 0) return true;
      // Without loading the page anew: it looks by itself, and the key stays.
      await on.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
      return false;
    });
    await on.locator('.notice[data-kind=returned] .head-button').click();
    await on.locator('.findings li', { hasText: '活动内容' }).waitFor();
    await eachSize('declaration-returned', on, otherComplaints);
    await on.getByRole('link', { name: '修改后重新申报' }).click();
    await on.locator('#applicant-phone').waitFor();
    same(await on.locator('#f-agency_name').inputValue(), String(sampleOf('human-resources-service')['agency_name']), 'the form of the returned dossier');
    await next(on).click();
    await on.locator('section.material').first().waitFor();
    await attachDemanded(on, folder);
    await next(on).click();
    const again = await submitReviewed(on);
    demand(again.id !== done.id && again.number !== done.number, 'the same declaration again');
    await statusIs(on, again.id, 'received');
    await other.close();
  });
}

// The list, other windows, recovery

async function accounts(): Promise<void> {
  page = my;
  const step = report.chain();
  await step('my applications: drafts and declarations are found, filtered, gone on with and deleted', async () => {
    page = my;
    await my.setViewportSize(desktop);
    await my.goto(`${access.portal}/apply/outdoor-advertising`);
    await unlock(my);
    await my.locator('#f-applicant_name').fill('草稿');
    await saved(my);
    await my.goto(`${access.portal}/my`);
    await my.locator('.entry').nth(1).waitFor();
    await eachSize('mine', my, complaints);
    await my.locator('#mine-search').fill(application.number.slice(-6));
    same(await my.locator('.entry[data-number]').count(), 1, 'declarations by their number');
    await my.locator('#mine-search').fill('没有这样的');
    await my.locator('.empty').waitFor();
    await demandSound(my, complaints, 'mine-nothing-found');
    await my.locator('.empty button').click();
    await my.locator('label.filter', { hasText: '已办结' }).click();
    same(await my.locator('.entry[data-number]').count(), 1, 'closed declarations');
    await my.locator('label.filter', { hasText: '办理中' }).click();
    same(await my.locator('.entry[data-number]').count(), 0, 'open declarations');
    my.once('dialog', (one) => void one.accept());
    await my.getByRole('button', { name: /^删除草稿/ }).click();
    await until('the draft is gone', 10, async () => (await my.locator('.entry .badge[data-status=draft]').count()) === 0);
  });

  await step('a draft that was changed in another window is never overwritten unasked', async () => {
    await my.goto(`${access.portal}/apply/outdoor-advertising`);
    await unlock(my);
    await my.locator('#f-applicant_name').fill('第一个窗口');
    await saved(my);
    const other = await home.newPage();
    await other.goto(my.url());
    await unlock(other);
    await other.locator('#f-applicant_name').fill('第二个窗口');
    await saved(other);
    // The other window's login took the place of this one's.
    await complaints.while(/409|403/, async () => {
      await my.locator('#f-address').fill('津渡市河东区渡口路');
      await my.locator('.note.warn', { hasText: '别的窗口' }).waitFor();
      await demandSound(my, complaints, 'draft-conflict');
    });
    await my.getByRole('button', { name: '保留这里的' }).click();
    await saved(my);
    await other.close();
  });

  await step('without a network one goes on typing: it is kept sealed here and saved when the network is back', async () => {
    await complaints.while(/net::ERR|Failed to load|Failed to fetch/, async () => {
      await home.setOffline(true);
      await my.locator('#f-applicant_name').fill('离线填写');
      await my.locator('.banner').waitFor();
      await my.locator('.saving[data-state=local]').waitFor();
      await demandSound(my, complaints, 'offline');
      await home.setOffline(false);
      await saved(my);
      await my.locator('.banner').waitFor({ state: 'detached' });
    });
  });

  await step('the recovery code brings back key and drafts under a new password, and the old one is worth nothing', async () => {
    const draft = my.url();
    const lost = await visit(browser, access, { size: phone }), lostComplaints = new Complaints(lost), on = await lost.newPage();
    page = on;
    await on.goto(`${access.portal}/recover`);
    await on.locator('#recover-phone').fill(citizen.phone);
    await on.locator('#recover-code').fill(citizen.recovery.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')));
    await lostComplaints.while(/40\d/, async () => {
      await on.getByRole('button', { name: '下一步' }).click();
      await on.locator('.note.bad').waitFor();
    });
    await on.locator('#recover-code').fill(citizen.recovery.toLowerCase().replaceAll('-', ' '));
    await on.getByRole('button', { name: '下一步' }).click();
    const password = '换一只 白色 帆船 2026';
    await on.getByLabel('设置密码', { exact: true }).fill(password);
    await on.getByLabel('再次输入密码', { exact: true }).fill(password);
    await on.getByRole('button', { name: '设置新密码' }).click();
    const code = (await on.locator('[data-testid=recovery-code]').innerText()).replace(/\s+/g, '-').trim();
    demand(code !== citizen.recovery, 'the same recovery code again');
    await on.getByLabel('请输入恢复码的最后 6 位').fill(code.slice(-6));
    await on.getByRole('button', { name: '我已保存，继续' }).click();
    await on.waitForURL('**/my');
    await on.locator('.entry .title').first().click();
    await on.waitForURL(draft.replace(access.portal, '**'));
    await until('the draft', 10, async () => (await on.locator('#f-applicant_name').inputValue().catch(() => '')) === '离线填写');
    await demandSound(on, lostComplaints, 'recovered');
    await lost.close();
    const old = await visit(browser, access), oldPage = await old.newPage();
    page = oldPage;
    await oldPage.goto(`${access.portal}/login`);
    await oldPage.getByLabel('手机号').fill(citizen.phone);
    await oldPage.getByLabel('密码', { exact: true }).fill(citizen.password);
    await oldPage.getByRole('button', { name: '登录', exact: true }).click();
    await oldPage.locator('.note.bad', { hasText: '不正确' }).waitFor();
    await old.close();
  });

  await step('logging out forgets the key, and the pages of an account are closed', async () => {
    page = desk;
    await desk.setViewportSize(desktop);
    await desk.goto(`${access.portal}/my`);
    await desk.getByRole('button', { name: /退出/ }).click();
    await desk.getByRole('link', { name: '登录' }).waitFor();
    await desk.goto(`${access.portal}/my`);
    await desk.waitForURL((url) => url.pathname === '/login');
  });

  await step('the document is what the portal says it is, byte by byte', async () => {
    demand(application.decision, 'there was no decision');
    const digest = createHash('sha256').update(application.decision).digest('hex');
    const answer = await at.evaluate(async (sha256) => (await fetch('/api/v1/check', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ sha256 }) })).json(), digest) as { state: string };
    same(answer.state, 'valid', 'state');
  });
}

const all = { public: publicPages, citizen: citizenJourney, company: companyJourneys, account: accounts };
for (const [name, part] of Object.entries(all)) if (parts.includes(name)) await part();
await browser.close();
rmSync(folder, { recursive: true });
report.finish();
