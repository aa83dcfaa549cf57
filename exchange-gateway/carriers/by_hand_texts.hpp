#pragma once
// What export and import say, in both languages.
#include <array>
#include <string_view>

namespace jindu::gateway {

enum class Say {
  written,
  wrote_nothing,
  no_room,
  half_written,
  own,
  duplicate,
  late,
  missing_before,
  foreign,
  addressee,
  tampered,
  taken,
  bundle_damaged,
  nothing_here,
  not_now,
  not_a_medium,
  again,
  restored,
  over_rate
};
// Numbers and names stand for {}.
inline constexpr std::array<std::array<std::string_view, 2>, 19> kTexts{{
    {"航次 {} 已写入并校验：{} 个交换包，{} 字节", "voyage {} written: {} bundles, {} bytes"},
    {"没有待运的交换包", "nothing waits to be carried"},
    {"介质空间不足，其余的留待下一个介质", "the medium is full; the rest waits for another one"},
    {"{}：未写完（介质被提前拔出？），已忽略，请让对方重新导出",
     "{}: half-written, as when a medium is pulled out; ignored. Have it exported again"},
    {"{}：本端写出的航次，对方尚未读取，未动", "{}: our own, not read by the other side yet; left as it is"},
    {"{}：重复，航次 {} 已经导入过", "{}: duplicate, voyage {} was imported before"},
    {"航次 {} 迟到：更晚的航次已先导入（正常处理）",
     "voyage {} is late: a later one was imported before it (taken all the same)"},
    {"航次 {} 之前缺少航次 {} 至 {}：可能在别的介质上",
     "before voyage {}, voyages {} to {} have not come: another medium may have them"},
    {"{}：来自另一套部署，已拒绝（{}）", "{}: from another deployment, refused ({})"},
    {"{}：不是发给本端的，已拒绝（{}）", "{}: for somebody else, refused ({})"},
    {"{}：清单被改动或损坏，已拒绝（{}），请让对方重新导出",
     "{}: its manifest was changed or damaged, refused ({}). Have it exported again"},
    {"航次 {} 已导入：{} 个交换包", "voyage {} imported: {} bundles"},
    {"  交换包 {} 缺失或被改动，对方会重发",
     "  bundle {} is missing or was changed; the other side will send it again"},
    {"介质上没有发给本端的航次", "there is no voyage for us on this medium"},
    {"本端现在无法接收，请稍后重试同一介质：{}",
     "this unit cannot take anything just now; try the same medium later: {}"},
    {"{} 不是可用的介质目录", "{} is not a directory of a medium"},
    {"航次 {} 视为遗失，其内容将再次写出", "voyage {} is taken to be lost; what it had is written again"},
    {"本端是从较旧的备份恢复的；两人批准新纪元（ctl epoch approve）之前，什么都不写出",
     "this unit was restored from an older copy; until two people have approved a new epoch (ctl epoch approve) "
     "nothing "
     "is written"},
    {"航次 {} 还有 {} 个交换包超过策略规定的速率，其余已导入；请过几分钟再导入同一介质",
     "voyage {}: {} bundles are over the rate of the policy, the rest is imported; import the same medium again in "
     "some "
     "minutes"},
}};

}  // namespace jindu::gateway
