#pragma once
// What is wrong with a table of texts, for a test that says nothing is.
#include <set>

#include "common/runtime/texts.hpp"

namespace jindu::test {

inline std::set<std::string> names_in(std::string_view text) {
  std::set<std::string> names;
  for (auto at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1))
    names.emplace(text.substr(at + 1, text.find('}', at) - at - 1));
  return names;
}

// Keys of texts that are there twice, lack a language or have other {name}s in one than in the other. A text that is
// "{said}" hands on what a program says in English.
inline std::vector<std::string> faulty(const Texts& texts) {
  std::vector<std::string> keys;
  std::string_view before;
  for (const auto& one : texts.all()) {
    const bool handed_on = one.en == "{said}";
    if (one.key == before || one.zh.empty() || one.en.empty() || (!handed_on && names_in(one.zh) != names_in(one.en)))
      keys.emplace_back(one.key);
    before = one.key;
  }
  return keys;
}

}  // namespace jindu::test
