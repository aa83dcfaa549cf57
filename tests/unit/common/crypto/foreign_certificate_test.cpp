// Certificates that OpenSSL reads and that make no sense, or have keys that are not ours.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "common/crypto/certificate.hpp"
#include "common/runtime/files.hpp"

namespace jindu::crypto {
namespace {

const Instant kNow = from_unix_ms(1'780'000'000'000);

Certificate plain_certificate() {
  const auto key = PrivateKey::generate_p256();
  return issue_certificate(key, nullptr, key.public_key(), {.common_name = "somebody"}, Profile::citizen, kNow,
                           kNow + std::chrono::hours(24))
      .value();
}

// With the digits of one of its two times (UTCTime, tag 23, 13 bytes) made into letters.
Bytes with_broken_time(int which) {
  Bytes der = plain_certificate().der();
  const std::string_view tag("\x17\x0d", 2);
  auto at = text_of(der).find(tag);
  if (which == 1) at = text_of(der).find(tag, at + 1);
  for (std::size_t i = 2; i < 6; ++i) der.at(at + i) = 'x';
  return der;
}

}  // namespace

TEST_CASE("a certificate whose times are no times is refused when it is read") {
  for (const int which : {0, 1}) {
    const auto read = Certificate::from_der(with_broken_time(which));
    REQUIRE_FALSE(read);
    CHECK(read.error().code == "certificate.malformed");
    const auto pem =
        "-----BEGIN CERTIFICATE-----\n" + to_base64(with_broken_time(which)) + "\n-----END CERTIFICATE-----\n";
    CHECK(Certificate::all_from_pem(plain_certificate().pem() + pem).error().code == "certificate.malformed");
  }
}

TEST_CASE("a key of another kind than ours verifies nothing, and says so without an exception") {
  char name[] = "/tmp/jindu-ed25519-XXXXXX";
  const std::string folder = ::mkdtemp(name);
  REQUIRE(
      std::system(
          ("cd " + folder +
           " && openssl req -x509 -newkey ed25519 -nodes -days 2 -subj /CN=x -keyout key.pem -out c.pem 2>/dev/null")
              .c_str()) == 0);
  const auto certificate = Certificate::all_from_pem_file(folder + "/c.pem").value().front();
  std::filesystem::remove_all(folder);
  CHECK_FALSE(certificate.public_key().verify(bytes_of("message"), bytes_of("signature")));
  CHECK(certificate.common_name() == "x");
}

}  // namespace jindu::crypto
