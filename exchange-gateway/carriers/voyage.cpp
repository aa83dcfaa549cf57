#include "exchange-gateway/carriers/voyage.hpp"

#include <charconv>

#include "common/runtime/files.hpp"
#include "common/runtime/messages.hpp"

namespace jindu::gateway {
namespace fs = std::filesystem;

std::string voyage_folder(std::string_view to, std::uint64_t number) { return std::string(to) + "-" + std::to_string(number); }

std::optional<std::uint64_t> voyage_number(std::string_view folder, std::string_view to) {
  if (!folder.starts_with(to) || folder.size() <= to.size() + 1 || folder[to.size()] != '-') return {};
  folder.remove_prefix(to.size() + 1);
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(folder.data(), folder.data() + folder.size(), number);
  if (code != std::errc{} || end != folder.data() + folder.size() || number == 0) return {};
  return number;
}

result<void> write_voyage(const std::string& medium, const std::vector<Unit::Load>& loads, jindu::v1::Voyage voyage, const evidence::NodeSigner& signer) {
  const fs::path folder = fs::path(medium) / voyage_folder(voyage.to(), voyage.number());
  const fs::path beside = folder.string() + ".part";
  std::error_code code;
  fs::remove_all(beside, code);
  if (auto ok = files::make_folder(beside); !ok) return ok;
  for (const auto& load : loads) {
    const auto name = load.id + ".jdb";
    if (auto ok = files::write_durably(beside / name, load.bundle); !ok) return ok;
    auto& entry = *voyage.add_bundles();
    const auto id = exchange::bundle_id_from_text(load.id);
    entry.set_bundle_id(id->data(), id->size());
    entry.set_file(name);
    entry.set_size(load.bundle.size());
    const auto digest = crypto::sha256(load.bundle);
    entry.set_sha256(digest.data(), digest.size());
  }
  if (auto ok = files::write_durably(beside / std::string(kVoyageManifest), evidence::sign_statement(evidence::kVoyageType, encode(voyage), signer)); !ok) return ok;
  fs::rename(beside, folder, code);
  if (code) return Error{Fault::unavailable, "voyage.write", "the medium cannot be written: " + code.message()};
  return files::sync_folder(medium);
}

result<ReadVoyage> read_voyage(const std::string& folder, std::string_view from, std::string_view to, const evidence::NodeTrust& trust, Instant now) {
  auto encoded = files::read(fs::path(folder) / std::string(kVoyageManifest), evidence::kSignedMax);
  if (!encoded) return encoded.error();
  auto statement = evidence::open_signed(*encoded, evidence::kVoyageType, trust, now, from);
  if (!statement) return statement.error();
  ReadVoyage read;
  auto& voyage = read.voyage;
  if (auto ok = parse_message(statement->body, voyage); !ok) return Error{Fault::integrity, "voyage.malformed", ok.error().detail};
  if (voyage.version() != 1) return Error{Fault::unsupported, "voyage.malformed", "the version is not known"};
  if (voyage.from() != from || voyage.to() != to) return Error{Fault::forbidden, "voyage.addressee", "this voyage is for somebody else"};
  for (const auto& entry : voyage.bundles()) {
    if (entry.bundle_id().size() != 16 || entry.sha256().size() != 32) return Error{Fault::integrity, "voyage.malformed", "ids have 16 bytes, digests 32"};
    exchange::BundleId id;
    std::copy(entry.bundle_id().begin(), entry.bundle_id().end(), reinterpret_cast<char*>(id.data()));
    const auto name = exchange::to_text(id) + ".jdb";
    // The name is ours to make, so that a manifest cannot point elsewhere.
    auto bytes = entry.file() == name ? files::read(fs::path(folder) / name, entry.size()) : result<Bytes>(Error{Fault::integrity, "voyage.malformed", "another file name"});
    if (!bytes || bytes->size() != entry.size() || text_of(crypto::sha256(*bytes)) != entry.sha256()) {
      read.damaged.push_back(exchange::to_text(id));
      continue;
    }
    read.bundles.push_back(std::move(*bytes));
  }
  return read;
}

}  // namespace jindu::gateway
