#include "common/catalogue/form.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

#include "common/catalogue/identifiers.hpp"
#include "common/catalogue/pattern.hpp"

namespace jindu::catalogue {

struct FormSchema::Compiled {
  boost::json::value schema;
  std::map<std::string, Pattern, std::less<>> patterns;
};

namespace {

namespace json = boost::json;
constexpr std::size_t kFindingsMax = 200;
constexpr int kDepthMax = 64;
// Of a schema with each reference counted as what it leads to: definitions that refer to each other twice would double
// with every one of them, here and again for each form that is checked.
constexpr int kPartsMax = 10'000;

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

double number_of(const json::value& v) {
  return v.is_int64()    ? static_cast<double>(v.as_int64())
         : v.is_uint64() ? static_cast<double>(v.as_uint64())
                         : v.as_double();
}

// Reads a schema once, whole, so that checking data meets no surprise: every keyword known and of the right shape,
// every reference followed to the end.
class Compilation {
 public:
  Compilation(const json::value& root, std::map<std::string, Pattern, std::less<>>& patterns)
      : root_(root), patterns_(patterns) {}

  result<void> schema(const json::value& value, const std::string& pointer, int depth) {
    if (depth > kDepthMax) return malformed(pointer, "a schema has at most 64 levels");
    if (++parts_ > kPartsMax) return malformed(pointer, "a schema has at most 10,000 parts, references followed");
    if (value.is_bool()) return {};
    if (!value.is_object()) return malformed(pointer, "a schema is an object, true or false");
    const auto& s = value.as_object();
    for (const auto& [name, content] : s) {
      const auto at = pointer_join(pointer, name);
      const auto known = keywords().find(std::string_view(name));
      if (known == keywords().end() || (name == "$id" && depth > 0))
        return Error{Fault::invalid, "schema.keyword", "the keyword '" + std::string(name) + "' is not used here", at};
      // What stands beside a reference is ignored by draft-07 and heeded by Ajv.
      if (s.contains("$ref") && known->first != "$ref" && !is_annotation(known->first))
        return Error{Fault::invalid, "schema.keyword", "a reference stands alone", at};
      if (auto ok = keyword(name, content, known->second, at, depth); !ok) return ok;
    }
    for (const char* branch : {"then", "else"})
      if (s.contains(branch) && !s.contains("if"))
        return Error{Fault::invalid, "schema.keyword", "has no effect without 'if'", pointer_join(pointer, branch)};
    if (s.contains("if") && !s.contains("then") && !s.contains("else"))
      return Error{Fault::invalid, "schema.keyword", "has no effect without 'then' or 'else'", pointer + "/if"};
    return {};
  }

 private:
  static bool is_annotation(std::string_view name) {
    return name == "$schema" || name == "$id" || name == "$comment" || name == "title" || name == "description" ||
           name == "default" || name == "examples" || name == "definitions";
  }

  result<void> keyword(std::string_view name, const json::value& value, Shape shape, const std::string& at, int depth) {
    switch (shape) {
      case Shape::text:
        return value.is_string() ? text(name, value.as_string(), at, depth) : malformed(at, "must be a text");
      case Shape::number:
        if (name == "multipleOf" && value.is_number() && number_of(value) <= 0) return malformed(at, "must be above 0");
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
          return value.as_array().empty() ? malformed(at, "is not a type") : result<void>{};
        }
        return is_type_name(value) ? result<void>{} : malformed(at, "is not a type");
      case Shape::flag_or_schema:
      case Shape::schema:
        return schema(value, at, depth + 1);
      case Shape::schemas:
        if (!value.is_array() || value.as_array().empty()) return malformed(at, "must be a list of schemas");
        for (std::size_t i = 0; i < value.as_array().size(); ++i)
          if (auto ok = schema(value.as_array()[i], at + "/" + std::to_string(i), depth + 1); !ok) return ok;
        return {};
      case Shape::schema_map:
        if (!value.is_object()) return malformed(at, "must be an object of schemas");
        for (const auto& [key, entry] : value.as_object())
          if (auto ok = schema(entry, pointer_join(at, key), depth + 1); !ok) return ok;
        return {};
    }
    return {};
  }

  result<void> text(std::string_view name, std::string_view value, const std::string& at, int depth) {
    if (name == "format" && !is_known_format(value))
      return Error{Fault::invalid, "schema.format", "the format '" + std::string(value) + "' is not known", at};
    if (name == "pattern" && !patterns_.contains(value)) {
      auto pattern = Pattern::compile(value);
      if (!pattern) return Error{Fault::invalid, pattern.error().code, pattern.error().detail, at};
      patterns_.emplace(std::string(value), std::move(*pattern));
    }
    if (name == "$ref") return reference(std::string(value), at, depth);
    return {};
  }

  // Follows the reference, so that one that goes round in circles is found here and not while checking.
  result<void> reference(const std::string& value, const std::string& at, int depth) {
    constexpr std::string_view prefix = "#/definitions/";
    const bool plain = value.starts_with(prefix) && value.find_first_of("/~%", prefix.size()) == std::string::npos;
    const auto* target = plain ? find_pointer(root_, std::string_view(value).substr(1)) : nullptr;
    if (!target)
      return Error{Fault::invalid, "schema.reference", "references lead to definitions of the same schema", at};
    if (!open_.insert(value).second)
      return Error{Fault::invalid, "schema.reference", "the reference leads back to itself", at};
    auto ok = schema(*target, value.substr(1), depth + 1);
    open_.erase(value);
    return ok;
  }

  const json::value& root_;
  std::map<std::string, Pattern, std::less<>>& patterns_;
  std::set<std::string> open_;
  int parts_ = 0;
};

// A number too large for a double arrives as infinity, which is no number to JavaScript's checkers either.
bool is_number(const json::value& v) { return v.is_number() && std::isfinite(number_of(v)); }

bool is_integer(const json::value& v) {
  return v.is_int64() || v.is_uint64() ||
         (v.is_double() && std::isfinite(v.as_double()) && v.as_double() == std::floor(v.as_double()));
}

bool has_type(const json::value& v, std::string_view type) {
  if (type == "object") return v.is_object();
  if (type == "array") return v.is_array();
  if (type == "string") return v.is_string();
  if (type == "number") return is_number(v);
  if (type == "integer") return is_integer(v);
  if (type == "boolean") return v.is_bool();
  return v.is_null();
}

// `type`: one name or a list of them.
bool has_one_type(const json::value& v, const json::value& type) {
  if (type.is_string()) return has_type(v, type.as_string());
  return std::any_of(type.as_array().begin(), type.as_array().end(),
                     [&](const json::value& name) { return has_type(v, name.as_string()); });
}
bool names_type(const json::value& type, std::string_view name) {
  if (type.is_string()) return type.as_string() == name;
  return std::any_of(type.as_array().begin(), type.as_array().end(),
                     [&](const json::value& t) { return t.as_string() == name; });
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

// Two values have one canonical text when they are equal, so that looking for repeated ones takes no quadratic time.
void canonical(const json::value& v, std::string& out) {
  if (v.is_number()) {
    char text[40];
    std::snprintf(text, sizeof text, "%.17g,", number_of(v) == 0 ? 0.0 : number_of(v));
    out += text;
  } else if (v.is_string()) {
    out += 's' + std::to_string(v.as_string().size()) + ':';
    out += v.as_string();
  } else if (v.is_array()) {
    out += '[';
    for (const auto& entry : v.as_array()) canonical(entry, out);
    out += ']';
  } else if (v.is_object()) {
    std::map<std::string_view, const json::value*> sorted;
    for (const auto& member : v.as_object()) sorted.emplace(member.key(), &member.value());
    out += '{';
    for (const auto& [key, member] : sorted) {
      out += std::to_string(key.size()) + ':';
      out += key;
      canonical(*member, out);
    }
    out += '}';
  } else {
    out += v.is_null() ? 'n' : v.as_bool() ? 't' : 'f';
  }
}

std::int64_t code_points(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

// Finds what Ajv finds with allErrors: after a wrong type the other keywords still speak, and an anyOf, oneOf or
// contains that fails is told together with what its branches found.
class Evaluation {
 public:
  explicit Evaluation(const FormSchema::Compiled& compiled) : compiled_(compiled) {}
  std::vector<Finding> findings;

  void run(const json::value& schema, const json::value& data, const std::string& at) {
    if (findings.size() >= kFindingsMax) return;
    if (schema.is_bool()) {
      if (!schema.as_bool()) add(at, "false");
      return;
    }
    const auto& s = schema.as_object();
    if (const auto* reference = s.if_contains("$ref"))
      return run(*find_pointer(compiled_.schema, std::string_view(reference->as_string()).substr(1)), data, at);
    general(s, data, at);
    if (data.is_string()) text(s, data.as_string(), at);
    if (is_number(data)) number(s, number_of(data), at);
    if (data.is_array()) array(s, data.as_array(), at);
    if (data.is_object()) object(s, data.as_object(), at);
    combined(s, data, at);
  }

 private:
  std::vector<Finding> aside(const json::value& schema, const json::value& data, const std::string& at) const {
    Evaluation evaluation(compiled_);
    evaluation.run(schema, data, at);
    return std::move(evaluation.findings);
  }
  bool holds(const json::value& schema, const json::value& data) const { return aside(schema, data, "").empty(); }
  void add(std::vector<Finding> more) {
    for (auto& one : more)
      if (findings.size() < kFindingsMax) findings.push_back(std::move(one));
  }
  void add(const std::string& at, std::string rule, json::object params = {}) {
    if (findings.size() < kFindingsMax) findings.push_back({at, std::move(rule), std::move(params)});
  }

  void general(const json::object& s, const json::value& data, const std::string& at) {
    if (const auto* type = s.if_contains("type")) {
      if (!has_one_type(data, *type)) add(at, "type", {{"type", *type}});
    }
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
      const auto compiled = compiled_.patterns.find(std::string_view(pattern->as_string()));
      const bool found = compiled != compiled_.patterns.end() && compiled->second.found_in(value);
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

  void array(const json::object& s, const json::array& list, const std::string& at) {
    const auto size = static_cast<std::int64_t>(list.size());
    if (const auto* least = s.if_contains("minItems"); least && size < least->as_int64())
      add(at, "minItems", {{"limit", *least}});
    if (const auto* most = s.if_contains("maxItems"); most && size > most->as_int64())
      add(at, "maxItems", {{"limit", *most}});
    if (const auto* unique = s.if_contains("uniqueItems"); unique && unique->as_bool()) {
      // As Ajv does, where items are to be of plain types, those of other types are told as such and compared no
      // further.
      const auto* items = s.if_contains("items");
      const auto* type = items && items->is_object() ? items->as_object().if_contains("type") : nullptr;
      const bool plain = type && !names_type(*type, "object") && !names_type(*type, "array");
      std::set<std::string> seen;
      const bool repeated = std::any_of(list.begin(), list.end(), [&](const json::value& v) {
        if (plain && !has_one_type(v, *type)) return false;
        std::string text;
        canonical(v, text);
        return !seen.insert(std::move(text)).second;
      });
      if (repeated) add(at, "uniqueItems");
    }
    if (const auto* contained = s.if_contains("contains")) contains(*contained, list, at);
    if (const auto* items = s.if_contains("items"))
      for (std::size_t i = 0; i < list.size(); ++i) run(*items, list[i], at + "/" + std::to_string(i));
  }

  void contains(const json::value& schema, const json::array& list, const std::string& at) {
    std::vector<Finding> reasons;
    for (std::size_t i = 0; i < list.size(); ++i) {
      auto found = aside(schema, list[i], at + "/" + std::to_string(i));
      if (found.empty()) return;
      if (reasons.size() < kFindingsMax)
        reasons.insert(reasons.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    }
    add(std::move(reasons));
    add(at, "contains");
  }

  void object(const json::object& s, const json::object& members, const std::string& at) {
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
        if (const auto* member = members.if_contains(name)) run(schema, *member, pointer_join(at, name));
    if (const auto* additional = s.if_contains("additionalProperties"))
      for (const auto& [name, member] : members) {
        if (properties && properties->as_object().contains(name)) continue;
        if (additional->is_bool() && !additional->as_bool())
          add(pointer_join(at, name), "additionalProperties");
        else
          run(*additional, member, pointer_join(at, name));
      }
  }

  void combined(const json::object& s, const json::value& data, const std::string& at) {
    if (const auto* condition = s.if_contains("if")) {
      const auto* branch = s.if_contains(holds(*condition, data) ? "then" : "else");
      if (branch) run(*branch, data, at);
    }
    if (const auto* all = s.if_contains("allOf"))
      for (const auto& schema : all->as_array()) run(schema, data, at);
    if (const auto* any = s.if_contains("anyOf")) choice(any->as_array(), data, at, "anyOf");
    if (const auto* one = s.if_contains("oneOf")) choice(one->as_array(), data, at, "oneOf");
    if (const auto* none = s.if_contains("not"); none && holds(*none, data)) add(at, "not");
  }

  void choice(const json::array& branches, const json::value& data, const std::string& at, const std::string& rule) {
    std::vector<Finding> reasons;
    int matching = 0;
    for (const auto& schema : branches) {
      auto found = aside(schema, data, at);
      if (found.empty() && (++matching == 2 || rule == "anyOf")) break;
      reasons.insert(reasons.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    }
    if (matching == 1) return;
    add(std::move(reasons));
    add(at, rule);
  }

  const FormSchema::Compiled& compiled_;
};

}  // namespace

result<FormSchema> FormSchema::compile(const json::value& schema) {
  auto compiled = std::make_shared<Compiled>();
  compiled->schema = schema;
  if (auto ok = Compilation(compiled->schema, compiled->patterns).schema(compiled->schema, "", 0); !ok)
    return ok.error();
  FormSchema form;
  form.compiled_ = std::move(compiled);
  return form;
}

std::vector<Finding> FormSchema::check(const json::value& data) const {
  if (!compiled_) return {{"", "false", {}}};  // no schema at all lets nothing pass
  Evaluation evaluation(*compiled_);
  evaluation.run(compiled_->schema, data, "");
  // Two rules of a schema may say the same; one is enough to know.
  std::set<std::pair<std::string, std::string>> seen;
  std::vector<Finding> once;
  for (auto& finding : evaluation.findings)
    if (seen.emplace(finding.pointer, finding.rule).second) once.push_back(std::move(finding));
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
