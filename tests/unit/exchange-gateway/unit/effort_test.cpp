// What the other unit says, however much, keeps this one busy for a moment only and fits into its memory.
#include <jindu/v1/epoch.pb.h>
#include <jindu/v1/reconciliation.pb.h>

#include <catch2/catch.hpp>

#include "../world.hpp"
#include "common/runtime/messages.hpp"

namespace jindu::gateway::test {
namespace {

// The outer unit, which says to the inner one what it likes.
struct Talker {
  World& w;
  Sender sender{"gateway-outer", "gateway-inner", w.outer_signer, w.inner_signer.key.public_key(), w.clock};

  Bytes control(const std::vector<Bytes>& statements) {
    sender.kind = "receipts";
    jindu::v1::ReceiptBatch batch;
    for (const auto& one : statements) batch.add_receipts(one.data(), one.size());
    return sender.next(0, encode(batch));
  }
  Bytes question(int times, std::uint64_t head = 0) const {
    jindu::v1::Recall recall;
    recall.set_version(1);
    recall.set_unit("gateway-outer");
    recall.set_at_ms(static_cast<std::int64_t>(head));
    for (int i = 0; i < times; ++i) {
      auto& standing = *recall.add_standings();
      standing.set_channel("portal>approval");
      standing.set_epoch(1);
      standing.set_head(head);
    }
    return evidence::sign_statement(kRecallType, encode(recall), w.outer_signer);
  }
  Bytes comparison(const std::string& day, std::uint64_t last) const {
    jindu::v1::Reconciliation r;
    r.set_version(1);
    r.set_unit("gateway-outer");
    r.set_day(day);
    auto& count = *r.mutable_count();
    count.set_channel("portal>approval");
    count.set_epoch(1);
    count.set_first(1);
    count.set_last(last);
    count.set_merkle_root(std::string(32, '\0'));
    return evidence::sign_statement(kReconciliationType, encode(r), w.outer_signer);
  }
  Bytes request(std::uint64_t last) const {
    jindu::v1::BundleRequest r;
    r.set_version(1);
    r.set_unit("gateway-outer");
    r.set_channel("approval>portal");
    r.set_epoch(1);
    r.set_first(1);
    r.set_last(last);
    return evidence::sign_statement(kRequestType, encode(r), w.outer_signer);
  }
};

struct Answer {
  std::map<std::string, int> parts = {};  // by the question
  int bundles = 0, comparisons = 0;
  bool sound = true;  // each part says rightly which of how many it is
};

Answer told_by(Side& side) {
  Answer answer;
  REQUIRE(side->journal().read([&](storage::Transaction& t) {
    answer = {};
    for (const auto& one : store::to_tell(t, 100'000)) {
      if (evidence::read_signed(one.message, kReconciliationType)) ++answer.comparisons;
      const auto statement = evidence::read_signed(one.message, kRecalledType);
      if (!statement) continue;
      jindu::v1::Recalled part;
      REQUIRE(parse_message(statement->body, part).has_value());
      const auto number = ++answer.parts[part.recall()];
      answer.sound = answer.sound && static_cast<int>(part.part()) == number && part.parts() > 0;
      answer.bundles += part.bundles_size();
      if (part.part() == part.parts()) answer.sound = answer.sound && static_cast<int>(part.parts()) == number;
    }
  }));
  return answer;
}

}  // namespace

TEST_CASE("a channel is told of once, however often a question names it, and in as many parts as were said") {
  World w;
  Talker outer{w};
  std::vector<Bytes> bundles;
  for (int i = 0; i < 250; ++i) bundles.push_back(w.from_portal.next(i, "x"));
  for (const auto& one : w.inner->take_from_carrier(bundles)) REQUIRE_FALSE(one.error);
  REQUIRE_FALSE(w.inner->take_from_carrier({outer.control({outer.question(64)})}).front().error);
  const auto answer = told_by(w.inner);
  CHECK(answer.bundles == 250);
  CHECK(answer.sound);
  REQUIRE(answer.parts.size() == 1);
  CHECK(answer.parts.begin()->second > 2);
}

TEST_CASE("of several questions the newest alone is answered, whatever comes when") {
  World w;
  Talker outer{w};
  for (int i = 0; i < 3; ++i) REQUIRE_FALSE(w.inner->take_from_carrier({w.from_portal.next(i, "x")}).front().error);
  const auto digest_of = [](const Bytes& question) { return std::string(text_of(crypto::sha256(question))); };
  const auto first = outer.question(1, 0), second = outer.question(1, 1), third = outer.question(1, 2);
  const auto early = outer.control({first}), late = outer.control({second, third});
  const auto is_newest_alone = [&] {
    const auto answer = told_by(w.inner);
    return answer.bundles == 1 && answer.parts == std::map<std::string, int>{{digest_of(third), 1}};
  };
  SECTION("in order") {
    for (const auto& one : {early, late}) REQUIRE_FALSE(w.inner->take_from_carrier({one}).front().error);
  }
  SECTION("the newest first") {
    for (const auto& one : {late, early}) REQUIRE_FALSE(w.inner->take_from_carrier({one}).front().error);
  }
  CHECK(is_newest_alone());
}

TEST_CASE(
    "what the other unit says at once is looked at as far as it takes a moment, and more of it when it comes again") {
  World w;
  Talker outer{w};
  std::vector<Bytes> comparisons;
  for (int i = 0; i < 10; ++i) comparisons.push_back(outer.comparison("2026-05-0" + std::to_string(i), 262'144));
  const auto first = outer.control(comparisons), second = outer.control({comparisons[8]});
  const auto custody = w.inner->take_from_carrier({first, second});
  CHECK_FALSE(custody[0].error);
  CHECK(told_by(w.inner).comparisons == 4);
  REQUIRE(custody[1].error);
  CHECK(custody[1].error->code == "control.too_much");
  CHECK(custody[1].error->fault == Fault::limited);
  REQUIRE_FALSE(w.inner->take_from_carrier({second}).front().error);
  CHECK(told_by(w.inner).comparisons == 5);
}

TEST_CASE("what units say on a busy day is all looked at") {
  World w;
  Talker outer{w};
  std::vector<Bytes> statements;
  for (int i = 0; i < 24; ++i) statements.push_back(outer.comparison("2026-05-" + std::to_string(10 + i), 20'000));
  for (int i = 0; i < 24; ++i) statements.push_back(outer.request(1));
  REQUIRE_FALSE(w.inner->take_from_carrier({outer.control(statements)}).front().error);
  CHECK(told_by(w.inner).comparisons == 24);
}

}  // namespace jindu::gateway::test
