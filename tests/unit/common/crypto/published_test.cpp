// Published vectors against our code, for every algorithm that we use: tests/vectors/wycheproof and tests/vectors/hpke.
#include <zlib.h>

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "common/crypto/aead.hpp"
#include "common/crypto/hkdf.hpp"
#include "common/crypto/hpke.hpp"

using namespace jindu;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

const fs::path kFolder = fs::path(JINDU_SOURCE_DIR) / "tests" / "vectors";

// zlib reads plain files as well as gzipped ones.
json::object read(const fs::path& file) {
  gzFile in = gzopen(file.c_str(), "rb");
  REQUIRE(in != nullptr);
  std::string text(1 << 16, '\0'), all;
  for (int count; (count = gzread(in, text.data(), static_cast<unsigned>(text.size()))) > 0;)
    all.append(text.data(), static_cast<std::size_t>(count));
  gzclose(in);
  return json::parse(all).as_object();
}

Bytes bytes(const json::object& object, const char* name) { return from_hex(object.at(name).as_string()).value(); }
std::size_t size(const json::object& object, const char* name) { return object.at(name).to_number<std::size_t>(); }
bool valid(const json::object& test) { return test.at("result").as_string() == "valid"; }

using Try = std::function<void(const json::object& group, const json::object& test)>;

void each(const fs::path& file, const Try& act) {
  const auto all = read(file);
  int tried = 0;
  for (const auto& group : all.at("testGroups").as_array())
    for (const auto& test : group.as_object().at("tests").as_array()) {
      INFO(file.filename().string() << " test " << test.as_object().at("tcId"));
      act(group.as_object(), test.as_object());
      ++tried;
    }
  CHECK(tried > 20);
}
void each(const char* name, const Try& act) {
  each(kFolder / "wycheproof" / (std::string(name) + "_test.json.gz"), act);
}

// PKCS#8 of a P-256 key from its scalar, which may come with leading zeros or without them.
result<crypto::PrivateKey> p256_key(Bytes scalar) {
  while (scalar.size() > 32 && scalar.front() == 0) scalar.erase(scalar.begin());
  scalar.insert(scalar.begin(), 32 - scalar.size(), 0);
  auto der = from_hex(
                 "304102010030130607"
                 "2a8648ce3d020106082a8648ce3d030107"
                 "042730250201010420")
                 .value();
  der.insert(der.end(), scalar.begin(), scalar.end());
  return crypto::PrivateKey::from_pkcs8(der);
}

}  // namespace

TEST_CASE("HPKE seals and opens the published vector of our suite") {
  const auto vector = read(kFolder / "hpke" / "base-p256-sha256-aes256gcm.json");
  const auto& message = vector.at("encryption").as_object();
  // PKCS#8 of a P-256 key: this, the private key, and the public one.
  const auto key = [&](const char* secret, const char* point) {
    auto der = from_hex("308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420").value();
    const auto middle = from_hex("a144034200").value(), s = bytes(vector, secret), p = bytes(vector, point);
    for (const auto* part : {&s, &middle, &p}) der.insert(der.end(), part->begin(), part->end());
    return crypto::PrivateKey::from_pkcs8(der).value();
  };
  const auto recipient = key("skRm", "pkRm"), ephemeral = key("skEm", "pkEm");
  const auto info = bytes(vector, "info"), aad = bytes(message, "aad"), plain = bytes(message, "plaintext"),
             sealed = bytes(message, "ciphertext");
  const auto made = crypto::hpke_seal_with(ephemeral, recipient.public_key(), info, aad, plain).value();
  CHECK(to_hex(made.encapsulated) == to_hex(bytes(vector, "enc")));
  CHECK(to_hex(made.ciphertext) == to_hex(sealed));
  CHECK(crypto::hpke_open(recipient, bytes(vector, "enc"), info, aad, sealed).value() == plain);
}

TEST_CASE("AES-256-GCM opens what is valid, and nothing else") {
  int ours = 0;
  each("aes_gcm", [&](const json::object& group, const json::object& test) {
    if (size(group, "keySize") != 256 || size(group, "ivSize") != 96 || size(group, "tagSize") != 128) return;
    ++ours;
    crypto::AesGcm aead(bytes(test, "key"));
    crypto::Nonce nonce;
    const auto iv = bytes(test, "iv"), aad = bytes(test, "aad"), message = bytes(test, "msg"), tag = bytes(test, "tag");
    std::copy(iv.begin(), iv.end(), nonce.begin());
    auto sealed = bytes(test, "ct");
    sealed.insert(sealed.end(), tag.begin(), tag.end());
    Bytes opened(sealed.size() - 16 + 1);
    CHECK(aead.open(nonce, aad, sealed, opened.data()) == valid(test));
    opened.pop_back();
    if (!valid(test)) {
      CHECK(std::all_of(opened.begin(), opened.end(), [](std::uint8_t b) { return b == 0; }));
      return;
    }
    CHECK(opened == message);
    Bytes again(sealed.size());
    aead.seal(nonce, aad, message, again.data());
    CHECK(again == sealed);
  });
  CHECK(ours > 50);
}

TEST_CASE("HKDF gives what is published, in both hashes") {
  const auto with = [](crypto::HashFunction hash) {
    return [hash](const json::object&, const json::object& test) {
      const auto length = size(test, "size");
      const auto key = crypto::hkdf_extract(hash, bytes(test, "salt"), bytes(test, "ikm"));
      // More than 255 blocks is a mistake of the caller.
      if (!valid(test))
        CHECK_THROWS_AS(crypto::hkdf_expand(hash, key, bytes(test, "info"), length), ErrorException);
      else
        CHECK(crypto::hkdf_expand(hash, key, bytes(test, "info"), length) == bytes(test, "okm"));
    };
  };
  each("hkdf_sha256", with(crypto::HashFunction::sha256));
  each("hkdf_sha512", with(crypto::HashFunction::sha512));
}

TEST_CASE("HMAC-SHA-256 gives what is published") {
  each("hmac_sha256", [](const json::object&, const json::object& test) {
    auto tag = crypto::hmac_sha256(bytes(test, "key"), bytes(test, "msg"));
    const auto due = bytes(test, "tag");
    CHECK(crypto::constant_time_equal(BytesView(tag).first(due.size()), due) == valid(test));
    // Of a key that is kept, the second as the first, and a copy's.
    crypto::HmacSha256 kept(bytes(test, "key"));
    for (int i = 0; i < 2; ++i) CHECK(kept.of(bytes(test, "msg")) == tag);
    CHECK(crypto::HmacSha256(kept).of(bytes(test, "msg")) == tag);
  });
}

TEST_CASE("signatures hold only where they should") {
  const Try verify = [](const json::object& group, const json::object& test) {
    const auto key = crypto::PublicKey::from_spki(bytes(group, "publicKeyDer"));
    REQUIRE(key);
    const auto holds = key->verify(bytes(test, "msg"), bytes(test, "sig"));
    if (test.at("result").as_string() != "acceptable") CHECK(holds == valid(test));
  };
  for (const char* name : {"ecdsa_secp256r1_sha256", "rsa_signature_2048_sha256", "rsa_signature_3072_sha256",
                           "rsa_signature_4096_sha256"})
    each(name, verify);
}

TEST_CASE("RSA-OAEP opens what is valid, and nothing else") {
  for (const char* name : {"rsa_oaep_2048_sha256_mgf1sha256", "rsa_oaep_3072_sha256_mgf1sha256"})
    each(name, [](const json::object& group, const json::object& test) {
      const auto key = crypto::PrivateKey::from_pkcs8(bytes(group, "privateKeyPkcs8"));
      REQUIRE(key);
      const auto opened = crypto::rsa_oaep_open(*key, bytes(test, "label"), bytes(test, "ct"));
      if (test.at("result").as_string() == "acceptable") return;
      CHECK(opened.has_value() == valid(test));
      if (opened) CHECK(*opened == bytes(test, "msg"));
    });
}

TEST_CASE("ECDH with a point agrees on what is published, and takes no point off the curve") {
  int agreed = 0;
  each("ecdh_secp256r1_ecpoint", [&](const json::object&, const json::object& test) {
    // Compressed points are no encapsulated keys, valid or not.
    const auto point = crypto::p256_from_point(bytes(test, "public"));
    if (!valid(test)) {
      if (test.at("result").as_string() == "invalid") CHECK_FALSE(point);
      return;
    }
    REQUIRE(point);
    const auto key = p256_key(bytes(test, "private"));
    REQUIRE(key);
    CHECK(key->agree(*point).value() == bytes(test, "shared"));
    ++agreed;
  });
  CHECK(agreed > 200);
}
