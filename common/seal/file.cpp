#include <fcntl.h>
#include <unistd.h>

#include "common/crypto/digest.hpp"
#include "common/seal/seal.hpp"

namespace jindu::seal {
namespace {

struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

result<void> write_all(int descriptor, BytesView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return Error{Fault::unavailable, errno == ENOSPC ? "file.full" : "file.write",
                   "the opened file cannot be written"};
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

result<void> open_into(int source, int target, const OpeningKey& key, std::string_view binding,
                       const std::optional<Expected>& expected) {
  std::uint64_t size = 0;
  crypto::Sha256 digest;
  SealReader reader(key, binding, [&](BytesView bytes) -> result<void> {
    size += bytes.size();
    if (expected && size > expected->size) return Error{Fault::integrity, "seal.size", "it is longer than declared"};
    digest.update(bytes);
    return write_all(target, bytes);
  });
  Bytes buffer(256 * 1024);
  for (;;) {
    const ssize_t count = ::read(source, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Error{Fault::unavailable, "file.unreadable", "the sealed file cannot be read"};
    if (count == 0) break;
    if (auto ok = reader.write(BytesView(buffer).first(static_cast<std::size_t>(count))); !ok) return ok;
  }
  if (auto ok = reader.finish(); !ok) return ok;
  if (expected) {
    if (size != expected->size) return Error{Fault::integrity, "seal.size", "it is shorter than declared"};
    if (!crypto::constant_time_equal(digest.finish(), expected->sha256))
      return Error{Fault::integrity, "seal.digest", "the plaintext has another digest than declared"};
  }
  if (::fdatasync(target) != 0) return Error{Fault::unavailable, "file.write", "the opened file cannot be synced"};
  return {};
}

}  // namespace

result<void> open_file(const std::filesystem::path& sealed, const OpeningKey& key, std::string_view binding,
                       const std::filesystem::path& target, const std::optional<Expected>& expected) {
  Descriptor source{::open(sealed.c_str(), O_RDONLY | O_CLOEXEC)};
  if (source.number < 0) return Error{Fault::not_found, "file.unreadable", "the sealed file is not there"};
  Descriptor out{::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  if (out.number < 0) return Error{Fault::unavailable, "file.write", "the opened file cannot be made"};
  auto opened = open_into(source.number, out.number, key, binding, expected);
  if (!opened) ::unlink(target.c_str());
  return opened;
}

}  // namespace jindu::seal
