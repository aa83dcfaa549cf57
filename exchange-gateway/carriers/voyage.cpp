#include "exchange-gateway/carriers/voyage.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "common/runtime/files.hpp"
#include "common/runtime/ids.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/messages.hpp"

namespace jindu::gateway {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kPartial = ".part";
constexpr std::string_view kRemoved = ".removed";

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return number_; }

 private:
  int number_;
};

struct Part {
  std::uint64_t offset, size;
};

// Of this machine, which has no right, or no room for another open file: that says nothing against what lies there. (A
// device that gives no answer to a read is mostly a medium that is damaged there: the rest of it is taken.)
bool is_of_this_machine(int reason) {
  return reason == EACCES || reason == EPERM || reason == EMFILE || reason == ENFILE || reason == ENOMEM;
}

Error not_read(const std::string& name, int reason = 0) {
  if (is_of_this_machine(reason))
    return {Fault::unavailable, "voyage.machine", name + " cannot be read by this machine: " + std::strerror(reason)};
  return {Fault::integrity, "voyage.unreadable", name + " cannot be read"};
}

// Regular files in that very folder only: no links, no devices, no pipes that never answer. All of it, or a part.
result<Bytes> read_foreign(const std::string& folder, const std::string& name, std::size_t limit,
                           std::optional<Part> part = {}) {
  const Descriptor place(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (place < 0) return not_read(name, errno);
  const Descriptor file(::openat(place, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info {};
  if (file < 0 || ::fstat(file, &info) != 0) return not_read(name, errno);
  if (!S_ISREG(info.st_mode)) return not_read(name);
  const auto there = static_cast<std::uint64_t>(info.st_size);
  if (!part) part = {0, there};
  if (part->size > limit) return Error{Fault::integrity, "voyage.damaged", name + " is larger than it should be"};
  if (part->offset > there || part->size > there - part->offset)
    return Error{Fault::integrity, "voyage.damaged", name + " ends too early"};
  Bytes bytes(static_cast<std::size_t>(part->size));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto count = ::pread(file, bytes.data() + done, bytes.size() - done, static_cast<off_t>(part->offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return not_read(name, count < 0 ? errno : 0);
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

// The small bundles of a voyage, one behind the other.
class Pack {
 public:
  explicit Pack(std::string path) : path_(std::move(path)) {}
  // Where in the file it begins.
  result<std::uint64_t> add(BytesView bundle) {
    const auto at = written_ + gathered_.size();
    gathered_.insert(gathered_.end(), bundle.begin(), bundle.end());
    if (gathered_.size() >= kWrittenAtOnce)
      if (auto ok = write(); !ok) return ok.error();
    return at;
  }
  result<void> write() {
    if (gathered_.empty()) return {};
    auto ok = files::write_at(path_, written_, gathered_, false);
    written_ += gathered_.size();
    gathered_.clear();
    return ok;
  }

 private:
  static constexpr std::size_t kWrittenAtOnce = 1024 * 1024;
  std::string path_;
  Bytes gathered_;
  std::uint64_t written_ = 0;
};

}  // namespace

std::optional<Attached> medium_at(const std::string& place, bool must_be_mount) {
  struct stat here {};
  struct stat above {};
  if (::lstat(place.c_str(), &here) != 0 || !S_ISDIR(here.st_mode)) return {};
  if (must_be_mount && (::lstat(fs::path(place).parent_path().c_str(), &above) != 0 || above.st_dev == here.st_dev))
    return {};
  return Attached{here.st_dev, here.st_ino};
}

std::vector<std::string> names_on(const std::string& medium) {
  std::vector<std::string> names;
  std::error_code code;
  for (fs::directory_iterator it(medium, code), end; !code && it != end && names.size() < kNamesMax; it.increment(code))
    names.push_back(it->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string id_text(std::string_view bytes) {
  std::array<std::uint8_t, 16> id{};
  std::copy_n(bytes.begin(), std::min<std::size_t>(bytes.size(), id.size()), reinterpret_cast<char*>(id.data()));
  return uuid_text(id);
}

std::string voyage_folder(std::string_view from, const std::array<std::uint8_t, 16>& id) {
  return std::string(from) + "-" + uuid_text(id);
}

std::optional<std::string> voyage_id(std::string_view folder, std::string_view from) {
  if (!folder.starts_with(from) || folder.size() <= from.size() + 1 || folder[from.size()] != '-') return {};
  folder.remove_prefix(from.size() + 1);
  if (!is_uuid(folder)) return {};
  return std::string(folder);
}

std::optional<std::string> strange_voyage_id(std::string_view folder, std::string_view own, std::string_view peer) {
  constexpr std::size_t id_size = 36;
  if (folder.size() <= id_size + 1) return {};
  const auto from = folder.substr(0, folder.size() - id_size - 1);
  if (from == own || from == peer) return {};
  return voyage_id(folder, from);
}

namespace {

Error not_written(int reason) {
  if (reason == ENOSPC || reason == EDQUOT) return {Fault::unavailable, "file.full", "the medium is full"};
  return {Fault::unavailable, "voyage.write", std::string("the medium cannot be written: ") + std::strerror(reason)};
}

// Whoever reads it runs under another account, perhaps of another machine; what is in it is sealed and signed. A file
// system without rights, as most media have, knows nothing of this.
void open_to_all(const fs::path& folder) {
  std::error_code code;
  for (const auto& name : names_on(folder.string()))
    fs::permissions(folder / name, fs::perms(0644), fs::perm_options::replace, code);
  fs::permissions(folder, fs::perms(0755), fs::perm_options::replace, code);
}

result<void> write_beside(const fs::path& beside, jindu::v1::Voyage& voyage, const std::vector<std::string>& ids,
                          bool packed, const VoyageSource& source, const evidence::NodeSigner& signer) {
  Pack pack(beside / std::string(kVoyagePack));
  for (const auto& id : ids) {
    auto bytes = source.bytes_of(id);
    if (!bytes) continue;
    auto& entry = *voyage.add_bundles();
    if (packed && bytes->size() <= kPackedMax) {
      const auto at = pack.add(*bytes);
      if (!at) return at.error();
      entry.set_packed_at(*at);
    } else if (auto ok = files::write_new(beside / (id + ".jdb"), *bytes); !ok) {
      return ok;
    }
    const auto raw = exchange::bundle_id_from_text(id);
    entry.set_bundle_id(raw->data(), raw->size());
    entry.set_size(bytes->size());
    const auto digest = crypto::sha256(*bytes);
    entry.set_sha256(digest.data(), digest.size());
  }
  if (voyage.bundles_size() == 0 && !ids.empty())
    return Error{Fault::not_found, "voyage.empty", "of none of its bundles the bytes can be read"};
  if (auto ok = pack.write(); !ok) return ok;
  open_to_all(beside);
  // All of them at once, before the manifest that vouches for them: a sync for each would take most of the time.
  if (auto ok = files::sync_all(beside); !ok) return ok;
  const auto number = source.number();
  if (!number) return number.error();
  voyage.set_number(*number);
  const auto manifest = evidence::sign_statement(evidence::kVoyageType, encode(voyage), signer);
  if (auto ok = files::write_durably(beside / std::string(kVoyageManifest), manifest); !ok) return ok;
  open_to_all(beside);
  return {};
}

}  // namespace

result<void> write_voyage(const std::string& medium, jindu::v1::Voyage& voyage, const std::vector<std::string>& ids,
                          bool packed, const VoyageSource& source, const evidence::NodeSigner& signer) {
  const fs::path folder = fs::path(medium) / (voyage.from() + "-" + id_text(voyage.id()));
  const fs::path beside = folder.string() + std::string(kPartial);
  std::error_code code;
  fs::remove_all(beside, code);
  // Not with its parents: a medium that was taken away just now is not to be made anew.
  if (::mkdir(beside.c_str(), 0700) != 0) return not_written(errno);
  auto ok = write_beside(beside, voyage, ids, packed, source, signer);
  if (ok && ::rename(beside.c_str(), folder.c_str()) != 0) ok = not_written(errno);
  if (ok) return files::sync_folder(medium);
  // On a full medium it would take the room of what could go instead.
  fs::remove_all(beside, code);
  return ok;
}

result<void> remove_voyage(const std::string& folder) {
  const fs::path place(folder), beside = folder + std::string(kRemoved);
  std::error_code code;
  fs::remove_all(beside, code);  // of the same voyage, when it came twice
  fs::rename(place, beside, code);
  // Not every file system keeps the order of what it was told.
  if (!code)
    if (auto ok = files::sync_folder(place.parent_path()); !ok) return ok;
  if (!code) fs::remove_all(beside, code);
  if (code) return Error{Fault::unavailable, "voyage.write", "the medium cannot be written: " + code.message()};
  return files::sync_folder(place.parent_path());
}

void clear_leftovers(const std::string& medium, std::string_view own, std::string_view peer) {
  std::error_code code;
  const auto is_of = [](std::string_view name, std::string_view ending, std::string_view from) {
    return name.ends_with(ending) && voyage_id(name.substr(0, name.size() - ending.size()), from);
  };
  for (const auto& name : names_on(medium))
    if (is_of(name, kPartial, own) || is_of(name, kRemoved, own) || is_of(name, kRemoved, peer))
      fs::remove_all(fs::path(medium) / name, code);
}

result<jindu::v1::Voyage> open_voyage(BytesView manifest, std::string_view folder, std::string_view from,
                                      std::string_view to, const evidence::NodeTrust& trust, Instant now) {
  auto statement = evidence::open_signed(manifest, evidence::kVoyageType, trust, now, from);
  if (!statement) return statement.error();
  jindu::v1::Voyage voyage;
  const auto malformed = [](std::string what) { return Error{Fault::integrity, "voyage.malformed", std::move(what)}; };
  if (auto ok = parse_message(statement->body, voyage); !ok) return malformed(ok.error().detail);
  if (voyage.version() != 1) return Error{Fault::unsupported, "voyage.malformed", "the version is not known"};
  if (voyage.from() != from || voyage.to() != to)
    return Error{Fault::forbidden, "voyage.addressee", "this voyage is for somebody else"};
  constexpr std::uint64_t most = std::uint64_t{1} << 60;
  if (voyage.id().size() != 16 || voyage.number() == 0 || voyage.number() > most || voyage.last_read() > most ||
      voyage.control_received() > most)
    return malformed("id or numbers are out of bounds");
  if (folder != voyage.from() + "-" + id_text(voyage.id()))
    return malformed("folder and manifest name different voyages");
  if (static_cast<std::size_t>(voyage.bundles_size()) > kVoyageBundlesMax) return malformed("too many bundles");
  for (const auto& entry : voyage.bundles())
    if (entry.bundle_id().size() != 16 || entry.sha256().size() != 32)
      return malformed("ids have 16 bytes, digests 32");
  return voyage;
}

result<jindu::v1::Voyage> read_voyage(const std::string& folder, std::string_view from, std::string_view to,
                                      const evidence::NodeTrust& trust, Instant now) {
  auto encoded = read_foreign(folder, std::string(kVoyageManifest), evidence::kSignedMax);
  if (!encoded) return encoded.error();
  return open_voyage(*encoded, fs::path(folder).filename().string(), from, to, trust, now);
}

VoyageClaim claim_of_voyage(const std::string& folder, const evidence::NodeTrust& trust, Instant now) {
  constexpr std::size_t longest = 64;
  auto read_there = read_foreign(folder, std::string(kVoyageManifest), evidence::kSignedMax);
  const auto encoded = read_there ? std::move(*read_there) : Bytes{};
  VoyageClaim claim;
  claim.manifest_sha256 = crypto::sha256(encoded);
  const auto statement = evidence::open_signed(encoded, evidence::kVoyageType, trust, now);
  if (statement) claim.signer = statement->signer;
  jindu::v1::Voyage voyage;
  const auto read = evidence::read_signed(encoded, evidence::kVoyageType);
  if (!read || !parse_message(read->body, voyage)) return claim;
  // It is shown to people: only what a node can be called.
  const auto may_be_shown = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (voyage.from().size() <= longest && std::all_of(voyage.from().begin(), voyage.from().end(), may_be_shown))
    claim.from = voyage.from();
  return claim;
}

result<Bytes> read_voyage_bundle(const std::string& folder, const jindu::v1::VoyageEntry& entry) {
  constexpr std::size_t largest = exchange::kMessageBundleMax + 2 * exchange::kManifestMax;
  // The name is ours to make, so that a manifest cannot point elsewhere.
  const auto name = id_text(entry.bundle_id()) + ".jdb";
  auto bytes = entry.has_packed_at()
                   ? read_foreign(folder, std::string(kVoyagePack), largest, Part{entry.packed_at(), entry.size()})
                   : read_foreign(folder, name, std::min<std::size_t>(largest, entry.size()));
  if (!bytes) return bytes;
  if (bytes->size() != entry.size() || text_of(crypto::sha256(*bytes)) != entry.sha256())
    return Error{Fault::integrity, "voyage.damaged", name + " has other bytes than the manifest says"};
  return bytes;
}

}  // namespace jindu::gateway
