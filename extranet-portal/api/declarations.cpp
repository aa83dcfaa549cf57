// What an applicant sees of his declarations.
#include "extranet-portal/store/declarations.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <charconv>

#include "common/exchange/service/exchange.hpp"
#include "common/exchange/service/sent_anew.hpp"
#include "extranet-portal/api/body.hpp"
#include "extranet-portal/api/guards.hpp"
#include "extranet-portal/api/handlers.hpp"
#include "extranet-portal/store/notices.hpp"
#include "extranet-portal/store/published.hpp"

namespace jindu::portal::api {
namespace {

// The item's name in the version applied for.
boost::json::value item_name(storage::Transaction& tx, const CatalogueView& catalogue,
                             const store::Declaration& declaration) {
  const auto current = catalogue.items.find(declaration.item_id);
  if (current != catalogue.items.end() && current->second.version == declaration.item_version)
    return current->second.name;
  if (const auto item = store::find_item_version(tx, declaration.item_id, declaration.item_version))
    return boost::json::parse(item->body).at("name");
  return boost::json::object{{"zh", declaration.item_id}, {"en", declaration.item_id}};
}

boost::json::object summary(storage::Transaction& tx, const CatalogueView& catalogue, const store::Declaration& d) {
  return {{"declaration_id", d.declaration_id},
          {"declaration_number", d.declaration_number},
          {"item_id", d.item_id},
          {"item_version", d.item_version},
          {"item_name", item_name(tx, catalogue, d)},
          {"status", d.progress.status},
          {"stage", d.progress.stage},
          {"received_at", to_unix_ms(d.received)},
          {"updated_at", to_unix_ms(d.updated)}};
}

// One's own declaration; another's looks like none.
store::Declaration own_declaration(storage::Transaction& tx, const http::Request& request, const std::string& id) {
  auto declaration = store::find_declaration(tx, id);
  if (!declaration || declaration->account_id != applicant(request).session.account.account_id)
    fail(Fault::not_found, "declaration.unknown", "there is no such declaration");
  return std::move(*declaration);
}

boost::json::array submissions_json(storage::Transaction& tx, const std::string& id) {
  boost::json::array list;
  for (const auto& submission : store::submissions_of(tx, id))
    list.push_back(boost::json::object{{"number", submission.number},
                                       {"kind", submission.kind},
                                       {"received_at", to_unix_ms(submission.received)},
                                       {"content_sha256", to_hex(submission.content_sha256)},
                                       {"parts", submission.parts}});
  return list;
}

boost::json::array steps_json(storage::Transaction& tx, const std::string& id) {
  boost::json::array list;
  for (const auto& step : store::steps_of(tx, id))
    list.push_back(boost::json::object{{"status", step.status}, {"stage", step.stage}, {"at", to_unix_ms(step.at)}});
  return list;
}

boost::json::array notices_json(storage::Transaction& tx, const std::string& id) {
  boost::json::array list;
  for (const auto& notice : store::notices_of(tx, id))
    list.push_back(boost::json::object{{"notice_id", notice.notice_id},
                                       {"kind", notice.kind},
                                       {"at", to_unix_ms(notice.at)},
                                       {"size", notice.size},
                                       {"fetched", notice.fetched}});
  return list;
}

boost::json::array transit_json(storage::Transaction& tx, const std::string& id) {
  boost::json::array list;
  const auto anew = jindu::exchange::sent_anew(tx, id);
  for (const auto& rung : jindu::exchange::timeline(tx, id))
    list.push_back(boost::json::object{{"bundle_id", rung.bundle},
                                       {"kind", rung.kind},
                                       {"rung", rung.rung},
                                       {"party", rung.party},
                                       {"at", to_unix_ms(rung.at)},
                                       {"code", rung.code},
                                       {"sent_anew", anew.contains(rung.bundle)}});
  return list;
}

// Why what was submitted does not leave; none: it has left, or does.
std::optional<jindu::exchange::Trouble> held_up(Portal& portal, storage::Transaction& tx, const std::string& id) {
  const auto unsent = jindu::exchange::unsent(tx, id);
  if (unsent.aside || !unsent.any) return unsent.aside;
  return portal.sending_stopped();
}

result<std::uint64_t> number_of(std::string_view text, std::uint64_t absent, std::uint64_t most,
                                const std::string& name) {
  if (text.empty()) return absent;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 1 || number > most)
    return Error{Fault::invalid, "http.query", name + " is a whole number from 1 to " + std::to_string(most), name};
  return number;
}

}  // namespace

Answer list_declarations(Portal& portal, http::Request& request) {
  const auto count = number_of(request.query_value("limit"), 20, 100, "limit");
  if (!count) return count.error();
  const std::string cursor(request.query_value("cursor"));
  boost::json::array list;
  std::string next;
  const auto read = portal.database.read([&](storage::Transaction& tx) {
    list.clear();
    const auto catalogue = portal.catalogue.newest(tx);
    const auto page =
        store::declarations_of(tx, applicant(request).session.account.account_id, cursor, static_cast<int>(*count));
    for (const auto& declaration : page.declarations) {
      auto entry = summary(tx, *catalogue, declaration);
      entry["due_date"] = declaration.progress.due_date;
      entry["unread_notices"] = store::count_unread(tx, declaration.declaration_id);
      list.push_back(std::move(entry));
    }
    next = page.next_cursor;
  });
  if (!read) return read.error();
  return private_json({{"declarations", list}, {"next_cursor", next}});
}

Answer show_declaration(Portal& portal, http::Request& request) {
  const auto id = uuid_parameter(request, "declaration_id", "declaration.unknown");
  if (!id) return id.error();
  boost::json::object answer;
  const auto read = portal.database.read([&](storage::Transaction& tx) {
    const auto declaration = own_declaration(tx, request, *id);
    const auto& progress = declaration.progress;
    answer = summary(tx, *portal.catalogue.newest(tx), declaration);
    answer["acceptance_number"] = progress.acceptance_number;
    answer["supplement_open"] = awaits_supplement(progress);
    answer["steps"] = steps_json(tx, *id);
    answer["deadlines"] = boost::json::object{{"due_date", progress.due_date},
                                              {"statutory_due_date", progress.statutory_due_date},
                                              {"working_days_left", progress.working_days_left},
                                              {"provisional", progress.provisional}};
    answer["submissions"] = submissions_json(tx, *id);
    answer["notices"] = notices_json(tx, *id);
    answer["transit"] = transit_json(tx, *id);
    if (const auto trouble = held_up(portal, tx, *id))
      answer["held_up"] =
          boost::json::object{{"what", trouble->what}, {"code", trouble->code}, {"since", to_unix_ms(trouble->since)}};
  });
  if (!read) return read.error();
  return private_json(answer);
}

Answer download_receipt(Portal& portal, http::Request& request) {
  const auto id = uuid_parameter(request, "declaration_id", "declaration.unknown");
  if (!id) return id.error();
  const auto number = number_of(request.query_value("number"), 1, 1000, "number");
  if (!number) return number.error();
  Bytes receipt;
  std::string name;
  const auto read = portal.database.read([&](storage::Transaction& tx) {
    const auto declaration = own_declaration(tx, request, *id);
    const auto submissions = store::submissions_of(tx, *id);
    if (*number > submissions.size())
      fail(Fault::not_found, "declaration.unknown", "there is no such submission", "number");
    receipt = submissions[*number - 1].receipt;
    name = declaration.declaration_number + (*number > 1 ? "-" + std::to_string(*number) : "") + ".receipt";
  });
  if (!read) return read.error();
  return http::Response::bytes(std::move(receipt), "application/octet-stream")
      .with("Content-Disposition", "attachment; filename=\"" + name + "\"")
      .with("Cache-Control", "no-store");
}

Answer download_content(Portal& portal, http::Request& request) {
  const auto id = uuid_parameter(request, "declaration_id", "declaration.unknown");
  if (!id) return id.error();
  const auto number = number_of(request.query_value("number"), 1, 1000, "number");
  if (!number) return number.error();
  std::optional<Bytes> content;
  const auto read = portal.database.read([&](storage::Transaction& tx) {
    own_declaration(tx, request, *id);
    content = store::sealed_content_of(tx, *id, static_cast<std::uint64_t>(*number));
    if (!content) fail(Fault::not_found, "declaration.unknown", "there is no such submission", "number");
  });
  if (!read) return read.error();
  return http::Response::bytes(std::move(*content), "application/octet-stream").with("Cache-Control", "no-store");
}

Answer download_notice(Portal& portal, http::Request& request) {
  const auto id = uuid_parameter(request, "declaration_id", "declaration.unknown");
  if (!id) return id.error();
  const auto notice_id = uuid_parameter(request, "notice_id", "notice.unknown");
  if (!notice_id) return notice_id.error();
  std::optional<store::Notice> notice;
  const auto read = portal.database.read([&](storage::Transaction& tx) {
    own_declaration(tx, request, *id);
    notice = store::find_notice(tx, *id, *notice_id);
    if (!notice) fail(Fault::not_found, "notice.unknown", "there is no such notice");
  });
  if (!read) return read.error();
  if (!notice->fetched) {
    const auto marked = portal.database.write(
        [&](storage::Transaction& tx) { store::mark_fetched(tx, *notice_id, portal.clock.now()); });
    if (!marked) return marked.error();
  }
  return http::Response::bytes(std::move(notice->sealed), "application/octet-stream").with("Cache-Control", "no-store");
}

}  // namespace jindu::portal::api
