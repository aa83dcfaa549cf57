#pragma once
// A signed statement without the certificate in it, which many have from the same few signers: two thirds of a receipt.
#include <optional>

#include "common/runtime/bytes.hpp"

namespace jindu::evidence {

struct Apart {
  Bytes rest, certificate;
};
// Nothing where both together would not be the same bytes again, as in an encoding that is not the usual one.
std::optional<Apart> certificate_apart(BytesView statement);
Bytes with_certificate(BytesView rest, BytesView certificate);

}  // namespace jindu::evidence
