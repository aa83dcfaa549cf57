// A regular expression and a text: refused, or decided; and what does not change its meaning does not change the
// answer.
#include <algorithm>

#include "common/catalogue/pattern.hpp"

#include "tests/fuzz/world.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu;
  using namespace jindu::fuzz;
  Input input(data, size);
  const std::string pattern(input.line());
  const auto text = input.text();
  const auto compiled = catalogue::Pattern::compile(pattern);
  if (!compiled) {
    promise(compiled.error().code == "schema.pattern", "a pattern is refused by name");
    return 0;
  }
  const bool found = compiled->found_in(text);
  // A pattern comes out of JSON, so it is UTF-8; half a character would take in what is put behind it.
  if (std::any_of(pattern.begin(), pattern.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
    return 0;
  if (const auto grouped = catalogue::Pattern::compile("(?:" + pattern + ")"))
    promise(grouped->found_in(text) == found, "a group changes nothing");
  if (const auto twice = catalogue::Pattern::compile(pattern + "|" + pattern))
    promise(twice->found_in(text) == found, "the same again changes nothing");
  return 0;
}
