#pragma once
// A QR code as a grid of modules (ISO/IEC 18004), by libqrencode.
#include <string_view>
#include <vector>

#include "common/runtime/result.hpp"

namespace jindu::approval::documents {

struct QrCode {
  int size = 0;            // modules on a side
  std::vector<bool> dark;  // row by row
  bool at(int x, int y) const {
    return dark[static_cast<std::size_t>(y) * static_cast<std::size_t>(size) + static_cast<std::size_t>(x)];
  }
};
result<QrCode> make_qr(std::string_view text);

}  // namespace jindu::approval::documents
