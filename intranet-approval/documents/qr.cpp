#include "intranet-approval/documents/qr.hpp"

#include <qrencode.h>

#include <memory>
#include <string>

namespace jindu::approval::documents {

result<QrCode> make_qr(std::string_view text) {
  const std::unique_ptr<QRcode, void (*)(QRcode*)> code(
      QRcode_encodeString8bit(std::string(text).c_str(), 0, QR_ECLEVEL_M), QRcode_free);
  if (!code) return Error{Fault::internal, "document.qr", "the QR code cannot be made"};
  QrCode qr{code->width, {}};
  const auto side = static_cast<std::size_t>(code->width);
  qr.dark.reserve(side * side);
  for (std::size_t i = 0; i < side * side; ++i) qr.dark.push_back((code->data[i] & 1) != 0);
  return qr;
}

}  // namespace jindu::approval::documents
