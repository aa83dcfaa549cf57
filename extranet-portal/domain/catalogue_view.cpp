#include "extranet-portal/domain/catalogue_view.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace jindu::portal {
namespace {

namespace json = boost::json;

json::object text_json(const catalogue::Localised& text) { return {{"zh", text.zh}, {"en", text.en}}; }

json::object department_json(const catalogue::Department& department) {
  return {{"id", department.id}, {"code", department.code}, {"name", text_json(department.name)}};
}

json::value guide_summary(const json::object& item) {
  if (const auto* guide = item.if_contains("guide"); guide != nullptr && guide->is_object())
    if (const auto* summary = guide->get_object().if_contains("summary"); summary != nullptr && summary->is_object())
      return *summary;
  return text_json({});
}

std::string tag_of(std::string_view answer) {
  const auto digest = crypto::sha256(bytes_of(answer));
  return to_hex(BytesView(digest).first(16));
}

result<std::map<std::string, DepartmentView>> departments_of(const catalogue::Catalogue& catalogue) {
  std::map<std::string, DepartmentView> departments;
  for (std::size_t i = 0; i < catalogue.departments.size(); ++i) {
    const auto& department = catalogue.departments[i];
    auto certificate = crypto::Certificate::from_der(department.certificate);
    if (!certificate)
      return Error{Fault::invalid, "catalogue.department_certificate", certificate.error().detail,
                   "/departments/" + std::to_string(i) + "/certificate"};
    departments.emplace(department.id, DepartmentView{department_json(department), std::move(*certificate)});
  }
  return departments;
}

ItemView item_view(const catalogue::Item& item, const DepartmentView& department, std::uint64_t serial) {
  ItemView view;
  view.version = static_cast<std::uint32_t>(item.version);
  view.published = json::serialize(item.json);
  view.name = item.json.at("name");
  json::object whole = item.json;
  json::object in_full = department.body;
  in_full["certificate"] = to_base64(department.certificate.der());
  whole["serial"] = serial;
  whole["department"] = std::move(in_full);
  view.answer = json::serialize(whole);
  view.etag = tag_of(view.answer);
  view.rules = item_rules(item, department.certificate);
  return view;
}

}  // namespace

result<CatalogueView> catalogue_view(BytesView catalogue_json, Instant published_at) {
  const auto parsed = catalogue::parse_catalogue(text_of(catalogue_json));
  if (!parsed) return parsed.error();
  CatalogueView view;
  view.serial = parsed->serial;
  view.published_at = published_at;
  auto departments = departments_of(*parsed);
  if (!departments) return departments.error();
  view.departments = std::move(*departments);

  json::array summaries;
  for (const auto& item : parsed->items) {
    const auto& department = view.departments.at(item.department);
    view.items.emplace(item.id, item_view(item, department, view.serial));
    summaries.push_back(json::object{{"id", item.id},
                                     {"version", item.version},
                                     {"code", item.code},
                                     {"name", text_json(item.name)},
                                     {"department", department.body},
                                     {"audience", item.json.at("audience")},
                                     {"summary", guide_summary(item.json)},
                                     {"limits", item.json.at("limits")}});
  }
  view.answer = json::serialize(
      json::object{{"serial", view.serial}, {"published_at", to_unix_ms(published_at)}, {"items", summaries}});
  view.etag = tag_of(view.answer);
  return view;
}

result<ItemView> view_of_version(const CatalogueView& view, std::string_view item_json) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 64;
  const auto value = json::parse(item_json, error, {}, options);
  if (error) return Error{Fault::internal, "catalogue.unreadable", "a stored item is no JSON"};
  const auto item = catalogue::parse_item(value);
  if (!item) return item.error();
  const auto department = view.departments.find(item->department);
  if (department == view.departments.end())
    return Error{Fault::not_found, "submission.item_unknown", "the item's department is not in the present release"};
  return item_view(*item, department->second, view.serial);
}

result<ItemRules> rules_of_version(const CatalogueView& view, std::string_view item_json) {
  auto version = view_of_version(view, item_json);
  if (!version) return version.error();
  return std::move(version->rules);
}

}  // namespace jindu::portal
