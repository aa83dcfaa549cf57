#pragma once
// The body of a command as intranet-approval/api/openapi.json describes it.
#include <boost/json/object.hpp>
#include <string>

#include "common/http/server.hpp"
#include "intranet-approval/domain/cases/command.hpp"

namespace jindu::approval::api {

// What is asked, as read from the body; nothing of the case is known yet.
struct Asked {
  std::string name;
  std::string command_id;
  std::uint64_t expected_sequence = 0;
  OfficialCommand command;
  Bytes record, signature;  // determine
};

// A member that is "grant" or "refuse".
result<Outcome> outcome_member(const boost::json::object& body, std::string_view name);

// Codes: http.json, request.member, case.items_required; field: the member.
result<Asked> read_command(const http::Request& request);

}  // namespace jindu::approval::api
