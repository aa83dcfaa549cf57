#pragma once
// Facts as JSON, for the event store and the API. Reading is strict: a history that says something this program does
// not understand is not folded into a wrong state, it is refused.
#include <boost/json/object.hpp>
#include <string_view>

#include "common/runtime/result.hpp"
#include "intranet-approval/domain/cases/event.hpp"

namespace jindu::approval {

boost::json::object to_json(const Fact& fact);

// Faults: unsupported "event.unknown_type"; integrity "event.malformed".
result<Fact> fact_from_json(std::string_view type, const boost::json::object& json);

boost::json::array to_json(const std::vector<CaseFinding>& findings);

std::string_view to_text(ActorKind kind);
result<ActorKind> actor_kind_from_text(std::string_view text);

}  // namespace jindu::approval
