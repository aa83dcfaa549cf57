#include "common/exchange/codec/reconciliation.hpp"

#include <limits>

#include "common/runtime/messages.hpp"

namespace jindu::exchange {

result<jindu::v1::Reconciliation> read_reconciliation(BytesView encoded) {
  const auto statement = evidence::read_signed(encoded, evidence::kReconciliationType);
  if (!statement) return statement.error();
  jindu::v1::Reconciliation said;
  const auto bad = [](std::string detail) {
    return Error{Fault::integrity, "reconciliation.malformed", std::move(detail)};
  };
  if (auto ok = parse_message(statement->body, said); !ok) return bad(ok.error().detail);
  if (said.version() != 1) return bad("version " + std::to_string(said.version()) + " is not known");
  if (said.count().merkle_root().size() != 32) return bad("a Merkle root has 32 bytes");
  if (said.log_number() > 0 && said.log_digest().size() != 32) return bad("a digest has 32 bytes");
  if (said.log_number() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return bad("no log has so many lines");
  return said;
}

}  // namespace jindu::exchange
