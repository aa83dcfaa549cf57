#include "exchange-gateway/unit/warning_texts.hpp"

namespace jindu::gateway {

const Texts& warning_texts() {
  static const Texts texts({
      {"subject", "[津渡 {unit}] 通道 {channel}：{n} 个交换包超时未送达", "{n} bundles not delivered in time"},
      {"opening", "{unit} 的通道 {channel} 上有 {n} 个交换包超过 {time} 仍未送达并办结。",
       "{n} bundles of the channel {channel} at {unit} have not been delivered and concluded within {time}."},
      {"oldest", "其中最早的已等待 {time}。", "The oldest has been waiting for {time}."},
      {"named", "最早的若干个（编号、所处环节、已等待时间）：", "The oldest ones (id, where it stands, how long):"},
      {"more", "……另有 {n} 个。", "… and {n} more."},
      {"to_do", "怎么办：", "What to do:"},
      {"to_do.waiting",
       "等待载运：检查载体（链路、摆渡介质、光闸）和对端是否在线；`jindu-gateway ctl overview` "
       "显示上次听到对端的时间。",
       "waiting: look at the carrier (link, medium, diode) and whether the other unit runs; `jindu-gateway ctl "
       "overview` says when it was heard last."},
      {"to_do.carried", "已载运：对端已签收，请与对端值班人员联系，看其业务系统是否取走并办结。",
       "carried: the other unit has signed for it; ask its operators whether its service has fetched and concluded "
       "it."},
      {"to_do.ready", "待取：本端业务系统尚未取走或办结，检查它是否在运行。",
       "ready: our service has not fetched or concluded it; look whether it runs."},
      {"to_do.early",
       "等前一个：同一事项的前一个交换包未到；用 `jindu-gateway ctl search --state early` 查看，必要时用 `ctl request` "
       "请对端重送。",
       "early: one before it about the same subject is missing; see `jindu-gateway ctl search --state early`, and ask "
       "the other unit to bring it again with `ctl request` where needed."},
      {"to_do.held", "暂扣：等待放行员处理；`jindu-gateway ctl held`。",
       "held: waits for a releaser; `jindu-gateway ctl held`."},
      {"where", "每一个的全过程：`jindu-gateway ctl show 编号`，或在操作台按编号查询。",
       "The whole way of each: `jindu-gateway ctl show ID`, or search for its id in the console."},
      {"expiry", "交换包过了有效期，并且已这样提醒过两次之后，才会向发送方签发“过期”回执。",
       "A bundle's sender is told that it has expired only after its expiry and after two such warnings."},
      {"time.seconds", "{n} 秒", "{n} seconds"},
      {"time.minutes", "{n} 分钟", "{n} minutes"},
      {"time.hours", "{n} 小时", "{n} hours"},
      {"time.days", "{n} 天", "{n} days"},
  });
  return texts;
}

}  // namespace jindu::gateway
