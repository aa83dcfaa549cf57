#pragma once
// What leaves the portal: the sealed materials in slices, then the dossier that names them. All of one declaration has
// one subject, so that it arrives in this order.
#include <jindu/v1/payload.pb.h>

#include <filesystem>
#include <vector>

#include "common/exchange/service/exchange.hpp"

namespace jindu::portal::exchange {

inline constexpr std::uint64_t kSliceMax = 8 * 1024 * 1024;

struct SealedFile {
  std::string upload_id;
  std::filesystem::path path;
  std::uint64_t size = 0;
};

// The payload of one slice without its bytes: they follow from the file. Written out, since protobuf would want the
// bytes in memory.
Bytes slice_head(std::string_view declaration_id, std::string_view upload_id, std::uint64_t offset, std::uint64_t total,
                 std::uint64_t length);

// In the transaction of the declaration's state change.
void enqueue_submission(storage::Transaction& tx, const std::string& declaration_id,
                        const std::vector<SealedFile>& materials, const jindu::v1::DossierDelivery& dossier,
                        Instant now);

}  // namespace jindu::portal::exchange
