#pragma once
// Checks an exported operators' log by itself: the chain of digests, and with it that no line was changed, put in or
// taken out. That its end was not cut off shows only against a digest kept elsewhere, such as that in a statement of
// reconciliation, which the other unit holds.
#include "exchange-gateway/store/journal.hpp"

namespace jindu::gateway {

struct LogHead {
  std::int64_t number = 0;
  Bytes digest = {};
};
// The last line. Codes: log.malformed, log.broken; the field is the number of the line.
result<LogHead> check_log(std::string_view lines);

}  // namespace jindu::gateway
