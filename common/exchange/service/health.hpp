#pragma once
// How the way to the other side is doing, as the database of a service says it. Asked often, by dashboards: no
// statement looks at what has ended well, which is nearly all of it.
#include "common/exchange/service/exchange.hpp"

namespace jindu::exchange {

// All of a TransitHealth but what only the running service knows.
TransitHealth transit_health(storage::Transaction& transaction);
// How many messages are put aside.
std::int64_t number_aside(storage::Transaction& transaction);
// Keeps when the other side was last heard of, where it is later than what is kept.
void other_side_heard(storage::Transaction& transaction, Instant at);
// The same of all receipts so far, once, in a database of a program that did not keep it.
void look_back_for_other_side(storage::Transaction& transaction, const std::string& unit);

}  // namespace jindu::exchange
