#pragma once
// How jindu-gateway speaks on a terminal, in the language of who reads it.
#include <iostream>

#include "common/runtime/result.hpp"
#include "common/runtime/texts.hpp"

namespace jindu::gateway {

// Everything that is said, with the words of the web console.
const Texts& command_texts();

class Voice {
 public:
  explicit Voice(Language language, std::ostream& out = std::cout, std::ostream& mistakes = std::cerr)
      : language_(language), out_(&out), mistakes_(&mistakes) {}

  std::ostream& out() const { return *out_; }
  std::string text(std::string_view key, const Values& values = {}) const;
  // The same where there is such a key: what a newer unit says may have none here.
  std::string text_or(std::string_view otherwise, std::string_view key, const Values& values = {}) const;
  void say(std::string_view key, const Values& values = {}) const { *out_ << text(key, values) << "\n"; }

  // What a code of a family ("state", "kind", "node" …) is called; the code itself where it has no name.
  std::string word(std::string_view family, std::string_view code) const;
  // The same with the code, which is what a person types or quotes: 待传送（waiting）.
  std::string word_and_code(std::string_view family, std::string_view code) const;
  // The code of what a person has typed: the code or the word.
  std::string code(std::string_view family, std::string_view typed) const;
  // Why, by a code of the unit; by its English detail where the code has no name.
  std::string reason(std::string_view code, std::string_view detail) const;

  // What went wrong with its code, and what to do about it. Gives the exit code, 1.
  int fail(const Error& error) const;

 private:
  Language language_;
  std::ostream* out_;
  std::ostream* mistakes_;
};

}  // namespace jindu::gateway
