#pragma once
// What operators see and do: exchange-gateway/api/openapi.json.
#include "exchange-gateway/unit/settings.hpp"

namespace jindu::gateway {

std::vector<http::Route> console_routes(Unit& unit, const std::vector<Operator>& operators, std::string carrier);

}  // namespace jindu::gateway
