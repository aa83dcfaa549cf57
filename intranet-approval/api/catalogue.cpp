#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "intranet-approval/api/api.hpp"
#include "intranet-approval/api/json.hpp"
#include "intranet-approval/domain/numbers/number.hpp"
#include "intranet-approval/exchange/outgoing.hpp"
#include "intranet-approval/store/releases.hpp"

namespace jindu::approval::api {
namespace {

namespace json = boost::json;

json::object summary(const catalogue::Catalogue& catalogue, Instant published) {
  json::array departments, items, years;
  for (const auto& d : catalogue.departments) departments.push_back({{"id", d.id}, {"name", to_json(d.name)}});
  for (const auto& i : catalogue.items) items.push_back(item_reference(i, &catalogue));
  for (const int year : catalogue.calendar.years()) years.push_back(json::value(std::to_string(year)));
  return {{"serial", catalogue.serial},
          {"published_at", to_unix_ms(published)},
          {"departments", std::move(departments)},
          {"items", std::move(items)},
          {"calendar_years", std::move(years)}};
}

// What a catalogue must be beyond its own form: procedures that end, departments whose key we hold, certificates we
// trust.
result<catalogue::Catalogue> check(Office& office, std::string_view text) {
  auto parsed = catalogue::parse_catalogue(text);
  if (!parsed) return parsed.error();
  const auto at = [&](const Error& error, const std::string& pointer) {
    return Error{error.fault, error.code,
                 "line " + std::to_string(catalogue::line_of(text, pointer)) + ": " + error.detail, pointer};
  };
  for (std::size_t i = 0; i < parsed->items.size(); ++i) {
    const auto& item = parsed->items[i];
    const auto pointer = "/items/" + std::to_string(i);
    if (auto ok = check_procedure(procedure_of(item)); !ok) return at(ok.error(), pointer + "/workflow");
    for (const auto& [kind, paper] : {std::pair{"grant", &item.grant}, std::pair{"refusal", &item.refusal}})
      if (auto ok = format_number(paper->number_template, {"XX", item.code, 2026, 1}); !ok)
        return at(ok.error(), pointer + "/documents/" + kind + "/number_template");
  }
  for (std::size_t i = 0; i < parsed->departments.size(); ++i) {
    const auto& d = parsed->departments[i];
    const auto pointer = "/departments/" + std::to_string(i);
    const auto key = office.departments.find(d.id);
    if (key == office.departments.end())
      return at({Fault::invalid, "catalogue.department", "no key is configured for '" + d.id + "'"}, pointer);
    auto certificate = crypto::Certificate::from_der(d.certificate);
    if (!certificate)
      return at({Fault::invalid, "catalogue.department", certificate.error().detail}, pointer + "/certificate");
    if (certificate->key_id() != key->second.key.key_id())
      return at({Fault::invalid, "catalogue.department", "the certificate is not that of the configured key"},
                pointer + "/certificate");
  }
  return parsed;
}

}  // namespace

result<http::Response> read_catalogue(Context& context, http::Request&) {
  json::object answer;
  auto ok = context.office.database.read([&](storage::Transaction& t) {
    const auto release = store::latest_release(t);
    const auto catalogue = context.office.catalogue(t);
    answer = release && catalogue ? summary(*catalogue, release->published_at)
                                  : json::object{{"serial", 0},
                                                 {"published_at", 0},
                                                 {"departments", json::array{}},
                                                 {"items", json::array{}},
                                                 {"calendar_years", json::array{}}};
  });
  if (!ok) return ok.error();
  return http::Response::json(answer);
}

result<http::Response> read_release(Context& context, http::Request&) {
  std::optional<store::Release> release;
  auto ok = context.office.database.read([&](storage::Transaction& t) { release = store::latest_release(t); });
  if (!ok) return ok.error();
  if (!release) return Error{Fault::not_found, "catalogue.none", "no catalogue was published yet"};
  return http::Response{
      200,
      {{"Content-Type", "application/json"},
       {"Content-Disposition", "attachment; filename=\"catalogue-" + std::to_string(release->serial) + ".json\""}},
      std::string(text_of(release->catalogue))};
}

result<http::Response> read_item(Context& context, http::Request& request) {
  const auto text = request.parameter("version");
  int version = 0;
  std::from_chars(text.data(), text.data() + text.size(), version);
  std::shared_ptr<const catalogue::Item> item;
  auto ok = context.office.database.read(
      [&](storage::Transaction& t) { item = context.office.item(t, std::string(request.parameter("id")), version); });
  if (!ok) return ok.error();
  if (!item) return Error{Fault::not_found, "catalogue.no_such_item", "this version of the item was never published"};
  return http::Response::json(item->json);
}

result<http::Response> check_catalogue(Context& context, http::Request& request) {
  auto checked = check(context.office, text_of(request.body));
  json::array findings;
  if (!checked)
    findings.push_back({{"pointer", checked.error().field},
                        {"rule", checked.error().code},
                        {"line", catalogue::line_of(text_of(request.body), checked.error().field)},
                        {"message_en", checked.error().detail}});
  return http::Response::json(
      {{"valid", checked.has_value()}, {"serial", checked ? checked->serial : 0}, {"findings", std::move(findings)}});
}

result<http::Response> publish_catalogue(Context& context, http::Request& request) {
  auto& office = context.office;
  const auto& official = who(request);
  auto body = body_object(request);
  if (!body) return body.error();
  auto bytes = base64_member(*body, "catalogue", 12 * 1024 * 1024),
       signature = base64_member(*body, "signature", 64 * 1024);
  if (!bytes) return bytes.error();
  if (!signature) return signature.error();
  if (auto own = check_own_signature(office, official, *signature, *bytes, "catalogue.signer"); !own)
    return own.error();
  auto checked = check(office, text_of(*bytes));
  if (!checked) return checked.error();
  store::Release release{checked->serial, office.now(), official.fingerprint, *bytes, *signature};
  std::vector<store::ItemBody> items;
  for (const auto& item : checked->items) {
    const auto text = json::serialize(item.json);
    const auto digest = crypto::sha256(bytes_of(text));
    items.push_back({item.id, item.version, Bytes(digest.begin(), digest.end()), Bytes(text.begin(), text.end())});
  }
  auto ok = office.database.write([&](storage::Transaction& t) {
    const auto latest = store::latest_release(t);
    if (latest && latest->serial == release.serial && latest->catalogue == release.catalogue) return;  // the same again
    if (latest && latest->serial >= release.serial)
      throw ErrorException({Fault::conflict, "catalogue.serial",
                            "release " + std::to_string(latest->serial) + " is in force: the serial must grow",
                            "/serial"});
    store::put_release(t, release, items);
    send_catalogue(t, release, *checked);
  });
  if (!ok) return ok.error();
  context.exchange.wake();
  if (context.calendar_changed) context.calendar_changed();
  return http::Response::json(summary(*checked, release.published_at));
}

}  // namespace jindu::approval::api
