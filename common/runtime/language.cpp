#include "common/runtime/language.hpp"

#include <cstdlib>

namespace jindu {

Language language_of(std::string_view asked) {
  for (const auto* variable : {"LC_ALL", "LANG"}) {
    if (!asked.empty()) break;
    if (const char* locale = std::getenv(variable)) asked = locale;
  }
  return asked.empty() || asked.starts_with("zh") ? Language::zh : Language::en;
}

Language language_of(int argc, const char* const* argv) {
  constexpr std::string_view option = "--language", with_value = "--language=";
  std::string_view asked;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == option && i + 1 < argc) asked = argv[i + 1];
    if (word.starts_with(with_value)) asked = word.substr(with_value.size());
  }
  return language_of(asked);
}

}  // namespace jindu
