#include "common/catalogue/form_texts.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <set>

#include "common/catalogue/form.hpp"

namespace jindu::catalogue {
namespace {

namespace json = boost::json;

Error blame(std::string pointer, std::string what) {
  return {Fault::invalid, "catalogue.item", std::move(what), std::move(pointer)};
}

// Every field with its choices; compiled references do not go round in circles.
class Fields {
 public:
  explicit Fields(const json::value& root) : root_(root) { visit(root, ""); }

  std::map<std::string, std::set<std::string>, std::less<>> choices;

 private:
  void visit(const json::value& schema, const std::string& pointer) {
    const auto* s = schema.if_object();
    if (!s) return;
    if (const auto* reference = s->if_contains("$ref"))
      return visit(*find_pointer(root_, std::string_view(reference->as_string()).substr(1)), pointer);
    if (const auto* allowed = s->if_contains("enum"))
      for (const auto& value : allowed->as_array())
        if (value.is_string()) choices[pointer].emplace(value.as_string());
    if (const auto* properties = s->if_contains("properties"))
      for (const auto& [name, property] : properties->as_object()) {
        const auto at = pointer_join(pointer, name);
        choices[at];
        visit(property, at);
      }
    if (const auto* items = s->if_contains("items")) {
      choices[pointer + "/*"];
      visit(*items, pointer + "/*");
    }
  }
  const json::value& root_;
};

const json::object& object_of(const json::object& ui, std::string_view name) {
  static const json::object none;
  const auto* member = ui.if_contains(name);
  return member && member->is_object() ? member->as_object() : none;
}

result<void> check_choices(const Fields& fields, const json::object& ui, const std::string& at) {
  const auto& texts = object_of(ui, "enums");
  for (const auto& [pointer, choices] : fields.choices) {
    const auto* words = texts.if_contains(pointer);
    if (choices.empty() && !words) continue;
    const auto here = pointer_join(at + "/enums", pointer);
    if (!words || !words->is_object()) return blame(here, "the choices of '" + pointer + "' have no words");
    for (const auto& choice : choices)
      if (const auto* text = words->as_object().if_contains(choice); !text || !is_localised(*text))
        return blame(pointer_join(here, choice), "the choice needs a text in zh and in en");
    for (const auto& [choice, text] : words->as_object())
      if (!choices.contains(choice)) return blame(pointer_join(here, choice), "the schema has no such choice");
  }
  return {};
}

result<void> check_sections(const Fields& fields, const json::object& ui, const std::string& at) {
  static const json::array none;
  const auto* member = ui.if_contains("sections");
  if (member && !member->is_array()) return blame(at + "/sections", "must be a list");
  const auto& sections = member ? member->as_array() : none;
  std::set<std::string, std::less<>> shown;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const auto here = at + "/sections/" + std::to_string(i);
    const auto* section = sections[i].if_object();
    const auto* title = section ? section->if_contains("title") : nullptr;
    const auto* list = section ? section->if_contains("fields") : nullptr;
    if (!title || !is_localised(*title)) return blame(here + "/title", "needs a text in zh and in en");
    if (!list || !list->is_array() || list->as_array().empty()) return blame(here + "/fields", "must name fields");
    for (std::size_t j = 0; j < list->as_array().size(); ++j) {
      const auto& pointer = list->as_array()[j];
      const auto place = here + "/fields/" + std::to_string(j);
      if (!pointer.is_string() || !fields.choices.contains(std::string_view(pointer.as_string())))
        return blame(place, "the schema has no such field");
      if (!shown.emplace(pointer.as_string()).second) return blame(place, "the field is shown twice");
    }
  }
  // A part of an object may stand for it: "/address/road" for "/address".
  for (const auto& [pointer, choices] : fields.choices) {
    if (std::count(pointer.begin(), pointer.end(), '/') != 1 || pointer == "/*") continue;
    const auto below = shown.lower_bound(pointer + "/");
    const bool parts = below != shown.end() && below->starts_with(pointer + "/");
    if (!shown.contains(pointer) && !parts) return blame(at + "/sections", "no section shows '" + pointer + "'");
  }
  return {};
}

}  // namespace

bool is_localised(const json::value& value) {
  const auto* object = value.if_object();
  if (!object || object->size() != 2) return false;
  for (const char* language : {"zh", "en"})
    if (const auto* text = object->if_contains(language); !text || !text->is_string() || text->as_string().empty())
      return false;
  return true;
}

result<void> check_form_texts(const json::value& schema, const json::value& ui, const std::string& at) {
  const auto* members = ui.if_object();
  if (!members) return blame(at, "must be an object");
  for (const auto& [name, member] : *members) {
    const bool known = name == "order" || name == "sections" || name == "labels" || name == "help" || name == "enums";
    if (!known) return blame(pointer_join(at, name), "is not a member that belongs here");
  }
  const Fields fields(schema);
  for (const char* name : {"labels", "help", "enums"}) {
    if (const auto* member = members->if_contains(name); member && !member->is_object())
      return blame(at + "/" + name, "must be an object of pointers");
    for (const auto& [pointer, text] : object_of(*members, name)) {
      const auto here = pointer_join(at + "/" + name, pointer);
      if (!fields.choices.contains(std::string_view(pointer))) return blame(here, "the schema has no such field");
      if (std::string_view(name) != "enums" && !is_localised(text)) return blame(here, "needs a text in zh and in en");
    }
  }
  const auto& labels = object_of(*members, "labels");
  for (const auto& [pointer, choices] : fields.choices)
    if (!pointer.ends_with("/*") && !pointer.empty() && !labels.contains(pointer))
      return blame(at + "/labels", "'" + pointer + "' has no label");
  if (const auto* order = members->if_contains("order")) {
    if (!order->is_array()) return blame(at + "/order", "must be a list of pointers");
    for (const auto& pointer : order->as_array())
      if (!pointer.is_string() || !fields.choices.contains(std::string_view(pointer.as_string())))
        return blame(at + "/order", "the schema has no such field");
  }
  if (auto ok = check_choices(fields, *members, at); !ok) return ok;
  return check_sections(fields, *members, at);
}

}  // namespace jindu::catalogue
