#pragma once
// What arrives from the portal: slices of materials, and dossiers.
#include "common/exchange/service/exchange.hpp"
#include "intranet-approval/exchange/office.hpp"

namespace jindu::approval {

std::map<std::string, exchange::Receiver> receivers(Office& office);

}  // namespace jindu::approval
