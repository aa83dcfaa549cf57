#pragma once
// What a unit offers to its own service, over mTLS.
#include "common/http/server.hpp"
#include "exchange-gateway/unit/unit.hpp"

namespace jindu::gateway {

std::vector<http::Route> unit_routes(Unit& unit);

// Lets only the node of this name in, and only with a key by which the unit knows it: that an authority which TLS
// believes has given somebody a certificate with that name is not enough. Codes: unit.no_certificate, unit.not_yours,
// unit.unknown_key.
http::Guard only_node(Unit& unit, std::string name);

}  // namespace jindu::gateway
