#include "exchange-gateway/unit/log_witness.hpp"

#include <set>

#include "common/exchange/codec/reconciliation.hpp"

namespace jindu::gateway {
namespace {
constexpr std::int64_t kOwnWeighed = 400;  // stretches: those of some months
}

result<LogWitness> witness_in(BytesView statement) {
  const auto said = exchange::read_reconciliation(statement);
  if (!said) return said.error();
  const auto digest = crypto::sha256(statement);
  const auto bytes = [](const std::string& text) { return Bytes(text.begin(), text.end()); };
  return LogWitness{said->unit(),
                    said->day(),
                    said->count().channel(),
                    said->made_ms(),
                    {static_cast<std::int64_t>(said->log_number()), bytes(said->log_digest())},
                    Bytes(digest.begin(), digest.end()),
                    bytes(said->answers())};
}

LogVerdict weigh_own_log(storage::Transaction& t, std::string_view unit) {
  std::vector<LogWitness> all;
  for (const auto& stretch : store::stretches(t, kOwnWeighed))
    for (const auto* statement : {&stretch.mine, &stretch.theirs})
      if (auto one = witness_in(*statement)) all.push_back(std::move(*one));
  return weigh(all, unit, [&](std::int64_t number) { return store::digest_of_act(t, number); });
}

LogVerdict weigh(const std::vector<LogWitness>& all, std::string_view unit, const DigestOfLine& digest_of) {
  std::set<Bytes> answered;
  for (const auto& one : all)
    if (one.unit != unit) answered.insert(one.answers);
  LogVerdict verdict;
  const auto keep = [](std::optional<LogWitness>& place, const LogWitness& one, bool lower) {
    if (!place || (lower ? one.head.number < place->head.number : one.head.number > place->head.number)) place = one;
  };
  for (const auto& one : all) {
    if (one.unit != unit || one.head.number == 0) continue;
    if (digest_of(one.head.number) != one.head.digest) {
      keep(verdict.contradicting, one, true);
      continue;
    }
    ++verdict.confirming;
    keep(verdict.newest, one, false);
    if (answered.contains(one.statement)) keep(verdict.countersigned, one, false);
  }
  return verdict;
}

}  // namespace jindu::gateway
