#include "exchange-gateway/unit/log_witness.hpp"

#include <jindu/v1/reconciliation.pb.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>
#include <sstream>

#include "../world.hpp"
#include "common/runtime/messages.hpp"
#include "exchange-gateway/api/console_views.hpp"
#include "exchange-gateway/console/log_check.hpp"

namespace jindu::gateway::test {

namespace {
// Both units with some acts in their logs, and a reconciliation that each began.
struct Reconciled {
  static constexpr const char* kWho = "谢运 3333333333333333";
  World w;
  Reconciled() {
    for (int day = 0; day < 3; ++day) {
      REQUIRE(w.outer->take_from_service(w.from_portal.next(1, "a dossier")));
      act(w.outer, "before the reconciliation");
      act(w.inner, "before the reconciliation");
      w.carry_all();
      // What has ended is settled by one question; the rest would be asked about, and named, anew each time.
      CHECK_FALSE(w.apply_all(w.inner, w.approval).empty());
      w.carry_all();
      REQUIRE(w.outer->reconcile(kWho));
      w.carry_all();
      w.clock->advance(std::chrono::hours(24));
    }
    act(w.outer, "after the last reconciliation");
  }
  static void act(Side& side, const std::string& why) {
    REQUIRE(side->stop_channel("portal>approval", kWho, why));
    REQUIRE(side->resume_channel("portal>approval", kWho, why));
  }
  // The chain made anew by somebody who can write the database and does not stop at one line.
  static void rewrite(Side& side, std::int64_t line, const std::string& reason) {
    REQUIRE(side->journal().write([&](storage::Transaction& t) {
      Bytes last(32);
      for (auto one : store::acts_after(t, 0, 1000)) {
        if (one.number == line) one.reason = reason;
        last = store::digest_after(last, one);
        t.execute("UPDATE operator_log SET reason = $1, digest = $2 WHERE number = $3", {one.reason, last, one.number});
      }
    }));
  }
  static LogVerdict own(Side& side) {
    LogVerdict verdict;
    REQUIRE(side->journal().read([&](storage::Transaction& t) { verdict = weigh_own_log(t, side->options().name); }));
    return verdict;
  }
  // What a person has taken away: the log, and the statements that a unit keeps.
  static std::string log_of(Side& side) {
    std::string lines;
    REQUIRE(side->journal().read([&](storage::Transaction& t) { lines = views::log_lines(t, side.unit()); }));
    return lines;
  }
  static Bytes statements_of(Side& side) {
    boost::json::object answer;
    REQUIRE(side->journal().read([&](storage::Transaction& t) { answer = views::statements(t, side.unit(), 1000); }));
    const auto text = boost::json::serialize(answer);
    return Bytes(text.begin(), text.end());
  }
  struct Said {
    std::string text;
    int code = 0;
  };
  Said say(const std::string& lines, const Bytes& statements, Language language = Language::en) const {
    auto trust = w.trust();
    const auto log = check_log(lines).value();
    std::ostringstream out;
    const int code = tell_witnessed(Voice(language, out, out), log, witnesses_in(statements, trust).value());
    return {out.str(), code};
  }
};
bool tells(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
}  // namespace

TEST_CASE(
    "each unit's statements name the head of its own log, and the other unit's answer countersigns the question") {
  Reconciled r;
  const auto outer = Reconciled::own(r.w.outer), inner = Reconciled::own(r.w.inner);
  // Two acts a day before the reconciliation and its own line behind.
  CHECK(outer.confirming == 3);
  CHECK(outer.newest->head.number == 8);
  CHECK(outer.countersigned->head.number == 8);
  CHECK_FALSE(outer.contradicting);
  // What only answers names its head as well, and nobody answers an answer.
  CHECK(inner.newest->head.number == 6);
  CHECK_FALSE(inner.countersigned);
  CHECK_FALSE(inner.contradicting);
}

TEST_CASE("a log whose chain was made anew holds by itself, and is contradicted by the statements of both units") {
  Reconciled r;
  const auto before = Reconciled::statements_of(r.w.inner);
  Reconciled::rewrite(r.w.outer, 4, "something else");
  bool whole = false;
  REQUIRE(r.w.outer->journal().read([&](storage::Transaction& t) { whole = store::acts_hold(t); }));
  CHECK(whole);
  const auto verdict = Reconciled::own(r.w.outer);
  CHECK(verdict.newest->head.number == 2);  // what stands before the change is as it was
  REQUIRE(verdict.contradicting);
  CHECK(verdict.contradicting->head.number == 5);
  // The unit itself says so, and so do the statements that the other unit has kept.
  r.w.outer->measure();
  std::vector<Alarm> raised;
  REQUIRE(r.w.outer->journal().read([&](storage::Transaction& t) { raised = r.w.outer->alarms(t); }));
  CHECK(std::any_of(raised.begin(), raised.end(), [](const Alarm& a) { return a.code == "alarm.log_broken"; }));
  const auto said = r.say(Reconciled::log_of(r.w.outer), before);
  CHECK(said.code == 3);
  CHECK(tells(said.text, "up to line 2"));
  CHECK(tells(said.text, "THE LOG WAS CHANGED"));
  CHECK(tells(said.text, "line 5 has the digest"));
  CHECK(tells(r.say(Reconciled::log_of(r.w.outer), before, Language::zh).text, "写明第 5 行的摘要是"));
}

TEST_CASE("a log whose end was cut off is contradicted by the first statement that names a later line") {
  Reconciled r;
  const auto kept = Reconciled::statements_of(r.w.inner);
  auto lines = Reconciled::log_of(r.w.outer);
  for (int i = 0; i < 6; ++i) lines.resize(lines.rfind('\n', lines.size() - 2) + 1);
  CHECK(check_log(lines).value().lines() == 5);
  const auto said = r.say(lines, kept);
  CHECK(said.code == 3);
  CHECK(tells(said.text, "up to line 5"));
  CHECK(tells(said.text, "line 8 has the digest"));
}

TEST_CASE("of a good log it is said up to which line statements confirm it, and which lines none confirms yet") {
  Reconciled r;
  const auto said = r.say(Reconciled::log_of(r.w.outer), Reconciled::statements_of(r.w.inner));
  CHECK(said.code == 0);
  CHECK(tells(said.text, "3 statements of reconciliation confirm it"));
  CHECK(tells(said.text, "up to line 8 nobody could have made it anew with this unit alone"));
  CHECK(tells(said.text, "lines 9 to 11 are confirmed by no statement yet"));
  const auto zh = r.say(Reconciled::log_of(r.w.outer), Reconciled::statements_of(r.w.outer), Language::zh);
  CHECK(tells(zh.text, "3 份对账声明与日志一致"));
  CHECK(tells(zh.text, "第 9 至 11 行还没有声明确认"));
  // The log says whose it is, so the other unit's heads are not held against it.
  CHECK(r.say(Reconciled::log_of(r.w.inner), Reconciled::statements_of(r.w.inner)).code == 0);
}

TEST_CASE("statements by others, changed ones and what is none are refused, and confirm nothing") {
  Reconciled r;
  auto trust = r.w.trust();
  store::Stretch s;
  REQUIRE(r.w.outer->journal().read([&](storage::Transaction& t) { s = store::stretches(t, 1).front(); }));
  CHECK(witnesses_in(s.mine, trust).value().size() == 1);
  auto changed = s.mine;
  changed[60] ^= 1;
  CHECK_FALSE(witnesses_in(changed, trust));
  const auto read = evidence::read_signed(s.mine, kReconciliationType).value();
  // The portal's key signs in the unit's name.
  CHECK(witnesses_in(evidence::sign_statement(kReconciliationType, read.body, r.w.portal), trust).error().code ==
        "signed.signer");
  CHECK(witnesses_in(bytes_of("{}"), trust).error().code == "input.statements");
  CHECK(witnesses_in(bytes_of(R"({"statements": ["x"]})"), trust).error().code == "input.statements");
  // Without its own word whose it is, statements of both units cannot be told apart.
  auto lines = Reconciled::log_of(r.w.outer);
  for (auto at = lines.find(R"(,"unit")"); at != std::string::npos; at = lines.find(R"(,"unit")"))
    lines.erase(at, lines.find('}', at) - at);
  const auto both = r.say(lines, Reconciled::statements_of(r.w.outer));
  CHECK(both.code == 1);
  CHECK(tells(both.text, "[log.unit]"));
  CHECK(r.say(lines, s.mine).code == 0);
}

TEST_CASE("a unit's certificate is read once for all of its statements, so that the whole log is weighed at once") {
  Reconciled r;
  REQUIRE(r.w.outer->journal().read([&](storage::Transaction& t) {
    const auto all = store::stretches(t, 10);
    REQUIRE(all.size() > 1);
    const auto certificate_of = [](const Bytes& statement) {
      return evidence::read_signed(statement, kReconciliationType).value().certificate;
    };
    // Kept, so that no other one comes to lie where they lay.
    const auto mine = certificate_of(all.front().mine), theirs = certificate_of(all.front().theirs);
    CHECK(mine.native() != theirs.native());
    for (const auto& s : all) {
      CHECK(certificate_of(s.mine).native() == mine.native());
      CHECK(certificate_of(s.theirs).native() == theirs.native());
    }
  }));
}

TEST_CASE("a statement of an older program, which names no log, is compared like any other and witnesses nothing") {
  Reconciled r;
  auto& outer = r.w.outer;
  REQUIRE(outer->journal().write([&](storage::Transaction& t) {
    auto s = store::stretches(t, 1).front();
    jindu::v1::Reconciliation said;
    REQUIRE(parse_message(evidence::read_signed(s.theirs, kReconciliationType).value().body, said));
    said.clear_log_number();
    said.clear_log_digest();
    s.theirs = evidence::sign_statement(kReconciliationType, encode(said), r.w.inner_signer);
    store::put_stretch(t, s);
    CHECK(witness_in(s.theirs).value().head.number == 0);
  }));
  const auto statements = Reconciled::statements_of(outer);
  CHECK(r.say(Reconciled::log_of(outer), statements).code == 0);
  // Its answer still countersigns what it answers.
  CHECK(Reconciled::own(outer).countersigned->head.number == 8);
  CHECK(tells(r.say(Reconciled::log_of(r.w.inner), statements).text, "2 statements"));
}

}  // namespace jindu::gateway::test
