#pragma once
// What the console shows, read from the journal. Every view costs the same whatever waits.
#include <boost/json/value.hpp>

#include "exchange-gateway/unit/unit.hpp"

namespace jindu::gateway::views {

boost::json::object overview(storage::Transaction& t, const Unit& unit);
boost::json::object bundles(storage::Transaction& t, const Unit& unit, const store::BundleFilter& filter);
std::optional<boost::json::object> bundle(storage::Transaction& t, const Unit& unit, const std::string& id);
boost::json::object quarantine(storage::Transaction& t);
boost::json::object dismissed(storage::Transaction& t, std::int64_t limit);
// One of it with everything that is known, and the bytes themselves where `with_bytes`.
std::optional<boost::json::object> quarantined(storage::Transaction& t, const Unit& unit, const std::string& id,
                                               BytesView digest, bool with_bytes);
boost::json::object voyages(storage::Transaction& t, const Unit& unit);
boost::json::object epoch(storage::Transaction& t, const Unit& unit);
boost::json::object policy(const Policy& policy);
boost::json::object remark(const Remark& remark);
boost::json::object explanation(const Explanation& explanation);
boost::json::object alarms(storage::Transaction& t, const Unit& unit);
boost::json::object reconciliation(storage::Transaction& t, std::int64_t limit);
std::optional<boost::json::object> stretch(storage::Transaction& t, const std::string& day, const std::string& channel);
// The newest signed statements of both units, with the certificates between the root and their signers.
boost::json::object statements(storage::Transaction& t, const Unit& unit, std::int64_t limit);
boost::json::object log(storage::Transaction& t, const Unit& unit, std::int64_t before, std::int64_t limit);
// One JSON object a line, oldest first, each with the digest that chains it and the unit whose log it is; for keeping
// and checking elsewhere.
std::string log_lines(storage::Transaction& t, const Unit& unit);

}  // namespace jindu::gateway::views
