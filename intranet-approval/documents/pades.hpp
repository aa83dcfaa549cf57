#pragma once
// The department's electronic seal on a PDF: a PAdES-B-B signature (ETSI EN 319 142-1), one signature over the whole
// file.
#include "common/crypto/certificate.hpp"

namespace jindu::approval::documents {

struct PadesOptions {
  std::string name;  // of the signer, as shown by readers
  std::string reason;
  Instant at{};
};
// Codes: document.pdf, document.signature.
result<Bytes> sign_pdf(BytesView pdf, const crypto::Identity& signer, const PadesOptions& options);

}  // namespace jindu::approval::documents
