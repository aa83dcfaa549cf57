#pragma once
// How a form is shown: sections, labels, help and the words for choices, all by pointer to a field. A field is what the
// schema's "properties" and "items" name; "*" stands for every row of a list: "/staff/*/name".
#include <boost/json/value.hpp>
#include <string>

#include "common/runtime/result.hpp"

namespace jindu::catalogue {

// Whether every field can be shown: each has a label and stands in one section, each choice has its words in both
// languages, and nothing is said of fields or choices that are not there. `schema` is one that FormSchema compiled;
// code catalogue.item, field: pointer into `ui`, behind `at`.
result<void> check_form_texts(const boost::json::value& schema, const boost::json::value& ui, const std::string& at);

// Both "zh" and "en", neither empty, nothing else.
bool is_localised(const boost::json::value& value);

}  // namespace jindu::catalogue
