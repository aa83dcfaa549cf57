#include "extranet-portal/domain/catalogue_view.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace jindu::portal {
namespace {

namespace json = boost::json;

Error fault(std::string code, std::string detail, std::string field) {
  return {Fault::invalid, "catalogue." + std::move(code), std::move(detail), std::move(field)};
}

std::string text(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool is_text_pair(const json::value* value) {
  return value != nullptr && value->is_object() && !text(value->get_object(), "zh").empty() &&
         !text(value->get_object(), "en").empty();
}

result<json::value> parse(std::string_view bytes) {
  json::parse_options options;
  options.max_depth = 64;
  boost::system::error_code error;
  auto value = json::parse(bytes, error, {}, options);
  if (error || !value.is_object()) return fault("malformed", "not a JSON object", "");
  return value;
}

result<std::map<std::string, DepartmentView>> departments_of(const json::object& root) {
  std::map<std::string, DepartmentView> departments;
  const auto* list = root.if_contains("departments");
  if (list == nullptr || !list->is_array()) return fault("malformed", "no list of departments", "/departments");
  for (std::size_t i = 0; i < list->get_array().size(); ++i) {
    const std::string at = "/departments/" + std::to_string(i);
    const auto* department = list->get_array()[i].if_object();
    if (department == nullptr) return fault("malformed", "not an object", at);
    const std::string id = text(*department, "id");
    if (id.empty() || !is_text_pair(department->if_contains("name")))
      return fault("malformed", "a department has an id and a name in both languages", at);
    const auto der = from_base64(text(*department, "certificate"));
    if (!der) return fault("department_certificate", "not base64", at + "/certificate");
    auto certificate = crypto::Certificate::from_der(*der);
    if (!certificate) return fault("department_certificate", certificate.error().detail, at + "/certificate");
    if (!departments.emplace(id, DepartmentView{*department, std::move(*certificate)}).second)
      return fault("malformed", "a department is named twice", at);
  }
  return departments;
}

json::object summary_of(const json::object& department) {
  return {{"id", department.at("id")}, {"code", text(department, "code")}, {"name", department.at("name")}};
}

json::value guide_summary(const json::object& item) {
  if (const auto* guide = item.if_contains("guide"); guide != nullptr && guide->is_object())
    if (const auto* summary = guide->get_object().if_contains("summary"); is_text_pair(summary)) return *summary;
  return json::object{{"zh", ""}, {"en", ""}};
}

std::string tag_of(std::string_view answer) {
  const auto digest = crypto::sha256(bytes_of(answer));
  return to_hex(BytesView(digest).first(16));
}

}  // namespace

result<CatalogueView> catalogue_view(BytesView catalogue_json, Instant published_at) {
  const auto parsed = parse(text_of(catalogue_json));
  if (!parsed) return parsed.error();
  const auto& root = parsed->get_object();
  CatalogueView view;
  view.published_at = published_at;
  const auto* serial = root.if_contains("serial");
  if (serial == nullptr || !serial->is_int64() || serial->get_int64() < 1)
    return fault("malformed", "the serial is a whole number from 1", "/serial");
  view.serial = static_cast<std::uint64_t>(serial->get_int64());
  auto departments = departments_of(root);
  if (!departments) return departments.error();
  view.departments = std::move(*departments);

  const auto* items = root.if_contains("items");
  if (items == nullptr || !items->is_array()) return fault("malformed", "no list of items", "/items");
  json::array summaries;
  for (std::size_t i = 0; i < items->get_array().size(); ++i) {
    const std::string at = "/items/" + std::to_string(i);
    const auto* item = items->get_array()[i].if_object();
    if (item == nullptr) return fault("malformed", "not an object", at);
    const auto department = view.departments.find(text(*item, "department"));
    if (department == view.departments.end())
      return fault("malformed", "the item's department is not in the release", at + "/department");
    auto rules = item_rules(*item, department->second.certificate);
    if (!rules) return fault("item", rules.error().detail, at + rules.error().field);
    if (!is_text_pair(item->if_contains("name"))) return fault("item", "a name is in both languages", at + "/name");
    for (const auto* member : {"guide", "form", "limits", "workflow"})
      if (const auto* value = item->if_contains(member); value == nullptr || !value->is_object())
        return fault("item", "a member is absent or no object", at + "/" + member);
    ItemView entry;
    entry.version = rules->version;
    entry.published = json::serialize(*item);
    entry.name = item->at("name");
    json::object whole = *item;
    whole["serial"] = view.serial;
    whole["department"] = department->second.body;
    entry.answer = json::serialize(whole);
    entry.etag = tag_of(entry.answer);
    entry.rules = *rules;
    summaries.push_back(json::object{{"id", rules->id},
                                     {"version", rules->version},
                                     {"code", text(*item, "code")},
                                     {"name", item->at("name")},
                                     {"department", summary_of(department->second.body)},
                                     {"audience", item->at("audience")},
                                     {"summary", guide_summary(*item)},
                                     {"limits", item->at("limits")}});
    const std::string id = rules->id;
    if (!view.items.emplace(id, std::move(entry)).second) return fault("item", "an item is named twice", at);
  }
  view.answer = json::serialize(
      json::object{{"serial", view.serial}, {"published_at", to_unix_ms(published_at)}, {"items", summaries}});
  view.etag = tag_of(view.answer);
  return view;
}

result<ItemRules> rules_of_version(const CatalogueView& view, std::string_view item_json) {
  const auto parsed = parse(item_json);
  if (!parsed) return parsed.error();
  const auto department = view.departments.find(text(parsed->get_object(), "department"));
  if (department == view.departments.end())
    return fault("item", "the item's department is not in the present release", "/department");
  return item_rules(parsed->get_object(), department->second.certificate);
}

}  // namespace jindu::portal
