#include <algorithm>
#include <set>

#include "common/exchange/codec/receipt.hpp"
#include "common/tools/verify/checks.hpp"

namespace jindu::verify {
namespace {

using exchange::Receipt;
using jindu::v1::Rung;

Error broken(const char* code, std::string detail) { return {Fault::integrity, code, std::move(detail)}; }

std::string name_of(const Receipt& r) { return std::string(exchange::to_text(r.rung)) + " by " + r.party; }

// Held and released may stand on both sides of the way; everything else has one place on the ladder.
bool is_stay(Rung rung) { return rung == jindu::v1::RUNG_HELD || rung == jindu::v1::RUNG_RELEASED; }

class Ladder {
 public:
  explicit Ladder(std::vector<Receipt> receipts) : receipts_(std::move(receipts)) {
    // As far as the ladder goes; where it leaves the order open, the clocks decide.
    std::stable_sort(receipts_.begin(), receipts_.end(), [](const Receipt& a, const Receipt& b) {
      return is_stay(a.rung) || is_stay(b.rung) ? a.at < b.at : a.rung < b.rung;
    });
  }
  const std::vector<Receipt>& receipts() const { return receipts_; }

  result<void> is_about_one_bundle() const {
    for (const auto& r : receipts_)
      if (r.bundle != receipts_.front().bundle || r.manifest_digest != receipts_.front().manifest_digest)
        return broken("timeline.another_bundle", name_of(r) + " is about bundle " + exchange::to_text(r.bundle));
    return {};
  }

  // Units tell of custody, the destination of its effects, and nobody tells the same thing twice in two ways.
  result<void> is_told_by_the_right_parties() const {
    std::set<std::pair<Rung, std::string>> seen;
    for (const auto& r : receipts_)
      if (!seen.insert({r.rung, r.party}).second)
        return broken("timeline.two_versions", "two receipts say " + name_of(r));
    for (const auto rung :
         {jindu::v1::RUNG_STORED, jindu::v1::RUNG_VERIFIED, jindu::v1::RUNG_CARRIED, jindu::v1::RUNG_APPLIED})
      if (tellers(rung).size() > 1)
        return broken("timeline.parties", "more than one party says " + std::string(exchange::to_text(rung)));
    const auto first = teller(jindu::v1::RUNG_STORED), checked = teller(jindu::v1::RUNG_VERIFIED),
               other = teller(jindu::v1::RUNG_CARRIED), destination = teller(jindu::v1::RUNG_APPLIED);
    if (first && checked && *first != *checked)
      return broken("timeline.parties", "stored and verified are said by the sender's unit, which is one");
    if (first && other && *first == *other) return broken("timeline.parties", "carried is said by the other unit");
    if (destination && (destination == first || destination == other))
      return broken("timeline.parties", "applied is said by the destination, not by a unit");
    for (const auto& party : tellers(jindu::v1::RUNG_DELIVERED))
      if (other && party != *other && destination && party != *destination)
        return broken("timeline.parties", "delivered is said by the destination or its unit");
    return {};
  }

  // By one party's own clock no rung comes before a lower one.
  result<void> is_monotone() const {
    for (std::size_t i = 0; i < receipts_.size(); ++i)
      for (std::size_t j = i + 1; j < receipts_.size(); ++j)
        if (receipts_[i].party == receipts_[j].party && receipts_[j].at < receipts_[i].at)
          return broken("timeline.not_monotone", name_of(receipts_[j]) + " is dated before " + name_of(receipts_[i]));
    return {};
  }

  result<void> is_whole() const {
    std::vector<const Receipt*> ends;
    for (const auto& r : receipts_)
      if (exchange::is_final(r.rung)) ends.push_back(&r);
    if (ends.empty()) return broken("timeline.unfinished", "the last rung is " + name_of(receipts_.back()));
    if (ends.size() > 1) return broken("timeline.two_ends", name_of(*ends[0]) + " and " + name_of(*ends[1]));
    for (const auto& party : tellers(jindu::v1::RUNG_HELD))
      if (ends[0]->party != party && !tellers(jindu::v1::RUNG_RELEASED).contains(party) && has_gone_on(party))
        return broken("timeline.gap", "held by " + party + " and never released, and yet it went on");
    if (ends[0]->rung != jindu::v1::RUNG_APPLIED) {
      if (!teller(jindu::v1::RUNG_STORED) && ends[0]->rung != jindu::v1::RUNG_REFUSED)
        return broken("timeline.gap", "stored is missing");
      return {};
    }
    for (const auto rung :
         {jindu::v1::RUNG_STORED, jindu::v1::RUNG_VERIFIED, jindu::v1::RUNG_CARRIED, jindu::v1::RUNG_DELIVERED})
      if (tellers(rung).empty()) return broken("timeline.gap", std::string(exchange::to_text(rung)) + " is missing");
    return {};
  }

  // By how many milliseconds clocks must differ, where a later rung bears an earlier time.
  std::int64_t least_skew_ms() const {
    std::int64_t most = 0;
    for (std::size_t i = 0; i < receipts_.size(); ++i)
      for (std::size_t j = i + 1; j < receipts_.size(); ++j)
        most = std::max(most, to_unix_ms(receipts_[i].at) - to_unix_ms(receipts_[j].at));
    return most;
  }

 private:
  std::set<std::string> tellers(Rung rung) const {
    std::set<std::string> parties;
    for (const auto& r : receipts_)
      if (r.rung == rung) parties.insert(r.party);
    return parties;
  }
  std::optional<std::string> teller(Rung rung) const {
    const auto parties = tellers(rung);
    return parties.empty() ? std::nullopt : std::optional(*parties.begin());
  }
  // Whether a later custodian than the party told of the bundle.
  bool has_gone_on(const std::string& party) const {
    return std::any_of(receipts_.begin(), receipts_.end(), [&](const Receipt& r) {
      return r.party != party &&
             (r.rung == jindu::v1::RUNG_DELIVERED || r.rung == jindu::v1::RUNG_APPLIED ||
              (r.rung == jindu::v1::RUNG_CARRIED && tellers(jindu::v1::RUNG_STORED).contains(party)));
    });
  }
  std::vector<Receipt> receipts_;
};

}  // namespace

Report check_timeline(const std::vector<Bytes>& encoded, const std::optional<Bytes>& bundle, const Trust& trust) {
  Report report{"timeline"};
  std::vector<Receipt> receipts;
  std::set<Bytes> seen;  // sent again byte for byte is the same receipt
  bool expired_since = false;
  for (const auto& one : encoded) {
    if (!seen.insert(one).second) continue;
    const auto read = exchange::read_receipt(one);
    if (!read) return report.fail(read.error());
    const auto statement =
        evidence::open_signed(one, evidence::kReceiptType, trust.nodes, trust.moment(read->at), read->party);
    if (!statement) return report.fail(statement.error());
    expired_since |= statement->certificate.not_after() < trust.now;
    receipts.push_back(*read);
  }
  if (receipts.empty()) return report.fail({Fault::invalid, "timeline.empty", "no receipt was given"});
  const Ladder ladder(std::move(receipts));
  const auto& first = ladder.receipts().front();
  report.fact("bundle", exchange::to_text(first.bundle));
  report.fact("manifest_sha256", to_hex(first.manifest_digest));
  for (const auto& r : ladder.receipts())
    report.fact("step", utc_text(r.at) + "  " + std::string(exchange::to_text(r.rung)) + "  " + r.party +
                            (r.code.empty() ? "" : "  " + r.code));
  if (auto ok = ladder.is_about_one_bundle(); !ok) return report.fail(ok.error());
  report.prove("timeline.signed", {{"count", std::to_string(ladder.receipts().size())}});
  if (auto ok = ladder.is_told_by_the_right_parties(); !ok) return report.fail(ok.error());
  report.prove("timeline.parties");
  if (auto ok = ladder.is_monotone(); !ok) return report.fail(ok.error());
  report.prove("timeline.monotone");
  if (auto ok = ladder.is_whole(); !ok) return report.fail(ok.error());
  const auto end = std::find_if(ladder.receipts().begin(), ladder.receipts().end(),
                                [](const Receipt& r) { return exchange::is_final(r.rung); });
  report.prove(
      "timeline.whole",
      {{"rung", std::string(exchange::to_text(end->rung))}, {"name", end->party}, {"time", utc_text(end->at)}});
  if (bundle) {
    const auto view = exchange::parse_bundle(*bundle);
    if (!view) return report.fail(view.error());
    if (view->id != first.bundle || view->manifest_digest != first.manifest_digest)
      return report.fail({Fault::integrity, "receipt.other_bytes", "the receipts are about another bundle", "/bundle"});
    report.prove("receipt.bundle");
  } else {
    report.leave_open("receipt.bundle_not_given");
  }
  if (trust.with_crls)
    report.prove("none_revoked");
  else
    report.leave_open("none_revoked");
  if (expired_since) report.leave_open("some_expired_since");
  if (const auto skew = ladder.least_skew_ms(); skew > 0)
    report.leave_open("timeline.skew", {{"ms", std::to_string(skew)}});
  report.leave_open("timeline.clocks");
  return report;
}

}  // namespace jindu::verify
