#pragma once
// Statements by nodes: docs/formats.md, "Signed statement".
#include <functional>
#include <memory>
#include <string>

#include "common/crypto/certificate.hpp"
#include "common/evidence/held_signatures.hpp"
#include "common/evidence/together.hpp"

namespace jindu::evidence {

inline constexpr std::string_view kReceiptType = "jindu/receipt/v1";
inline constexpr std::string_view kSubmissionReceiptType = "jindu/submission-receipt/v1";
inline constexpr std::string_view kVoyageType = "jindu/voyage/v1";
inline constexpr std::string_view kCaseEventType = "jindu/case-event/v1";
inline constexpr std::string_view kReconciliationType = "jindu/reconciliation/v1";
inline constexpr std::string_view kRecordType = "jindu/record/v1";
// A record may hold the very bytes that a unit has set aside, as base64, and is never read from the other network.
inline constexpr std::size_t kRecordMax = 32 * 1024 * 1024;

// A node that signs, by its key and certificate.
struct NodeSigner {
  std::string name;
  crypto::PrivateKey key;
  crypto::Certificate certificate;
  std::vector<crypto::Certificate> chain = {};
};
// Reads key and certificate; the name is the certificate's Common Name. Code node.name where `expected` differs.
result<NodeSigner> node_signer_from_files(const std::string& certificate_path, const std::string& key_path,
                                          const std::string& passphrase_file, std::string_view expected = {});

// The few certificates that sign most statements: read once, and their chains not walked for each statement anew.
// Thread-safe.
class KnownCertificates;
std::shared_ptr<KnownCertificates> no_known_certificates();

// Whom we believe to be a node: any certificate below the root with the node's Common Name.
struct NodeTrust {
  crypto::TrustStore store;
  std::vector<crypto::Certificate> intermediates;
  std::shared_ptr<KnownCertificates> known = no_known_certificates();
  std::shared_ptr<HeldSignatures> held = std::make_shared<HeldSignatures>();
};
result<NodeTrust> node_trust_from_files(const std::string& roots, const std::string& crl,
                                        const std::string& intermediates = {});

Bytes sign_statement(std::string_view type, BytesView body, const NodeSigner& signer);
// Several statements of one type by one signature over the root of their Merkle tree, in the order given. Each can be
// checked by itself like one that was signed alone; making and checking many costs little more than one.
Together sign_as_one(std::string_view type, const std::vector<Bytes>& bodies, const NodeSigner& signer);
std::vector<Bytes> sign_together(std::string_view type, const std::vector<Bytes>& bodies, const NodeSigner& signer);

struct Statement {
  std::string type;
  Bytes body;
  std::string signer;  // Common Name
  crypto::Certificate certificate;
};
// Everything is checked at `at`. Codes: signed.malformed, signed.path, signed.type, signed.key_id, signed.signature,
// signed.signer (another node than `expected_signer`, when one is given), certificate.*.
result<Statement> open_signed(BytesView encoded, std::string_view type, const NodeTrust& trust, Instant at,
                              std::string_view expected_signer = {});
// The same for a statement that tells its own time: the certificate had to be good then.
using TimeOf = std::function<result<Instant>(const Statement&)>;
result<Statement> open_signed(BytesView encoded, std::string_view type, const NodeTrust& trust, const TimeOf& time_of,
                              std::string_view expected_signer = {});
// Many at once: what each body says of itself is checked by `time_of`, which is called with each in turn and may refuse
// it; the signature, once. Gives the outcome of each, or what is wrong with all.
result<std::vector<result<void>>> open_together(const Together& together, std::string_view type, const NodeTrust& trust,
                                                const TimeOf& time_of);
// The body without any check; for what was checked when it was stored.
result<Statement> read_signed(BytesView encoded, std::string_view type);

}  // namespace jindu::evidence
