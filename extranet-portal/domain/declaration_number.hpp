#pragma once
// 申报号: "JD", the date of receipt, six digits, and a check digit that finds every mistyped digit and nearly every
// swap.
#include <cstdint>
#include <string>
#include <string_view>

#include "common/catalogue/calendar.hpp"

namespace jindu::portal {

inline constexpr std::uint64_t kNumbersPerDay = 999'999;

// `counter` is 1 to 999,999 within the day; more is Fault::unavailable "number.exhausted".
result<std::string> declaration_number(catalogue::Day day, std::uint64_t counter);
bool is_declaration_number(std::string_view text);
// ISO/IEC 7064, MOD 11,10, over decimal digits.
char check_digit(std::string_view digits);

}  // namespace jindu::portal
