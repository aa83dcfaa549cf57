#pragma once
// How texts stand beside each other in a terminal, where a Chinese sign is as wide as two Latin ones.
#include <cstddef>
#include <string>
#include <string_view>

namespace jindu {

// How many cells a text of UTF-8 takes: two for each East Asian wide sign (UAX 11, W and F), none for what only changes
// the sign before it, one for any other and for each byte that is no UTF-8. wcwidth() would need a locale that is
// perhaps not installed.
std::size_t cells(std::string_view text);
// What comes from elsewhere, without what a terminal would obey: control characters and marks that turn the direction
// of writing become '?', ends of lines and tabs a space.
std::string printable(std::string_view text);
// With spaces behind it, up to so many cells.
std::string padded(std::string text, std::size_t width);

}  // namespace jindu
