#include "common/catalogue/form.hpp"

#include <boost/json/serialize.hpp>
#include <boost/regex.hpp>
#include <cmath>
#include <mutex>
#include <set>

#include "common/catalogue/identifiers.hpp"

namespace jindu::catalogue {
namespace {

namespace json = boost::json;
constexpr std::size_t kFindingsMax = 200;
constexpr int kDepthMax = 64;

Error malformed(const std::string& pointer, std::string what) {
  return {Fault::invalid, "schema.malformed", std::move(what), pointer};
}

enum class Shape { text, number, count, flag, list, schema, schemas, schema_map, type, any, array, flag_or_schema };
const std::map<std::string_view, Shape>& keywords() {
  static const std::map<std::string_view, Shape> known{{"$schema", Shape::text},
                                                       {"$id", Shape::text},
                                                       {"$comment", Shape::text},
                                                       {"title", Shape::text},
                                                       {"description", Shape::text},
                                                       {"default", Shape::any},
                                                       {"examples", Shape::array},
                                                       {"definitions", Shape::schema_map},
                                                       {"$ref", Shape::text},
                                                       {"type", Shape::type},
                                                       {"enum", Shape::array},
                                                       {"const", Shape::any},
                                                       {"minimum", Shape::number},
                                                       {"maximum", Shape::number},
                                                       {"exclusiveMinimum", Shape::number},
                                                       {"exclusiveMaximum", Shape::number},
                                                       {"multipleOf", Shape::number},
                                                       {"minLength", Shape::count},
                                                       {"maxLength", Shape::count},
                                                       {"pattern", Shape::text},
                                                       {"format", Shape::text},
                                                       {"items", Shape::schema},
                                                       {"minItems", Shape::count},
                                                       {"maxItems", Shape::count},
                                                       {"uniqueItems", Shape::flag},
                                                       {"contains", Shape::schema},
                                                       {"properties", Shape::schema_map},
                                                       {"required", Shape::list},
                                                       {"additionalProperties", Shape::flag_or_schema},
                                                       {"minProperties", Shape::count},
                                                       {"maxProperties", Shape::count},
                                                       {"if", Shape::schema},
                                                       {"then", Shape::schema},
                                                       {"else", Shape::schema},
                                                       {"allOf", Shape::schemas},
                                                       {"anyOf", Shape::schemas},
                                                       {"oneOf", Shape::schemas},
                                                       {"not", Shape::schema}};
  return known;
}

constexpr std::string_view kTypes[] = {"object", "array", "string", "number", "integer", "boolean", "null"};
bool is_type_name(const json::value& v) {
  return v.is_string() &&
         std::find(std::begin(kTypes), std::end(kTypes), std::string_view(v.as_string())) != std::end(kTypes);
}

// Patterns run on untrusted text: ASCII only, so that both sides read them alike, and short.
result<boost::regex> compile_pattern(std::string_view pattern, const std::string& pointer) {
  const bool plain =
      pattern.size() <= 200 && std::all_of(pattern.begin(), pattern.end(), [](char c) { return c >= ' ' && c < 127; });
  if (!plain) return Error{Fault::invalid, "schema.pattern", "a pattern is ASCII of at most 200 characters", pointer};
  try {
    return boost::regex(pattern.begin(), pattern.end(), boost::regex::ECMAScript);
  } catch (const boost::regex_error& e) {
    return Error{Fault::invalid, "schema.pattern", e.what(), pointer};
  }
}

const boost::regex* cached_pattern(std::string_view pattern) {
  static std::mutex mutex;
  static std::map<std::string, boost::regex, std::less<>> cache;
  const std::lock_guard lock(mutex);
  if (const auto found = cache.find(pattern); found != cache.end()) return &found->second;
  auto compiled = compile_pattern(pattern, "");
  if (!compiled) return nullptr;
  return &cache.emplace(std::string(pattern), std::move(*compiled)).first->second;
}

result<void> check_schema(const json::value& schema, const json::value& root, const std::string& pointer, int depth);

result<void> check_keyword(std::string_view name, const json::value& value, Shape shape, const json::value& root,
                           const std::string& at, int depth) {
  switch (shape) {
    case Shape::text:
      if (!value.is_string()) return malformed(at, "must be a text");
      if (name == "format" && !is_known_format(value.as_string()))
        return Error{Fault::invalid, "schema.format",
                     "the format '" + std::string(value.as_string()) + "' is not known", at};
      if (name == "pattern")
        if (auto ok = compile_pattern(value.as_string(), at); !ok) return ok.error();
      if (name == "$ref") {
        const std::string_view target = value.as_string();
        if (!target.starts_with("#/definitions/") || !find_pointer(root, target.substr(1)))
          return Error{Fault::invalid, "schema.reference", "references lead to definitions of the same schema", at};
      }
      return {};
    case Shape::number:
      return value.is_number() ? result<void>{} : malformed(at, "must be a number");
    case Shape::count:
      return value.is_int64() && value.as_int64() >= 0 ? result<void>{}
                                                       : malformed(at, "must be a whole number from 0");
    case Shape::flag:
      return value.is_bool() ? result<void>{} : malformed(at, "must be true or false");
    case Shape::any:
      return {};
    case Shape::array:
      return value.is_array() && !value.as_array().empty() ? result<void>{}
                                                           : malformed(at, "must be a list that is not empty");
    case Shape::list:
      if (!value.is_array()) return malformed(at, "must be a list of names");
      for (const auto& entry : value.as_array())
        if (!entry.is_string()) return malformed(at, "must be a list of names");
      return {};
    case Shape::type:
      if (value.is_array()) {
        for (const auto& entry : value.as_array())
          if (!is_type_name(entry)) return malformed(at, "is not a type");
        return {};
      }
      return is_type_name(value) ? result<void>{} : malformed(at, "is not a type");
    case Shape::flag_or_schema:
    case Shape::schema:
      return check_schema(value, root, at, depth + 1);
    case Shape::schemas:
      if (!value.is_array() || value.as_array().empty()) return malformed(at, "must be a list of schemas");
      for (std::size_t i = 0; i < value.as_array().size(); ++i)
        if (auto ok = check_schema(value.as_array()[i], root, at + "/" + std::to_string(i), depth + 1); !ok) return ok;
      return {};
    case Shape::schema_map:
      if (!value.is_object()) return malformed(at, "must be an object of schemas");
      for (const auto& [key, entry] : value.as_object())
        if (auto ok = check_schema(entry, root, pointer_join(at, key), depth + 1); !ok) return ok;
      return {};
  }
  return {};
}

result<void> check_schema(const json::value& schema, const json::value& root, const std::string& pointer, int depth) {
  if (depth > kDepthMax) return malformed(pointer, "a schema has at most 64 levels");
  if (schema.is_bool()) return {};
  if (!schema.is_object()) return malformed(pointer, "a schema is an object, true or false");
  for (const auto& [name, value] : schema.as_object()) {
    const auto at = pointer_join(pointer, name);
    const auto known = keywords().find(std::string_view(name));
    if (known == keywords().end())
      return Error{Fault::invalid, "schema.keyword", "the keyword '" + std::string(name) + "' is not used here", at};
    if (auto ok = check_keyword(name, value, known->second, root, at, depth); !ok) return ok;
  }
  return {};
}

bool is_integer(const json::value& v) {
  return v.is_int64() || v.is_uint64() ||
         (v.is_double() && std::isfinite(v.as_double()) && v.as_double() == std::floor(v.as_double()));
}

bool has_type(const json::value& v, std::string_view type) {
  if (type == "object") return v.is_object();
  if (type == "array") return v.is_array();
  if (type == "string") return v.is_string();
  if (type == "number") return v.is_number();
  if (type == "integer") return is_integer(v);
  if (type == "boolean") return v.is_bool();
  return v.is_null();
}

double number_of(const json::value& v) {
  return v.is_int64()    ? static_cast<double>(v.as_int64())
         : v.is_uint64() ? static_cast<double>(v.as_uint64())
                         : v.as_double();
}

bool equal(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) return number_of(a) == number_of(b);
  if (a.is_array() && b.is_array())
    return std::equal(a.as_array().begin(), a.as_array().end(), b.as_array().begin(), b.as_array().end(), equal);
  if (a.is_object() && b.is_object()) {
    if (a.as_object().size() != b.as_object().size()) return false;
    return std::all_of(a.as_object().begin(), a.as_object().end(), [&](const auto& member) {
      const auto* other = b.as_object().if_contains(member.key());
      return other != nullptr && equal(member.value(), *other);
    });
  }
  return a == b;
}

std::int64_t code_points(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

class Evaluation {
 public:
  explicit Evaluation(const json::value& root) : root_(root) {}
  std::vector<Finding> findings;

  bool holds(const json::value& schema, const json::value& data, int depth) {
    Evaluation aside(root_);
    aside.run(schema, data, "", depth);
    return aside.findings.empty();
  }

  void run(const json::value& schema, const json::value& data, const std::string& at, int depth) {
    if (findings.size() >= kFindingsMax || depth > kDepthMax) return;
    if (schema.is_bool()) {
      if (!schema.as_bool()) add(at, "false");
      return;
    }
    const auto& s = schema.as_object();
    if (const auto* reference = s.if_contains("$ref")) {  // draft-07: what stands beside a reference is ignored
      run(*find_pointer(root_, std::string_view(reference->as_string()).substr(1)), data, at, depth + 1);
      return;
    }
    if (!typed(s, data, at)) return;  // of something of the wrong type, nothing more can be said
    general(s, data, at);
    if (data.is_string()) text(s, data.as_string(), at);
    if (data.is_number()) number(s, number_of(data), at);
    if (data.is_array()) array(s, data.as_array(), at, depth);
    if (data.is_object()) object(s, data.as_object(), at, depth);
    combined(s, data, at, depth);
  }

 private:
  void add(const std::string& at, std::string rule, json::object params = {}) {
    if (findings.size() < kFindingsMax) findings.push_back({at, std::move(rule), std::move(params)});
  }

  bool typed(const json::object& s, const json::value& data, const std::string& at) {
    const auto* type = s.if_contains("type");
    if (!type) return true;
    const bool right = type->is_string()
                           ? has_type(data, type->as_string())
                           : std::any_of(type->as_array().begin(), type->as_array().end(),
                                         [&](const json::value& t) { return has_type(data, t.as_string()); });
    if (!right) add(at, "type", {{"type", *type}});
    return right;
  }

  void general(const json::object& s, const json::value& data, const std::string& at) {
    if (const auto* allowed = s.if_contains("enum"))
      if (std::none_of(allowed->as_array().begin(), allowed->as_array().end(),
                       [&](const json::value& v) { return equal(v, data); }))
        add(at, "enum", {{"allowedValues", *allowed}});
    if (const auto* constant = s.if_contains("const"))
      if (!equal(*constant, data)) add(at, "const", {{"allowedValue", *constant}});
  }

  void text(const json::object& s, std::string_view value, const std::string& at) {
    const auto length = code_points(value);
    if (const auto* least = s.if_contains("minLength"); least && length < least->as_int64())
      add(at, "minLength", {{"limit", *least}});
    if (const auto* most = s.if_contains("maxLength"); most && length > most->as_int64())
      add(at, "maxLength", {{"limit", *most}});
    if (const auto* pattern = s.if_contains("pattern")) {
      const auto* compiled = cached_pattern(pattern->as_string());
      bool found = false;
      // The library gives up on patterns that would take exponential time; that counts as not matching.
      try {
        found = compiled && value.size() <= 10'000 && boost::regex_search(value.begin(), value.end(), *compiled);
      } catch (const std::runtime_error&) {
      }
      if (!found) add(at, "pattern", {{"pattern", *pattern}});
    }
    if (const auto* format = s.if_contains("format"); format && !has_format(format->as_string(), value))
      add(at, "format." + std::string(format->as_string()));
  }

  void number(const json::object& s, double value, const std::string& at) {
    if (const auto* limit = s.if_contains("minimum"); limit && value < number_of(*limit))
      add(at, "minimum", {{"limit", *limit}});
    if (const auto* limit = s.if_contains("maximum"); limit && value > number_of(*limit))
      add(at, "maximum", {{"limit", *limit}});
    if (const auto* limit = s.if_contains("exclusiveMinimum"); limit && value <= number_of(*limit))
      add(at, "exclusiveMinimum", {{"limit", *limit}});
    if (const auto* limit = s.if_contains("exclusiveMaximum"); limit && value >= number_of(*limit))
      add(at, "exclusiveMaximum", {{"limit", *limit}});
    if (const auto* step = s.if_contains("multipleOf")) {
      const double quotient = value / number_of(*step);
      if (std::abs(quotient - std::round(quotient)) > 1e-9) add(at, "multipleOf", {{"multipleOf", *step}});
    }
  }

  void array(const json::object& s, const json::array& list, const std::string& at, int depth) {
    const auto size = static_cast<std::int64_t>(list.size());
    if (const auto* least = s.if_contains("minItems"); least && size < least->as_int64())
      add(at, "minItems", {{"limit", *least}});
    if (const auto* most = s.if_contains("maxItems"); most && size > most->as_int64())
      add(at, "maxItems", {{"limit", *most}});
    if (const auto* unique = s.if_contains("uniqueItems"); unique && unique->as_bool()) {
      bool repeated = false;
      for (std::size_t i = 0; i < list.size() && !repeated; ++i)
        for (std::size_t j = 0; j < i && !repeated; ++j) repeated = equal(list[i], list[j]);
      if (repeated) add(at, "uniqueItems");
    }
    if (const auto* contained = s.if_contains("contains"))
      if (std::none_of(list.begin(), list.end(), [&](const json::value& v) { return holds(*contained, v, depth + 1); }))
        add(at, "contains");
    if (const auto* items = s.if_contains("items"))
      for (std::size_t i = 0; i < list.size(); ++i) run(*items, list[i], at + "/" + std::to_string(i), depth + 1);
  }

  void object(const json::object& s, const json::object& members, const std::string& at, int depth) {
    const auto size = static_cast<std::int64_t>(members.size());
    if (const auto* least = s.if_contains("minProperties"); least && size < least->as_int64())
      add(at, "minProperties", {{"limit", *least}});
    if (const auto* most = s.if_contains("maxProperties"); most && size > most->as_int64())
      add(at, "maxProperties", {{"limit", *most}});
    if (const auto* required = s.if_contains("required"))
      for (const auto& name : required->as_array())
        if (!members.contains(name.as_string())) add(pointer_join(at, name.as_string()), "required");
    const auto* properties = s.if_contains("properties");
    if (properties)
      for (const auto& [name, schema] : properties->as_object())
        if (const auto* member = members.if_contains(name)) run(schema, *member, pointer_join(at, name), depth + 1);
    if (const auto* additional = s.if_contains("additionalProperties"))
      for (const auto& [name, member] : members) {
        if (properties && properties->as_object().contains(name)) continue;
        if (additional->is_bool() && !additional->as_bool())
          add(pointer_join(at, name), "additionalProperties");
        else
          run(*additional, member, pointer_join(at, name), depth + 1);
      }
  }

  void combined(const json::object& s, const json::value& data, const std::string& at, int depth) {
    if (const auto* condition = s.if_contains("if")) {
      const auto* branch = s.if_contains(holds(*condition, data, depth + 1) ? "then" : "else");
      if (branch) run(*branch, data, at, depth + 1);
    }
    if (const auto* all = s.if_contains("allOf"))
      for (const auto& schema : all->as_array()) run(schema, data, at, depth + 1);
    const auto matching = [&](const json::value& list) {
      return std::count_if(list.as_array().begin(), list.as_array().end(),
                           [&](const json::value& schema) { return holds(schema, data, depth + 1); });
    };
    if (const auto* any = s.if_contains("anyOf"); any && matching(*any) == 0) add(at, "anyOf");
    if (const auto* one = s.if_contains("oneOf"); one && matching(*one) != 1) add(at, "oneOf");
    if (const auto* none = s.if_contains("not"); none && holds(*none, data, depth + 1)) add(at, "not");
  }

  const json::value& root_;
};

}  // namespace

result<FormSchema> FormSchema::compile(const json::value& schema) {
  if (auto ok = check_schema(schema, schema, "", 0); !ok) return ok.error();
  FormSchema compiled;
  compiled.schema_ = std::make_shared<const json::value>(schema);
  return compiled;
}

std::vector<Finding> FormSchema::check(const json::value& data) const {
  Evaluation evaluation(*schema_);
  evaluation.run(*schema_, data, "", 0);
  // Two rules of a schema may say the same; one is enough to know.
  std::vector<Finding> once;
  for (auto& finding : evaluation.findings)
    if (std::none_of(once.begin(), once.end(),
                     [&](const Finding& f) { return f.pointer == finding.pointer && f.rule == finding.rule; }))
      once.push_back(std::move(finding));
  return once;
}

std::string pointer_join(std::string_view pointer, std::string_view token) {
  std::string joined(pointer);
  joined += '/';
  for (char c : token) {
    if (c == '~')
      joined += "~0";
    else if (c == '/')
      joined += "~1";
    else
      joined += c;
  }
  return joined;
}

const json::value* find_pointer(const json::value& root, std::string_view pointer) {
  boost::system::error_code code;
  const auto* found = root.find_pointer(pointer, code);
  return code ? nullptr : found;
}

json::array to_json(const std::vector<Finding>& findings) {
  json::array list;
  for (const auto& f : findings) list.push_back({{"pointer", f.pointer}, {"rule", f.rule}, {"params", f.params}});
  return list;
}

}  // namespace jindu::catalogue
