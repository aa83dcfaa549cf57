#include "extranet-portal/domain/declaration_number.hpp"

#include <algorithm>

namespace jindu::portal {

char check_digit(std::string_view digits) {
  int product = 10;
  for (const char digit : digits) {
    int sum = (product + (digit - '0')) % 10;
    if (sum == 0) sum = 10;
    product = sum * 2 % 11;
  }
  return static_cast<char>('0' + (11 - product) % 10);
}

result<std::string> declaration_number(catalogue::Day day, std::uint64_t counter) {
  if (counter < 1 || counter > kNumbersPerDay)
    return Error{Fault::unavailable, "number.exhausted", "no declaration numbers are left for today"};
  std::string digits;
  for (const char c : catalogue::to_iso(day))
    if (c != '-') digits += c;
  const std::string count = std::to_string(counter);
  digits += std::string(6 - count.size(), '0') + count;
  return "JD" + digits + check_digit(digits);
}

bool is_declaration_number(std::string_view text) {
  if (text.size() != 17 || !text.starts_with("JD")) return false;
  const auto digits = text.substr(2);
  if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) return false;
  return check_digit(digits.substr(0, 14)) == digits.back();
}

}  // namespace jindu::portal
