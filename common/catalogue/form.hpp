#pragma once
// Checking a form against its schema: JSON Schema draft-07 and our formats, giving the very findings that Ajv
// (allErrors) gives in the browser; both sides pass tests/vectors/forms. An evaluator of our own, not valijson: that
// one tells its errors as prose with a path of its own making, which cannot be mapped to one stable rule, one exact
// pointer and its parameters, and it reads patterns by std::regex, byte by byte and by recursion.
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/result.hpp"

namespace jindu::catalogue {

// `rule` is stable and has a text in the language files: required, type, enum, const, minimum, maximum,
// exclusiveMinimum, exclusiveMaximum, multipleOf, minLength, maxLength, pattern, minItems, maxItems, uniqueItems,
// contains, additionalProperties, minProperties, maxProperties, anyOf, oneOf, not, false, format.<name>,
// material.<what>.
struct Finding {
  std::string pointer;  // RFC 6901; for something missing: where it should be
  std::string rule;
  boost::json::object params = {};
};

class FormSchema {
 public:
  // Refuses what is not understood, or what draft-07 and Ajv would take differently, so that no rule is silently
  // without effect. Codes: schema.keyword, schema.malformed, schema.format, schema.reference, schema.pattern; field:
  // pointer into the schema.
  static result<FormSchema> compile(const boost::json::value& schema);
  // At most 200, each pointer and rule once. A FormSchema that was not compiled lets nothing pass.
  std::vector<Finding> check(const boost::json::value& data) const;

  struct Compiled;

 private:
  std::shared_ptr<const Compiled> compiled_;
};

// One level of an RFC 6901 pointer, escaped.
std::string pointer_join(std::string_view pointer, std::string_view token);
const boost::json::value* find_pointer(const boost::json::value& root, std::string_view pointer);

boost::json::array to_json(const std::vector<Finding>& findings);

}  // namespace jindu::catalogue
