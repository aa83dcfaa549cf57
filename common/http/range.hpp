#pragma once
// The Range header (RFC 9110 section 14), one range of bytes; several are answered with the whole.
#include <cstdint>
#include <string_view>

namespace jindu::http {

struct Range {
  bool asked = false;
  bool satisfiable = false;
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // inclusive
};
Range parse_range(std::string_view header, std::uint64_t size);

}  // namespace jindu::http
