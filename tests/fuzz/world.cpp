#include "tests/fuzz/world.hpp"

#include <spdlog/spdlog.h>
#include <sys/mman.h>
#include <unistd.h>

namespace jindu::fuzz {
namespace {

// Findings are told by the fuzzer; what the code under test logs on bad input is expected.
const bool quiet = [] {
  spdlog::set_level(spdlog::level::off);
  return true;
}();

constexpr std::chrono::hours kYear{24 * 365};

}  // namespace

crypto::PrivateKey key_of(std::string_view name) {
  // PKCS#8 around a P-256 scalar (RFC 5958, RFC 5915); OpenSSL computes the point.
  Bytes pkcs8 = from_hex(
                    "304102010030130607"
                    "2a8648ce3d0201"
                    "06082a8648ce3d030107"
                    "042730250201010420")
                    .value();
  const auto scalar = crypto::sha256(bytes_of("jindu/fuzz/" + std::string(name)));
  pkcs8.insert(pkcs8.end(), scalar.begin(), scalar.end());
  return crypto::PrivateKey::from_pkcs8(pkcs8).value();
}

const crypto::Certificate& root() {
  static const auto certificate = [] {
    const auto key = key_of("root");
    return crypto::issue_certificate(key, nullptr, key.public_key(), {.common_name = "Fuzz Root"},
                                     crypto::Profile::authority, kNow - kYear, kNow + 30 * kYear)
        .value();
  }();
  return certificate;
}

const evidence::NodeTrust& trust() {
  static const evidence::NodeTrust known{crypto::TrustStore::from_pem(root().pem()).value(), {}};
  return known;
}

const evidence::NodeSigner& node(const std::string& name) {
  // Never destroyed: after OpenSSL has ended, what is kept with its keys would not be freed.
  static auto& made = *new std::map<std::string, evidence::NodeSigner>;
  const auto found = made.find(name);
  if (found != made.end()) return found->second;
  const auto key = key_of(name);
  const auto certificate = crypto::issue_certificate(
                               key_of("root"), &root(), key.public_key(),
                               {.common_name = name, .organisation = "渡口面馆", .serial_number = "91310000MA1FL0XK0U"},
                               crypto::Profile::citizen, kNow - kYear, kNow + 20 * kYear)
                               .value();
  return made.emplace(name, evidence::NodeSigner{name, key, certificate}).first->second;
}

MemoryFile::MemoryFile(BytesView bytes) : number_(::memfd_create("fuzz", MFD_CLOEXEC)) {
  promise(number_ >= 0 && ::write(number_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
          "a file in memory can be made");
}
MemoryFile::~MemoryFile() { ::close(number_); }
std::string MemoryFile::path() const { return "/proc/self/fd/" + std::to_string(number_); }

}  // namespace jindu::fuzz
