// Texts that more than one front-end needs: problems, findings, status words. Keys under `problems` are the codes of errors; a group's `other` is for those without
// a text of their own.
export const zh = {
  problems: {
    unexpected: '页面出了意外。请刷新后重试；已保存的内容不会丢失。',
    network: { offline: '当前没有网络连接。网络恢复后会自动继续。', unreachable: '暂时连不上服务器，请稍后重试。', timeout: '服务器响应太慢，请稍后重试。' },
    http: { busy: '访问的人太多，请稍等片刻再试。', too_large: '提交的内容太大。', timeout: '服务器响应太慢，请稍后重试。', other: '服务器没有接受这次请求。请重试，仍不行请联系服务热线。' },
    rate: { limited: '操作太频繁，请稍后再试。' },
    session: { required: '登录已失效，请重新登录。', csrf: '登录状态已变化，请重新登录。', other_site: '这个请求来自其他网站，已拒绝。', not_unlocked: '需要先验证身份，才能读取或签名加密内容。' },
    login: {
      refused: '手机号、密码或恢复码不正确。', challenge: '登录口令已过期，请再试一次。', certificate: '这张证书不能用于企业登录：其中没有统一社会信用代码。', other: '登录没有成功，请重试。',
    },
    account: { taken: '这个手机号已经注册，请直接登录。', malformed: '手机号格式不正确。', name: '姓名须为 1 至 64 个字。', key: '浏览器生成的密钥没有被接受，请重试。', proof: '密钥证明没有通过，请重试。' },
    certificate: {
      expired: '证书已过期，请向签发机构更新。', not_yet_valid: '证书尚未生效，请检查电脑的日期和时间。', revoked: '证书已被吊销。', unknown_issuer: '这张证书不是受信任的机构签发的。',
      weak: '证书使用了过弱的算法，请更换。', invalid: '证书不能用于此用途。', malformed: '证书文件已损坏。', other: '证书没有通过检查。',
    },
    cms: { other: '签名没有通过检查，请重新登录后再试。' },
    pkcs12: { password: '证书文件的密码不正确。', malformed: '这不是有效的证书文件（.p12 或 .pfx）。', no_key: '文件里没有私钥。请用包含私钥的证书文件。', unsupported: '证书文件的加密方式太旧，请用 AES-256 重新导出。' },
    key: {
      unwrap: '密钥无法用这个密码或恢复码打开。', recovery_code: '恢复码应为 26 位字母和数字，请对照检查。', mismatch: '密钥与证书不匹配。', weak_parameters: '服务器要求的保护强度过低，已停止。', other: '密钥无法使用。',
    },
    seal: { not_a_recipient: '这份内容不是加密给当前账户的，无法打开。', other: '加密内容已损坏或被改动，没有打开。' },
    message: { malformed: '收到的数据格式不对。' },
    worker: { failed: '浏览器后台处理中断，请重试。' },
    item: { unknown: '没有这个事项，可能已经下架。' },
    catalogue: { other: '事项目录有误，这个事项暂时不能办理。请联系服务热线。' },
    number: { other: '暂时不能编出申报号，请稍后再提交。已填写的内容不会丢失。' },
    draft: {
      unknown: '没有找到这份草稿，可能已提交或已删除。', version: '草稿在别处被修改过。', seal: '草稿没有通过检查。', quota: '草稿数量已达上限，请先删除不需要的草稿。', precondition: '草稿版本信息缺失。', format: '这份草稿由更新的页面保存，请刷新页面。',
    },
    declaration: { unknown: '没有找到这份申报。', submitted: '这份申报已经提交，目前无需补正。' },
    notice: { unknown: '没有找到这份通知。', other: '这份通知与申报不符，没有打开。' },
    upload: {
      unknown: '上传记录不存在，请重新上传这个文件。', offset: '上传位置不一致，正在重新对齐。', too_long: '上传的内容超过了声明的大小。', seal: '上传的内容没有通过检查，请移除后重新上传。', size: '单个文件不能超过 2 GB。',
      other_size: '文件大小与之前不一致，请移除后重新上传。', quota: '已上传未提交的文件太多，请先提交或删除。', disk_full: '服务器存储空间暂时不足，请稍后继续。', used: '这个文件已随申报提交。',
    },
    submission: {
      exists: '这份申报已经提交过。', taken: '这份申报已经提交过。', no_supplement: '目前没有需要补正的通知。', item_version: '事项已更新，请重新打开表单核对后提交。', item_unknown: '事项已下架，暂不能申报。', audience: '这个事项不面向您的账户类型。',
      signer: '签名所用的证书不属于当前账户，请重新登录。', recipients: '主管部门的证书已更新，请刷新页面后再提交。', clock: '您的电脑时间与实际相差超过两天，请校准后再提交。', material_missing: '缺少必需的材料。',
      material_unknown: '有一份材料不属于这个事项。', material_count: '文件数量超过了规定。', material_size: '有文件超过规定大小。', upload_missing: '有材料没有上传到服务器，请重新上传。', upload_incomplete: '有材料还没有上传完。', other: '提交没有被接受。',
    },
    dossier: { too_large: '申报内容太大。', malformed: '申报内容格式不对。', other: '申报内容没有通过检查。', other_case: '补正内容与原申报的申请人或事项不一致。' },
    check: { unknown: '没有查到这份文书。' },
    material: {
      changed: '文件在读取时被修改、移动或删除，请重新选择。', incomplete: '材料没有完整送达。', missing: '缺少这份材料。', required: '缺少这份材料。', type: '文件类型不符合要求。', too_large: '文件超过规定大小。', too_many: '文件数量超过规定。',
      empty: '文件是空的。', file_name: '文件名不符合要求。', unknown: '这份材料不属于该事项。', other: '材料没有通过检查。',
    },
    inspection: {
      virus: '文件中发现病毒。', macro: '文件含有宏，请另存为不含宏的格式。', active_content: '文件含有脚本等活动内容，请去除后重新上传。', encrypted: '文件设置了密码，请取消密码后重新上传。',
      type_mismatch: '文件的真实类型与扩展名不符。', archive_bomb: '压缩文件异常，已拒绝。', unreadable: '文件已损坏，无法读取。', other: '文件没有通过安全检查。',
    },
    applicant: { audience: '这个事项不面向该类申请人。', certificate: '申请人信息与证书不一致。' },
    policy: { hold: '按规定需由工作人员放行。', hours: '不在交换时段，到时会自动继续。', rate: '交换量大，正在排队。', quota: '交换量已达上限，稍后继续。', stopped: '交换通道暂停，恢复后会自动继续。', other: '交换规则没有放行，工作人员会处理。' },
    bundle: { other: '交换包没有通过检查，工作人员会处理。' },
    unit: { other: '交换设备报告了问题，工作人员会处理。' },
  },
  findings: {
    required: { text: '请填写此项', 'long-text': '请填写此项', number: '请填写数字', integer: '请填写整数', date: '请选择日期', choice: '请选择一项', choices: '请至少选择一项', 'yes-no': '请选择是或否', rows: '请至少填写一行', group: '请填写此项', list: '请至少填写一行', other: '请填写此项' },
    type: { number: '请填写数字，例如 128.5', integer: '请填写整数', other: '填写的内容类型不对' },
    enum: '请从选项中选择',
    const: '此项的值不符合要求',
    minimum: '不能小于 {limit}',
    maximum: '不能大于 {limit}',
    exclusiveMinimum: '必须大于 {limit}',
    exclusiveMaximum: '必须小于 {limit}',
    multipleOf: '必须是 {multipleOf} 的倍数',
    minLength: '至少填写 {limit} 个字',
    maxLength: '最多填写 {limit} 个字',
    pattern: '格式不正确',
    minItems: { choices: '至少选择 {limit} 项', other: '至少填写 {limit} 行' },
    maxItems: { choices: '最多选择 {limit} 项', other: '最多填写 {limit} 行' },
    uniqueItems: '有重复的内容',
    contains: '缺少必需的内容',
    additionalProperties: '不需要填写此项',
    minProperties: '填写的内容太少',
    maxProperties: '填写的内容太多',
    not: '此项的值不符合要求',
    anyOf: '不符合任何一种允许的情况',
    oneOf: '应只符合一种情况',
    false: '此处不应填写',
    unknown: '不符合要求（{rule}）',
    format: {
      'resident-id': '身份证号不正确：应为 18 位，末位校验码须相符', uscc: '统一社会信用代码不正确：应为 18 位，末位校验码须相符', 'cn-mobile': '手机号应为 1 开头的 11 位数字',
      'cn-phone': '电话应为 11 位手机号，或区号加号码，如 0571-88001101', 'cn-postcode': '邮政编码应为 6 位数字', date: '请填写真实存在的日期', email: '邮箱地址不完整，请检查', other: '格式不正确',
    },
  },
  status: {
    draft: '草稿', submitted: '已提交', in_transit: '传输中', stopped: '传送受阻', received: '待受理', returned: '已退回', supplement_requested: '待补正', accepted: '已受理', not_accepted: '不予受理', initial_review: '初审中', re_review: '复审中',
    determination: '审定中', notification: '告知中', granted: '准予许可', refused: '不予许可', withdrawn: '已撤回', terminated: '已终止',
  },
};

// Another language has the same keys; the type check holds it to that.
export type Same<T> = { readonly [K in keyof T]: T[K] extends string ? string : Same<T[K]> };
