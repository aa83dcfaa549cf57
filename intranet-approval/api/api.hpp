#pragma once
// The workbench's API: intranet-approval/api/openapi.json. Routes are rows; what they do stands in the files beside.
#include "common/exchange/service/exchange.hpp"
#include "common/http/server.hpp"
#include "intranet-approval/domain/people/official.hpp"
#include "intranet-approval/exchange/office.hpp"

namespace jindu::approval::api {

struct Context {
  Office& office;
  exchange::Service& exchange;
  std::string openapi;  // the document, as served
};

std::vector<http::Route> routes(Context context);

// Lets registered officials in, by their client certificate; with a role where one is named.
http::Guard official(Office& office, std::string role = {});
const Official& who(const http::Request& request);

// Handlers, by file: worklist.cpp, cases.cpp, commands.cpp, catalogue.cpp, status.cpp.
result<http::Response> me(Context& context, http::Request& request);
result<http::Response> worklist(Context& context, http::Request& request);
result<http::Response> read_case(Context& context, http::Request& request);
result<http::Response> read_material(Context& context, http::Request& request);
result<http::Response> read_document(Context& context, http::Request& request);
result<http::Response> give_command(Context& context, http::Request& request);
result<http::Response> decision_draft(Context& context, http::Request& request);
result<http::Response> decision_preview(Context& context, http::Request& request);
result<http::Response> read_catalogue(Context& context, http::Request& request);
result<http::Response> read_item(Context& context, http::Request& request);
result<http::Response> check_catalogue(Context& context, http::Request& request);
result<http::Response> publish_catalogue(Context& context, http::Request& request);
result<http::Response> overview(Context& context, http::Request& request);
result<http::Response> exchange_health(Context& context, http::Request& request);

}  // namespace jindu::approval::api
