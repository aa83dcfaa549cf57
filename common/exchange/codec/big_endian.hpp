#pragma once
// Numbers as these formats write them: big-endian, in a fixed number of bytes.
#include "common/runtime/bytes.hpp"

namespace jindu::exchange {

inline void put_big_endian(Bytes& out, std::uint64_t value, std::size_t bytes) {
  for (int shift = 8 * (static_cast<int>(bytes) - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(value >> shift));
}

// Of all the bytes given, at most 8.
inline std::size_t big_endian(BytesView bytes) {
  std::size_t value = 0;
  for (const auto byte : bytes) value = value << 8 | byte;
  return value;
}

}  // namespace jindu::exchange
