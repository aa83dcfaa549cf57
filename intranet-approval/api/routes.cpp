#include "intranet-approval/api/api.hpp"

#include <boost/json/parse.hpp>

#include "common/crypto/cms.hpp"
#include "intranet-approval/store/officials.hpp"

namespace jindu::approval::api {
namespace {

using http::Method;
using Work = result<http::Response> (*)(Context&, http::Request&);

http::Handler handler(std::shared_ptr<Context> context, Work work) {
  return [context = std::move(context), work](http::Request& request) { return work(*context, request); };
}

}  // namespace

http::Guard official(Office& office, std::string role) {
  return [&office, role = std::move(role)](http::Request& request) -> result<void> {
    if (!request.client_certificate)
      return Error{Fault::unauthorised, "official.no_certificate", "a client certificate is required"};
    auto certificate = crypto::Certificate::from_der(*request.client_certificate);
    if (!certificate) return certificate.error();
    std::optional<store::RegisteredOfficial> found;
    const auto fingerprint = to_hex(certificate->fingerprint());
    if (auto ok = office.database.read([&](storage::Transaction& t) { found = store::find_official(t, fingerprint); });
        !ok)
      return ok;
    // A connection may last longer than the certificate that opened it.
    const auto now = office.now();
    if (now < certificate->not_before() || now > certificate->not_after())
      return Error{Fault::unauthorised, "official.certificate_expired", "the certificate is not valid now"};
    if (!found)
      return Error{Fault::forbidden, "official.not_registered", "this certificate is not in the register of officials"};
    if (!role.empty() && !found->official.has(role))
      return Error{Fault::forbidden, "official.role", "this needs the role " + role};
    // A page of another origin cannot set this header without being asked first, and we answer no such question.
    if (request.method != Method::get && request.method != Method::head &&
        request.header("x-requested-with") != "jindu")
      return Error{Fault::forbidden, "request.cross_site", "the header X-Requested-With is missing"};
    request.principal = found->official;
    return {};
  };
}

result<void> may_read(const CaseState& state, const catalogue::Item* item, const Official& official) {
  const auto has_part = [&] {
    return official.has(kRoleLeader) || (item && std::any_of(item->stages.begin(), item->stages.end(),
                                                             [&](const auto& s) { return official.has(s.role); }));
  };
  if (state.exists() && state.department == official.department && has_part()) return {};
  return Error{Fault::not_found, "case.unknown", "there is no such case"};
}

bool handles_cases(const catalogue::Catalogue& catalogue, const Official& official) {
  if (official.has(kRoleLeader)) return true;
  for (const auto& item : catalogue.items)
    if (item.department == official.department)
      for (const auto& stage : item.stages)
        if (official.has(stage.role)) return true;
  return false;
}

result<void> check_own_signature(const Office& office, const Official& official, BytesView signature, BytesView content,
                                 const char* signer_code) {
  const auto at_signature = [](const Error& error) {
    return Error{error.fault, error.code, error.detail, "/signature"};
  };
  const auto by = crypto::cms_verify(signature, content);
  if (!by) return at_signature(by.error());
  if (to_hex(by->signer.fingerprint()) != official.fingerprint)
    return at_signature({Fault::forbidden, signer_code, "signed by somebody else"});
  // Programs often leave the issuing authority's certificate out.
  auto intermediates = office.trust.intermediates;
  intermediates.insert(intermediates.end(), by->others.begin(), by->others.end());
  if (const auto trusted = office.officials.verify(by->signer, intermediates, office.now()); !trusted)
    return at_signature(trusted.error());
  return {};
}

const Official& who(const http::Request& request) { return std::any_cast<const Official&>(request.principal); }

std::vector<http::Route> routes(Context given) {
  auto context = std::make_shared<Context>(std::move(given));
  const auto any = official(context->office);
  const auto editor = official(context->office, kRoleCatalogueEditor);
  constexpr std::size_t none = 0, small = 64 * 1024, command = 2 * 1024 * 1024, catalogue = 24 * 1024 * 1024;
  return {
      {Method::get, "/api/v1/me", any, none, handler(context, me)},
      {Method::get, "/api/v1/worklist", any, none, handler(context, worklist)},
      {Method::get, "/api/v1/cases/{id}", any, none, handler(context, read_case)},
      {Method::get, "/api/v1/cases/{id}/history", any, none, handler(context, read_history)},
      {Method::get, "/api/v1/cases/{id}/materials/{n}", any, none, handler(context, read_material)},
      {Method::get, "/api/v1/cases/{id}/documents/{n}", any, none, handler(context, read_document)},
      {Method::post, "/api/v1/cases/{id}/commands", any, command, handler(context, give_command)},
      {Method::post, "/api/v1/cases/{id}/resend", any, small, handler(context, send_anew)},
      {Method::post, "/api/v1/cases/{id}/decision-draft", any, small, handler(context, decision_draft)},
      {Method::post, "/api/v1/cases/{id}/decision-preview", any, small, handler(context, decision_preview)},
      {Method::get, "/api/v1/catalogue", any, none, handler(context, read_catalogue)},
      {Method::get, "/api/v1/items/{id}/{version}", any, none, handler(context, read_item)},
      {Method::get, "/api/v1/catalogue/release", editor, none, handler(context, read_release)},
      {Method::post, "/api/v1/catalogue/check", editor, catalogue, handler(context, check_catalogue)},
      {Method::post, "/api/v1/catalogue/publish", editor, catalogue, handler(context, publish_catalogue)},
      {Method::get, "/api/v1/overview", any, none, handler(context, overview)},
      {Method::get, "/api/v1/exchange", any, none, handler(context, exchange_health)},
      {Method::get, "/api/v1/live", any, none, handler(context, live)},
      {Method::get, "/api/openapi.json", any, none,
       [context](http::Request&) -> result<http::Response> {
         return http::Response{200, {{"Content-Type", "application/json"}}, context->openapi};
       }},
  };
}

}  // namespace jindu::approval::api
