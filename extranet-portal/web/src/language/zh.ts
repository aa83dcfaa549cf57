// The portal's texts.
export const zh = {
  site: {
    name: '津渡政务服务', title: '津渡政务服务：网上申报，全程可查', skip: '跳到主要内容', menu: '菜单', loading: '正在载入…', offline: '网络已断开。您可以继续填写，恢复后自动保存。', unreachable: '暂时连不上服务器，正在自动重试。已填写的内容仍在。',
    promise: '申报内容在您的浏览器中加密和签名，只有受理部门和您本人能够打开。', owner: '津渡市政务服务中心 · 服务热线 12345', listMark: '、', colon: '：',
  },
  nav: { items: '办事', mine: '我的申报', check: '文书核验', help: '帮助', login: '登录', logout: '退出', loggedInAs: '当前账户：{name}', accessibility: '无障碍' },
  audience: { citizen: '个人', company: '企业' },
  home: {
    title: '办事', welcome: '要办什么事？', lead: '网上申报行政许可。随时保存，进度看得见，结果可核验。', search: '搜索事项', placeholder: '例如：食品、道路、广告', searchButton: '搜索', items: '可网上办理的事项', found: '找到 {count} 个事项',
    audience: '申请人类型', for: { all: '全部', citizen: '个人', company: '企业' }, promised: '承诺 {days} 个工作日', nothing: '没有找到与“{query}”相符的事项。换个说法试试，或查看全部事项。', noCatalogue: '事项目录尚未发布，请稍后再来。', all: '查看全部事项',
    how: '怎样办理',
    step: {
      1: { title: '在线填写', text: '边填边核对，随时离开随时继续。' }, 2: { title: '加密签名', text: '内容在您的浏览器中加密，中途无人可读。' },
      3: { title: '安全送达', text: '经隔离交换送入政务内网，每一段都有签收。' }, 4: { title: '查收结果', text: '电子决定书带签章和二维码，人人可验。' },
    },
  },
  item: {
    title: '办事指南', promised: '承诺办结', statutory: '法定时限', workingDays: '{days} 个工作日', fees: '收费', for: '面向', code: '事项编码', apply: '开始申报', print: '打印指南', contents: '本页内容', notForYou: '您以{kind}身份登录，这个事项不面向{kind}。',
    section: { conditions: '办理条件', materials: '申请材料', process: '办理流程', basis: '法律依据', place: '地点与时间', faq: '常见问题' },
    conditional: '视情况必需', required: '必需', optional: '可选', fileRule: '{types}，不超过 {size} | {types}，每个不超过 {size}，最多 {count} 个文件', stages: '各环节时限', within: '{days} 个工作日内', where: '办理地点', hours: '办理时间', contact: '咨询电话',
  },
  login: {
    title: '登录', needed: '这一步需要先登录，之后自动回到刚才的页面。', who: '登录身份', citizen: '个人', company: '企业', phone: '手机号', password: '密码', passwordMissing: '请输入密码', submit: '登录', deriving: '正在验证…',
    toRegister: '注册新账户', toRecover: '忘记密码？', file: '企业证书文件', fileHint: '由 CA 机构签发的 .p12 或 .pfx 文件', fileMissing: '请选择证书文件', passphrase: '证书密码', passphraseMissing: '请输入证书密码', submitCompany: '用证书登录', signing: '正在签名…',
    whyCitizen: '密码和私钥只在您的浏览器中使用，不会发送到服务器。', whyCompany: '证书文件和密码只在您的浏览器中使用，不会上传；页面关闭即从内存清除。',
  },
  unlock: { title: '请验证身份', why: '读取和签名加密内容需要您的私钥。它只保存在内存中，刷新页面后需要重新验证。', ended: '登录已超时', endedWhy: '为了安全，长时间未操作会自动退出。重新登录后从原处继续，已填写的内容都在。', cancel: '暂不' },
  password: {
    new: '设置密码', again: '再次输入密码', hint: '至少 10 个字符。几个不相干的词连起来，又长又好记。', show: '显示', hide: '隐藏', showWhole: '显示{label}', weak: '密码太容易被猜到，请加长或换用不相干的词', differs: '两次输入的密码不一致',
    strength: { 0: '太弱', 1: '一般', 2: '较强', 3: '很强' },
  },
  register: {
    title: '个人注册', lead: '注册后即可申报，无需到场。', name: '姓名', nameHint: '与身份证一致，将写入您的数字证书', nameMissing: '请填写姓名', submit: '注册并生成密钥', making: '正在生成密钥…', keys: '注册时在您的浏览器中生成一对密钥，由本站注册机构签发证书。私钥经密码加密后才保存，本站无法打开。',
    have: '已有账户？', toLogin: '去登录', made: '账户已建立，密钥已生成。还差最后一步：保存恢复码。',
  },
  recovery: {
    title: '保存恢复码', why: '忘记密码时，只有恢复码能找回您的密钥和已加密的内容。它只显示这一次，本站没有副本。', code: '恢复码', save: '下载', copy: '复制', copied: '已复制', print: '打印', confirm: '请输入恢复码的最后 6 位，确认已保存', kept: '我已保存，继续', mismatch: '与恢复码的最后 6 位不一致，请核对',
    leave: '恢复码只显示这一次。确定离开吗？', fileTitle: '津渡政务服务 恢复码', fileName: '津渡恢复码', fileHint: '请妥善保管，不要告诉任何人。',
  },
  recover: {
    title: '找回账户', lead: '用注册时保存的恢复码设置新密码。', codeHint: '26 位字母和数字，不分大小写', open: '下一步', opened: '恢复码正确。请设置新密码，同时会生成新的恢复码。', finish: '设置新密码', done: '新密码已生效，所有旧的登录和旧恢复码均已作废。',
    lost: '恢复码也丢失了？加密内容只有您本人能打开，本站无法代为恢复。请到政务服务大厅重新登记。',
  },
  form: {
    optional: '（选填）', choose: '请选择', yes: '是', no: '否', nothing: '未填写', row: '{label} 第 {number} 行', rowNumber: '第 {number} 行', rowPrefix: '{label} 第 {number} 行 · ', rowAdded: '已添加第 {number} 行', rowRemoved: '已删除第 {number} 行', addFirst: '添加一行', addAnother: '再添加一行',
    removeRow: '删除', removeRowWhole: '删除{label}第 {number} 行', summary: '有 {count} 处需要修改',
  },
  apply: {
    title: '在线申报', progress: '申报步骤', step: { form: '填写表单', materials: '上传材料', review: '核对提交' }, supplementTitle: '补正：', toGuide: '办事指南', toDeclaration: '返回申报详情', newVersion: '这个事项在您上次填写后更新过，请核对各项内容。',
    applicant: '申请人', citizen: '姓名', company: '企业名称', uscc: '统一社会信用代码', idNumber: '身份证号', phone: '联系电话', toMaterials: '下一步：上传材料', backToForm: '返回表单', toReview: '下一步：核对', backToMaterials: '返回材料', change: '修改',
    materialsLead: '文件在您的浏览器中加密后再上传，断网会自动续传。可以一边上传一边填写其他内容。', reviewForm: '表单内容', reviewMaterials: '申请材料', sign: '签名并提交',
    signWhat: '提交时用您的证书对以上内容签名，并加密给{department}。提交后不能修改。', agree: '我已核对以上内容，承诺真实、完整，并愿意承担相应法律责任；同意以电子方式接收文书。', agreeMissing: '请确认以上承诺', submit: '签名并提交', busy: { signing: '正在签名加密…', sending: '正在提交…' },
    leave: '还有内容没有保存或文件没有传完。确定离开吗？',
  },
  saving: {
    none: '填写的内容会自动加密保存', saving: '正在保存…', saved: '已保存 {at}', local: '网络中断，已加密暂存在本机，恢复后自动保存', failed: '没有保存成功：{why}', conflict: '这份草稿在别的窗口或设备上被修改过。要使用哪一份？', undecided: '选定之前不再保存', takeTheirs: '使用那边的', keepMine: '保留这里的',
  },
  upload: {
    choose: '选择文件', chooseMore: '继续添加', chooseWhole: '为“{name}”选择文件', orDrop: '或拖放到这里', waiting: '等待上传', sealing: '正在加密上传', offline: '网络中断，恢复后自动续传', paused: '已暂停', done: '已加密上传', earlier: '之前已提交，无需重传', needsFile: '还没传完。请再次选择同一文件，从中断处继续。',
    give: '选择文件续传', giveWhole: '再次选择 {name} 以续传', otherFile: '这不是之前的“{name}”或已被修改。请选择原文件，或移除后重新上传。', pause: '暂停', pauseWhole: '暂停上传 {name}', resume: '继续', resumeWhole: '继续上传 {name}', remove: '移除', removeWhole: '移除 {name}', progress: '{name} 的上传进度',
    leftSeconds: '约剩 {seconds} 秒', leftMinutes: '约剩 {minutes} 分钟', leftHours: '约剩 {hours} 小时 {minutes} 分钟',
  },
  submitted: {
    title: '申报已提交', supplement: '补正材料已提交', number: '申报号', at: '收到时间：{at}', receipt: '下载回执', copy: '复制申报号', next: '接下来', step1: '申报件经隔离交换送入政务内网，通常几分钟内到达，每一段都有签收记录。',
    step2: '受理部门在五个工作日内告知是否受理，或一次性告知需要补正的全部内容。', step3: '受理后承诺 {days} 个工作日内办结。进度和文书都会出现在“我的申报”。', follow: '查看办理进度',
  },
  mine: {
    title: '我的申报', new: '办理新事项', drafts: '草稿', savedAt: '保存于 {at}', goOn: '继续填写', remove: '删除', removeWhole: '删除草稿：{name}', removeConfirm: '删除“{name}”的草稿和已上传的文件？此操作无法撤销。', declarations: '已提交', search: '搜索申报', placeholder: '按申报号、事项或状态查找', filter: '筛选',
    show: { all: '全部', open: '办理中', attention: '待处理', closed: '已办结' }, found: '共 {count} 件', receivedAt: '提交于 {at}', due: '承诺 {date} 前办结', answerDue: '{date} 前答复是否受理', unread: '{count} 份新通知', nothingFound: '没有符合条件的申报。', nothing: '还没有提交过申报。选一个事项，几分钟就能开始。', begin: '去办事', more: '显示更多',
  },
  declaration: {
    title: '申报详情', number: '申报号', acceptanceNumber: '受理号', progress: '办理进度', station: { submitted: '已提交', received: '内网收到', accepted: '受理', review: '审查', decided: '办结' },
    means: {
      submitted: { title: '已收到您的申报', text: '正在送往政务内网。法定期限自受理之日起计算；提交时间已记录在回执中。' },
      in_transit: { title: '正在送往政务内网', text: '申报件已离开外网，正经隔离交换送达。下方可以看到每一段的签收。' },
      stopped: { title: '传送中途被拦下，尚未送达受理部门', text: '您提交的内容和材料都完好保存在这里，收件时间以回执为准，不会改变。系统已通知工作人员，原因排除后由他们重新传送，状态会自动更新；您无需操作，也无需重新提交。如果三个工作日后仍是这样，请拨打 12345 并告知申报号。' },
      received: { title: '受理部门已收到', text: '工作人员将在五个工作日内告知是否受理。' },
      returned: { title: '申报被退回', text: '内容不符合填报要求，原因见下方通知。可以用原来的内容修改后重新申报。' },
      supplement_requested: { title: '需要补正', text: '请按下方通知一次性补齐。已提交的材料不用重传。' },
      accepted: { title: '已受理', text: '审查已经开始，办结期限见“期限”。' },
      not_accepted: { title: '不予受理', text: '理由见下方通知。' },
      initial_review: { title: '初审中', text: '工作人员正在审查申请内容和材料。' },
      re_review: { title: '复审中', text: '初审已完成，正在复审。' },
      determination: { title: '审定中', text: '审查已完成，等待作出决定。' },
      notification: { title: '决定已作出', text: '正在制作并送达文书。' },
      granted: { title: '准予许可', text: '决定书已送达，见下方通知。请下载保存，任何人都可以核验真伪。' },
      refused: { title: '不予许可', text: '理由和救济途径见决定书。' },
      withdrawn: { title: '已撤回', text: '这份申报已经撤回，不再办理。' },
      terminated: { title: '已终止', text: '办理程序已经终止。' },
    },
    paperComes: '文书正经隔离交换送来，到达后会自动出现在这里。', paperLate: '文书尚未送到，到达后会自动出现在这里。如果下一个工作日仍未收到，请拨打 12345 并告知申报号。',
    supplement: '补正材料', again: '修改后重新申报', notices: '通知和文书', steps: '办理记录', inStage: '（{stage}）', toldByIntranet: '政务内网', toldByPortal: '外网门户', deadlines: '期限', promised: '承诺办结日期', answerBy: '答复是否受理的期限', left: '剩余', leftDays: '{days} 个工作日', leftAsOf: '截至 {at} 的内网更新',
    statutory: '法定期限', provisional: '涉及年度的放假安排尚未公布，日期为暂定。', noDeadline: '受理后开始计算办结期限。', noDeadlineClosed: '已办结，没有进行中的期限。', papers: '回执', parts: '{count} 份材料', kind: { application: '申请', supplement: '补正' }, print: '打印本页', auto: '办理中的申报会自动更新。',
  },
  transit: {
    title: '两网传输', lead: '公众网与政务内网物理隔离。每一段由经手方签字确认，没有签收就不会显示完成。', none: '交换还没有签收记录。', side: { public: '公众网', between: '隔离交换', isolated: '政务内网' },
    rung: { stored: '外端机已存妥', verified: '已核验完整和来源', carried: '已摆渡过网', delivered: '审批系统已取走', applied: '审批系统已入库' }, partly: '（{done} / {all}）', ahead: '尚未',
    trouble: { held: '暂扣，等待放行。', refused: '未通过，已退回。', quarantined: '已隔离，工作人员会处理。', expired: '超过时限未送达，工作人员会处理。' }, anew: '有 {count} 个交换包曾中途被拦下，已重新传送。', bundle: '交换包', enquiry: '查询编号', enquiryLead: '一般用不到。咨询传输进度时，请把编号告诉工作人员：隔离交换只认编号，看不到申报号。', kind: { dossier: '申报件', material: '材料' },
    heldUp: { sending: '目前暂时不能发送。', building: '目前暂时不能发送。', aside: '提交内容中有一部分暂时不能发送。', todo: '您提交的内容已妥善保存，收件时间不变，恢复后会自动续传，无需重新提交。如果下一个工作日仍有此提示，请拨打 12345 并告知下方代码。', since: '自 {at} 起' },
  },
  notice: {
    kind: { returned: '退回通知', supplement: '补正告知书', not_accepted: '不予受理通知书', accepted: '受理通知书', decision: '行政许可决定书' },
    text: {
      returned: '申报内容不符合填报要求，请按下列各项修改后重新申报。', supplement: '请一次性补齐下列各项。', not_accepted: '申请未予受理。', accepted: '您的申请已经受理，承诺期限自受理之日起计算。', decision: '决定书已作出，请下载查看。',
    },
    unread: '未读', number: '文号', whole: '申报整体', download: '下载文书', view: '打开', check: '核验', documentHint: '带电子签章的 PDF 文件',
  },
  content: { title: '提交的内容', lead: '内容以加密形式保存，在您的浏览器中打开。', show: '查看{kind}内容', hide: '收起' },
  check: {
    title: '文书核验', lead: '核对许可决定书等电子文书是否由本市机关签发、是否有效。', byCode: '按核验码', code: '核验码', codeHint: '文书二维码旁的 26 位字符', codeWrong: '核验码应为 26 位，现在是 {count} 位', ask: '核验', byFile: '按文件', chooseFile: '选择 PDF 文件', fileHint: '只在浏览器中计算摘要，文件不会上传', asking: '正在核验…',
    unknownFile: '这个文件不是本市签发的原件', unknownCode: '没有查到这个核验码', unknownHint: '可能是伪造、被修改过，或抄写有误。如有疑问请拨打 12345。',
    state: {
      valid: { title: '有效', text: '文书由下列机关签发，目前有效。' }, expired: { title: '已过有效期', text: '文书是真实的，但已过有效期。' }, revoked: { title: '已撤销', text: '文书是真实的，但已被撤销。' }, replaced: { title: '已被替换', text: '文书是真实的，但已被新文书替换。' },
    },
    number: '文号', item: '事项', kind: '文书种类', kinds: { grant: '准予行政许可决定书', refusal: '不予行政许可决定书' }, department: '签发机关', issued: '签发时间', until: '有效期至', digest: '文件摘要（SHA-256）', fileSame: '“{name}”与签发的原件逐字节一致。', compare: '要确认手中的 PDF 就是这份原件，请在下方选择该文件。',
  },
  help: {
    title: '帮助', lead: '常见问题和本站如何保护您的申报。',
    topic: {
      start: { question: '怎样开始申报？', answer: '在首页找到事项，阅读办事指南后点“开始申报”。填写表单、上传材料、核对后签名提交，会得到申报号和回执。' },
      account: { question: '密码忘了怎么办？', answer: '用注册时保存的恢复码设置新密码，加密的内容都能继续打开。恢复码也丢失时，本站无法代为恢复，请到政务服务大厅重新登记。' },
      company: { question: '企业怎样登录？', answer: '使用 CA 机构签发的证书文件（.p12 或 .pfx）和证书密码。证书中须含统一社会信用代码。文件和密码只在浏览器中使用。' },
      fill: { question: '填到一半离开会丢失吗？', answer: '不会。内容每次修改后自动加密保存，在“我的申报”的草稿中继续。网络中断时暂存在本机，恢复后自动保存。' },
      files: { question: '大文件传到一半断了怎么办？', answer: '网络恢复后自动续传。关闭过页面的，再次选择同一个文件即可从中断处继续。每个文件最大 2 GB，以事项要求为准。' },
      track: { question: '怎样知道办到哪一步了？', answer: '在“我的申报”打开该件，可以看到每个环节的时间、期限、通知，以及在两网之间传输的每一次签收。' },
      documents: { question: '决定书怎样证明是真的？', answer: '决定书是带电子签章的 PDF。扫描二维码，或在“文书核验”中选择文件，即可核对；也可以用通用工具离线验证签章。' },
      privacy: { question: '谁能看到我填写的内容？', answer: '只有受理部门和您本人。内容在您的浏览器中加密和签名，本站和交换设备保存的都是密文，只知道事项、时间和状态。' },
    },
    verify: { title: '自行验证', text: '回执和决定书可以离线验证，不依赖本站：', anchors: 'root.pem 是签发本市机关证书的 CA 机构的根证书，issuing.pem 是它的签发证书。请向该机构或政务服务大厅索取，不要使用来历不明的文件。决定书中已带有签发证书，回执没有，所以要另外给出。' },
    accessibility: { title: '无障碍', text: '本站按 WCAG 2.2 AA 制作：可只用键盘操作，支持读屏软件、放大到 400% 和减少动画。发现障碍请拨打 12345，我们会改进，并为您提供其他办理方式。' },
  },
  missing: { title: '没有这个页面', text: '地址可能有误，或页面已经移走。', home: '回到首页' },
  problem: { reference: '参考信息：', retry: '重试', limited: '操作太频繁，请在 {seconds} 秒后再试。', unknown: '操作没有成功。（{detail}）' },
  findings: {
    material: { required: '请上传这份材料', unfinished: '还没有上传完', empty: '文件是空的', type: '文件类型不符合要求', size: '文件超过规定大小', count: '最多 {limit} 个文件', total: '全部材料最多 {limit} 个文件' },
  },
};
