// What is remembered of certificates gives the answers that asking anew would give.
#include "common/crypto/remembered.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "common/crypto/cms.hpp"

namespace jindu::crypto {
namespace {

Instant moment(int year, unsigned month, unsigned day) {
  return std::chrono::sys_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)};
}

// A root that is good from 2020 to 2030, an authority of 2024 to 2028 below it, and somebody of 2025 to 2027.
struct Family {
  PrivateKey root_key = PrivateKey::generate_p256(), authority_key = PrivateKey::generate_p256(),
             key = PrivateKey::generate_p256();
  Certificate root = issue_certificate(root_key, nullptr, root_key.public_key(), {.common_name = "root"},
                                       Profile::authority, moment(2020, 1, 1), moment(2030, 1, 1))
                         .value();
  Certificate authority = issue_certificate(root_key, &root, authority_key.public_key(), {.common_name = "authority"},
                                            Profile::authority, moment(2024, 1, 1), moment(2028, 1, 1))
                              .value();
  Certificate leaf = issue_certificate(authority_key, &authority, key.public_key(), {.common_name = "somebody"},
                                       Profile::citizen, moment(2025, 1, 1), moment(2027, 1, 1))
                         .value();
  TrustStore trust() const { return TrustStore::from_pem(root.pem()).value(); }
};

std::string outcome(const result<void>& verified) { return verified ? "good" : verified.error().code; }
std::string outcome(const result<CmsSignature>& verified) { return verified ? "good" : verified.error().code; }

const Bytes kContent{'c', 'o', 'n', 't', 'e', 'n', 't'};

// An element of DER that holds others.
Bytes element(std::uint8_t tag, const Bytes& contents) {
  REQUIRE(contents.size() < 0x10000);
  Bytes all{tag, 0x82, static_cast<std::uint8_t>(contents.size() >> 8), static_cast<std::uint8_t>(contents.size())};
  all.insert(all.end(), contents.begin(), contents.end());
  return all;
}
Bytes joined(std::initializer_list<BytesView> parts) {
  Bytes all;
  for (const auto part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

std::size_t place_of(const Certificate& certificate, const Bytes& signature) {
  const auto at = text_of(signature).find(text_of(certificate.der()));
  REQUIRE(at != std::string_view::npos);
  return at;
}
// In the order in which they stand in a signature: DER sorts them.
std::vector<Certificate> in_order(std::vector<Certificate> certificates, const Bytes& signature) {
  std::sort(certificates.begin(), certificates.end(), [&](const Certificate& a, const Certificate& b) {
    return place_of(a, signature) < place_of(b, signature);
  });
  return certificates;
}

}  // namespace

TEST_CASE("what is remembered is forgotten when it was not asked for while enough others came") {
  Remembered<int> numbers(2);
  CHECK_FALSE(numbers.find("a"));
  numbers.keep("a", 1);
  CHECK(numbers.find("a") == 1);
  numbers.keep("a", 2);
  CHECK(numbers.find("a") == 2);
  numbers.keep("b", 3);
  for (int i = 0; i < 100; ++i) {
    numbers.keep("other " + std::to_string(i), i);
    CHECK(numbers.find("a") == 2);  // asked for again and again
  }
  CHECK_FALSE(numbers.find("b"));
}

TEST_CASE("a chain that was found good is believed only where asking anew would say the same") {
  const Family f;
  struct Asked {
    Instant at;
    std::string expected;
  };
  const auto second = std::chrono::seconds(1);
  const std::vector<Asked> moments{{moment(2019, 12, 31), "certificate.not_yet_valid"},
                                   {moment(2025, 1, 1) - second, "certificate.not_yet_valid"},
                                   {moment(2025, 1, 1), "good"},
                                   {moment(2026, 6, 1), "good"},
                                   {moment(2027, 1, 1) - second, "good"},
                                   {moment(2027, 1, 1), "certificate.expired"},
                                   {moment(2029, 1, 1), "certificate.expired"}};
  // In whichever order they are asked for.
  for (const auto& first : moments) {
    const auto trust = f.trust();
    for (const auto& then : moments) {
      CHECK(outcome(trust.verify(f.leaf, {f.authority}, first.at)) == first.expected);
      CHECK(outcome(trust.verify(f.leaf, {f.authority}, then.at)) == then.expected);
    }
  }
}

TEST_CASE("a chain is remembered for what it was asked with, and by the store that was asked") {
  const Family f, stranger;
  const auto trust = f.trust();
  const auto now = moment(2026, 6, 1);
  REQUIRE(trust.verify(f.leaf, {f.authority}, now));
  CHECK(outcome(trust.verify(f.leaf, {}, now)) == "certificate.unknown_issuer");
  CHECK(outcome(trust.verify(f.leaf, {stranger.authority}, now)) == "certificate.unknown_issuer");
  CHECK(outcome(trust.verify(stranger.leaf, {f.authority}, now)) == "certificate.unknown_issuer");
  CHECK(outcome(stranger.trust().verify(f.leaf, {f.authority}, now)) == "certificate.unknown_issuer");
  CHECK(outcome(trust.verify(f.leaf, {f.authority}, now, Purpose::tls_server)) == "certificate.wrong_purpose");
  CHECK(trust.verify(f.leaf, {f.authority}, now));
}

TEST_CASE("an issuer that has run out ends what was found good before him") {
  const Family f;
  // Outlives the authority that issued it.
  const auto leaf = issue_certificate(f.authority_key, &f.authority, f.key.public_key(), {.common_name = "somebody"},
                                      Profile::citizen, moment(2025, 1, 1), moment(2029, 1, 1))
                        .value();
  const auto trust = f.trust();
  CHECK(trust.verify(leaf, {f.authority}, moment(2027, 6, 1)));
  CHECK(outcome(trust.verify(leaf, {f.authority}, moment(2028, 6, 1))) == "certificate.expired");
  CHECK(trust.verify(leaf, {f.authority}, moment(2027, 6, 1)));
}

TEST_CASE("a signature's certificates are read once, and come in the order in which they stand there") {
  const Family f;
  const auto signature = cms_sign(kContent, f.key, f.leaf, {f.authority}).value();
  const auto first = cms_verify(signature, kContent), second = cms_verify(signature, kContent);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->signer.der() == f.leaf.der());
  CHECK(first->signer.native() == second->signer.native());
  CHECK(first->signer.native() == Certificate::remembered(f.leaf.der()).value().native());
  REQUIRE(first->others.size() == 2);
  const auto expected = in_order({f.leaf, f.authority}, signature);
  CHECK(first->others[0].der() == expected[0].der());
  CHECK(first->others[1].der() == expected[1].der());
  CHECK(cms_verify_trusted(signature, kContent, f.trust(), moment(2026, 6, 1)));
}

TEST_CASE("no byte of a signature can be changed so that it holds for somebody else") {
  const Family f;
  const auto signature = cms_sign(kContent, f.key, f.leaf, {f.authority}).value();
  REQUIRE(cms_verify(signature, kContent));
  const auto trust = f.trust();
  std::size_t refused = 0;
  for (std::size_t i = 0; i < signature.size(); ++i) {
    auto changed = signature;
    changed[i] ^= 0x01;
    const auto checked = cms_verify_trusted(changed, kContent, trust, moment(2026, 6, 1));
    if (checked)
      CHECK(checked->signer.der() == f.leaf.der());
    else
      ++refused;
  }
  CHECK(refused > signature.size() * 9 / 10);
}

TEST_CASE("certificates that are missing, other ones, or there twice are refused like before they were known") {
  const Family f, stranger;
  const auto signature = cms_sign(kContent, f.key, f.leaf, {f.authority}).value();
  REQUIRE(cms_verify(signature, kContent));
  const auto both = in_order({f.leaf, f.authority}, signature);
  const auto begin = place_of(both[0], signature) - 4;  // with the tag and length before them
  const auto end = place_of(both[1], signature) + both[1].der().size();
  // ContentInfo { type, [0] { SignedData { …, [0] certificates, signerInfos } } }
  const Bytes type{signature.begin() + 4, signature.begin() + 15};
  REQUIRE(signature[0] == 0x30);
  REQUIRE(type.front() == 0x06);
  REQUIRE(signature[19] == 0x30);
  const Bytes before{signature.begin() + 23, signature.begin() + static_cast<std::ptrdiff_t>(begin)},
      behind{signature.begin() + static_cast<std::ptrdiff_t>(end), signature.end()};
  const auto with = [&](const Bytes& set) {
    return element(0x30, joined({type, element(0xa0, element(0x30, joined({before, set, behind})))}));
  };
  const auto of = [&](const std::vector<Certificate>& all) {
    Bytes set;
    for (const auto& certificate : all) set = joined({set, certificate.der()});
    return element(0xa0, set);
  };
  REQUIRE(with(of(both)) == signature);
  CHECK(outcome(cms_verify(with(of({both[1], both[0]})), kContent)) == "good");
  CHECK(outcome(cms_verify(with(of({f.leaf})), kContent)) == "good");
  CHECK(outcome(cms_verify(with({}), kContent)) == "cms.signature");
  CHECK(outcome(cms_verify(with(of({f.authority})), kContent)) == "cms.signature");
  CHECK(outcome(cms_verify(with(of({stranger.leaf, f.authority})), kContent)) == "cms.signature");
  CHECK(outcome(cms_verify(with(joined({of({f.leaf}), of({f.authority})})), kContent)) == "cms.malformed");
  CHECK(outcome(cms_verify(joined({signature, Bytes{0}}), kContent)) == "cms.malformed");
}

}  // namespace jindu::crypto
