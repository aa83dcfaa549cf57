#pragma once
// A voyage on a medium: a folder "<to>-<number>" of bundle files and the signed manifest "voyage.jdv", written last.
#include <jindu/v1/voyage.pb.h>

#include "exchange-gateway/unit/unit.hpp"

namespace jindu::gateway {

inline constexpr std::string_view kVoyageManifest = "voyage.jdv";
inline constexpr std::size_t kVoyageBundlesMax = 500;

std::string voyage_folder(std::string_view to, std::uint64_t number);
std::optional<std::uint64_t> voyage_number(std::string_view folder, std::string_view to);

// Writes and syncs everything, the folder's real name last: a reader sees a whole voyage or none.
result<void> write_voyage(const std::string& medium, const std::vector<Unit::Load>& loads, jindu::v1::Voyage voyage, const evidence::NodeSigner& signer);

struct ReadVoyage {
  jindu::v1::Voyage voyage;
  std::vector<Bytes> bundles;
  std::vector<std::string> damaged;  // ids of bundles whose file is missing or has other bytes
};
// Codes: voyage.malformed, voyage.addressee, signed.*, certificate.*.
result<ReadVoyage> read_voyage(const std::string& folder, std::string_view from, std::string_view to, const evidence::NodeTrust& trust, Instant now);

}  // namespace jindu::gateway
