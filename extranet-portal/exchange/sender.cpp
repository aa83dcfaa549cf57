#include "extranet-portal/exchange/sender.hpp"

#include "common/runtime/messages.hpp"

namespace jindu::portal::exchange {

Bytes slice_head(std::string_view declaration_id, std::string_view upload_id, std::uint64_t offset, std::uint64_t total,
                 std::uint64_t length) {
  jindu::v1::MaterialSlice slice;
  slice.set_declaration_id(std::string(declaration_id));
  slice.set_upload_id(std::string(upload_id));
  slice.set_offset(offset);
  slice.set_total(total);
  Bytes head = encode(slice);
  // Field `data`: its tag (wire type 2) and its length as a varint.
  head.push_back(static_cast<std::uint8_t>(jindu::v1::MaterialSlice::kDataFieldNumber << 3 | 2));
  for (; length >= 0x80; length >>= 7) head.push_back(static_cast<std::uint8_t>(length | 0x80));
  head.push_back(static_cast<std::uint8_t>(length));
  return head;
}

void enqueue_submission(storage::Transaction& tx, const std::string& declaration_id,
                        const std::vector<SealedFile>& materials, const jindu::v1::DossierDelivery& dossier,
                        Instant now) {
  for (const auto& file : materials) {
    for (std::uint64_t offset = 0; offset < file.size; offset += kSliceMax) {
      const std::uint64_t length = std::min(kSliceMax, file.size - offset);
      jindu::exchange::FileSlice slice{file.path.string(), offset, length,
                                       slice_head(declaration_id, file.upload_id, offset, file.size, length)};
      jindu::exchange::enqueue(tx, {"material", declaration_id, 3, std::move(slice)}, now);
    }
  }
  jindu::exchange::enqueue(tx, {"dossier", declaration_id, 2, encode(dossier)}, now);
}

}  // namespace jindu::portal::exchange
