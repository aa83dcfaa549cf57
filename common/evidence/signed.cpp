#include "common/evidence/signed.hpp"

#include <jindu/v1/signed.pb.h>

#include <map>
#include <mutex>
#include <numeric>

#include "common/evidence/merkle.hpp"
#include "common/runtime/messages.hpp"

namespace jindu::evidence {

// What is known of the few nodes that sign: their certificates.
//
// A certificate that was good at two instants was good at any between: validity is an interval, for each of the chain
// and for each revocation list, and what is revoked is so for all times. So a span of good instants is kept, and
// widened as time goes on.
class KnownCertificates {
 public:
  struct Known {
    crypto::Certificate certificate;
    crypto::PublicKey key;
    std::string name, key_id;
  };

  result<std::shared_ptr<const Known>> read(const std::string& der) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = entries_.find(der); found != entries_.end()) return found->second.known;
    }
    auto certificate = crypto::Certificate::from_der(bytes_of(der));
    if (!certificate) return certificate.error();
    auto key = certificate->public_key();
    std::string id(text_of(key.key_id())), name = certificate->common_name();
    return std::make_shared<const Known>(
        Known{std::move(*certificate), std::move(key), std::move(name), std::move(id)});
  }

  result<void> check(const std::string& der, const std::shared_ptr<const Known>& known, const NodeTrust& trust,
                     Instant at) {
    {
      const std::lock_guard lock(mutex_);
      const auto found = entries_.find(der);
      if (found != entries_.end() && found->second.from <= at && at <= found->second.until) return {};
    }
    if (auto ok = trust.store.verify(known->certificate, trust.intermediates, at); !ok) return ok;
    const auto later = at + kAhead;
    const auto until = trust.store.verify(known->certificate, trust.intermediates, later) ? later : at;
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= kEntriesMax) entries_.clear();
    auto& entry = entries_.try_emplace(der, Entry{known, at, until}).first->second;
    entry.from = std::min(entry.from, at);
    entry.until = std::max(entry.until, until);
    return {};
  }

 private:
  static constexpr std::chrono::seconds kAhead{60};
  static constexpr std::size_t kEntriesMax = 64;
  struct Entry {
    std::shared_ptr<const Known> known;
    Instant from, until;
  };
  std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
};

std::shared_ptr<KnownCertificates> no_known_certificates() { return std::make_shared<KnownCertificates>(); }

namespace {

constexpr std::string_view kTogether = "jindu/signed-together/v1";  // never the type of a statement

Bytes signed_bytes(std::string_view type, BytesView body) {
  Bytes bytes(type.begin(), type.end());
  bytes.push_back(0);
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

Bytes signed_together_bytes(std::string_view type, std::size_t together, const crypto::Digest& root) {
  auto bytes = signed_bytes(kTogether, bytes_of(type));
  bytes.push_back(0);
  for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::uint8_t>(together >> shift));
  bytes.insert(bytes.end(), root.begin(), root.end());
  return bytes;
}

void put_signer(jindu::v1::Signed& message, BytesView signature, const NodeSigner& signer) {
  message.set_signature(signature.data(), signature.size());
  const auto id = signer.key.key_id();
  message.set_signer_key_id(id.data(), id.size());
  const Bytes certificate = signer.certificate.der();
  message.set_certificate(certificate.data(), certificate.size());
}

result<void> check_signature(const jindu::v1::Signed& message, HeldSignatures& held, const crypto::PublicKey& key) {
  const Error not_held{Fault::integrity, "signed.signature", "the signature does not hold"};
  if (message.together() == 0) {
    if (!key.verify(signed_bytes(message.type(), bytes_of(message.body())), bytes_of(message.signature())))
      return not_held;
    return {};
  }
  std::vector<crypto::Digest> path;
  for (const auto& hash : message.path()) path.push_back(crypto::digest_from(bytes_of(hash)).value());
  const auto root =
      merkle_root_by_path(merkle_leaf(bytes_of(message.body())), message.place(), message.together(), path);
  if (!root) return Error{Fault::integrity, "signed.path", "the path does not lead to a root"};
  if (!held.holds(key, signed_together_bytes(message.type(), message.together(), *root), bytes_of(message.signature())))
    return not_held;
  return {};
}

result<jindu::v1::Signed> parse(BytesView encoded, std::string_view type) {
  if (encoded.size() > (type == kRecordType ? kRecordMax : kSignedMax))
    return Error{Fault::too_large, "signed.malformed",
                 type == kRecordType ? "a record has at most 32 MiB" : "a statement has at most 64 KiB"};
  jindu::v1::Signed message;
  if (auto ok = parse_message(encoded, message); !ok)
    return Error{Fault::invalid, "signed.malformed", ok.error().detail};
  if (message.type() != type)
    return Error{Fault::integrity, "signed.type", "a statement of another type than " + std::string(type)};
  if (message.type() == kTogether) return Error{Fault::integrity, "signed.type", "this is no type of a statement"};
  const bool alone = message.together() == 0;
  if (alone ? message.place() != 0 || message.path_size() != 0
            : message.together() < 2 || message.together() > kTogetherMax || message.place() >= message.together())
    return Error{Fault::invalid, "signed.malformed", "its place among those signed together is impossible"};
  for (const auto& hash : message.path())
    if (hash.size() != 32) return Error{Fault::invalid, "signed.malformed", "hashes have 32 bytes"};
  return message;
}

}  // namespace

result<NodeSigner> node_signer_from_files(const std::string& certificate_path, const std::string& key_path,
                                          const std::string& passphrase_file, std::string_view expected) {
  auto identity = crypto::identity_from_files(certificate_path, key_path, passphrase_file);
  if (!identity) return identity.error();
  auto name = identity->certificate.common_name();
  if (!expected.empty() && name != expected)
    return Error{
        Fault::invalid, "node.name",
        "the certificate " + certificate_path + " is of '" + name + "', not of '" + std::string(expected) + "'"};
  return NodeSigner{std::move(name), identity->key, identity->certificate, identity->chain};
}

result<NodeTrust> node_trust_from_files(const std::string& roots, const std::string& crl,
                                        const std::string& intermediates) {
  auto store = crypto::TrustStore::from_files(roots, crl);
  if (!store) return store.error();
  NodeTrust trust{std::move(*store), {}};
  if (!intermediates.empty()) {
    auto all = crypto::Certificate::all_from_pem_file(intermediates);
    if (!all) return all.error();
    trust.intermediates = std::move(*all);
  }
  return trust;
}

Bytes sign_statement(std::string_view type, BytesView body, const NodeSigner& signer) {
  jindu::v1::Signed message;
  message.set_type(std::string(type));
  message.set_body(body.data(), body.size());
  put_signer(message, signer.key.sign(signed_bytes(type, body)), signer);
  return encode(message);
}

Together sign_as_one(std::string_view type, const std::vector<Bytes>& bodies, const NodeSigner& signer) {
  if (bodies.size() < 2 || bodies.size() > kTogetherMax)
    throw std::invalid_argument("fewer or more statements than can be signed together");
  Together together{std::string(type), {}, {}, signer.certificate.der(), static_cast<std::uint32_t>(bodies.size())};
  const auto id = signer.key.key_id();
  together.key_id.assign(id.begin(), id.end());
  together.places.resize(bodies.size());
  std::iota(together.places.begin(), together.places.end(), 0U);
  together.bodies = bodies;
  together.leaves.reserve(bodies.size());
  for (const auto& body : bodies) together.leaves.push_back(merkle_leaf(body));
  together.signature = signer.key.sign(signed_together_bytes(type, bodies.size(), merkle_root(together.leaves)));
  return together;
}

std::vector<Bytes> sign_together(std::string_view type, const std::vector<Bytes>& bodies, const NodeSigner& signer) {
  if (bodies.empty()) return {};
  if (bodies.size() == 1) return {sign_statement(type, bodies.front(), signer)};
  const Sheet sheet(sign_as_one(type, bodies, signer));
  std::vector<Bytes> statements;
  statements.reserve(bodies.size());
  for (std::size_t i = 0; i < bodies.size(); ++i) statements.push_back(sheet.statement(i, bodies[i]));
  return statements;
}

result<Statement> open_signed(BytesView encoded, std::string_view type, const NodeTrust& trust, Instant at,
                              std::string_view expected_signer) {
  return open_signed(
      encoded, type, trust, [at](const Statement&) -> result<Instant> { return at; }, expected_signer);
}

result<Statement> open_signed(BytesView encoded, std::string_view type, const NodeTrust& trust, const TimeOf& time_of,
                              std::string_view expected_signer) {
  auto message = parse(encoded, type);
  if (!message) return message.error();
  const auto read = trust.known->read(message->certificate());
  if (!read) return read.error();
  const auto& known = **read;
  if (known.key_id != message->signer_key_id())
    return Error{Fault::integrity, "signed.key_id", "the certificate has another key than the statement names"};
  if (auto ok = check_signature(*message, *trust.held, known.key); !ok) return ok.error();
  if (!expected_signer.empty() && known.name != expected_signer)
    return Error{Fault::forbidden, "signed.signer",
                 "signed by '" + known.name + "', not by '" + std::string(expected_signer) + "'"};
  Statement statement{message->type(), Bytes(message->body().begin(), message->body().end()), known.name,
                      known.certificate};
  const auto at = time_of(statement);
  if (!at) return at.error();
  if (auto ok = trust.known->check(message->certificate(), *read, trust, *at); !ok) return ok.error();
  return statement;
}

result<std::vector<result<void>>> open_together(const Together& together, std::string_view type, const NodeTrust& trust,
                                                const TimeOf& time_of) {
  if (together.type != type || type == kTogether)
    return Error{Fault::integrity, "signed.type", "statements of another type than " + std::string(type)};
  const std::string der(text_of(together.certificate));
  const auto read = trust.known->read(der);
  if (!read) return read.error();
  const auto& known = **read;
  if (known.key_id != text_of(together.key_id))
    return Error{Fault::integrity, "signed.key_id", "the certificate has another key than the statements name"};
  const auto root = root_of(together);
  if (!root) return Error{Fault::integrity, "signed.path", "its hashes do not lead to a root"};
  if (!trust.held->holds(known.key, signed_together_bytes(type, together.together, *root), together.signature))
    return Error{Fault::integrity, "signed.signature", "the signature does not hold"};
  std::vector<result<void>> outcomes;
  outcomes.reserve(together.size());
  Statement statement{std::string(type), {}, known.name, known.certificate};
  for (const auto& body : together.bodies) {
    statement.body = body;
    const auto at = time_of(statement);
    outcomes.push_back(at ? trust.known->check(der, *read, trust, *at) : at.error());
  }
  return outcomes;
}

result<Statement> read_signed(BytesView encoded, std::string_view type) {
  auto message = parse(encoded, type);
  if (!message) return message.error();
  auto certificate = crypto::Certificate::remembered(bytes_of(message->certificate()));
  if (!certificate) return certificate.error();
  auto signer = certificate->common_name();
  return Statement{message->type(), Bytes(message->body().begin(), message->body().end()), std::move(signer),
                   *certificate};
}

}  // namespace jindu::evidence
