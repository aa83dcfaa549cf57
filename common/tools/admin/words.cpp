#include "common/tools/admin/words.hpp"

namespace jindu::admin {

const Texts& all_words() {
  static const Texts words({
      {"built", "{file}：第 {serial} 号目录，{departments} 个部门，{items} 个事项，{bytes} 字节",
       "{file}: serial {serial}, {departments} departments, {items} service items, {bytes} bytes"},
      {"good", "{file}：没有错误，{items} 个事项", "{file}: good, {items} service items"},
      {"signed", "{file}：已由 {signer} 签名", "{file}: signed by {signer}"},

      // By code. {said} is where the mistake is and, in English, what it is.
      {"mistake.file.unreadable", "文件读不了：{said}", "{said}"},
      {"mistake.file.too_large", "文件超出允许的大小：{said}", "{said}"},
      {"mistake.file.full", "磁盘已满：{said}", "{said}"},
      {"mistake.file.write", "文件写不了：{said}", "{said}"},
      {"mistake.json.syntax", "不是正确的 JSON：{said}", "{said}"},
      {"mistake.catalogue.folder", "目录的文件夹不全：{said}", "{said}"},
      {"mistake.catalogue.syntax", "目录写得不对：{said}", "{said}"},
      {"mistake.catalogue.department", "部门写得不对：{said}", "{said}"},
      {"mistake.catalogue.item", "事项写得不对：{said}", "{said}"},
      {"mistake.catalogue.duplicate", "有两项编码相同：{said}", "{said}"},
      {"mistake.catalogue.unknown_department", "没有这个部门：{said}", "{said}"},
      {"mistake.calendar.malformed", "日历写得不对：{said}", "{said}"},
      {"mistake.calendar.contradiction", "日历自相矛盾：{said}", "{said}"},
      {"mistake.calendar.no_weekend", "调休上班的不是周末：{said}", "{said}"},
      {"mistake.calendar.other_year", "日期不属于这一年：{said}", "{said}"},
      {"mistake.schema.malformed", "表单规则写得不对：{said}", "{said}"},
      {"mistake.schema.keyword", "表单规则不能这样写：{said}", "{said}"},
      {"mistake.schema.format", "表单规则所写的格式不认识：{said}", "{said}"},
      {"mistake.schema.pattern", "表单规则的正则表达式不能用：{said}", "{said}"},
      {"mistake.schema.reference", "表单规则的引用不对：{said}", "{said}"},
      {"mistake.certificate.file", "证书文件读不了：{said}", "{said}"},
      {"mistake.certificate.malformed", "证书无法解析：{said}", "{said}"},
      {"mistake.cms.signer", "密钥与证书不配：{said}", "{said}"},
      {"mistake.cms.too_large", "签名过大：{said}", "{said}"},
      {"mistake.key.pkcs12", "PKCS#12 文件读不了，或口令不对：{said}", "{said}"},

      {"help", "津渡的管理工具：事项目录和表单", "Administration of Jindu: the catalogue of service items, and forms"},
      {"help.catalogue", "事项目录", "The catalogue of service items"},
      {"help.catalogue.build", "把各文件合成一个目录并检查", "Put a catalogue together and check it"},
      {"help.catalogue.build.folder", "含 departments.json、items/ 和 calendar/ 的文件夹",
       "With departments.json, items/ and calendar/"},
      {"help.catalogue.build.certificates", "部门证书 department-<id>.pem 所在的文件夹",
       "Folder of department-<id>.pem"},
      {"help.catalogue.build.serial", "目录序号，必须大于以前的", "Number of the release; must grow"},
      {"help.catalogue.check", "检查目录，有错误则说明在哪里", "Say whether a catalogue is good, and if not where"},
      {"help.catalogue.sign", "以目录编辑的身份签名（CMS，签名单独存放）",
       "Sign a catalogue as its editor (CMS, detached)"},
      {"help.catalogue.sign.p12", "目录编辑的证书和私钥（PKCS#12）", "The editor's PKCS#12"},
      {"help.catalogue.sign.passphrase_file", "存放其口令的文件", "File that holds its passphrase"},
      {"help.catalogue.file", "目录文件", "The catalogue"},
      {"help.form", "表单", "Forms"},
      {"help.form.check", "列出门户和工作台会指出的问题", "Print the findings that portal and workbench would show"},
      {"help.form.check.schema", "JSON Schema，或一个事项", "A JSON Schema or a service item"},
      {"help.form.check.data", "所填的数据", "The form's data"},
      {"help.form.check.json", "以 JSON 列表输出", "As a JSON list"},
      {"help.output", "写到这个文件", "File to write"},
  });
  return words;
}

}  // namespace jindu::admin
