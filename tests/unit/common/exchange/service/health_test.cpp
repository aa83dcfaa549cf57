// What health asks of the database costs the same however much has ended well.
#include "common/exchange/service/health.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <iostream>

#include "common/exchange/service/standstill.hpp"
#include "tests/support/captured_log.hpp"
#include "tests/support/test_databases.hpp"

namespace jindu::exchange {
namespace {

using storage::Transaction;

// Of `number` bundles all have ended but 10 of the newest; one in 10,000 was refused. Each has five receipts.
void fill(storage::Database& database, std::int64_t number) {
  const bool sqlite = database.dialect() == "sqlite";
  const std::string id = sqlite ? "printf('%012d', i)" : "lpad(i::text, 12, '0')";
  const std::string blob = sqlite ? "zeroblob(32)" : "decode(repeat('00', 32), 'hex')";
  const std::string numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) ";
  REQUIRE(database.write([&](Transaction& t) {
    t.execute(numbers +
                  "INSERT INTO exchange_sent (bundle_id, sequence, kind, subject, manifest_digest, created_ms, "
                  "handed_over, rung, ended, code) SELECT " +
                  id + ", i, 'status', " + id + ", " + blob +
                  ", 1780000000000 + i, CASE WHEN i > $1 - 4 THEN 0 ELSE 1 END, CASE WHEN i > $1 - 10 THEN 1 WHEN i % "
                  "10000 = 0 THEN 8 ELSE 7 END, CASE WHEN i > $1 - 10 THEN 0 ELSE 1 END, '' FROM n",
              {number});
    for (const auto& [rung, party] : {std::pair(1, "own-unit"), std::pair(2, "own-unit"), std::pair(5, "own-unit"),
                                      std::pair(6, "other-unit"), std::pair(7, "peer")})
      t.execute(numbers + "INSERT INTO exchange_receipt (bundle_id, rung, party, at_ms, code, receipt) SELECT " + id +
                    ", " + std::to_string(rung) + ", '" + party + "', 1780000000000 + i, '', " + blob + " FROM n",
                {number});
    look_back_for_other_side(t, "own-unit");
  }));
}

// Runs every statement, and keeps how the database would look for its answer.
class Explained final : public Transaction {
 public:
  explicit Explained(Transaction& t, bool sqlite) : below_(t), sqlite_(sqlite) {}
  std::vector<storage::Row> query(std::string_view sql, const storage::Parameters& parameters) override {
    std::string plan;
    for (const auto& row : below_.query((sqlite_ ? "EXPLAIN QUERY PLAN " : "EXPLAIN ") + std::string(sql), parameters))
      plan += row.text(sqlite_ ? 3 : 0) + "\n";
    plans.emplace_back(sql, plan);
    return below_.query(sql, parameters);
  }
  std::int64_t execute(std::string_view sql, const storage::Parameters& parameters) override {
    return below_.execute(sql, parameters);
  }
  std::vector<std::pair<std::string, std::string>> plans;

 private:
  Transaction& below_;
  bool sqlite_;
};

}  // namespace

TEST_CASE("no statement of health looks at what has ended well") {
  for (auto& database : test_databases()) {
    INFO(database->dialect());
    REQUIRE(database->migrate("exchange", service_migrations()));
    fill(*database, 2000);
    const bool sqlite = database->dialect() == "sqlite";
    REQUIRE(database->write([&](Transaction& t) {
      // Few rows are read sooner without an index; of many none is read so.
      if (!sqlite) t.execute("SET LOCAL enable_seqscan = off");
      Explained explained(t, sqlite);
      const auto health = transit_health(explained);
      CHECK(health.waiting == 4);
      CHECK(health.under_way == 6);
      CHECK(health.oldest_under_way == from_unix_ms(1'780'000'001'991));
      CHECK(health.other_side_last_heard == from_unix_ms(1'780'000'002'000));
      CHECK(explained.plans.size() >= 7);
      for (const auto& [sql, plan] : explained.plans) {
        INFO(sql << "\n" << plan);
        CHECK(sql.find("exchange_receipt") == std::string::npos);
        CHECK(plan.find("Seq Scan") == std::string::npos);
        CHECK((!sqlite || plan.find("USING") != std::string::npos));
        // All of an index is read only where it has no more than what is looked for.
        if (sql.find("exchange_sent") != std::string::npos)
          CHECK(
              (plan.find("SCAN") == std::string::npos || plan.find("exchange_sent_not_applied") != std::string::npos));
        if (sql.find("rung > 7") != std::string::npos)
          CHECK(plan.find("exchange_sent_not_applied") != std::string::npos);
        if (sql.find("aside_code <>") != std::string::npos)
          CHECK(plan.find("exchange_outbox_aside") != std::string::npos);
      }
    }));
  }
}

// Takes half a minute to fill; shows what was paid before, too.
TEST_CASE("of three hundred thousand bundles that were sent, health is known at once", "[.slow]") {
  for (auto& database : test_databases()) {
    INFO(database->dialect());
    REQUIRE(database->migrate("exchange", service_migrations()));
    fill(*database, 300'000);
    if (database->dialect() != "sqlite")
      REQUIRE(database->write([](Transaction& t) {
        t.execute("ANALYZE exchange_sent");
        t.execute("ANALYZE exchange_receipt");
      }));
    const auto timed = [&](const char* name, auto work) {
      std::int64_t best = std::numeric_limits<std::int64_t>::max();
      for (int i = 0; i < 5; ++i) {
        const auto start = std::chrono::steady_clock::now();
        REQUIRE(database->read(work));
        best = std::min(
            best,
            std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start).count());
      }
      std::cout << database->dialect() << ", " << name << ": " << best << " us\n";
      return best;
    };
    timed("all receipts", [](Transaction& t) {
      t.query_one("SELECT MAX(at_ms) FROM exchange_receipt WHERE party <> $1", {"own-unit"});
    });
    timed("all that ended",
          [](Transaction& t) { t.query_one("SELECT COUNT(*) FROM exchange_sent WHERE ended = 1 AND NOT (rung = 7)"); });
    CHECK(timed("health", [](Transaction& t) { CHECK(transit_health(t).refused == 29); }) < 20'000);
  }
}

TEST_CASE("when the other side was last heard of is kept, and never goes back") {
  for (auto& database : test_databases()) {
    INFO(database->dialect());
    REQUIRE(database->migrate("exchange", service_migrations()));
    const auto heard = [&] {
      std::optional<Instant> at;
      REQUIRE(database->read([&](Transaction& t) { at = transit_health(t).other_side_last_heard; }));
      return at;
    };
    CHECK_FALSE(heard());
    REQUIRE(database->write([](Transaction& t) { look_back_for_other_side(t, "own-unit"); }));
    CHECK_FALSE(heard());
    for (const std::int64_t at : {5000, 9000, 7000})
      REQUIRE(database->write([&](Transaction& t) { other_side_heard(t, from_unix_ms(at)); }));
    CHECK(heard() == from_unix_ms(9000));
    // It looks back once, into a database that did not keep it.
    fill(*database, 20);
    CHECK(heard() == from_unix_ms(9000));
    REQUIRE(database->write([](Transaction& t) {
      t.execute("DELETE FROM exchange_state WHERE name = 'other-side-heard'");
      look_back_for_other_side(t, "own-unit");
    }));
    CHECK(heard() == from_unix_ms(1'780'000'000'020));
  }
}

TEST_CASE("what stands still is told when it begins, for each new reason, and when it is over") {
  const CapturedLog log;
  Standstill sending("sending");
  CHECK_FALSE(sending.trouble());
  sending.goes_on();
  const Error missing{Fault::internal, "exchange.file_missing", "a"}, away{Fault::unavailable, "http.connect", "b"};
  for (int i = 0; i < 5; ++i) sending.stands(missing, from_unix_ms(1000 + i));
  CHECK(log.lines({"exchange.stands_still", "exchange.file_missing", "sending"}) == 1);
  CHECK(sending.trouble().value().code == "exchange.file_missing");
  CHECK(sending.trouble().value().since == from_unix_ms(1000));
  for (int i = 0; i < 5; ++i) sending.stands(away, from_unix_ms(2000));
  CHECK(log.lines({"exchange.stands_still", "http.connect"}) == 1);
  CHECK(sending.trouble().value().code == "http.connect");
  CHECK(sending.trouble().value().since == from_unix_ms(1000));
  for (int i = 0; i < 5; ++i) sending.goes_on();
  CHECK(log.lines({"exchange.goes_on", "sending"}) == 1);
  CHECK_FALSE(sending.trouble());
  sending.stands(missing, from_unix_ms(3000));
  CHECK(log.lines({"exchange.stands_still"}) == 3);
}

}  // namespace jindu::exchange
