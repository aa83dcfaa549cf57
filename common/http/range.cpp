#include "common/http/range.hpp"

#include <charconv>
#include <optional>

namespace jindu::http {
namespace {
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto end = text.data() + text.size();
  const auto [at, code] = std::from_chars(text.data(), end, value);
  if (text.empty() || code != std::errc{} || at != end) return {};
  return value;
}
}  // namespace

Range parse_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  if (!header.starts_with(unit)) return {};
  header.remove_prefix(unit.size());
  const auto dash = header.find('-');
  if (dash == std::string_view::npos || header.find(',') != std::string_view::npos) return {};
  const auto first = number(header.substr(0, dash)), last = number(header.substr(dash + 1));
  const bool has_first = dash > 0, has_last = dash + 1 < header.size();
  if ((has_first && !first) || (has_last && !last) || (!has_first && !has_last)) return {};
  Range range{true, false, 0, 0};
  if (!has_first) {  // the last so many bytes
    if (*last == 0 || size == 0) return range;
    return {true, true, *last >= size ? 0 : size - *last, size - 1};
  }
  if (*first >= size || (has_last && *last < *first)) return range;
  return {true, true, *first, has_last && *last < size ? *last : size - 1};
}

}  // namespace jindu::http
