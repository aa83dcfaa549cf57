#include "common/runtime/texts.hpp"

#include <algorithm>

#include "common/runtime/result.hpp"

namespace jindu {
namespace {

// In one pass, so that what stands in a value is never taken for a name.
std::string filled(std::string_view text, const Values& values) {
  std::string done;
  for (;;) {
    const auto open = text.find('{'), close = text.find('}', open);
    if (close == std::string_view::npos) return done.append(text);
    const auto name = text.substr(open + 1, close - open - 1);
    const auto value = std::find_if(values.begin(), values.end(), [&](const Value& one) { return one.name == name; });
    done.append(text.substr(0, open));
    done.append(value != values.end() ? std::string_view(value->text) : text.substr(open, close - open + 1));
    text.remove_prefix(close + 1);
  }
}

}  // namespace

Texts::Texts(std::vector<Text> list) : list_(std::move(list)) {
  std::sort(list_.begin(), list_.end(), [](const Text& a, const Text& b) { return a.key < b.key; });
}

const Text* Texts::find(std::string_view key) const {
  const auto at =
      std::lower_bound(list_.begin(), list_.end(), key, [](const Text& a, std::string_view k) { return a.key < k; });
  return at != list_.end() && at->key == key ? &*at : nullptr;
}

std::string Texts::say(std::string_view key, Language language, const Values& values) const {
  const auto* text = find(key);
  if (text == nullptr) throw ErrorException({Fault::internal, "texts.key", "no text is called " + std::string(key)});
  return filled(language == Language::zh ? text->zh : text->en, values);
}

std::string Texts::say_or(std::string_view otherwise, std::string_view key, Language language,
                          const Values& values) const {
  return has(key) ? say(key, language, values) : std::string(otherwise);
}

}  // namespace jindu
