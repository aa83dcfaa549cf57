#include "exchange-gateway/voice.hpp"

#include "common/runtime/terminal.hpp"

namespace jindu::gateway {
namespace {

std::string key_of(std::string_view family, std::string_view code) {
  return std::string(family) + "." + std::string(code);
}

}  // namespace

std::string Voice::text(std::string_view key, const Values& values) const {
  return command_texts().say(key, language_, values);
}

std::string Voice::text_or(std::string_view otherwise, std::string_view key, const Values& values) const {
  return command_texts().say_or(otherwise, key, language_, values);
}

std::string Voice::word(std::string_view family, std::string_view code) const {
  return text_or(code, key_of(family, code));
}

std::string Voice::word_and_code(std::string_view family, std::string_view code) const {
  const auto name = word(family, code);
  return name == code ? name : text("word_and_code", {{"word", name}, {"code", code}});
}

std::string Voice::code(std::string_view family, std::string_view typed) const {
  const auto prefix = key_of(family, "");
  for (const auto& one : command_texts().all())
    if (one.key.starts_with(prefix) && one.zh == typed) return std::string(one.key.substr(prefix.size()));
  return std::string(typed);
}

std::string Voice::reason(std::string_view code, std::string_view detail) const {
  const auto name = word("reason", code);
  return name == code && !detail.empty() ? std::string(detail) : name;
}

int Voice::fail(const Error& error) const {
  const auto problem = key_of("problem", error.code), advice = key_of("advice", error.code);
  const auto said = printable(error.detail);
  *mistakes_ << text_or(said, problem, {{"said", said}, {"field", error.field}}) << " [" << printable(error.code)
             << "]\n";
  if (command_texts().has(advice)) *mistakes_ << text(advice) << "\n";
  return 1;
}

}  // namespace jindu::gateway
