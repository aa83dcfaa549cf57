#include "extranet-portal/domain/item_rules.hpp"

#include <boost/json/array.hpp>

namespace jindu::portal {
namespace {

Error fault(std::string field) {
  return {Fault::invalid, "catalogue.item", "an item's member is absent or of another kind", std::move(field)};
}

const boost::json::value* member(const boost::json::object& object, std::string_view name) {
  return object.if_contains(name);
}

std::optional<std::uint64_t> whole_number(const boost::json::value* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_uint64()) return value->get_uint64();
  if (value->is_int64() && value->get_int64() >= 0) return static_cast<std::uint64_t>(value->get_int64());
  return std::nullopt;
}

}  // namespace

result<ItemRules> item_rules(const boost::json::object& item, const crypto::Certificate& department) {
  ItemRules rules;
  const auto* id = member(item, "id");
  if (id == nullptr || !id->is_string() || id->get_string().empty()) return fault("/id");
  rules.id = std::string(id->get_string());
  const auto version = whole_number(member(item, "version"));
  if (!version || *version == 0 || *version > 0x7fffffff) return fault("/version");
  rules.version = static_cast<std::uint32_t>(*version);
  const auto* audience = member(item, "audience");
  if (audience == nullptr || !audience->is_array()) return fault("/audience");
  for (const auto& kind : audience->get_array()) {
    if (!kind.is_string()) return fault("/audience");
    rules.for_citizens |= kind.get_string() == "citizen";
    rules.for_companies |= kind.get_string() == "company";
  }
  const auto* materials = member(item, "materials");
  if (materials == nullptr || !materials->is_array()) return fault("/materials");
  for (const auto& entry : materials->get_array()) {
    if (!entry.is_object()) return fault("/materials");
    const auto& material = entry.get_object();
    MaterialRule rule;
    const auto* code = member(material, "code");
    if (code == nullptr || !code->is_string() || code->get_string().empty()) return fault("/materials/code");
    rule.code = std::string(code->get_string());
    const auto* required = member(material, "required");
    rule.always_required =
        required != nullptr && required->is_bool() && required->get_bool() && member(material, "when") == nullptr;
    const auto bytes = whole_number(member(material, "max_bytes"));
    if (!bytes || *bytes == 0) return fault("/materials/max_bytes");
    rule.max_bytes = *bytes;
    if (const auto* files = member(material, "max_files")) {
      const auto count = whole_number(files);
      if (!count || *count == 0) return fault("/materials/max_files");
      rule.max_files = *count;
    }
    rules.materials.push_back(std::move(rule));
  }
  rules.department_key = department.key_id();
  return rules;
}

}  // namespace jindu::portal
