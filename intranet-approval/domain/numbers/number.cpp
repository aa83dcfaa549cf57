#include "intranet-approval/domain/numbers/number.hpp"

#include <charconv>

namespace jindu::approval {
namespace {

std::string with_zeros(std::uint64_t number, std::size_t digits) {
  std::string text = std::to_string(number);
  if (text.size() < digits) text.insert(0, digits - text.size(), '0');
  return text;
}

}  // namespace

result<std::string> format_number(std::string_view number_template, const NumberFacts& facts) {
  const auto fault = [](std::string detail) {
    return Error{Fault::invalid, "number.template", std::move(detail), "/number_template"};
  };
  std::string text;
  bool has_sequence = false;
  while (!number_template.empty()) {
    const auto open = number_template.find('{');
    text += number_template.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = number_template.find('}', open);
    if (close == std::string_view::npos) return fault("a brace is not closed");
    const auto word = number_template.substr(open + 1, close - open - 1);
    number_template.remove_prefix(close + 1);
    if (word == "department") {
      text += facts.department_code;
    } else if (word == "item") {
      text += facts.item_code;
    } else if (word == "year") {
      text += with_zeros(static_cast<std::uint64_t>(facts.year), 4);
    } else if (word == "seq" || word.starts_with("seq:")) {
      std::size_t digits = 1;
      if (word.size() > 3) {
        const auto width = word.substr(4);
        const auto [end, error] = std::from_chars(width.data(), width.data() + width.size(), digits);
        if (error != std::errc{} || end != width.data() + width.size() || digits < 1 || digits > 12)
          return fault("{seq:N} wants 1 to 12 digits");
      }
      has_sequence = true;
      text += with_zeros(facts.sequence, digits);
    } else {
      return fault("unknown word {" + std::string{word} + "}");
    }
  }
  if (!has_sequence) return fault("a template needs {seq}");
  return text;
}

std::string check_code(const std::array<std::uint8_t, 16>& random) {
  static constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::string code;
  std::uint32_t bits = 0;
  int held = 2;  // 130 bits make 26 characters: two zero bits stand before the 128
  for (const auto byte : random) {
    bits = bits << 8 | byte;
    held += 8;
    while (held >= 5) {
      held -= 5;
      code += alphabet[bits >> held & 31];
    }
  }
  return code;
}

}  // namespace jindu::approval
