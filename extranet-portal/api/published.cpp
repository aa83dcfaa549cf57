// What everybody may read: the catalogue, and whether a document is genuine.
#include "extranet-portal/store/published.hpp"

#include <boost/json/object.hpp>
#include <charconv>

#include "common/catalogue/calendar.hpp"
#include "extranet-portal/api/body.hpp"
#include "extranet-portal/api/guards.hpp"
#include "extranet-portal/api/handlers.hpp"
#include "extranet-portal/api/network.hpp"

namespace jindu::portal::api {
namespace {

bool names_tag(std::string_view if_none_match, const std::string& quoted) {
  while (!if_none_match.empty()) {
    const auto comma = if_none_match.find(',');
    auto entry = if_none_match.substr(0, comma);
    while (entry.starts_with(' ')) entry.remove_prefix(1);
    while (entry.ends_with(' ')) entry.remove_suffix(1);
    if (entry.starts_with("W/")) entry.remove_prefix(2);
    if (entry == quoted || entry == "*") return true;
    if (comma == std::string_view::npos) break;
    if_none_match.remove_prefix(comma + 1);
  }
  return false;
}

// Kept by browsers, and asked about each time: a new release is seen at once.
http::Response with_tag(const http::Request& request, const std::string& answer, const std::string& etag) {
  const std::string quoted = "\"" + etag + "\"";
  http::Response response = names_tag(request.header("if-none-match"), quoted)
                                ? http::Response::empty(304)
                                : http::Response{200, {{"Content-Type", "application/json"}}, answer};
  return std::move(response).with("ETag", quoted).with("Cache-Control", "no-cache");
}

result<std::shared_ptr<const CatalogueView>> newest(Portal& portal) {
  std::shared_ptr<const CatalogueView> view;
  const auto read = portal.database.read([&](storage::Transaction& tx) { view = portal.catalogue.newest(tx); });
  if (!read) return read.error();
  return view;
}

// A document that is valid by its record may have run out since.
std::string state_at(const store::Document& document, Instant now) {
  if (document.state != "valid" || document.valid_until.empty()) return document.state;
  return catalogue::to_iso(catalogue::local_day(now)) > document.valid_until ? "expired" : "valid";
}

Answer document_answer(Portal& portal, http::Request& request,
                       const std::function<std::optional<store::Document>(storage::Transaction&)>& find) {
  if (const auto held = limit(portal, "check", network_of(request.remote_address), portal.limits.check); !held)
    return held.error();
  std::optional<store::Document> document;
  boost::json::value item_name;
  const auto read = portal.database.read([&](storage::Transaction& tx) {
    document = find(tx);
    if (!document) return;
    const auto view = portal.catalogue.newest(tx);
    const auto item = view->items.find(document->item_id);
    item_name = item == view->items.end()
                    ? boost::json::value(boost::json::object{{"zh", document->item_id}, {"en", document->item_id}})
                    : item->second.name;
  });
  if (!read) return read.error();
  if (!document) return Error{Fault::not_found, "check.unknown", "no document was issued under this code or digest"};
  return private_json({{"check_code", document->check_code},
                       {"document_number", document->document_number},
                       {"document_kind", document->document_kind},
                       {"department", {{"zh", document->department_zh}, {"en", document->department_en}}},
                       {"item_id", document->item_id},
                       {"item_name", item_name},
                       {"issued_at", to_unix_ms(document->issued_at)},
                       {"valid_until", document->valid_until},
                       {"state", state_at(*document, portal.clock.now())},
                       {"sha256", to_hex(document->sha256)}});
}

}  // namespace

Answer show_catalogue(Portal& portal, http::Request& request) {
  const auto view = newest(portal);
  if (!view) return view.error();
  return with_tag(request, (*view)->answer, (*view)->etag);
}

Answer show_item(Portal& portal, http::Request& request) {
  const auto view = newest(portal);
  if (!view) return view.error();
  const std::string id(request.parameter("id"));
  const Error unknown{Fault::not_found, "item.unknown", "there is no such item"};
  const auto item = (*view)->items.find(id);
  const auto asked = request.query_value("version");
  if (asked.empty()) {
    if (item == (*view)->items.end()) return unknown;
    return with_tag(request, item->second.answer, item->second.etag);
  }
  std::uint32_t version = 0;
  const auto [end, error] = std::from_chars(asked.data(), asked.data() + asked.size(), version);
  if (error != std::errc{} || end != asked.data() + asked.size() || version == 0 || version > 0x7fffffff)
    return Error{Fault::invalid, "http.query", "version is a whole number from 1 on", "version"};
  if (item != (*view)->items.end() && item->second.version == version)
    return with_tag(request, item->second.answer, item->second.etag);
  std::optional<store::ItemBody> stored;
  const auto read =
      portal.database.read([&](storage::Transaction& tx) { stored = store::find_item_version(tx, id, version); });
  if (!read) return read.error();
  if (!stored) return unknown;
  const auto earlier = view_of_version(**view, stored->body);
  if (!earlier) return earlier.error();
  return with_tag(request, earlier->answer, earlier->etag);
}

Answer check_code(Portal& portal, http::Request& request) {
  // People type codes: in small letters, with spaces or hyphens, and with the letters Crockford's alphabet leaves out.
  std::string code;
  for (char c : request.parameter("code")) {
    if (c == ' ' || c == '-') continue;
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == 'O') c = '0';
    if (c == 'I' || c == 'L') c = '1';
    code += c;
  }
  return document_answer(portal, request, [&](storage::Transaction& tx) { return store::document_by_code(tx, code); });
}

Answer check_file(Portal& portal, http::Request& request) {
  Body body(request);
  const auto hex = body.text("sha256", 64, 64);
  if (const auto read = body.finish(); !read) return read.error();
  const auto bytes = from_hex(hex);
  const auto sha256 = bytes ? crypto::digest_from(*bytes) : result<crypto::Digest>(bytes.error());
  if (!sha256) return Error{Fault::invalid, "http.member", "sha256 is 64 hexadecimal digits", "/sha256"};
  return document_answer(portal, request,
                         [&](storage::Transaction& tx) { return store::document_by_digest(tx, *sha256); });
}

}  // namespace jindu::portal::api
