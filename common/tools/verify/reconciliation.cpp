#include <map>

#include "common/exchange/codec/reconciliation.hpp"
#include "common/runtime/terminal.hpp"
#include "common/tools/verify/checks.hpp"

namespace jindu::verify {
namespace {

using jindu::v1::Reconciliation;

void tell(Report& report, const Reconciliation& said) {
  const auto& c = said.count();
  report.fact("step", utc_text(from_unix_ms(said.made_ms())) + "  " + printable(said.unit()) + "  " +
                          printable(said.day()) + "  " + printable(c.channel()));
  report.fact("stretch",
              std::to_string(c.epoch()) + " / " + std::to_string(c.first()) + " – " + std::to_string(c.last()));
  report.fact("counts", std::to_string(c.bundles()) + " / " + std::to_string(c.applied()) + " / " +
                            std::to_string(c.not_applied()) + " / " + std::to_string(c.open()));
  report.fact("merkle_root", to_hex(bytes_of(c.merkle_root())));
  if (said.log_number() > 0)
    report.fact("log_head", std::to_string(said.log_number()) + "  " + to_hex(bytes_of(said.log_digest())));
}

bool is_about_the_same(const Reconciliation& a, const Reconciliation& b) {
  return a.unit() != b.unit() && a.day() == b.day() && a.count().channel() == b.count().channel() &&
         a.count().epoch() == b.count().epoch() && a.count().first() == b.count().first() &&
         a.count().last() == b.count().last();
}

// What came of the questions whose answers are among the statements.
class Answers {
 public:
  result<void> add(const Reconciliation& question, const Reconciliation& answer) {
    const auto &a = question.count(), &b = answer.count();
    const auto name = printable(question.day()) + " " + printable(a.channel());
    if (!is_about_the_same(question, answer))
      return Error{Fault::integrity, "reconciliation.another", name + " is answered about another stretch"};
    if (a.open() > 0 || b.open() > 0) {
      ++open_;
    } else if (a.bundles() != b.bundles() || a.merkle_root() != b.merkle_root()) {
      return Error{Fault::integrity, "reconciliation.differs", name + ": counts or Merkle roots are not the same"};
    } else {
      ++agreed_;
    }
    return {};
  }
  void tell(Report& report, std::size_t statements) const {
    const auto number = [](std::size_t n) { return Values{{"count", n}}; };
    if (agreed_ > 0) report.prove("reconciliation.agrees", number(agreed_));
    if (agreed_ + open_ > 0) report.prove("reconciliation.answered", number(agreed_ + open_));
    if (open_ > 0) report.leave_open("reconciliation.open", number(open_));
    if (const auto alone = statements - 2 * (agreed_ + open_); alone > 0)
      report.leave_open("reconciliation.alone", number(alone));
  }

 private:
  std::size_t agreed_ = 0, open_ = 0;
};

}  // namespace

Report check_reconciliation(const std::vector<Bytes>& encoded, const Trust& trust) {
  Report report{"reconciliation"};
  std::map<std::string, Reconciliation> all;  // by the SHA-256 of the statement
  bool expired_since = false;
  for (const auto& one : encoded) {
    const auto said = exchange::read_reconciliation(one);
    if (!said) return report.fail(said.error());
    const auto statement = evidence::open_signed(one, evidence::kReconciliationType, trust.nodes,
                                                 trust.moment(from_unix_ms(said->made_ms())), said->unit());
    if (!statement) return report.fail(statement.error());
    expired_since |= statement->certificate.not_after() < trust.now;
    if (all.emplace(text_of(crypto::sha256(one)), *said).second) tell(report, *said);
  }
  report.prove("reconciliation.signed", {{"count", all.size()}});
  Answers answers;
  for (const auto& [digest, said] : all)
    if (const auto question = all.find(said.answers()); question != all.end())
      if (auto ok = answers.add(question->second, said); !ok) return report.fail(ok.error());
  answers.tell(report, all.size());
  if (trust.with_crls)
    report.prove("none_revoked");
  else
    report.leave_open("none_revoked");
  if (expired_since) report.leave_open("some_expired_since");
  report.leave_open("reconciliation.log");
  report.leave_open("timeline.clocks");
  return report;
}

}  // namespace jindu::verify
