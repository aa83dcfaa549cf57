#pragma once
// What a unit offers to its own service, over mTLS. docs/exchange.md, "Unit API".
#include "common/http/server.hpp"
#include "exchange-gateway/unit/unit.hpp"

namespace jindu::gateway {

std::vector<http::Route> unit_routes(Unit& unit);

// Lets only the node with this Common Name in; the chain was checked by TLS.
http::Guard only_node(std::string name);

}  // namespace jindu::gateway
