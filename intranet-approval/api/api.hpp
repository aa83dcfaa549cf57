#pragma once
// The workbench's API: intranet-approval/api/openapi.json. Routes are rows; what they do stands in the files beside.
#include "common/exchange/service/exchange.hpp"
#include "common/http/server.hpp"
#include "intranet-approval/domain/cases/state.hpp"
#include "intranet-approval/domain/people/official.hpp"
#include "intranet-approval/exchange/office.hpp"

namespace jindu::approval::api {

struct Context {
  Office& office;
  exchange::Service& exchange;
  std::string openapi;                     // the document, as served
  std::function<void()> calendar_changed;  // deadlines in rows are to be computed again
};

std::vector<http::Route> routes(Context context);

// Lets registered officials in, by their client certificate; with a role where one is named.
http::Guard official(Office& office, std::string role = {});
const Official& who(const http::Request& request);

// Personal data is for those whom the case's item gives a part in it, and for the leader of their department. For all
// others the case is as if it were not there: Fault::not_found "case.unknown".
result<void> may_read(const CaseState& state, const catalogue::Item* item, const Official& official);
// Whether the official has to do with cases of the department at all.
bool handles_cases(const catalogue::Catalogue& catalogue, const Official& official);

// The official's own signature: by the very certificate that opened the connection, trusted now. Field "/signature";
// codes cms.*, certificate.*, `signer_code` where somebody else signed.
result<void> check_own_signature(const Office& office, const Official& official, BytesView signature, BytesView content,
                                 const char* signer_code);

// Handlers, by file: worklist.cpp, cases.cpp, commands.cpp, catalogue.cpp, status.cpp, live.cpp.
result<http::Response> me(Context& context, http::Request& request);
result<http::Response> worklist(Context& context, http::Request& request);
result<http::Response> read_case(Context& context, http::Request& request);
result<http::Response> read_material(Context& context, http::Request& request);
result<http::Response> read_history(Context& context, http::Request& request);
result<http::Response> read_document(Context& context, http::Request& request);
result<http::Response> give_command(Context& context, http::Request& request);
result<http::Response> send_anew(Context& context, http::Request& request);
result<http::Response> decision_draft(Context& context, http::Request& request);
result<http::Response> decision_preview(Context& context, http::Request& request);
result<http::Response> read_catalogue(Context& context, http::Request& request);
result<http::Response> read_release(Context& context, http::Request& request);
result<http::Response> read_item(Context& context, http::Request& request);
result<http::Response> check_catalogue(Context& context, http::Request& request);
result<http::Response> publish_catalogue(Context& context, http::Request& request);
result<http::Response> overview(Context& context, http::Request& request);
result<http::Response> exchange_health(Context& context, http::Request& request);
result<http::Response> live(Context& context, http::Request& request);

}  // namespace jindu::approval::api
