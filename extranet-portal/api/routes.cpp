// The whole API of the portal, one row each. extranet-portal/api/openapi.json describes it.
#include "extranet-portal/api/guards.hpp"
#include "extranet-portal/api/handlers.hpp"

namespace jindu::portal::api {

std::vector<http::Route> routes(Portal& portal) {
  using enum http::Method;
  constexpr std::size_t kNone = 0;
  constexpr std::size_t kSmall = 16 * 1024;
  constexpr std::size_t kLogin = 256 * 1024;
  constexpr std::size_t kDraft = 5 * 1024 * 1024;
  constexpr std::size_t kPart = 8 * 1024 * 1024;
  constexpr std::size_t kDossier = 12 * 1024 * 1024;
  const auto everybody = public_reading();
  const auto visitor = public_writing();
  const auto reading = session_reading(portal);
  const auto writing = session_writing(portal);
  const auto on = [&portal](auto handler) {
    return [&portal, handler](http::Request& request) { return handler(portal, request); };
  };
  return {
      // clang-format off
      {get,  "/api/v1/catalogue",                                              everybody, kNone,    on(show_catalogue)},
      {get,  "/api/v1/items/{id}",                                             everybody, kNone,    on(show_item)},
      {get,  "/api/v1/check/{code}",                                           everybody, kNone,    on(check_code)},
      {post, "/api/v1/check",                                                  visitor,   kSmall,   on(check_file)},

      {post, "/api/v1/accounts/citizen/parameters",                            visitor,   kSmall,   on(citizen_parameters)},
      {post, "/api/v1/accounts/citizen/register",                              visitor,   kSmall,   on(register_citizen)},
      {post, "/api/v1/accounts/citizen/recover",                               visitor,   kSmall,   on(recover_citizen)},
      {post, "/api/v1/session/citizen",                                        visitor,   kSmall,   on(login_citizen)},
      {post, "/api/v1/session/company/challenge",                              visitor,   kSmall,   on(company_challenge)},
      {post, "/api/v1/session/company",                                        visitor,   kLogin,   on(login_company)},
      {get,  "/api/v1/session",                                                everybody, kNone,    on(show_session)},
      {post, "/api/v1/session/logout",                                         writing,   kSmall,   on(logout)},

      {get,  "/api/v1/drafts",                                                 reading,   kNone,    on(list_drafts)},
      {get,  "/api/v1/drafts/{declaration_id}",                                reading,   kNone,    on(show_draft)},
      {put,  "/api/v1/drafts/{declaration_id}",                                writing,   kDraft,   on(save_draft)},
      {del,  "/api/v1/drafts/{declaration_id}",                                writing,   kSmall,   on(remove_draft)},

      {post, "/api/v1/declarations/{declaration_id}/uploads",                  writing,   kSmall,   on(start_upload)},
      {get,  "/api/v1/declarations/{declaration_id}/uploads/{upload_id}",      reading,   kNone,    on(show_upload)},
      {put,  "/api/v1/declarations/{declaration_id}/uploads/{upload_id}",      writing,   kPart,    on(append_upload)},
      {del,  "/api/v1/declarations/{declaration_id}/uploads/{upload_id}",      writing,   kSmall,   on(remove_upload)},
      {post, "/api/v1/declarations/{declaration_id}/submit",                   writing,   kDossier, on(submit)},

      {get,  "/api/v1/declarations",                                           reading,   kNone,    on(list_declarations)},
      {get,  "/api/v1/declarations/{declaration_id}",                          reading,   kNone,    on(show_declaration)},
      {get,  "/api/v1/declarations/{declaration_id}/receipt",                  reading,   kNone,    on(download_receipt)},
      {get,  "/api/v1/declarations/{declaration_id}/content",                  reading,   kNone,    on(download_content)},
      {get,  "/api/v1/declarations/{declaration_id}/notices/{notice_id}",      reading,   kNone,    on(download_notice)},
      // clang-format on
  };
}

}  // namespace jindu::portal::api
