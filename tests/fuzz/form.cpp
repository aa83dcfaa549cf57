// A form's schema, its texts and what an applicant filled in, all three from the fuzzer: a schema is refused or it
// decides, in bounded time, and what it finds can be shown at its place.
#include "common/catalogue/form.hpp"

#include <boost/json/parse.hpp>

#include "common/catalogue/form_texts.hpp"
#include "tests/fuzz/world.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu;
  using namespace jindu::fuzz;
  Input input(data, size);
  boost::system::error_code bad_schema, bad_data, bad_texts;
  boost::json::parse_options deep;
  deep.max_depth = 64;
  boost::json::parse_options form_depth;
  form_depth.max_depth = 32;
  const auto schema = boost::json::parse(input.line(), bad_schema, {}, deep);
  const auto form = boost::json::parse(input.line(), bad_data, {}, form_depth);
  const auto texts = boost::json::parse(input.line(), bad_texts, {}, deep);
  if (bad_schema) return 0;
  const auto compiled = catalogue::FormSchema::compile(schema);
  if (!compiled) {
    promise(compiled.error().code.starts_with("schema."), "a schema is refused by name");
    return 0;
  }
  if (!bad_texts) (void)catalogue::check_form_texts(schema, texts, "/form/ui");
  if (bad_data) return 0;
  const auto findings = compiled->check(form);
  promise(findings.size() <= 200, "findings are bounded");
  for (const auto& finding : findings)
    promise(!finding.rule.empty() && (finding.pointer.empty() || finding.pointer.front() == '/'),
            "a finding has a rule and a place");
  (void)catalogue::to_json(findings);
  return 0;
}
