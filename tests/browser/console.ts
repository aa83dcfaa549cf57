// A day's work of the gateway's operators in their consoles, each person with their own certificate: the check in the morning, a held bundle that two must release, one
// in quarantine, an emergency stop, the search for a bundle, a question to the policy, the reconciliation in the evening, and the auditor's look at the log; and, where
// people carry media, what is under way, what is missing and is asked for again, and a voyage that does not belong here.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { BrowserContext, Page } from 'playwright-core';
import { company, Complaints, demand, demandSound, launch, official, phone, readAccess, Report, run, same, until, visit } from './support.ts';

interface Units {
  readonly outer: string;
  readonly inner: string;
  readonly pki: string;
}
interface Desk extends Units {
  readonly held: readonly string[];
  readonly quarantined: string;
  readonly applied: string;
}
interface FerryDesk extends Units {
  readonly refused: string;
  readonly first: number;
  readonly last: number;
}
const screen = { width: 1440, height: 900 } as const;

// Units of its own, with addresses and certificates of their own: what happens to them is no part of the running system.
const system = readAccess();
async function open<T extends Units>(carrier: 'link' | 'ferry'): Promise<{ desk: T; next: () => Promise<string>; program: ChildProcessWithoutNullStreams }> {
  const program = spawn(resolve(process.cwd(), '../../tests/support/gateway-desk'), [system.bin, carrier]);
  program.stderr.pipe(process.stderr);
  const lines = createInterface(program.stdout);
  const next = (): Promise<string> => new Promise((ready, failed) => {
    lines.once('line', ready);
    program.once('exit', (code) => failed(new Error(`gateway-desk ended with ${code}`)));
  });
  return { desk: JSON.parse(await next()) as T, next, program };
}
const { desk, next: happened, program } = await open<Desk>('link');
// Has something happen to the units, and gives what the program says of it.
const happens = (what: 'lose' | 'fetch' | 'restore'): Promise<string> => {
  program.stdin.write(`${what}\n`);
  return happened();
};
const access = { ...system, pki: desk.pki };

const browser = await launch();
interface Seat {
  readonly context: BrowserContext;
  readonly complaints: Complaints;
  readonly page: Page;
}
async function seat(as: string, size: { readonly width: number; readonly height: number } = screen, locale: 'zh-CN' | 'en-GB' = 'zh-CN', at: Units = desk): Promise<Seat> {
  const context = await visit(browser, { ...system, pki: at.pki }, { as, origins: [at.outer, at.inner], size, locale });
  return { context, complaints: new Complaints(context), page: await context.newPage() };
}
let at: Page | undefined;
const report = new Report(() => at);
const go = async (page: Page, url: string, heading: string): Promise<void> => {
  at = page;
  await page.goto(url);
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
};
async function giveReason(page: Page, reason: string, verb: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  demand(await dialog.getByRole('button', { name: verb, exact: true }).isDisabled(), 'an act without a reason is offered');
  await dialog.locator('#reason:focus').waitFor(); // who has chosen an act goes on typing
  await dialog.getByLabel('理由').fill(reason);
  await dialog.getByRole('button', { name: verb, exact: true }).click();
}
const told = (page: Page, text: string | RegExp): Promise<void> => page.locator('.el-message').filter({ hasText: text }).first().waitFor();
const settled = (page: Page): Promise<void> => page.locator('.el-overlay').first().waitFor({ state: 'hidden' }).catch(() => undefined);
const flow = { text: '' };
const ctlAt = (at: Units, url: string, who: string, ...words: string[]): string =>
  run(join(system.bin, 'jindu-gateway'), ['ctl', '--language', 'en', '--url', url, '--ca', join(at.pki, 'root.pem'), '--p12', join(at.pki, 'officials', `${who}.p12`), '--passphrase-file', join(at.pki, 'passphrase'), ...words]);
const ctl = (who: string, ...words: string[]): string => ctlAt(desk, desk.inner, who, ...words);

const operator = await seat('operator'), first = await seat('releaser'), second = await seat('second-releaser'), auditor = await seat('gateway-auditor');

await report.test('in the morning the operator sees on one page which unit it is, what waits, and what to look after', async () => {
  const { page, complaints } = operator;
  await go(page, desk.inner, '总览');
  await page.getByText('内端机', { exact: true }).first().waitFor();
  await page.getByRole('region', { name: '门户 → 审批' }).waitFor();
  await page.locator('.alarms').getByText('2 个交换包待放行').waitFor();
  await page.getByRole('navigation').getByRole('link', { name: /^待放行\s*2$/ }).waitFor();
  await demandSound(page, complaints, 'console-overview');
  await go(page, desk.outer, '总览');
  await page.locator('.alarms').getByText('隔离区有 1 项').waitFor();
  demand((await page.locator('.unit').textContent()) === '外端机', 'the outer unit is not named');
});

await report.test('a held bundle goes on only when two different releasers have agreed; nobody else is offered to', async () => {
  const id = desk.held[0]!;
  await go(operator.page, `${desk.inner}/held`, '待放行');
  await operator.page.getByText(id).waitFor();
  demand((await operator.page.getByRole('button', { name: '放行', exact: true }).count()) === 0, 'an operator is offered to release');
  await go(first.page, `${desk.inner}/held`, '待放行');
  const row = first.page.getByRole('row').filter({ hasText: id });
  await row.getByRole('button', { name: '放行' }).click();
  await demandSound(first.page, first.complaints, 'console-reason');
  await giveReason(first.page, '已电话核实', '放行');
  await told(first.page, '1/2');
  await settled(first.page);
  await row.getByText('邹放 同意放行').waitFor();
  await demandSound(first.page, first.complaints, 'console-held');
  // Once more by the same person is refused in words.
  await row.getByRole('button', { name: '放行' }).click();
  await first.complaints.while(/409/, async () => {
    await giveReason(first.page, '再来一次', '放行');
    await first.page.getByRole('alert').getByText('须由另一名放行员').waitFor();
  });
  await go(second.page, `${desk.inner}/bundles/${id}`, '交换包');
  await second.page.getByText('已电话核实').waitFor();
  await second.page.getByRole('button', { name: '放行' }).click();
  await giveReason(second.page, '复核无误', '放行');
  await told(second.page, '已完成');
  await second.page.locator('.way').getByText('已处理').waitFor();
  await settled(second.page);
  await demandSound(second.page, second.complaints, 'console-bundle');
});

await report.test('a held bundle is refused the same way, and its way shows the signed refusal', async () => {
  const id = desk.held[1]!;
  for (const { page } of [first, second]) {
    await go(page, `${desk.inner}/bundles/${id}`, '交换包');
    await page.getByRole('button', { name: '退回' }).click();
    await giveReason(page, '附件与通知不符', '退回');
    await settled(page);
  }
  await second.page.locator('.way').getByText('放行员退回').waitFor();
  await go(second.page, `${desk.inner}/held`, '待放行');
  await second.page.getByText('没有待放行的交换包').waitFor();
});

await report.test('the search finds a bundle by id, state, kind and time, and its way names both sides', async () => {
  const { page, complaints } = operator;
  await go(page, `${desk.outer}/bundles`, '查找');
  await page.getByRole('combobox', { name: '种类' }).selectOption('dossier');
  await page.getByRole('combobox', { name: '状态' }).selectOption('ended');
  await page.getByRole('button', { name: '查找', exact: true }).click();
  await page.waitForURL(/state=ended&kind=dossier/);
  await until('all forty are listed', 10, async () => (await page.getByRole('row').count()) === 41);
  await demandSound(page, complaints, 'console-search');
  // The fields are China's time, to the minute.
  const inHours = (hours: number): string => new Date(Date.now() + (8 + hours) * 3_600_000).toISOString().slice(0, 16);
  for (const [from, to, rows] of [[-1, undefined, 41], [-1, 1, 41], [1, undefined, 0], [undefined, -1, 0]] as const) {
    await page.getByLabel('起', { exact: true }).fill(from === undefined ? '' : inHours(from));
    await page.getByLabel('止', { exact: true }).fill(to === undefined ? '' : inHours(to));
    await page.getByRole('button', { name: '查找', exact: true }).click();
    await page.waitForURL((url) => url.searchParams.has('from') === (from !== undefined) && url.searchParams.has('to') === (to !== undefined));
    if (rows === 0) await page.getByText('没有符合条件的交换包').waitFor();
    await until(`from ${from} to ${to} h from now there are ${rows} rows`, 10, async () => (await page.getByRole('row').count()) === rows);
  }
  await page.getByLabel('交换包编号').fill(desk.applied);
  await page.getByRole('button', { name: '查找', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: '交换包' }).waitFor();
  for (const word of ['已入库', '已核验', '已送达对端', '已交付', '已处理']) await page.locator('.way').getByText(word, { exact: true }).first().waitFor();
  demand((await page.locator('.way li.there').count()) > 0 && (await page.locator('.way li:not(.there)').count()) > 0, 'both sides should be told apart');
});

await report.test('what was signed falsely is told to the unit that could have sent it, in words and with what to do', async () => {
  const { page, complaints } = operator;
  await go(page, `${desk.inner}/alarms`, '告警');
  const alarm = page.getByRole('listitem').filter({ hasText: '本机没有发出过这样的内容' });
  await alarm.getByText('报告安全管理员').waitFor();
  await demandSound(page, complaints, 'console-not-taken');
  await alarm.getByRole('link', { name: desk.quarantined }).click();
  await page.getByRole('region', { name: '对端未收下' }).getByText('本机没有发出过这样的内容').waitFor();
  demand(/none like it/.test(ctl('operator', 'show', desk.quarantined)), 'the command line does not say the same');
});

await report.test('what is quarantined is inspected, kept as signed evidence, checked again, and dismissed with a record', async () => {
  const { page, complaints } = operator;
  await go(page, `${desk.outer}/quarantine`, '隔离区');
  const row = page.getByRole('row').filter({ hasText: desk.quarantined });
  await row.getByText('签名不成立').waitFor();
  await row.getByText('自称 审批（无法证实）').waitFor();
  await row.getByRole('button', { name: '查看' }).click();
  await page.getByRole('dialog').getByText('途中被改动，或有人冒用').waitFor();
  await page.getByRole('dialog').getByText('密封内容字节数').waitFor();
  const box = (await page.locator('.el-dialog').filter({ visible: true }).boundingBox())!;
  demand(box.y >= 0 && box.y + box.height <= screen.height, `what is inspected is taller than the screen: ${JSON.stringify(box)}`);
  await demandSound(page, complaints, 'console-quarantine');
  await page.keyboard.press('Escape');
  await settled(page);
  const [download] = await Promise.all([page.waitForEvent('download'), row.getByRole('link', { name: '导出证据' }).click()]);
  const evidence = join(mkdtempSync(join(tmpdir(), 'jindu-evidence-')), 'evidence.jds');
  await download.saveAs(evidence);
  const text = readFileSync(evidence, 'latin1');
  demand(text.includes('jindu/record/v1') && text.includes(desk.quarantined), 'the evidence does not name what it is about');
  await row.getByRole('button', { name: '再次核对' }).click();
  await complaints.while(/422/, async () => {
    await giveReason(page, '证书更新后再试', '再次核对');
    await page.getByRole('alert').getByText('签名仍不成立').waitFor();
  });
  await page.getByRole('dialog').getByRole('button', { name: '取消' }).click();
  await settled(page);
  await row.getByRole('button', { name: '销案' }).click();
  await giveReason(page, '已报安全管理员', '销案');
  await page.getByText('隔离区是空的').waitFor();
  await settled(page);
  const past = page.getByRole('region', { name: '已销案' }).getByRole('row').filter({ hasText: desk.quarantined });
  for (const words of ['谢运', '签名不成立', '自称 审批（无法证实）', '已报安全管理员']) await past.getByText(words).waitFor();
  await demandSound(page, complaints, 'console-dismissed');
  const [record] = await Promise.all([page.waitForEvent('download'), past.getByRole('button', { name: '下载签名记录' }).click()]);
  const signed = readFileSync((await record.path())!, 'latin1');
  demand(signed.includes('jindu/record/v1') && signed.includes(desk.quarantined) && signed.includes('says_it_is_from'), 'the record does not say what was dismissed');
  await go(page, `${desk.outer}/log`, '操作日志');
  await page.getByRole('row').filter({ hasText: '销案' }).getByRole('link', { name: desk.quarantined }).click();
  await page.getByText('已报安全管理员').waitFor();
  // And the other unit, which was told of it, is told that it is dealt with.
  await go(page, `${desk.inner}/alarms`, '告警');
  await until('the alarm of the other unit ends', 30, async () => (await page.getByText('本机没有发出过这样的内容').count()) === 0);
});

await report.test('an emergency stop is one press and a reason away, is plain to see everywhere, and is ended the same way', async () => {
  const { page, complaints } = operator;
  await go(page, desk.outer, '总览');
  const card = page.getByRole('region', { name: '门户 → 审批' });
  await card.getByRole('button', { name: '紧急停止' }).click();
  await giveReason(page, '发现异常流量', '紧急停止');
  await card.getByText('发现异常流量').waitFor();
  await page.locator('.alarms').getByText('已停止').waitFor();
  await settled(page);
  await demandSound(page, complaints, 'console-stopped');
  await page.reload();
  await card.getByText('谢运 于').waitFor();
  await card.getByRole('button', { name: '恢复' }).click();
  await giveReason(page, '原因已查明', '恢复通道');
  await card.getByRole('button', { name: '紧急停止' }).waitFor();
});

await report.test('the policy answers which rule decides, and why', async () => {
  const { page, complaints } = operator;
  await go(page, `${desk.inner}/policy`, '策略');
  await page.getByLabel('从', { exact: true }).fill('approval');
  await page.getByLabel('到', { exact: true }).fill('portal');
  await page.getByLabel('种类').fill('notice');
  await page.getByRole('button', { name: '试算' }).click();
  await page.getByText('收下并暂扣').waitFor();
  await page.getByText('须 2 名放行员同意').waitFor();
  await demandSound(page, complaints, 'console-policy');
  await page.getByLabel('种类').fill('secrets');
  await page.getByRole('button', { name: '试算' }).click();
  await page.getByText('policy.forbidden').waitFor();
});

await report.test('in the evening both units are compared, agree, and the signed statements of both are at hand', async () => {
  const { page, complaints } = operator;
  for (const unit of [desk.outer, desk.inner]) {
    await go(page, `${unit}/reconciliation`, '对账');
    await page.getByRole('button', { name: '立即对账' }).click();
    await told(page, '已请对端核对');
  }
  await until('both channels agree', 30, async () => (await page.getByText('一致', { exact: true }).count()) >= 2);
  await demandSound(page, complaints, 'console-reconciliation');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: '对端声明' }).first().click()]);
  demand(readFileSync((await download.path())!, 'latin1').includes('jindu/reconciliation/v1'), 'this is no statement of reconciliation');
});

await report.test('what only one unit has is named at both; the other one asks for it from there, and both agree again', async () => {
  const lost = await happens('lose');
  const { page, complaints } = operator;
  await go(page, `${desk.outer}/reconciliation`, '对账');
  await page.getByRole('button', { name: '立即对账' }).click();
  const differing = page.getByRole('row').filter({ hasText: '有差异' });
  await differing.getByRole('button', { name: '查看差异' }).click();
  await page.getByRole('dialog').getByText('对端没有').waitFor();
  same(await page.getByRole('dialog').getByRole('button', { name: '要求重送' }).count(), 0, 'who has it is offered to ask for it');
  await go(page, `${desk.inner}/reconciliation`, '对账');
  await differing.getByRole('button', { name: '查看差异' }).click();
  const named = page.getByRole('dialog').getByRole('row').filter({ hasText: '本机没有' });
  same(await named.getByRole('cell').first().textContent(), '41', 'the number that is missing');
  await demandSound(page, complaints, 'console-difference');
  await named.getByRole('button', { name: '要求重送' }).click();
  await page.getByText('请对端把门户 → 审批 第 41 号交换包重新送来').waitFor();
  await giveReason(page, '对账有差异', '确认');
  await told(page, '已要求');
  await settled(page);
  await go(page, `${desk.inner}/log`, '操作日志');
  await page.getByRole('row').filter({ hasText: '要求重送' }).getByText('对账有差异').waitFor();
  await until('it is there again', 30, async () => (JSON.parse(ctl('operator', '--json', 'search', '--kind', 'dossier', '--state', 'ready')) as { bundles: { id: string }[] }).bundles.some((one) => one.id === lost));
  await happens('fetch');
  await go(page, `${desk.outer}/reconciliation`, '对账');
  await until('both agree again', 30, async () => {
    await page.getByRole('button', { name: '立即对账' }).click();
    return (await page.getByText('一致', { exact: true }).count()) >= 2;
  });
});

await report.test('the auditor reads everything, acts on nothing, and takes the log away to check it elsewhere', async () => {
  const { page, complaints } = auditor;
  await go(page, desk.inner, '总览');
  demand((await page.getByRole('button', { name: '紧急停止' }).count()) === 0, 'an auditor is offered to stop');
  await go(page, `${desk.inner}/log`, '操作日志');
  await page.getByText('日志链完整').waitFor();
  await page.getByText('已电话核实').waitFor();
  await demandSound(page, complaints, 'console-log');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: '导出日志' }).click()]);
  flow.text = (await download.path())!;
  demand(run(join(access.bin, 'jindu-gateway'), ['ctl', '--language', 'en', 'log', 'verify', flow.text]).includes('the chain holds'), 'the saved log does not hold');
});

await report.test('the command line has the same powers with the same certificate', async () => {
  demand(/portal>approval/.test(ctl('operator', 'overview')), 'the overview names no channel');
  same((JSON.parse(ctl('operator', '--json', 'show', desk.held[0]!)) as { state: string }).state, 'ended', 'state of what was released');
  ctl('operator', 'stop', 'approval>portal', '--reason', 'by the command line');
  demand(/STOPPED/.test(ctl('gateway-auditor', 'overview')), 'the stop is not shown');
  ctl('operator', 'resume', 'approval>portal', '--reason', 'enough');
});

await report.test('every page can be read and used on a phone and in English', async () => {
  const { page, complaints } = await seat('operator', phone, 'en-GB');
  await go(page, desk.inner, '总览');
  await page.getByRole('button', { name: 'English' }).click();
  for (const [path, heading] of [['', 'Overview'], ['/bundles', 'Search'], [`/bundles/${desk.applied}`, 'Bundle'], ['/held', 'Held'], ['/quarantine', 'Quarantine'], ['/voyages', 'Voyages'], ['/policy', 'Policy'], ['/reconciliation', 'Reconciliation'], ['/alarms', 'Alarms'], ['/log', 'Operators’ log'], ['/nowhere', 'No such page']] as const) {
    await go(page, `${desk.inner}${path}`, heading);
    if (path === '/bundles') await until('bundles are listed', 10, async () => (await page.getByRole('row').count()) > 5);
    await demandSound(page, complaints, `console-phone${path.replaceAll('/', '-')}`);
  }
});

await report.test('a unit that was restored from an older copy says so, begins anew when two people approve, and heals', async () => {
  await operator.page.goto('about:blank'); // nobody looks at it while it is away
  await happens('restore');
  const approve = async (page: Page, reason: string): Promise<void> => {
    await page.getByRole('button', { name: '批准新纪元' }).click();
    await giveReason(page, reason, '批准新纪元');
  };
  await go(auditor.page, desk.outer, '总览');
  const alarm = '本机是从较旧的备份恢复的，已停止收发';
  await auditor.page.getByText(alarm).waitFor();
  same(await auditor.page.getByRole('button', { name: '批准新纪元' }).count(), 0, 'an auditor is offered to approve');
  const { page, complaints } = operator;
  await go(page, desk.outer, '总览');
  await page.getByText(alarm).waitFor();
  await demandSound(page, complaints, 'console-restored');
  await approve(page, '磁盘已更换');
  await told(page, '2 人中已有 1 人批准');
  await settled(page);
  await complaints.while(/409/, async () => {
    await approve(page, '再来一次');
    await page.getByRole('alert').getByText('您已经批准过').waitFor();
  });
  await go(first.page, desk.outer, '总览');
  await first.page.getByText('已有 1 人，须 2 人').waitFor();
  await approve(first.page, '已看过更换记录');
  await told(first.page, '已完成');
  await settled(first.page);
  await until('the unit has healed', 60, async () => (JSON.parse(ctlAt(desk, desk.outer, 'operator', '--json', 'epoch', 'show')) as { state: string }).state === 'none');
  await until('the page says so', 30, async () => (await first.page.locator('.alarms').getByText(/从较旧的备份恢复|新纪元已开始/).count()) === 0);
  await go(auditor.page, `${desk.outer}/log`, '操作日志');
  await auditor.page.getByRole('row').filter({ hasText: '新纪元' }).getByText('已看过更换记录').waitFor();
});

await report.test('who has no place in the register, or none at this unit, is told so and whom to ask, and sees nothing', async () => {
  for (const [name, p12, told] of [['stranger', company(access, 'ec'), '不在本机值班人员名册中'], ['editor', official(access, 'editor'), '没有本机的值班岗位']] as const) {
    const context = await visit(browser, access, { size: screen, more: { clientCertificates: [{ origin: desk.inner, pfxPath: p12, passphrase: access.passphrase }] } });
    const complaints = new Complaints(context), page = (at = await context.newPage());
    await complaints.while(/403/, async () => {
      await page.goto(desk.inner);
      await page.getByText(told).waitFor();
      await demandSound(page, complaints, `console-${name}`);
    });
    demand((await page.getByRole('navigation').count()) === 0, 'a stranger sees the navigation');
    await context.close();
  }
});

// --- units whose media are carried by people
const { desk: ferry, next, program: carriers } = await open<FerryDesk>('ferry');
const courier = await seat('operator', screen, 'zh-CN', ferry);
const carry = (where: string): Promise<string> => {
  carriers.stdin.write(`${where}\n`);
  return next();
};
const missing = `门户 → 审批 第 ${ferry.first} 至 ${ferry.last} 号`;

await report.test('two sentences say what is under way, what waits for the next voyage, what came last and what is missing', async () => {
  const { page, complaints } = courier;
  await go(page, `${ferry.outer}/voyages`, '航次');
  const short = page.getByRole('region', { name: '概况' });
  await short.getByText('航次 1、2 在途，8 个交换包未确认，2 个等待下一航次').waitFor();
  await short.getByText('还没有读取过航次，没有已知的缺失').waitFor();
  same(await short.getByRole('listitem').count(), 2, 'voyages under way');
  await demandSound(page, complaints, 'console-voyages-out');
  demand(/under way: voyage 2 with 3 .*voyage 1 with 5 .*; 2 bundles wait/.test(ctlAt(ferry, ferry.outer, 'operator', 'voyages')), 'the command line does not say the same');
  await go(page, `${ferry.inner}/voyages`, '航次');
  await short.getByText(`缺少${missing}`).waitFor();
  await short.getByText('最近读取航次 1').waitFor();
  await demandSound(page, complaints, 'console-voyages-in');
});

await report.test('the alarm about what waits names its voyage and leads to it', async () => {
  const { page } = courier;
  await go(page, `${ferry.outer}/alarms`, '告警');
  await page.getByRole('listitem').filter({ hasText: '在航次 1 上，对端尚未确认' }).getByRole('link', { name: '航次' }).click();
  await page.waitForURL(/voyages\?number=1$/);
  const row = page.locator('tr[aria-current=true]');
  await row.waitFor();
  same(await row.getByRole('cell').nth(2).textContent(), '1', 'the voyage that is shown');
});

await report.test('beside a gap an operator asks for it again; that it was asked for stands there until it is closed', async () => {
  const watching = await seat('gateway-auditor', screen, 'zh-CN', ferry);
  await go(watching.page, `${ferry.inner}/alarms`, '告警');
  await watching.page.getByText(`${missing}没有到`).waitFor();
  same(await watching.page.getByRole('button', { name: '要求重送' }).count(), 0, 'an auditor is offered to ask');
  await watching.context.close();
  const { page, complaints } = courier;
  await go(page, `${ferry.inner}/alarms`, '告警');
  const alarm = page.getByRole('listitem').filter({ hasText: `${missing}没有到` });
  await alarm.getByRole('button', { name: '要求重送' }).click();
  await page.getByRole('dialog').getByText(`请对端把${missing}交换包重新送来`).waitFor();
  await giveReason(page, '介质上缺两个文件', '确认');
  await told(page, '已要求');
  await settled(page);
  await alarm.getByText(/已于 .* 要求重送；对端得知后/).waitFor();
  await demandSound(page, complaints, 'console-gap-asked');
  demand(/numbers 2 to 3 have not come on portal>approval, .*: asked for again/.test(ctlAt(ferry, ferry.inner, 'operator', 'overview')), 'the command line does not say the same');
  await carry('inner outer inner');
  await until('the gap is closed', 30, async () => (await alarm.count()) === 0);
});

await report.test('a voyage that does not belong here is shown with its reason in words, and leaves a signed record when it is dismissed', async () => {
  const { page, complaints } = courier;
  await go(page, `${ferry.inner}/quarantine`, '隔离区');
  await page.getByRole('navigation').getByRole('link', { name: /^隔离区\s*1$/ }).waitFor();
  const row = page.getByRole('row').filter({ hasText: ferry.refused });
  await row.getByText('无法判断').waitFor();
  same(await row.getByRole('button', { name: '再次核对' }).count(), 0, 'a voyage is offered to be checked again');
  await row.getByRole('button', { name: '查看' }).click();
  await page.getByRole('dialog').getByText('介质过早取走，或已损坏').waitFor();
  await demandSound(page, complaints, 'console-refused-voyage');
  await page.keyboard.press('Escape');
  await settled(page);
  await row.getByRole('button', { name: '销案' }).click();
  await giveReason(page, '复制中断，已重做', '销案');
  await told(page, '签名记录');
  await settled(page);
  const past = page.getByRole('region', { name: '已销案' }).getByRole('row').filter({ hasText: ferry.refused });
  const [record] = await Promise.all([page.waitForEvent('download'), past.getByRole('button', { name: '下载签名记录' }).click()]);
  demand(readFileSync((await record.path())!, 'latin1').includes(ferry.refused), 'the record does not name the voyage');
  demand(ctlAt(ferry, ferry.inner, 'gateway-auditor', 'quarantine', 'dismissed').includes('复制中断，已重做'), 'the command line does not list it');
  await go(page, `${ferry.inner}/voyages`, '航次');
  await page.getByRole('row').filter({ hasText: '拒收' }).getByText('已销案').waitFor();
  await page.getByRole('row').filter({ hasText: '拒收' }).getByRole('link', { name: '销案记录' }).click();
  await page.getByText('复制中断，已重做').waitFor();
});

await report.test('what waits goes on a medium that was finished when a voyage is started; when that has been there and back, the alarm ends', async () => {
  await carry('outer stay');
  const { page, complaints } = courier;
  await go(page, `${ferry.outer}/alarms`, '告警');
  await page.getByText('有交换包等待传送已').waitFor();
  await go(page, `${ferry.outer}/voyages`, '航次');
  const short = page.getByRole('region', { name: '概况' });
  await short.getByText('2 个等待下一航次').waitFor();
  await page.getByRole('button', { name: '开始航次' }).click();
  await giveReason(page, '信使现在出发', '开始航次');
  await told(page, '有 2 个交换包等待');
  await settled(page);
  await short.getByText('0 个等待下一航次').waitFor();
  await demandSound(page, complaints, 'console-voyage-started');
  const row = page.getByRole('row').filter({ hasText: '在途' }).first();
  const number = await row.getByRole('cell').nth(2).textContent();
  await go(page, `${ferry.outer}/alarms`, '告警');
  await page.getByText(`在航次 ${number} 上，对端尚未确认`).waitFor();
  await carry('inner outer');
  await go(page, `${ferry.outer}/voyages`, '航次');
  await page.getByRole('row').filter({ has: page.getByRole('cell', { name: number!, exact: true }) }).filter({ hasText: '装载' }).getByText('对端已读').waitFor();
  await go(page, `${ferry.outer}/alarms`, '告警');
  await until('nothing is stuck any more', 30, async () => (await page.getByText(/对端尚未确认|等待传送已/).count()) === 0);
  await go(page, `${ferry.outer}/log`, '操作日志');
  await page.getByRole('row').filter({ hasText: '开始航次' }).getByText('信使现在出发').waitFor();
});

await report.test('what is told of voyages can be read on a phone and in English', async () => {
  const { page, complaints } = await seat('operator', phone, 'en-GB', ferry);
  await go(page, `${ferry.outer}/voyages`, '航次');
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByText(/^Outgoing: /).waitFor();
  await demandSound(page, complaints, 'console-phone-voyages-ferry');
  await go(page, `${ferry.inner}/voyages`, '航次');
  await page.getByRole('button', { name: 'English' }).click();
  for (const [path, heading] of [['/voyages', 'Voyages'], ['/alarms', 'Alarms'], ['/quarantine', 'Quarantine']] as const) {
    await go(page, `${ferry.inner}${path}`, heading);
    await demandSound(page, complaints, `console-phone-ferry${path.replace('/', '-')}`);
  }
});

await browser.close();
carriers.stdin.end();
program.stdin.end();
report.finish();
