#pragma once
// Reads members of what the console answers; what is not there is empty or 0. Much of it was said by other nodes: no
// text obeys a terminal.
#include <boost/json/object.hpp>
#include <cstdint>
#include <ctime>
#include <string>

#include "common/runtime/terminal.hpp"

namespace jindu::gateway {

inline std::string text(const boost::json::object& o, std::string_view name) {
  const auto* member = o.if_contains(name);
  return member && member->is_string() ? printable(member->as_string()) : std::string();
}

inline std::int64_t number(const boost::json::object& o, std::string_view name) {
  const auto* member = o.if_contains(name);
  if (!member) return 0;
  return member->is_int64()    ? member->as_int64()
         : member->is_uint64() ? static_cast<std::int64_t>(member->as_uint64())
                               : 0;
}

// In this place's time, to the second; "-" for never.
inline std::string time_of(std::int64_t ms) {
  if (ms <= 0) return "-";
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, "%F %T", &local));
}

}  // namespace jindu::gateway
