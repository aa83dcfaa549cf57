#pragma once
// A voyage on a medium: a folder "<from>-<id>" of bundle files and the signed manifest "voyage.jdv", written last. What
// is on a medium was in other hands: nothing is followed, everything is bounded, and only copies are checked.
#include <jindu/v1/voyage.pb.h>

#include <functional>
#include <optional>

#include "common/evidence/signed.hpp"
#include "common/exchange/codec/bundle.hpp"

namespace jindu::gateway {

inline constexpr std::string_view kVoyageManifest = "voyage.jdv";
inline constexpr std::string_view kVoyagePack = "bundles.jdp";
inline constexpr std::size_t kVoyageBundlesMax = 500;
inline constexpr std::size_t kPackedMax = 256 * 1024;  // a larger bundle has a file of its own

// The folder that stands where a medium is attached, and the file system that it is of: another one is another medium,
// also where nobody saw the one before it go. Nothing where none is; with `must_be_mount` also where the folder is of
// the file system above it, as a mount point is as long as nothing is mounted there.
struct Attached {
  std::uint64_t device, folder;
  bool operator==(const Attached&) const = default;
};
std::optional<Attached> medium_at(const std::string& place, bool must_be_mount);

// What lies on a medium that was in other hands: no more than this, and nothing when it is taken away meanwhile.
inline constexpr std::size_t kNamesMax = 10'000;
std::vector<std::string> names_on(const std::string& medium);

std::string voyage_folder(std::string_view from, const std::array<std::uint8_t, 16>& id);
// The voyage's id when the folder is one of `from`.
std::optional<std::string> voyage_id(std::string_view folder, std::string_view from);
// When it is one of somebody else than these two.
std::optional<std::string> strange_voyage_id(std::string_view folder, std::string_view own, std::string_view peer);

struct VoyageSource {
  std::function<result<Bytes>(const std::string& id)> bytes_of;  // one whose bytes cannot be had stays behind
  std::function<result<std::uint64_t>()> number;                 // asked for when all the bundles are written
};
// Writes and syncs everything, the folder's real name last: a reader sees a whole voyage or none, and what could not be
// finished is taken away again. `voyage` lists what went. `packed`: small ones share a file, as a medium takes several
// times as long for many files. Codes: voyage.empty (of `ids` none went), file.full, voyage.write.
result<void> write_voyage(const std::string& medium, jindu::v1::Voyage& voyage, const std::vector<std::string>& ids,
                          bool packed, const VoyageSource& source, const evidence::NodeSigner& signer);
// Its name goes first, so that a medium that is pulled in the middle shows no voyage without a manifest: that would be
// refused, and operators would look for a fault where there is none. Code voyage.write.
result<void> remove_voyage(const std::string& folder);
// Removes what an interrupted write of `own`, or an interrupted removal of a voyage of either, left.
void clear_leftovers(const std::string& medium, std::string_view own, std::string_view peer);

// A manifest that lay in `folder`, a name without a path. Codes: voyage.malformed, voyage.addressee, signed.*,
// certificate.*.
result<jindu::v1::Voyage> open_voyage(BytesView manifest, std::string_view folder, std::string_view from,
                                      std::string_view to, const evidence::NodeTrust& trust, Instant now);
// The manifest of a folder on a medium. Codes: voyage.unreadable, voyage.machine (this one cannot read just now, which
// says nothing against the voyage: Fault::unavailable), and those of open_voyage.
result<jindu::v1::Voyage> read_voyage(const std::string& folder, std::string_view from, std::string_view to,
                                      const evidence::NodeTrust& trust, Instant now);
// Of one that is not believed: who it says it is from, and which node of ours signed its manifest, both empty where
// that cannot be told.
struct VoyageClaim {
  std::string from, signer;
  crypto::Digest manifest_sha256{};  // of what could be read
};
VoyageClaim claim_of_voyage(const std::string& folder, const evidence::NodeTrust& trust, Instant now);
// One bundle of it, with the size and digest that the manifest says. Codes: voyage.unreadable, voyage.machine,
// voyage.damaged.
result<Bytes> read_voyage_bundle(const std::string& folder, const jindu::v1::VoyageEntry& entry);
std::string id_text(std::string_view bytes);  // of 16 bytes

}  // namespace jindu::gateway
