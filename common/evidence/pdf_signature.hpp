#pragma once
// Checking the signature in a PDF that Jindu issued, without a PDF library: one signature whose range is the whole file
// but the signature itself. Anything else is refused, also where a general reader would show parts as signed.
#include "common/crypto/cms.hpp"

namespace jindu::evidence {

// Codes: pdf.not_signed, pdf.range (the signature does not cover the whole file), and those of crypto::cms_verify.
result<crypto::CmsSignature> verify_pdf_signature(BytesView pdf);

}  // namespace jindu::evidence
