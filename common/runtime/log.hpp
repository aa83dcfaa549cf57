#pragma once
// Logs: one JSON object per line on standard error; request id; no personal data; every untrusted text escaped.
#include <boost/json/object.hpp>
#include <string_view>

#include "common/runtime/result.hpp"

namespace jindu::log {

void start(std::string_view program, std::string_view level);  // trace, debug, info, warn, error

using Fields = boost::json::object;
void debug(std::string_view event, const Fields& fields = {});  // `event` is stable and dotted: "bundle.stored"
void info(std::string_view event, const Fields& fields = {});
void warn(std::string_view event, const Fields& fields = {});
void error(std::string_view event, const Fields& fields = {});
Fields of(const Error& error);  // code, detail, field

}  // namespace jindu::log
