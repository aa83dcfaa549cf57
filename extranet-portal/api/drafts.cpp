// Drafts: sealed to the applicant himself, so that he goes on anywhere and nobody else reads them.
#include "extranet-portal/store/drafts.hpp"

#include <boost/json/array.hpp>

#include "extranet-portal/api/body.hpp"
#include "extranet-portal/api/guards.hpp"
#include "extranet-portal/api/handlers.hpp"
#include "extranet-portal/domain/submission.hpp"

namespace jindu::portal::api {
namespace {

constexpr std::size_t kDraftMax = 3 * 1024 * 1024;

std::string etag_of(std::uint64_t version) { return "\"" + std::to_string(version) + "\""; }

// If-Match: the version that is replaced.
result<std::uint64_t> replaced_version(const http::Request& request) {
  std::string_view text = request.header("if-match");
  const Error wrong{Fault::invalid, "draft.precondition", "If-Match holds the version that is replaced, or \"0\""};
  if (text.size() < 3 || text.size() > 20 || !text.starts_with('"') || !text.ends_with('"')) return wrong;
  std::uint64_t version = 0;
  for (const char c : text.substr(1, text.size() - 2)) {
    if (c < '0' || c > '9') return wrong;
    version = version * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (version > 0x7fffffff) return wrong;
  return version;
}

boost::json::object summary(const store::Draft& draft) {
  return {{"declaration_id", draft.declaration_id},
          {"version", draft.version},
          {"size", draft.size},
          {"updated_at", to_unix_ms(draft.updated)},
          {"item_id", draft.item_id}};
}

}  // namespace

Answer list_drafts(Portal& portal, http::Request& request) {
  std::vector<store::Draft> drafts;
  const auto read = portal.database.read(
      [&](storage::Transaction& tx) { drafts = store::drafts_of(tx, applicant(request).session.account.account_id); });
  if (!read) return read.error();
  boost::json::array list;
  for (const auto& draft : drafts) list.push_back(summary(draft));
  return private_json({{"drafts", list}});
}

Answer show_draft(Portal& portal, http::Request& request) {
  const auto id = uuid_parameter(request, "declaration_id", "draft.unknown");
  if (!id) return id.error();
  std::optional<store::Draft> draft;
  const auto read = portal.database.read([&](storage::Transaction& tx) {
    draft = store::find_draft(tx, applicant(request).session.account.account_id, *id);
  });
  if (!read) return read.error();
  if (!draft) return Error{Fault::not_found, "draft.unknown", "there is no such draft"};
  auto answer = summary(*draft);
  answer.erase("size");
  answer["sealed"] = to_base64(draft->sealed);
  return private_json(answer).with("ETag", etag_of(draft->version));
}

Answer save_draft(Portal& portal, http::Request& request) {
  const auto id = uuid_parameter(request, "declaration_id", "draft.unknown");
  if (!id) return id.error();
  const auto replaces = replaced_version(request);
  if (!replaces) return replaces.error();
  Body body(request);
  const std::string item_id = body.text("item_id", 1, 100);
  const Bytes sealed = body.base64("sealed", 1, kDraftMax);
  if (const auto read = body.finish(); !read) return read.error();
  const auto seal = seal::inspect_seal(sealed);
  if (!seal) return Error{Fault::integrity, "draft.seal", seal.error().detail, "/sealed"};

  const std::string& account = applicant(request).session.account.account_id;
  const auto now = portal.clock.now();
  store::Draft saved{*id, 0, item_id, sealed.size(), now};
  const auto written = portal.database.write([&](storage::Transaction& tx) {
    demand(check_draft_seal(account, *id, store::keys_of(tx, account), *seal));
    if (*replaces == 0 && store::count_drafts(tx, account) >= portal.limits.drafts)
      fail(Fault::limited, "draft.quota", "delete a draft first");
    const auto version = store::put_draft(tx, account, *id, *replaces, item_id, sealed, now);
    if (!version) fail(Fault::conflict, "draft.version", "the draft was saved or deleted elsewhere meanwhile");
    saved.version = *version;
  });
  if (!written) return written.error();
  return private_json(summary(saved)).with("ETag", etag_of(saved.version));
}

Answer remove_draft(Portal& portal, http::Request& request) {
  const auto id = uuid_parameter(request, "declaration_id", "draft.unknown");
  if (!id) return id.error();
  const std::string& account = applicant(request).session.account.account_id;
  const auto written = portal.database.write([&](storage::Transaction& tx) {
    store::delete_draft(tx, account, *id);
    store::release_uploads_for(tx, account, *id, portal.clock.now());
  });
  if (!written) return written.error();
  return http::Response::empty();
}

}  // namespace jindu::portal::api
