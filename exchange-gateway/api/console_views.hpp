#pragma once
// What the console shows, read from the journal.
#include <boost/json/value.hpp>

#include "exchange-gateway/unit/unit.hpp"

namespace jindu::gateway::views {

boost::json::object overview(storage::Transaction& t, const Unit& unit);
boost::json::object bundles(storage::Transaction& t, const store::BundleFilter& filter);
std::optional<boost::json::object> bundle(storage::Transaction& t, const std::string& id);
boost::json::object voyages(storage::Transaction& t);
// Count and Merkle root of the bundles of each channel, in order, up to where nothing is missing and all have ended,
// and at most up to `upto`: for the same number both units must say the same.
boost::json::object reconciliation(storage::Transaction& t, std::int64_t upto);
boost::json::object log(storage::Transaction& t);

}  // namespace jindu::gateway::views
