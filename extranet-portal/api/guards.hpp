#pragma once
// Who asks, and whether it is really his browser that does.
#include "extranet-portal/api/portal.hpp"
#include "extranet-portal/store/sessions.hpp"

namespace jindu::portal::api {

// What a guard leaves in Request::principal.
struct Applicant {
  store::Session session;
  std::string token;
};
const Applicant& applicant(const http::Request& request);

// Anybody; what changes something must not come from another site's page.
http::Guard public_reading();
http::Guard public_writing();
// A session; for writing also its CSRF token. Codes session.required, session.csrf, session.other_site.
http::Guard session_reading(Portal& portal);
http::Guard session_writing(Portal& portal);

// The session of a request, if it has one that holds.
result<std::optional<Applicant>> find_applicant(Portal& portal, const http::Request& request);

// Takes one attempt out of a bucket named by `what` and `whom`; Fault::limited "rate.limited" when it is empty.
result<void> limit(Portal& portal, std::string_view what, std::string_view whom, const Rate& rate);
// The same in the caller's transaction, and whether there is an attempt to take; both throw.
void take_attempt(storage::Transaction& tx, const Portal& portal, std::string_view what, std::string_view whom,
                  const Rate& rate);
void demand_attempt(storage::Transaction& tx, const Portal& portal, std::string_view what, std::string_view whom,
                    const Rate& rate);

}  // namespace jindu::portal::api
