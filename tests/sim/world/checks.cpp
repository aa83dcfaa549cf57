#include "tests/sim/world/checks.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "common/exchange/codec/receipt.hpp"
#include "common/http/client.hpp"

namespace jindu::sim {
namespace {

constexpr std::int64_t kApplied = jindu::v1::RUNG_APPLIED;

std::string told(const Message& m) {
  return "message " + std::to_string(m.number) + " (subject " + std::to_string(m.subject) + ", place " +
         std::to_string(m.place) + ")";
}

}  // namespace

void Checks::require(bool holds, const std::string& what) {
  if (!holds) d_.kernel.fail(what);
}

void Checks::of_promise() {
  of_direction("portal", d_.from_portal, d_.from_approval);
  of_direction("approval", d_.from_approval, d_.from_portal);
}

// `received` is the ledger of the other service: what it has applied came from this sender.
void Checks::of_direction(const std::string& sender, const Ledger& sent, const Ledger& received) {
  const auto there = sent.account.sent.size() + sent.account.waiting;
  require(there >= sent.committed.size(), sender + " has " + std::to_string(there) + " messages and had committed " +
                                              std::to_string(sent.committed.size()));
  of_applied(sender, sent, received);
  of_ends(sender, sent, received);
  of_receipts(sender, sent);
}

void Checks::of_applied(const std::string& sender, const Ledger& sent, const Ledger& received) {
  std::set<int> applied;
  std::map<int, int> last_place;
  for (const auto& one : received.account.applied) {
    const auto& m = one.message;
    const auto planned = sent.planned.find(m.number);
    const bool real =
        planned != sent.planned.end() && to_hex(crypto::sha256(bytes_of(planned->second.text()))) == one.digest;
    require(real, "something was applied that " + sender + " never sent: " + told(m));
    require(applied.insert(m.number).second, told(m) + " of " + sender + " was applied twice");
    const auto before = last_place.find(m.subject);
    require(before == last_place.end() || before->second < m.place,
            told(m) + " of " + sender + " was applied after a later one about its subject");
    last_place[m.subject] = m.place;
    require(m.kind != "forbidden" && m.conduct != Conduct::refused && m.conduct != Conduct::refused_late,
            told(m) + " of " + sender + " was applied although it must be refused");
  }
}

// Every message has one end, and it is the true one.
void Checks::of_ends(const std::string& sender, const Ledger& sent, const Ledger& received) {
  std::set<int> applied;
  for (const auto& one : received.account.applied) applied.insert(one.message.number);
  for (const auto& one : sent.account.sent) {
    const auto& m = one.message;
    const bool is_applied = applied.contains(m.number);
    if (!one.ended) {
      require(d_.plan.forgets(), told(m) + " of " + sender + " has no end: rung " + std::to_string(one.rung));
      continue;
    }
    require(is_applied || one.rung != kApplied, told(m) + " of " + sender + " is said to be applied and is not");
    require(!is_applied || one.rung == kApplied, told(m) + " of " + sender +
                                                     " is applied and said to have ended as rung " +
                                                     std::to_string(one.rung) + " " + one.code);
    require(one.rung == kApplied || !one.code.empty(), told(m) + " of " + sender + " ended without a reason");
    require(is_applied || is_reason(m, one.code),
            told(m) + " of " + sender + " was not applied, and its plan gives no reason for " + one.code);
  }
}

// What may end a message that is not applied, by the code that its sender is told. Everything else must arrive.
bool Checks::is_reason(const Message& m, const std::string& code) const {
  if (code == "policy.forbidden") return m.kind == "forbidden";
  if (code == "simulation.refused") return m.conduct == Conduct::refused;
  if (code == "simulation.refused_late") return m.conduct == Conduct::refused_late;
  if (code == "operator.refused") return m.kind == "notice";  // the only kind that is held
  // Clocks are up to 36 hours off, and all but what is short-lived lives for 30 days.
  if (code == "policy.expired")
    return d_.plan.short_lived &&
           (d_.plan.clock_jumps > 0 || std::chrono::nanoseconds(d_.kernel.now_ns()) >= kShortLife);
  return false;
}

void Checks::of_receipts(const std::string& sender, const Ledger& sent) {
  const auto trust = d_.keys.trust();
  std::map<std::string, std::set<std::int64_t>> ends;
  for (const auto& one : sent.account.receipts) {
    const auto receipt = exchange::open_receipt(one.bytes, trust);
    require(receipt.has_value() && exchange::to_text(receipt->bundle) == one.bundle && receipt->party == one.party,
            sender + " keeps a receipt that does not hold for " + one.bundle);
    if (receipt && exchange::is_final(receipt->rung)) ends[one.bundle].insert(one.rung);
  }
  for (const auto& one : sent.account.sent) {
    if (!one.ended) continue;
    require(ends[one.bundle].contains(one.rung),
            told(one.message) + " of " + sender + " ended without a signed receipt");
    require(ends[one.bundle].size() == 1, told(one.message) + " of " + sender + " has receipts of different ends");
  }
}

void Checks::of_confidentiality() {
  for (const auto* volume : {&d_.outer_disk, &d_.inner_disk, &d_.medium})
    require(!volume->holds_text(kSecret), "the plain text of a message is on the disk of " + volume->name());
}

void Checks::tell_open() {
  for (const auto& [sender, ledger] :
       {std::pair("portal", &d_.from_portal), std::pair("approval", &d_.from_approval)}) {
    d_.kernel.trace(std::string(sender) + " has " + std::to_string(ledger->account.waiting) + " in its outbox");
    for (const auto& one : ledger->account.sent) {
      if (one.ended) continue;
      d_.kernel.trace("open: " + told(one.message) + " of " + sender + ", rung " + std::to_string(one.rung) + ", " +
                      one.bundle);
      for (auto* unit : {d_.outer, d_.inner}) {
        http::Client client(d_.operator_client(*unit, false));
        auto answer = client.send("GET", "/api/v1/bundles/" + one.bundle);
        if (answer) d_.kernel.trace(unit->name + " knows: " + std::string(text_of(answer->body)).substr(0, 600));
      }
    }
  }
}

void Checks::tell_journals() {
  for (auto* unit : {d_.outer, d_.inner}) {
    http::Client client(d_.operator_client(*unit, false));
    auto answer = client.send("GET", "/api/v1/bundles?limit=100");
    if (answer) d_.kernel.trace(unit->name + " has " + std::string(text_of(answer->body)));
  }
}

// Both units compare what they know, each asked by an operator; then each says what it found.
bool Checks::units_agree() {
  bool agree = true;
  for (auto* unit : {d_.outer, d_.inner}) {
    http::Client client(d_.operator_client(*unit, false));
    auto asked = client.send("POST", "/api/v1/reconciliation", bytes_of("{}"), "application/json");
    if (!asked || !asked->succeeded()) return false;
  }
  d_.kernel.sleep(std::chrono::seconds(20));
  for (auto* unit : {d_.outer, d_.inner}) {
    http::Client client(d_.operator_client(*unit, false));
    auto answer = client.send("GET", "/api/v1/reconciliation");
    if (!answer || answer->status != 200) return false;
    const auto told = boost::json::parse(text_of(answer->body));
    for (const auto& stretch : told.at("stretches").as_array()) {
      const std::string verdict(stretch.at("verdict").as_string());
      d_.kernel.trace(unit->name + " reconciles: " + boost::json::serialize(stretch));
      agree = agree && verdict == "agrees";
    }
    agree = agree && !told.at("stretches").as_array().empty();
  }
  return agree;
}

}  // namespace jindu::sim
