#pragma once
// Numbers that people read: acceptance numbers (受理号) and document numbers (文书编号), made from a template that is
// data, and check codes that nobody can guess.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/runtime/bytes.hpp"
#include "common/runtime/result.hpp"

namespace jindu::approval {

struct NumberFacts {
  std::string department_code;
  std::string item_code;
  int year = 0;
  std::uint64_t sequence = 0;  // within department, series and year, from 1
};

// Where an item gives no template of its own.
inline constexpr std::string_view kAcceptanceTemplate = "{department}-SL-{year}-{seq:6}";
inline constexpr std::string_view kNotAcceptedTemplate = "{department}-BSL-{year}-{seq:6}";

// Replaces {department}, {item}, {year} and {seq} or {seq:N} (N digits with leading zeros, 1 to 12; longer numbers keep
// all their digits). A template without {seq} could give two documents one number, so it is refused, as is an unknown
// word (Fault::invalid, "number.template").
result<std::string> format_number(std::string_view number_template, const NumberFacts& facts);

// 26 characters of Crockford's base 32 (no I, L, O, U) from 128 random bits: short enough for a QR code and a
// telephone.
std::string check_code(const std::array<std::uint8_t, 16>& random);

}  // namespace jindu::approval
