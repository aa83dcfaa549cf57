#pragma once
// Signed statements as people have saved them: one as it is, or a list of them in JSON, as the consoles and the public
// check give it. Such a list may bring along the certificates that stand between a root and its signers.
#include "common/crypto/certificate.hpp"

namespace jindu::evidence {

struct SavedStatements {
  std::vector<Bytes> statements = {};                   // encoded Signed messages; nothing in them is checked
  std::vector<crypto::Certificate> intermediates = {};  // none is believed but by a root
};
// From JSON those in base64 in the list "receipts", "events", "history" or "statements" (their members "receipt" or
// "signed" where the list is one of objects), which may be empty, and the certificates in base64 in the list
// "intermediates". Codes: input.statements, input.intermediates.
result<SavedStatements> saved_statements(BytesView file);

}  // namespace jindu::evidence
