#pragma once
// Bytes and the few ways in which they are written down.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/result.hpp"

namespace jindu {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;

inline BytesView bytes_of(std::string_view s) { return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()}; }
inline std::string_view text_of(BytesView b) { return {reinterpret_cast<const char*>(b.data()), b.size()}; }

std::string to_hex(BytesView bytes);
result<Bytes> from_hex(std::string_view text);
std::string to_base64(BytesView bytes);            // RFC 4648 section 4, padded
result<Bytes> from_base64(std::string_view text);  // strict: no white space, canonical padding
std::string to_base64url(BytesView bytes);         // RFC 4648 section 5, unpadded
result<Bytes> from_base64url(std::string_view text);

}  // namespace jindu
