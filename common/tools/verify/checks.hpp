#pragma once
// What jindu-verify can check, each with all it needs in memory or in files: no server, no database, no network.
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/crypto/certificate.hpp"
#include "common/evidence/signed.hpp"
#include "common/tools/verify/report.hpp"

namespace jindu::verify {

namespace fs = std::filesystem;

// Whom to believe, and for which moment. Without a moment each artefact is checked as of the time that it claims
// itself.
struct Trust {
  evidence::NodeTrust nodes;  // roots, revocation lists and certificates between
  bool with_crls = false;
  std::optional<Instant> at;
  Instant now{};

  Instant moment(Instant claimed) const { return at.value_or(claimed); }
};
// `roots`: PEM; `intermediates` and `crls` may be empty. Several files of each.
result<Trust> read_trust(const std::vector<fs::path>& roots, const std::vector<fs::path>& intermediates,
                         const std::vector<fs::path>& crls);

// A recipient's key: PEM (.key, .pem), or the key in a PKCS#12 file (.p12, .pfx).
result<crypto::PrivateKey> read_key(const fs::path& file, const std::string& passphrase);

struct DossierFiles {
  Bytes statement;              // SignedStatement
  Bytes content;                // the sealed content
  std::vector<fs::path> parts;  // sealed materials, in any order
  bool partial = false;         // parts may be missing
  std::optional<crypto::PrivateKey> key;
  std::optional<fs::path> into;  // where to put what was opened
};
Report check_dossier(const DossierFiles& files, const Trust& trust);

struct ReceiptFiles {
  Bytes receipt;
  std::string signer = "portal";   // of submission receipts
  std::optional<Bytes> statement;  // what the submission receipt is about
  std::optional<Bytes> content;
  std::vector<fs::path> parts;
  std::optional<Bytes> bundle;  // what the gateway's receipt is about
};
Report check_receipt(const ReceiptFiles& files, const Trust& trust);

struct DecisionFiles {
  Bytes pdf;
  std::string signer;           // Common Name that is expected; empty for any
  std::optional<Bytes> record;  // DocumentRecord, or the JSON of the portal's public check
};
Report check_decision(const DecisionFiles& files, const Trust& trust);

struct BundleFiles {
  Bytes bundle;
  std::vector<crypto::Certificate> sender;  // its certificate, and those between it and the root
  std::optional<crypto::PrivateKey> key;    // of the destination
};
Report check_bundle(const BundleFiles& files, const Trust& trust);

// Receipts of one bundle: encoded Signed messages in any order, as files or as the list in a console's answer.
Report check_timeline(const std::vector<Bytes>& receipts, const std::optional<Bytes>& bundle, const Trust& trust);

// Statements of reconciliation by units: questions, and where their answers are given too, whether both agree.
Report check_reconciliation(const std::vector<Bytes>& statements, const Trust& trust);

struct RecordFiles {
  Bytes record;                 // what a unit has signed about something that left its quarantine, or lies in it
  std::optional<Bytes> bundle;  // the bytes that it is about
};
Report check_record(const RecordFiles& files, const Trust& trust);

struct HistoryFiles {
  std::vector<Bytes> events;  // encoded Signed messages, first to last
  std::string signer = "approval";
};
Report check_history(const HistoryFiles& files, const Trust& trust);

// SHA-256 and size of a file of any size, in constant memory. Code file.unreadable.
struct Measured {
  std::uint64_t size = 0;
  crypto::Digest sha256{};
};
result<Measured> measure(const fs::path& file);

// What every report on a certificate says: who signed, as of when, and what nobody looked at.
void tell_signer(Report& report, const crypto::Certificate& signer, Instant moment, const Trust& trust);

}  // namespace jindu::verify
