#include "extranet-portal/api/guards.hpp"

#include "extranet-portal/api/body.hpp"

namespace jindu::portal::api {
namespace {

result<void> from_own_pages(const http::Request& request) {
  // Browsers say where a request comes from; programs that are no browsers say nothing and have no cookies to abuse.
  const auto site = request.header("sec-fetch-site");
  if (site.empty() || site == "same-origin" || site == "none") return {};
  return Error{Fault::forbidden, "session.other_site", "the request comes from another site's page"};
}

http::Guard with_session(Portal& portal, bool writing) {
  return [&portal, writing](http::Request& request) -> result<void> {
    if (const auto own = from_own_pages(request); writing && !own) return own.error();
    auto found = find_applicant(portal, request);
    if (!found) return found.error();
    if (!*found) return Error{Fault::unauthorised, "session.required", "there is no session, or it has ended"};
    if (writing && !csrf_holds((*found)->token, request.header(kCsrfHeader)))
      return Error{Fault::forbidden, "session.csrf", "the header X-CSRF-Token is missing or not this session's"};
    request.principal = std::move(**found);
    return {};
  };
}

std::string bucket_of(std::string_view what, std::string_view whom) {
  return std::string(what) + " " + std::string(whom);
}

void demand_no_wait(std::chrono::milliseconds wait) {
  if (wait.count() > 0)
    fail(Fault::limited, "rate.limited",
         "too often; try again in " + std::to_string(wait.count() / 1000 + 1) + " seconds");
}

}  // namespace

const Applicant& applicant(const http::Request& request) { return std::any_cast<const Applicant&>(request.principal); }

http::Guard public_reading() { return http::anyone(); }
http::Guard public_writing() { return from_own_pages; }
http::Guard session_reading(Portal& portal) { return with_session(portal, false); }
http::Guard session_writing(Portal& portal) { return with_session(portal, true); }

result<std::optional<Applicant>> find_applicant(Portal& portal, const http::Request& request) {
  const auto token = request.cookie(kSessionCookie);
  if (!token || token->size() != 43) return std::optional<Applicant>{};
  const auto key = session_key(*token);
  std::optional<store::Session> session;
  const auto read = portal.database.read([&](storage::Transaction& tx) { session = store::find_session(tx, key); });
  if (!read) return read.error();
  const auto now = portal.clock.now();
  if (!session || !session_holds(session->created, session->last_seen, now, portal.limits.session))
    return std::optional<Applicant>{};
  // Once a minute is enough to know that somebody is there.
  if (now - session->last_seen > std::chrono::minutes(1)) {
    const auto touched = portal.database.write([&](storage::Transaction& tx) { store::touch_session(tx, key, now); });
    if (!touched) return touched.error();
  }
  return std::optional<Applicant>(Applicant{std::move(*session), *token});
}

result<void> limit(Portal& portal, std::string_view what, std::string_view whom, const Rate& rate) {
  return portal.database.write([&](storage::Transaction& tx) { take_attempt(tx, portal, what, whom, rate); });
}

void take_attempt(storage::Transaction& tx, const Portal& portal, std::string_view what, std::string_view whom,
                  const Rate& rate) {
  demand_no_wait(store::attempt(tx, bucket_of(what, whom), rate, portal.clock.now()));
}

void demand_attempt(storage::Transaction& tx, const Portal& portal, std::string_view what, std::string_view whom,
                    const Rate& rate) {
  demand_no_wait(store::wait_before(tx, bucket_of(what, whom), rate, portal.clock.now()));
}

}  // namespace jindu::portal::api
