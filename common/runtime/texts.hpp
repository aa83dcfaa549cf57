#pragma once
// Texts that people read, in both languages, each under a key. {name} in a text stands for a value.
#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/language.hpp"

namespace jindu {

struct Text {
  std::string_view key;
  std::string_view zh;
  std::string_view en;
};

// What is said for {name}.
struct Value {
  std::string name;
  std::string text;
  Value(std::string_view n, std::string_view t) : name(n), text(t) {}
  template <std::integral N>
  Value(std::string_view n, N number) : name(n), text(std::to_string(number)) {}
};
using Values = std::vector<Value>;

// All texts of one program. Looked up by key, which is often made of a code: "reason.bundle.signature".
class Texts {
 public:
  explicit Texts(std::vector<Text> list);
  const std::vector<Text>& all() const { return list_; }
  bool has(std::string_view key) const { return find(key) != nullptr; }
  // The text with its values filled in. A key that is not there is a mistake of ours.
  std::string say(std::string_view key, Language language, const Values& values = {}) const;
  // The same where there is such a key: of a code from elsewhere there may be none.
  std::string say_or(std::string_view otherwise, std::string_view key, Language language,
                     const Values& values = {}) const;

 private:
  const Text* find(std::string_view key) const;
  std::vector<Text> list_;  // by key
};

}  // namespace jindu
