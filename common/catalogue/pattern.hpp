#pragma once
// Regular expressions of form schemas. A pattern must mean the same here and in the browser, where it runs as
// `new RegExp(pattern, "u")`, and must not take exponential time on what applicants send. Libraries differ from
// JavaScript in what `$`, `.`, `\w` and a character are, so this reads the subset in which nothing is left to differ
// and matches it code point by code point, in time linear in the text.
//
// Understood: literals, . [sets] (?:groups) (groups) a|b ^ $ * + ? {n} {n,} {n,m} \d \D \w \W \s \S \t \n \r \f \v
// \uXXXX \u{X}, and escaped syntax characters. Everything else is refused: look-around, back references, \b, \p, lazy
// quantifiers.
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "common/runtime/result.hpp"

namespace jindu::catalogue {

class Pattern {
 public:
  // Code schema.pattern; detail says at which character.
  static result<Pattern> compile(std::string_view pattern);
  // Whether the pattern is found anywhere in the UTF-8 text.
  bool found_in(std::string_view text) const;

 private:
  friend class PatternBuilder;
  using Ranges = std::vector<std::pair<char32_t, char32_t>>;
  struct State {
    enum class Kind : std::uint8_t { character, either, begin, end, match } kind = Kind::match;
    std::uint32_t next = 0, other = 0;  // `other`: of `either` the second way, of `character` the index of its set
  };
  std::vector<State> states_;
  std::vector<Ranges> sets_;
  std::uint32_t start_ = 0;
};

}  // namespace jindu::catalogue
