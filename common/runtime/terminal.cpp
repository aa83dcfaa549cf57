#include "common/runtime/terminal.hpp"

#include <algorithm>
#include <iterator>

namespace jindu {
namespace {

struct Range {
  char32_t first, last;
};
constexpr Range kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},  {0x3041, 0xA4CF},   {0xA960, 0xA97C},
                           {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},  {0xFE10, 0xFE19},   {0xFE30, 0xFE6B},
                           {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},  {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF},
                           {0x20000, 0x2FFFD}, {0x30000, 0x3FFFD}};
constexpr Range kObeyed[] = {{0, 0x1F}, {0x7F, 0x9F}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069}};
constexpr Range kNone[] = {{0x0300, 0x036F}, {0x200B, 0x200F}, {0xFE00, 0xFE0F}};

template <std::size_t N>
bool is_in(const Range (&ranges)[N], char32_t sign) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [sign](const Range& one) { return one.first <= sign && sign <= one.last; });
}

// Takes the first sign off the text; of a byte that is no UTF-8, that byte.
char32_t take_sign(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF8 ? 4 : 1;
  char32_t sign = length == 1 ? first : first & (0x7F >> length);
  std::size_t taken = 1;
  for (; taken < length && taken < text.size() && (text[taken] & 0xC0) == 0x80; ++taken)
    sign = sign << 6 | (text[taken] & 0x3F);
  if (taken < length) {
    sign = first;
    taken = 1;
  }
  text.remove_prefix(taken);
  return sign;
}

}  // namespace

std::size_t cells(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto sign = take_sign(text);
    width += is_in(kWide, sign) ? 2 : is_in(kNone, sign) ? 0 : 1;
  }
  return width;
}

std::string printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const auto before = text;
    const auto sign = take_sign(text);
    if (sign == '\n' || sign == '\t' || sign == '\r')
      shown += ' ';
    else if (is_in(kObeyed, sign))
      shown += '?';
    else
      shown += before.substr(0, before.size() - text.size());
  }
  return shown;
}

std::string padded(std::string text, std::size_t width) {
  const auto has = cells(text);
  if (has < width) text.append(width - has, ' ');
  return text;
}

}  // namespace jindu
