#pragma once
// Checking a form against its schema: JSON Schema draft-07 and our formats, giving the very findings that the browser
// gives (common/web has the same evaluator, and both pass the vectors in tests/vectors/forms). A library would do for
// yes or no; its errors cannot be mapped to one stable rule and one exact pointer for each mistake, which is what
// applicants see.
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
  // Refuses keywords, formats and references that are not understood, so that no rule is silently without effect.
  // Codes: schema.keyword, schema.malformed, schema.format, schema.reference, schema.pattern; field: pointer into the
  // schema.
  static result<FormSchema> compile(const boost::json::value& schema);
  // In the order of the schema; at most 200.
  std::vector<Finding> check(const boost::json::value& data) const;

 private:
  std::shared_ptr<const boost::json::value> schema_;
};

// One level of an RFC 6901 pointer, escaped.
std::string pointer_join(std::string_view pointer, std::string_view token);
const boost::json::value* find_pointer(const boost::json::value& root, std::string_view pointer);

boost::json::array to_json(const std::vector<Finding>& findings);

}  // namespace jindu::catalogue
