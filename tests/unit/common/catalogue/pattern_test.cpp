#include "common/catalogue/pattern.hpp"

#include <catch2/catch.hpp>
#include <chrono>

using namespace jindu;
using namespace jindu::catalogue;

namespace {
bool found(std::string_view pattern, std::string_view text) { return Pattern::compile(pattern).value().found_in(text); }
}  // namespace

TEST_CASE("patterns find what JavaScript finds with the flag u") {
  struct Case {
    const char* pattern;
    const char* text;
    bool found;
  };
  for (const auto& [pattern, text, expected] : {
           Case{"", "", true},
           {"b", "abc", true},
           {"^b", "abc", false},
           {"^a|c$", "xc", true},
           {"^(a|bc)+$", "abcbca", true},
           {"^(a|bc)+$", "abcb", false},
           {"^a{2,3}$", "a", false},
           {"^a{2,3}$", "aaa", true},
           {"^a{2,3}$", "aaaa", false},
           {"^a{2,}$", "aaaaaa", true},
           {"^a{0}$", "", true},
           {"^(a?){3}$", "aa", true},
           {"^(a*)*$", "aaab", false},
           {"^[^a-c]$", "渡", true},
           {"^[a\\-z]$", "-", true},
           {"^[a-]$", "-", true},
           {"^[\\d_]+$", "1_2", true},
           {"[]", "a", false},
           {"^[^]$", "\n", true},
           {"^.$", "\r", false},
           {"^.$", "\xE2\x80\xA8", false},  // U+2028 ends a line
           {"^\\u{20bb7}$", "𠮷", true},
           {"^[一-龥]+$", "津渡", true},
           {"^\\S+$", "a\xC2\xA0z", false},  // U+00A0 is white space
           {"^\\.\\*\\/$", ".*/", true},
           {"a$b", "ab", false},
           {"x*$", "", true},
       }) {
    INFO(pattern << " in " << text);
    CHECK(found(pattern, text) == expected);
  }
}

TEST_CASE("patterns outside of the common subset are refused, with the place") {
  for (const auto* bad :
       {"(",       ")",       "(a",     "a)",    "[a",          "a**",     "a*?",      "*a",   "a{",
        "a{,2}",   "a{2,1}",  "a{501}", "}",     "]",           "\\",      "\\b",      "\\1",  "\\p{L}",
        "\\-",     "\\q",     "(?=a)",  "(?!a)", "(?<=a)",      "(?<n>a)", "^*",       "${2}", "[b-a]",
        "[a-\\d]", "[\\d-z]", "\\u12",  "\\u{}", "\\u{110000}", "\\ud800", "\\u{d800}"}) {
    INFO(bad);
    const auto pattern = Pattern::compile(bad);
    REQUIRE_FALSE(pattern);
    CHECK(pattern.error().code == "schema.pattern");
    CHECK(pattern.error().detail.starts_with("at character "));
  }
  CHECK_FALSE(Pattern::compile("((a{100}){100})"));
  CHECK_FALSE(Pattern::compile(std::string(501, 'a')));
  CHECK_FALSE(Pattern::compile(std::string(40, '(') + std::string(40, ')')));
}

TEST_CASE("a pattern takes time in proportion to the text") {
  const auto pattern = Pattern::compile("^(a|a)*(a+)+(a|aa)*$").value();
  const std::string text = std::string(200'000, 'a') + "!";
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(pattern.found_in(text));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));  // backtracking would take for ever
}

TEST_CASE("repeating nothing takes no time, however deep it is repeated") {
  std::string nothing;
  for (int i = 0; i < 30; ++i) nothing = "(" + nothing + "){500}";
  const auto start = std::chrono::steady_clock::now();
  CHECK(found(nothing, "text"));
  CHECK(found("^" + nothing + "a$", "a"));
  CHECK_FALSE(found("^" + nothing + "a$", "b"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(1));
}
