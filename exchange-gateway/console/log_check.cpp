#include "exchange-gateway/console/log_check.hpp"

#include <boost/json/parse.hpp>

namespace jindu::gateway {
namespace {

std::optional<store::Act> act_from(std::string_view line) {
  boost::system::error_code code;
  const auto value = boost::json::parse(line, code);
  if (code || !value.is_object()) return {};
  const auto& o = value.as_object();
  store::Act act;
  for (const auto& [name, place] : {std::pair("number", &act.number), std::pair("at_ms", &act.at_ms)}) {
    const auto* member = o.if_contains(name);
    if (!member || !member->is_int64()) return {};
    *place = member->as_int64();
  }
  for (const auto& [name, place] : {std::pair("who", &act.who), std::pair("act", &act.act),
                                    std::pair("about", &act.about), std::pair("reason", &act.reason)}) {
    const auto* member = o.if_contains(name);
    if (!member || !member->is_string()) return {};
    *place = member->as_string();
  }
  const auto* digest = o.if_contains("digest");
  if (!digest || !digest->is_string()) return {};
  auto bytes = from_hex(digest->as_string());
  if (!bytes) return {};
  act.digest = std::move(*bytes);
  return act;
}

}  // namespace

result<LogHead> check_log(std::string_view lines) {
  LogHead head{0, Bytes(32)};
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    const auto line = lines.substr(0, end);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    const auto next = std::to_string(head.number + 1);
    const auto act = act_from(line);
    if (!act) return Error{Fault::invalid, "log.malformed", "line " + next + " is not a line of the log", next};
    if (act->number != head.number + 1)
      return Error{Fault::integrity, "log.broken", "line " + next + " is missing or out of place", next};
    if (store::digest_after(head.digest, *act) != act->digest)
      return Error{Fault::integrity, "log.broken", "line " + next + " does not follow the one before it", next};
    head = {act->number, act->digest};
  }
  return head;
}

}  // namespace jindu::gateway
