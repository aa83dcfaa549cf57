// jindu-vectors: makes and tries the vectors of proto/vectors.
//   jindu-vectors make FOLDER     writes FOLDER/{seal,hpke,cms,signed,bundle,dossier}.json with the keys of
//   FOLDER/keys.json jindu-vectors try FOLDER      tries every vector below FOLDER, whoever made it; last line `N
//   passed, N failed, N skipped`
#include <jindu/v1/bundle.pb.h>
#include <jindu/v1/dossier.pb.h>
#include <jindu/v1/receipt.pb.h>
#include <jindu/v1/seal.pb.h>
#include <jindu/v1/signed.pb.h>

#include <boost/json/serialize.hpp>
#include <iostream>

#include "common/crypto/cms.hpp"
#include "common/dossier/dossier.hpp"
#include "common/exchange/codec/bundle.hpp"
#include "common/exchange/codec/receipt.hpp"
#include "common/runtime/messages.hpp"
#include "tests/vectors/artefacts.hpp"
#include "tests/vectors/vector.hpp"

namespace {

using namespace jindu;
namespace json = boost::json;
namespace fs = std::filesystem;
using vectors::Collection;
using vectors::Keyring;

const Instant kNow = from_unix_ms(1'780'000'000'000);  // 2026-05-28
constexpr std::string_view kDeclaration = "019a0000-0000-7000-8000-000000000001";

json::value literal(BytesView bytes) { return json::value(to_base64(bytes)); }
json::object expected(const char* code) { return {{"error", code}}; }

// Bytes of all kinds of values, the same for everybody.
Bytes pattern(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  return bytes;
}

// Makes the vectors of one file, and holds each against what it is to show before it is written.
class Maker {
 public:
  Maker(const Keyring& keys, fs::path folder) : keys_(keys), folder_(std::move(folder)) {}

  // With what comes of it here as its expectation.
  void good(json::object vector) {
    auto answer = vectors::outcome(keys_, made_, vector);
    if (answer.contains("error")) throw std::runtime_error(name(vector) + " fails: " + json::serialize(answer));
    vector["expect"] = std::move(answer);
    made_.add(std::move(vector));
  }
  void bad(json::object vector, const char* code) {
    vector["expect"] = expected(code);
    const auto answer = vectors::outcome(keys_, made_, vector);
    if (answer != vector.at("expect").as_object())
      throw std::runtime_error(name(vector) + " should fail with " + code + ", and gives " + json::serialize(answer));
    made_.add(std::move(vector));
  }
  // The same vector with other bytes in one field.
  void changed(const std::string& of, const char* field, const std::string& what, json::value pieces,
               const char* code) {
    auto vector = find(of);
    vector["name"] = of + ": " + what;
    vector[field] = std::move(pieces);
    bad(std::move(vector), code);
  }
  void flipped(const std::string& of, const char* field, const std::string& what, std::size_t at, const char* code) {
    auto byte = bytes(of, field).at(at);
    byte ^= 0x01;
    changed(of, field, what, replaced(of, field, at, Bytes{byte}), code);
  }
  json::value piece(const std::string& of, const char* field, std::size_t from, std::size_t to) const {
    return {{"of", of}, {"field", field}, {"from", from}, {"to", to}};
  }
  json::value replaced(const std::string& of, const char* field, std::size_t at, const Bytes& with) const {
    return json::array{piece(of, field, 0, at),
                       {{"base64", to_base64(with)}},
                       piece(of, field, at + with.size(), bytes(of, field).size())};
  }
  json::value cut(const std::string& of, const char* field, std::size_t to) const {
    return json::array{piece(of, field, 0, to)};
  }
  json::object find(const std::string& of) const {
    for (const auto& vector : made_.all())
      if (name(vector) == of) return vector;
    throw std::out_of_range(of);
  }
  Bytes bytes(const std::string& of, const char* field) const { return made_.bytes(find(of), field); }
  void write(const char* file, std::string_view about) {
    made_.write(folder_ / file, about, "C++");
    std::cout << file << ": " << made_.all().size() << " vectors\n";
    made_ = {};
  }
  const crypto::Identity& of(std::string_view who) const { return keys_.of(who); }

 private:
  static std::string name(const json::object& vector) { return std::string(vector.at("name").as_string()); }
  const Keyring& keys_;
  fs::path folder_;
  Collection made_;
};

std::size_t place_of(const Bytes& bytes, std::string_view part) {
  const auto at = text_of(bytes).find(part);
  if (at == std::string_view::npos) throw std::runtime_error("a part is not where it should be");
  return at;
}

// --- seals -------------------------------------------------------------------------------------------------------

constexpr std::string_view kBinding = "dossier/019a0000-0000-7000-8000-000000000001";

json::object seal_vector(std::string name, BytesView bytes, std::string_view key, std::string_view binding = kBinding) {
  return {{"name", std::move(name)}, {"kind", "seal"}, {"bytes", literal(bytes)}, {"key", key}, {"binding", binding}};
}

Bytes with_header(const Bytes& sealed, const std::function<void(jindu::v1::SealHeader&)>& change) {
  const auto prefix = seal::inspect_seal(sealed).value().prefix_bytes;
  jindu::v1::SealHeader header;
  if (!parse_message(BytesView(sealed).subspan(8, prefix - 8), header)) throw std::runtime_error("header");
  change(header);
  const auto encoded = encode(header);
  Bytes made{'J', 'D', 'S', '1'};
  for (int shift = 24; shift >= 0; shift -= 8) made.push_back(static_cast<std::uint8_t>(encoded.size() >> shift));
  made.insert(made.end(), encoded.begin(), encoded.end());
  made.insert(made.end(), sealed.begin() + static_cast<std::ptrdiff_t>(prefix), sealed.end());
  return made;
}

void add_unknown_field(google::protobuf::Message& message) {
  message.GetReflection()->MutableUnknownFields(&message)->AddVarint(900, 1);
}

void changed_seals(Maker& m, const std::string& of) {
  const auto sealed = m.bytes(of, "bytes");
  const auto prefix = seal::inspect_seal(sealed).value().prefix_bytes;
  jindu::v1::SealHeader header;
  if (!parse_message(BytesView(sealed).subspan(8, prefix - 8), header)) throw std::runtime_error("header");
  const auto& first = header.recipients(0);
  const auto flip = [&](const char* what, std::size_t at, const char* code) { m.flipped(of, "bytes", what, at, code); };
  flip("a bit of the magic", 3, "seal.magic");
  m.changed(of, "bytes", "a length over the limit", m.replaced(of, "bytes", 4, {0x80}), "seal.too_large");
  m.changed(of, "bytes", "a header of 65,537 bytes",
            json::array{{{"base64", to_base64(Bytes{'J', 'D', 'S', '1', 0, 1, 0, 1})}}, {{"zeros", 65'537}}},
            "seal.too_large");
  m.changed(of, "bytes", "another suite", m.replaced(of, "bytes", 9, {2}), "seal.unknown_suite");
  flip("a bit of the binding", place_of(sealed, header.binding()) + 3, "seal.binding");
  flip("a bit of the key id", place_of(sealed, first.key_id()), "seal.not_a_recipient");
  if (!first.encapsulated().empty())
    flip("a bit of the encapsulated key", place_of(sealed, first.encapsulated()) + 40, "seal.wrong_key");
  flip("a bit of the wrapped key", place_of(sealed, first.wrapped_key()) + 5, "seal.wrong_key");
  flip("a bit of the salt", prefix, "seal.commitment");
  flip("a bit of the commitment", prefix + 24, "seal.commitment");
  flip("a bit of the ciphertext", prefix + 56, "seal.chunk");
  flip("a bit of the tag", sealed.size() - 1, "seal.chunk");
  m.changed(of, "bytes", "cut within the header", m.cut(of, "bytes", prefix - 1), "seal.truncated");
  m.changed(of, "bytes", "cut behind the header", m.cut(of, "bytes", prefix), "seal.truncated");
  m.changed(of, "bytes", "cut within the commitment", m.cut(of, "bytes", prefix + 55), "seal.truncated");
  m.changed(of, "bytes", "cut behind the commitment", m.cut(of, "bytes", prefix + 56), "seal.truncated");
  // Of an empty seal nothing but the tag is there.
  m.changed(of, "bytes", "cut within the tag", m.cut(of, "bytes", sealed.size() - 1),
            sealed.size() < prefix + 56 + 17 ? "seal.truncated" : "seal.chunk");
  m.changed(of, "bytes", "nothing", json::array{}, "seal.truncated");
  m.changed(of, "bytes", "a byte behind its end", json::array{m.piece(of, "bytes", 0, sealed.size()), {{"zeros", 1}}},
            "seal.chunk");
}

void made_headers(Maker& m, const std::string& of) {
  const auto sealed = m.bytes(of, "bytes");
  const auto stranger = m.of("stranger-ec").key.key_id();
  const auto change = [&](const char* what, const char* code, const std::function<void(jindu::v1::SealHeader&)>& how) {
    m.changed(of, "bytes", what, literal(with_header(sealed, how)), code);
  };
  change("a way to wrap that is not known", "seal.unknown_suite",
         [](auto& h) { h.mutable_recipients(0)->set_wrap(static_cast<jindu::v1::KeyWrap>(3)); });
  change("a binding of 1,025 bytes", "seal.malformed", [](auto& h) { h.set_binding(std::string(1025, 'x')); });
  change("17 recipients", "seal.malformed", [](auto& h) {
    while (h.recipients_size() < 17) *h.add_recipients() = h.recipients(0);
  });
  change("a key id of 31 bytes", "seal.malformed",
         [](auto& h) { h.mutable_recipients(0)->mutable_key_id()->pop_back(); });
  change("a wrapped key of 47 bytes", "seal.malformed",
         [](auto& h) { h.mutable_recipients(0)->mutable_wrapped_key()->pop_back(); });
  change("an encapsulated key of 64 bytes", "seal.malformed",
         [](auto& h) { h.mutable_recipients(0)->mutable_encapsulated()->pop_back(); });
  change("a field that is not known", "seal.malformed", [](auto& h) { add_unknown_field(h); });
  change("a field of a recipient that is not known", "seal.malformed",
         [](auto& h) { add_unknown_field(*h.mutable_recipients(0)); });
  change("the recipients in another order", "seal.commitment",
         [](auto& h) { h.mutable_recipients()->SwapElements(0, 1); });
  change("a recipient left out", "seal.commitment", [](auto& h) { h.mutable_recipients()->RemoveLast(); });
  change("a recipient named as another", "seal.not_a_recipient",
         [&](auto& h) { h.mutable_recipients(0)->set_key_id(stranger.data(), 32); });
  auto swapped = seal_vector(
      of + ": a recipient named as another, who opens",
      with_header(sealed, [&](auto& h) { h.mutable_recipients(0)->set_key_id(stranger.data(), 32); }), "stranger-ec");
  m.bad(swapped, "seal.wrong_key");
  auto trailing = sealed;
  const auto prefix = seal::inspect_seal(sealed).value().prefix_bytes;
  trailing.insert(trailing.begin() + static_cast<std::ptrdiff_t>(prefix), {0xff, 0xff});
  trailing[7] = static_cast<std::uint8_t>(trailing[7] + 2);
  m.changed(of, "bytes", "bytes behind the header's message", literal(trailing), "seal.malformed");
}

void spliced_seals(Maker& m, const std::string& of, const std::string& other) {
  constexpr std::size_t chunk = 16'384 + 16;
  const auto size = m.bytes(of, "bytes").size();
  const auto head = seal::inspect_seal(m.bytes(of, "bytes")).value().prefix_bytes + 56;
  const auto other_head = seal::inspect_seal(m.bytes(other, "bytes")).value().prefix_bytes + 56;
  const auto at = [&](std::size_t from, std::size_t to) { return m.piece(of, "bytes", from, to); };
  m.changed(
      of, "bytes", "two chunks exchanged",
      json::array{at(0, head), at(head + chunk, head + 2 * chunk), at(head, head + chunk), at(head + 2 * chunk, size)},
      "seal.chunk");
  m.changed(of, "bytes", "a chunk left out", json::array{at(0, head), at(head + chunk, size)}, "seal.chunk");
  m.changed(of, "bytes", "a chunk twice", json::array{at(0, head + chunk), at(head, size)}, "seal.chunk");
  m.changed(of, "bytes", "a chunk of another seal",
            json::array{at(0, head), m.piece(other, "bytes", other_head, other_head + chunk), at(head + chunk, size)},
            "seal.chunk");
  m.changed(of, "bytes", "the beginning of another seal",
            json::array{m.piece(other, "bytes", 0, other_head), at(head, size)}, "seal.chunk");
  m.changed(of, "bytes", "cut behind a full chunk", m.cut(of, "bytes", head + 2 * chunk), "seal.truncated");
  m.changed(of, "bytes", "cut within a chunk", m.cut(of, "bytes", head + chunk + 5'000), "seal.chunk");
  m.changed(of, "bytes", "cut 15 bytes behind a full chunk", m.cut(of, "bytes", head + 2 * chunk + 15),
            "seal.truncated");
}

void seals(Maker& m) {
  const auto department = m.of("department").key.public_key();
  const auto ec = m.of("applicant-ec").key.public_key(), rsa = m.of("applicant-rsa").key.public_key();
  const auto make = [&](const std::vector<crypto::PublicKey>& to, std::size_t size) {
    return seal::seal_to(to, kBinding, pattern(size)).value();
  };
  m.good(seal_vector("ec", make({department}, 100), "department"));
  m.good(seal_vector("rsa", make({rsa}, 100), "applicant-rsa"));
  m.good(seal_vector("several", make({department, ec, rsa}, 100), "department"));
  for (const char* who : {"applicant-ec", "applicant-rsa"}) {
    auto vector = m.find("several");
    vector["name"] = std::string("several, opened by ") + who;
    vector["bytes"] = json::array{{{"of", "several"}, {"field", "bytes"}}};
    vector["key"] = who;
    m.good(vector);
  }
  for (const auto& [name, size] : {std::pair{"empty", 0},
                                   {"one byte", 1},
                                   {"one byte less than a chunk", 16'383},
                                   {"exactly one chunk", 16'384},
                                   {"one byte more than a chunk", 16'385},
                                   {"several chunks", 3 * 16'384 + 100}})
    m.good(seal_vector(name, make({department}, static_cast<std::size_t>(size)), "department"));
  m.good(seal_vector("other chunks", make({department}, 2 * 16'384 + 5), "department"));

  Bytes material;
  const seal::FileKey key = crypto::sha256(bytes_of("a file key for tests"));
  auto writer = seal::SealWriter::start({}, "material/a/b", key, [&](BytesView bytes) -> result<void> {
    material.insert(material.end(), bytes.begin(), bytes.end());
    return {};
  });
  writer.value().write(pattern(16'400)).value();
  writer.value().finish().value();
  auto without = seal_vector("without recipients", material, "", "material/a/b");
  without.erase("key");
  without["file_key"] = to_hex(key);
  m.good(without);
  auto vector = m.find("without recipients");
  vector["name"] = "without recipients: another file key";
  vector["file_key"] = to_hex(crypto::sha256(bytes_of("another")));
  m.bad(vector, "seal.commitment");

  changed_seals(m, "ec");
  changed_seals(m, "rsa");
  changed_seals(m, "empty");
  made_headers(m, "several");
  spliced_seals(m, "several chunks", "other chunks");
  for (const auto& [name, who, code] : {std::tuple{"ec: opened by a stranger", "stranger-ec", "seal.not_a_recipient"},
                                        {"rsa: opened by a stranger", "stranger-rsa", "seal.not_a_recipient"}}) {
    auto stranger = m.find(std::string(name).substr(0, std::string(name).find(':')));
    stranger["name"] = name;
    stranger["key"] = who;
    m.bad(stranger, code);
  }
  auto elsewhere = m.find("ec");
  elsewhere["name"] = "ec: belongs to something else";
  elsewhere["binding"] = "dossier/019a0000-0000-7000-8000-000000000002";
  m.bad(elsewhere, "seal.binding");
  m.write("seal.json", "Seals: docs/formats.md, \"Seal\".");
}

// --- HPKE --------------------------------------------------------------------------------------------------------

void hpke(Maker& m) {
  for (const std::size_t size : {0u, 32u, 1000u}) {
    const Bytes info = pattern(20), additional = size == 0 ? Bytes{} : pattern(32);
    const auto sealed = crypto::hpke_seal(m.of("department").key.public_key(), info, additional, pattern(size)).value();
    m.good({{"name", std::to_string(size) + " bytes"},
            {"kind", "hpke"},
            {"key", "department"},
            {"encapsulated", literal(sealed.encapsulated)},
            {"info", literal(info)},
            {"additional", literal(additional)},
            {"ciphertext", literal(sealed.ciphertext)}});
  }
  const std::string of = "32 bytes";
  m.flipped(of, "info", "another info", 0, "hpke.open");
  m.flipped(of, "additional", "other additional data", 0, "hpke.open");
  m.flipped(of, "ciphertext", "a bit of the ciphertext", 0, "hpke.open");
  m.flipped(of, "ciphertext", "a bit of the tag", 47, "hpke.open");
  m.changed(of, "ciphertext", "cut", m.cut(of, "ciphertext", 15), "hpke.open");
  m.flipped(of, "encapsulated", "a point off the curve", 64, "hpke.malformed");
  m.changed(of, "encapsulated", "a compressed point",
            json::array{{{"base64", "Aw=="}}, m.piece(of, "encapsulated", 1, 33)}, "hpke.malformed");
  m.changed(of, "encapsulated", "the point at infinity", literal(Bytes{0}), "hpke.malformed");
  auto stranger = m.find(of);
  stranger["name"] = of + ": another key";
  stranger["key"] = "stranger-ec";
  m.bad(stranger, "hpke.open");
  m.write("hpke.json",
          "HPKE, base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM: docs/formats.md, \"Seal\".");
}

// --- signatures --------------------------------------------------------------------------------------------------

void cms(Maker& m) {
  const Bytes content = pattern(300);
  const auto add = [&](const std::string& name, std::string_view who, const char* error = nullptr) {
    const auto& identity = m.of(who);
    json::object vector{
        {"name", name},
        {"kind", "cms"},
        {"at", to_unix_ms(kNow)},
        {"content", literal(content)},
        {"bytes", literal(crypto::cms_sign(content, identity.key, identity.certificate, identity.chain).value())}};
    if (who.starts_with("revoked")) vector["revocation"] = true;
    error ? m.bad(vector, error) : m.good(vector);
  };
  add("ec", "applicant-ec");
  add("rsa", "applicant-rsa");
  add("foreign", "foreign-applicant", "certificate.unknown_issuer");
  add("expired", "expired-applicant", "certificate.expired");
  add("revoked", "revoked-applicant", "certificate.revoked");
  for (const std::string of : {"ec", "rsa"}) {
    const auto signature = m.bytes(of, "bytes");
    m.flipped(of, "content", "a bit of the content", 299, "cms.signature");
    m.changed(of, "content", "content cut", m.cut(of, "content", 299), "cms.signature");
    m.flipped(of, "bytes", "a bit of the signature", signature.size() - 3, "cms.signature");
    m.changed(of, "bytes", "cut", m.cut(of, "bytes", signature.size() - 1), "cms.malformed");
    m.changed(of, "bytes", "a byte behind its end",
              json::array{m.piece(of, "bytes", 0, signature.size()), {{"zeros", 1}}}, "cms.malformed");
    m.changed(of, "bytes", "over 64 KiB", json::array{m.piece(of, "bytes", 0, signature.size()), {{"zeros", 65'536}}},
              "cms.too_large");
  }
  m.write("cms.json", "Signatures by people: docs/formats.md, \"Signatures by people\".");
}

evidence::NodeSigner node(const Maker& m, std::string_view who) {
  const auto& identity = m.of(who);
  return {identity.certificate.common_name(), identity.key, identity.certificate, identity.chain};
}

exchange::Receipt receipt_of(jindu::v1::Rung rung, Instant at = kNow) {
  exchange::Receipt receipt;
  receipt.bundle = exchange::bundle_id_from_text(kDeclaration).value();
  receipt.manifest_digest = crypto::sha256(bytes_of("a manifest"));
  receipt.rung = rung;
  receipt.at = at;
  return receipt;
}

json::object signed_vector(std::string name, BytesView bytes, std::string_view type, std::string_view signer) {
  return {{"name", std::move(name)}, {"kind", "signed"},      {"bytes", literal(bytes)}, {"type", type},
          {"signer", signer},        {"at", to_unix_ms(kNow)}};
}

Bytes submission_receipt(const Maker& m, std::string_view who) {
  jindu::v1::SubmissionReceipt receipt;
  receipt.set_version(1);
  receipt.set_declaration_id(std::string(kDeclaration));
  receipt.set_declaration_number("JD20260528000017");
  const auto digest = crypto::sha256(bytes_of("a statement"));
  receipt.set_statement_sha256(digest.data(), 32);
  receipt.set_content_sha256(digest.data(), 32);
  receipt.set_received_at_ms(to_unix_ms(kNow));
  receipt.set_item_id("food-business-licence");
  receipt.set_item_version(1);
  return evidence::sign_statement(evidence::kSubmissionReceiptType, encode(receipt), node(m, who));
}

void statements(Maker& m) {
  const std::string of = "submission receipt";
  m.good(signed_vector(of, submission_receipt(m, "portal"), evidence::kSubmissionReceiptType, "portal"));
  m.good(signed_vector("case event",
                       evidence::sign_statement(evidence::kCaseEventType, pattern(200), node(m, "approval")),
                       evidence::kCaseEventType, "approval"));
  m.good(signed_vector("an empty body", evidence::sign_statement(evidence::kVoyageType, {}, node(m, "gateway-outer")),
                       evidence::kVoyageType, ""));
  m.bad(signed_vector("foreign", submission_receipt(m, "foreign-portal"), evidence::kSubmissionReceiptType, "portal"),
        "certificate.unknown_issuer");
  m.bad(signed_vector("expired", submission_receipt(m, "expired-portal"), evidence::kSubmissionReceiptType, "portal"),
        "certificate.expired");
  auto revoked =
      signed_vector("revoked", submission_receipt(m, "revoked-portal"), evidence::kSubmissionReceiptType, "portal");
  revoked["revocation"] = true;
  m.bad(revoked, "certificate.revoked");
  m.bad(signed_vector("by another node", submission_receipt(m, "approval"), evidence::kSubmissionReceiptType, "portal"),
        "signed.signer");
  m.bad(signed_vector("of another type", m.bytes("case event", "bytes"), evidence::kSubmissionReceiptType, "portal"),
        "signed.type");

  jindu::v1::Signed original;
  if (!parse_message(m.bytes(of, "bytes"), original)) throw std::runtime_error("signed");
  const auto change = [&](const char* what, const char* code, const std::function<void(jindu::v1::Signed&)>& how) {
    auto message = original;
    how(message);
    m.changed(of, "bytes", what, literal(encode(message)), code);
  };
  change("a bit of the body", "signed.signature", [](auto& s) { (*s.mutable_body())[3] ^= 1; });
  change("a bit of the signature", "signed.signature", [](auto& s) { s.mutable_signature()->back() ^= 1; });
  change("a bit of the key id", "signed.key_id", [](auto& s) { (*s.mutable_signer_key_id())[0] ^= 1; });
  change("the certificate of another", "signed.key_id",
         [&](auto& s) { s.set_certificate(std::string(text_of(m.of("approval").certificate.der()))); });
  change("signed for another type", "signed.signature",
         [&](auto& s) { s.set_signature(std::string(text_of(m.of("portal").key.sign(bytes_of(s.body()))))); });
  change("a certificate that is none", "certificate.malformed", [](auto& s) { s.set_certificate("x"); });
  change("a field that is not known", "signed.malformed", [](auto& s) { add_unknown_field(s); });
  change("over 64 KiB", "signed.malformed", [](auto& s) { s.set_body(std::string(65'536, 'x')); });
  m.changed(of, "bytes", "cut", m.cut(of, "bytes", m.bytes(of, "bytes").size() - 1), "signed.malformed");

  // Signed together: one signature over five, each with its path.
  std::vector<Bytes> bodies;
  for (std::uint8_t i = 0; i < 5; ++i) bodies.emplace_back(100, i);
  const auto together = evidence::sign_together(evidence::kCaseEventType, bodies, node(m, "approval"));
  for (const std::size_t place : {0, 2, 4})
    m.good(signed_vector("signed together, place " + std::to_string(place) + " of 5", together[place],
                         evidence::kCaseEventType, "approval"));
  const auto misplaced = [&](const char* what, const char* code, const std::function<void(jindu::v1::Signed&)>& how) {
    jindu::v1::Signed message;
    if (!parse_message(together[2], message)) throw std::runtime_error("signed together");
    how(message);
    m.bad(signed_vector(std::string("signed together: ") + what, encode(message), evidence::kCaseEventType, "approval"),
          code);
  };
  misplaced("a bit of the body", "signed.signature", [](auto& s) { (*s.mutable_body())[3] ^= 1; });
  misplaced("a bit of the path", "signed.signature", [](auto& s) { (*s.mutable_path(1))[0] ^= 1; });
  misplaced("a bit of the signature", "signed.signature", [](auto& s) { s.mutable_signature()->back() ^= 1; });
  misplaced("another place", "signed.signature", [](auto& s) { s.set_place(3); });
  misplaced("another number of them", "signed.signature", [](auto& s) { s.set_together(6); });
  misplaced("a path too short", "signed.path", [](auto& s) { s.mutable_path()->RemoveLast(); });
  misplaced("a path too long", "signed.path", [](auto& s) { s.add_path(s.path(0)); });
  misplaced("a hash of 31 bytes", "signed.malformed", [](auto& s) { s.mutable_path(0)->pop_back(); });
  misplaced("a place behind the last", "signed.malformed", [](auto& s) { s.set_place(5); });
  misplaced("one of one", "signed.malformed", [](auto& s) {
    s.set_together(1);
    s.set_place(0);
    s.clear_path();
  });
  misplaced("a path without a tree", "signed.malformed", [](auto& s) { s.set_together(0); });

  const auto receipt = [](std::string name, BytesView bytes) -> json::object {
    return {{"name", std::move(name)}, {"kind", "receipt"}, {"bytes", literal(bytes)}};
  };
  m.good(receipt("receipt", exchange::sign_receipt(receipt_of(jindu::v1::RUNG_STORED), node(m, "gateway-outer"))));
  m.good(receipt("receipt signed together with others",
                 exchange::sign_receipts({receipt_of(jindu::v1::RUNG_STORED), receipt_of(jindu::v1::RUNG_VERIFIED),
                                          receipt_of(jindu::v1::RUNG_HELD)},
                                         node(m, "gateway-outer"))
                     .at(1)));
  auto refused = receipt_of(jindu::v1::RUNG_REFUSED);
  refused.code = "policy.kind_forbidden";
  m.good(receipt("refusal", exchange::sign_receipt(refused, node(m, "gateway-inner"))));
  m.bad(receipt("receipt dated after its certificate's end",
                exchange::sign_receipt(receipt_of(jindu::v1::RUNG_STORED), node(m, "expired-portal"))),
        "certificate.expired");
  m.good(receipt("receipt of a certificate that ended since",
                 exchange::sign_receipt(receipt_of(jindu::v1::RUNG_STORED, from_unix_ms(1'768'000'000'000)),
                                        node(m, "expired-portal"))));
  const auto made = [&](const char* name, const char* code, const std::function<void(jindu::v1::Receipt&)>& how) {
    jindu::v1::Signed outer;
    jindu::v1::Receipt body;
    if (!parse_message(m.bytes("receipt", "bytes"), outer) || !parse_message(bytes_of(outer.body()), body))
      throw std::runtime_error("receipt");
    how(body);
    auto vector = receipt(std::string("receipt: ") + name,
                          evidence::sign_statement(evidence::kReceiptType, encode(body), node(m, "gateway-outer")));
    code == nullptr ? m.good(std::move(vector)) : m.bad(std::move(vector), code);
  };
  made("a field that is not known, as a newer program writes it", nullptr, [](auto& r) { add_unknown_field(r); });
  made("in the name of another", "signed.signer", [](auto& r) { r.set_party("gateway-inner"); });
  made("without a rung", "receipt.malformed", [](auto& r) { r.clear_rung(); });
  made("a rung that is not known", "receipt.malformed", [](auto& r) { r.set_rung(static_cast<jindu::v1::Rung>(11)); });
  made("another version", "receipt.malformed", [](auto& r) { r.set_version(2); });
  made("a bundle id of 15 bytes", "receipt.malformed", [](auto& r) { r.mutable_bundle_id()->pop_back(); });
  made("a reason of 101 bytes", "receipt.malformed", [](auto& r) { r.set_code(std::string(101, 'x')); });
  m.write("signed.json", "Statements by nodes: docs/formats.md, \"Signed statement\" and \"Receipt\".");
}

// --- bundles -----------------------------------------------------------------------------------------------------

exchange::BundleDraft draft_of(std::uint64_t sequence) {
  exchange::BundleDraft draft;
  draft.id = exchange::bundle_id_from_text(kDeclaration).value();
  draft.id[15] = static_cast<std::uint8_t>(sequence);
  draft.from = "portal";
  draft.to = "approval";
  draft.kind = "dossier";
  draft.subject = pattern(16);
  draft.priority = 2;
  draft.created = kNow;
  draft.expires = kNow + std::chrono::days(30);
  draft.place.sequence = sequence;
  draft.place.subject_sequence = sequence;
  if (sequence > 1) draft.place.previous_digest = crypto::sha256(bytes_of("the manifest before"));
  return draft;
}

exchange::BuiltBundle build(const Maker& m, std::uint64_t sequence, BytesView payload) {
  return exchange::build_bundle(draft_of(sequence), payload, m.of("portal").key, m.of("approval").key.public_key())
      .value();
}

// By one signature.
std::vector<exchange::BuiltBundle> build_together(const Maker& m, std::uint64_t number) {
  std::vector<exchange::UnsignedBundle> sealed;
  for (std::uint64_t i = 1; i <= number; ++i)
    sealed.push_back(exchange::seal_bundle(draft_of(i), pattern(10 * i), m.of("portal").key.public_key(),
                                           m.of("approval").key.public_key())
                         .value());
  return exchange::sign_bundles(sealed, m.of("portal").key);
}

// A manifest for the seal of another bundle, rightly signed by `who`.
Bytes remade(const Maker& m, const Bytes& bundle, std::string_view who,
             const std::function<void(jindu::v1::BundleManifest&)>& how) {
  const auto view = exchange::parse_bundle(bundle).value();
  auto manifest = view.manifest;
  how(manifest);
  const auto id = m.of(who).key.key_id();
  if (manifest.signer_key_id().size() == 32) manifest.set_signer_key_id(id.data(), 32);
  const auto encoded = encode(manifest);
  Bytes to_sign(bytes_of("jindu/bundle/v1").begin(), bytes_of("jindu/bundle/v1").end());
  to_sign.push_back(0);
  const auto digest = crypto::sha256(encoded);
  to_sign.insert(to_sign.end(), digest.begin(), digest.end());
  const auto signature = m.of(who).key.sign(to_sign);
  Bytes made{'J', 'D', 'B', '1'};
  for (int shift = 24; shift >= 0; shift -= 8) made.push_back(static_cast<std::uint8_t>(encoded.size() >> shift));
  made.insert(made.end(), encoded.begin(), encoded.end());
  made.push_back(0);
  made.push_back(static_cast<std::uint8_t>(signature.size()));
  made.insert(made.end(), signature.begin(), signature.end());
  made.insert(made.end(), view.seal.begin(), view.seal.end());
  return made;
}

void bundles(Maker& m) {
  const auto vector = [](std::string name, BytesView bytes) -> json::object {
    return {{"name", std::move(name)},
            {"kind", "bundle"},
            {"bytes", literal(bytes)},
            {"sender", "portal"},
            {"key", "approval"}};
  };
  const std::string of = "bundle";
  m.good(vector(of, build(m, 1, pattern(500)).bytes));
  m.good(vector("the next", build(m, 2, pattern(700)).bytes));
  m.good(vector("an empty payload", build(m, 3, {}).bytes));
  const auto bytes = m.bytes(of, "bytes");
  const auto view = exchange::parse_bundle(bytes).value();
  const auto signature_at = 10 + view.manifest_bytes.size(), seal_at = signature_at + view.signature.size();
  m.flipped(of, "bytes", "a bit of the magic", 0, "bundle.malformed");
  m.changed(of, "bytes", "a length over the limit", m.replaced(of, "bytes", 4, {0x80}), "bundle.too_large");
  m.flipped(of, "bytes", "a bit of the manifest", place_of(bytes, "dossier"), "bundle.signature");
  m.flipped(of, "bytes", "a bit of the signer's key id", place_of(bytes, view.manifest.signer_key_id()),
            "bundle.signer");
  m.flipped(of, "bytes", "a bit of a digest", place_of(bytes, view.manifest.chunk_digests(0)), "bundle.signature");
  m.flipped(of, "bytes", "a bit of the signature", seal_at - 1, "bundle.signature");
  m.changed(of, "bytes", "a signature of no length", m.replaced(of, "bytes", signature_at - 2, {0, 0}),
            "bundle.malformed");
  m.flipped(of, "bytes", "a bit of the seal", bytes.size() - 1, "bundle.digest");
  m.flipped(of, "bytes", "a bit of the seal's beginning", seal_at, "bundle.digest");
  m.changed(of, "bytes", "cut within the manifest", m.cut(of, "bytes", 100), "bundle.truncated");
  m.changed(of, "bytes", "cut within the seal", m.cut(of, "bytes", bytes.size() - 1), "bundle.truncated");
  m.changed(of, "bytes", "a byte behind its end", json::array{m.piece(of, "bytes", 0, bytes.size()), {{"zeros", 1}}},
            "bundle.manifest");
  const auto next = m.bytes("the next", "bytes");
  const auto other = exchange::parse_bundle(next).value();
  m.changed(of, "bytes", "the seal of another",
            json::array{m.piece(of, "bytes", 0, seal_at),
                        m.piece("the next", "bytes", next.size() - other.seal.size(), next.size())},
            "bundle.manifest");
  const auto change = [&](const char* what, const char* code,
                          const std::function<void(jindu::v1::BundleManifest&)>& how) {
    // What the shape forbids is made from a good one by replacing the manifest.
    m.changed(of, "bytes", what, literal(remade(m, bytes, "portal", how)), code);
  };
  change("version 2", "bundle.version", [](auto& b) { b.set_version(2); });
  change("sequence 0", "bundle.manifest", [](auto& b) { b.set_sequence(0); });
  change("the channel of others", "bundle.manifest", [](auto& b) { b.set_channel("approval>portal"); });
  change("a first with a digest before it", "bundle.manifest",
         [](auto& b) { b.set_previous_digest(std::string(32, 'x')); });
  change("a name with capitals", "bundle.manifest", [](auto& b) { b.set_kind("Dossier"); });
  change("expired before it is created", "bundle.manifest", [](auto& b) { b.set_expires_ms(b.created_ms()); });
  change("priority 4", "bundle.manifest", [](auto& b) { b.set_priority(4); });
  change("one digest too many", "bundle.manifest", [](auto& b) { *b.add_chunk_digests() = b.chunk_digests(0); });
  change("a Merkle root where digests are due", "bundle.manifest",
         [](auto& b) { b.set_merkle_root(std::string(32, 'x')); });
  m.good(vector("a field that is not known, as a newer program writes it",
                remade(m, bytes, "portal", [](auto& b) { add_unknown_field(b); })));
  change("version 2, whatever else it says", "bundle.version", [](auto& b) {
    b.set_version(2);
    add_unknown_field(b);
  });
  change("the seal of another, rightly described", "seal.binding", [](auto& b) { (*b.mutable_bundle_id())[15] ^= 1; });
  m.changed(of, "bytes", "signed by another as the portal's", literal(remade(m, bytes, "gateway-outer", [](auto&) {})),
            "bundle.signer");
  auto own = vector("bundle: signed by another as its own", remade(m, bytes, "gateway-outer", [](auto& b) {
                      b.set_from("gateway-outer");
                      b.set_channel("gateway-outer>approval");
                    }));
  own["sender"] = "gateway-outer";
  m.bad(own, "seal.binding");
  // Signed together: a signature is "JDT1", how many, the place, the path, and what all of them share.
  const auto together = build_together(m, 5);
  for (const std::size_t place : {0, 2, 4})
    m.good(vector("bundle signed together, place " + std::to_string(place) + " of 5", together[place].bytes));
  const std::string third = "bundle signed together, place 2 of 5";
  const auto joined = exchange::parse_bundle(together[2].bytes).value();
  const auto share = static_cast<std::size_t>(joined.signature.data() - together[2].bytes.data());
  const auto share_end = share + joined.signature.size();
  const auto with = [&](const char* what, std::initializer_list<std::pair<std::size_t, std::uint8_t>> bits) {
    auto made = together[2].bytes;
    for (const auto& [at, bit] : bits) made[share + at] ^= bit;
    m.changed(third, "bytes", what, literal(made), "bundle.signature");
  };
  with("another place", {{11, 1}});
  with("a place behind the last", {{11, 7}});
  with("another number of them", {{7, 3}});
  with("one of one", {{7, 4}, {11, 2}});
  with("a bit of the path", {{12, 1}});
  with("a bit of what they share", {{joined.signature.size() - 1, 1}});
  m.changed(third, "bytes", "the signature of the one beside it",
            json::array{m.piece(third, "bytes", 0, share),
                        json::object{{"base64", to_base64(exchange::parse_bundle(together[3].bytes)->signature)}},
                        m.piece(third, "bytes", share_end, together[2].bytes.size())},
            "bundle.signature");
  auto stranger = vector("bundle: opened by another node", bytes);
  stranger["key"] = "gateway-inner";
  m.bad(stranger, "seal.not_a_recipient");
  m.write("bundle.json", "Bundles: docs/formats.md, \"Bundle\".");
}

// --- dossiers ----------------------------------------------------------------------------------------------------

dossier::MadeDossier make(const Maker& m, std::string_view who, std::size_t materials = 2) {
  dossier::DossierDraft draft;
  draft.declaration_id = std::string(kDeclaration);
  draft.item_id = "food-business-licence";
  draft.applicant.set_kind(jindu::v1::PARTY_KIND_COMPANY);
  draft.applicant.set_name("测试餐饮有限公司");
  draft.applicant.set_id_number("91330106MA2TEST01X");
  draft.applicant.set_phone("13800000000");
  draft.form_json = R"({"shop":"渡口","area":120.5})";
  if (materials > 0) draft.materials.push_back({"lease", "租赁合同.pdf", "application/pdf", pattern(1000)});
  if (materials > 1) draft.materials.push_back({"plan", "plan.png", "image/png", pattern(1)});
  draft.signed_at = kNow;
  return dossier::make_dossier(draft, m.of(who), m.of("department").key.public_key()).value();
}

json::object dossier_vector(std::string name, const dossier::MadeDossier& made, std::string_view key) {
  json::array parts;
  for (const auto& part : made.materials)
    parts.push_back({{"upload_id", part.upload_id}, {"bytes", literal(part.sealed)}});
  return {{"name", std::move(name)},
          {"kind", "dossier"},
          {"at", to_unix_ms(kNow)},
          {"key", key},
          {"statement", literal(made.signed_statement)},
          {"content", literal(made.sealed_content)},
          {"parts", std::move(parts)}};
}

struct Open {
  jindu::v1::SubmissionStatement statement;
  jindu::v1::DossierContent content;
};

// A dossier without materials that `who` signed, as changed by `how`; what is sealed may be signed by `inside`.
dossier::MadeDossier remade(const Maker& m, std::string_view who, std::string_view inside,
                            const std::vector<crypto::PublicKey>& recipients, const std::function<void(Open&)>& how) {
  const auto base = make(m, inside, 0);
  jindu::v1::SignedStatement outer;
  jindu::v1::SignedContent sealed;
  Open open;
  const auto plain =
      seal::open_seal(base.sealed_content, &m.of("department").key, dossier::content_binding(kDeclaration)).value();
  if (!parse_message(base.signed_statement, outer) || !parse_message(bytes_of(outer.statement()), open.statement) ||
      !parse_message(plain, sealed) || !parse_message(bytes_of(sealed.content()), open.content))
    throw std::runtime_error("dossier");
  how(open);
  const auto sign = [&](std::string_view by, BytesView bytes) {
    const auto& identity = m.of(by);
    return std::string(text_of(crypto::cms_sign(bytes, identity.key, identity.certificate, identity.chain).value()));
  };
  const auto content = encode(open.content);
  sealed.set_content(std::string(text_of(content)));
  sealed.set_signature(sign(inside, content));
  dossier::MadeDossier made;
  made.sealed_content = seal::seal_to(recipients, dossier::content_binding(kDeclaration), encode(sealed)).value();
  const auto digest = crypto::sha256(made.sealed_content);
  open.statement.set_content_sha256(digest.data(), 32);
  open.statement.set_content_size(made.sealed_content.size());
  const auto statement = encode(open.statement);
  outer.set_statement(std::string(text_of(statement)));
  outer.set_signature(sign(who, statement));
  made.signed_statement = encode(outer);
  return made;
}

void dossiers(Maker& m) {
  const std::string of = "ec";
  m.good(dossier_vector(of, make(m, "applicant-ec"), "department"));
  m.good(dossier_vector("rsa", make(m, "applicant-rsa"), "department"));
  m.good(dossier_vector("without materials", make(m, "applicant-ec", 0), "department"));
  for (const auto& [base, who] : {std::pair{"ec", "applicant-ec"}, {"rsa", "applicant-rsa"}}) {
    auto own = m.find(base);
    own["name"] = std::string(base) + ", opened by the applicant";
    own["key"] = who;
    m.good(own);
  }
  m.bad(dossier_vector("foreign", make(m, "foreign-applicant"), "department"), "certificate.unknown_issuer");
  m.bad(dossier_vector("expired", make(m, "expired-applicant"), "department"), "certificate.expired");
  auto revoked = dossier_vector("revoked", make(m, "revoked-applicant"), "department");
  revoked["revocation"] = true;
  m.bad(revoked, "certificate.revoked");

  const auto statement = m.bytes(of, "statement"), content = m.bytes(of, "content");
  m.flipped(of, "statement", "a bit of the statement", place_of(statement, "food"), "cms.signature");
  m.flipped(of, "statement", "a bit of the signature", statement.size() - 3, "cms.signature");
  m.changed(of, "statement", "the statement cut", m.cut(of, "statement", statement.size() - 1), "dossier.malformed");
  m.changed(of, "statement", "a statement over 256 KiB",
            json::array{m.piece(of, "statement", 0, statement.size()), {{"zeros", 262'144}}}, "dossier.too_large");
  m.changed(of, "statement", "the statement of another",
            json::array{m.piece("rsa", "statement", 0, m.bytes("rsa", "statement").size())}, "dossier.content_digest");
  m.flipped(of, "content", "a bit of the sealed content", content.size() - 1, "dossier.content_digest");
  m.changed(of, "content", "sealed content over 8 MiB", json::array{{{"zeros", 8 * 1024 * 1024 + 1}}},
            "dossier.too_large");
  auto exchanged = m.find(of);
  exchanged["name"] = of + ": two materials exchanged";
  auto& parts = exchanged["parts"].as_array();
  std::swap(parts[0].as_object()["bytes"], parts[1].as_object()["bytes"]);
  m.bad(exchanged, "dossier.part_size");
  auto altered = m.find(of);
  altered["name"] = of + ": a bit of a material";
  altered["parts"].as_array()[0].as_object()["bytes"] =
      m.replaced(of, "parts/0", 200, {static_cast<std::uint8_t>(m.bytes(of, "parts/0")[200] ^ 1)});
  m.bad(altered, "dossier.part_digest");
  auto unknown = m.find(of);
  unknown["name"] = of + ": a material that was not signed";
  unknown["parts"].as_array()[0].as_object()["upload_id"] = kDeclaration;
  m.bad(unknown, "dossier.part_unknown");
  auto stranger = m.find(of);
  stranger["name"] = of + ": opened by a stranger";
  stranger["key"] = "stranger-ec";
  m.bad(stranger, "seal.not_a_recipient");

  const auto department = m.of("department").key.public_key(), applicant = m.of("applicant-ec").key.public_key(),
             other = m.of("stranger-ec").key.public_key();
  const std::vector<crypto::PublicKey> due{department, applicant};
  const auto made = [&](const char* name, const char* code, const std::vector<crypto::PublicKey>& recipients,
                        const std::function<void(Open&)>& how) {
    m.bad(dossier_vector(name, remade(m, "applicant-ec", "applicant-ec", recipients, how), "department"), code);
  };
  made("sealed to one more", "dossier.recipients", {department, applicant, other}, [](Open&) {});
  made("sealed to another", "dossier.recipients", {department, other}, [](Open&) {});
  made("another item inside", "dossier.disagreement", due, [](Open& o) { o.content.set_item_id("road-occupation"); });
  made("other recipients inside", "dossier.disagreement", due,
       [](Open& o) { o.content.mutable_recipients()->RemoveLast(); });
  made("another version of the statement", "dossier.version", due, [](Open& o) { o.statement.set_version(2); });
  made("another version inside", "dossier.version", due, [](Open& o) { o.content.set_version(2); });
  made("a kind that is not known", "dossier.version", due,
       [](Open& o) { o.statement.set_kind(static_cast<jindu::v1::SubmissionKind>(3)); });
  made("a declaration id in capitals", "dossier.malformed", due,
       [](Open& o) { o.statement.set_declaration_id("019A0000-0000-7000-8000-000000000001"); });
  made("a field of the statement that is not known", "dossier.malformed", due,
       [](Open& o) { add_unknown_field(o.statement); });
  made("a field inside that is not known", "dossier.malformed", due, [](Open& o) { add_unknown_field(o.content); });
  made("no applicant", "dossier.signer", due, [](Open& o) { o.content.clear_applicant(); });
  m.bad(dossier_vector("content of one, statement of another",
                       remade(m, "stranger-ec", "applicant-ec", due, [](Open&) {}), "department"),
        "dossier.signer");
  m.write("dossier.json", "Dossiers and submission statements: docs/formats.md, \"Dossier\".");
}

int try_all(const Keyring& keys, const fs::path& folder) {
  int passed = 0, failed = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json" || entry.path().filename() == "keys.json") continue;
    const Collection collection(entry.path());
    for (const auto& vector : collection.all()) {
      const auto answer = vectors::outcome(keys, collection, vector);
      if (answer == vector.at("expect").as_object()) {
        ++passed;
        continue;
      }
      ++failed;
      std::cout << "FAIL " << entry.path().string() << " " << vector.at("name").as_string() << ": "
                << json::serialize(answer) << " instead of " << json::serialize(vector.at("expect")) << "\n";
    }
  }
  std::cout << passed << " passed, " << failed << " failed, 0 skipped\n";
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: jindu-vectors make|artefacts|try FOLDER\n";
    return 2;
  }
  const fs::path folder = argv[2];
  try {
    const auto keys = vectors::read_keyring(folder);
    if (std::string_view(argv[1]) == "try") return try_all(keys, folder);
    if (std::string_view(argv[1]) == "artefacts") {
      vectors::write_artefacts(keys, folder, folder / "artefacts");
      return 0;
    }
    Maker maker(keys, folder);
    seals(maker);
    hpke(maker);
    cms(maker);
    statements(maker);
    bundles(maker);
    dossiers(maker);
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
  return 0;
}
