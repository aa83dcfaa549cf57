// What only PostgreSQL can do wrong: being away.
#include <catch2/catch.hpp>
#include <thread>

#include "common/storage/database.hpp"
#include "tests/support/test_databases.hpp"

namespace jindu::storage {
namespace {

std::string code_of(const result<void>& r) { return r ? "" : r.error().code; }

std::unique_ptr<Database> postgres() {
  auto all = test_databases();
  if (all.size() < 2) return nullptr;  // where it is known not to be installed
  auto database = std::move(all.back());
  REQUIRE(database->dialect() == "postgresql");
  REQUIRE(database->write([](Transaction& t) { t.execute("CREATE TABLE thing (id BIGINT PRIMARY KEY, word TEXT)"); }));
  return database;
}

std::int64_t own_process(Database& database) {
  std::int64_t number = 0;
  REQUIRE(database.read([&](Transaction& t) { number = t.query_one("SELECT pg_backend_pid()")->integer(0); }));
  return number;
}

}  // namespace

TEST_CASE("a server that is not there is told at the start, as something that passes") {
  const auto opened = Database::open("postgresql://test@127.0.0.1:1/nothing?connect_timeout=2");
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == "storage.unavailable");
  CHECK(opened.error().fault == Fault::unavailable);
}

TEST_CASE("a connection that died while it was idle is replaced without anybody noticing") {
  auto database = postgres();
  if (!database) return;
  const auto before = own_process(*database);
  // The server ends every connection but the one that asks; that one is ours, so it ends itself last.
  (void)database->write([&](Transaction& t) { t.query("SELECT pg_terminate_backend($1::int)", {before}); });
  for (int i = 0; i < 3; ++i)
    REQUIRE(
        database->write([&](Transaction& t) { t.execute("INSERT INTO thing (id) VALUES ($1)", {std::int64_t{i}}); }));
  CHECK(own_process(*database) != before);
}

TEST_CASE("a connection that dies in the middle of a transaction undoes it and says that it can be tried again") {
  auto database = postgres();
  if (!database) return;
  const auto lost = database->write([](Transaction& t) {
    t.execute("INSERT INTO thing (id) VALUES (1)");
    t.query("SELECT pg_terminate_backend(pg_backend_pid())");
    t.execute("INSERT INTO thing (id) VALUES (2)");
  });
  CHECK(code_of(lost) == "storage.unavailable");
  CHECK(lost.error().fault == Fault::unavailable);
  REQUIRE(database->read([](Transaction& t) { CHECK(t.query_one("SELECT COUNT(*) FROM thing")->integer(0) == 0); }));
}

TEST_CASE("writers that would contradict each other are run again until they do not") {
  auto database = postgres();
  if (!database) return;
  REQUIRE(database->write([](Transaction& t) { t.execute("INSERT INTO thing (id, word) VALUES (1, 'a')"); }));
  std::atomic<int> runs = 0;
  // Each inserts a row numbered by how many there are: two of the same number would break the promise.
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int n = 0; n < 4; ++n)
    threads.emplace_back([&] {
      for (int i = 0; i < 10;) {
        const auto ok = database->write([&](Transaction& t) {
          ++runs;
          const auto next = t.query_one("SELECT COUNT(*) FROM thing")->integer(0) + 1;
          t.execute("INSERT INTO thing (id) VALUES ($1)", {next});
        });
        if (ok) ++i;
      }
    });
  for (auto& thread : threads) thread.join();
  REQUIRE(database->read([](Transaction& t) { CHECK(t.query_one("SELECT MAX(id) FROM thing")->integer(0) == 41); }));
  CHECK(runs >= 40);
}

TEST_CASE("a text with a NUL, which PostgreSQL cannot hold, is refused and not cut") {
  auto database = postgres();
  if (!database) return;
  const auto cut = database->write(
      [](Transaction& t) { t.execute("INSERT INTO thing (id, word) VALUES (1, $1)", {std::string("a\0b", 3)}); });
  CHECK(code_of(cut) == "storage.nul");
  CHECK(cut.error().fault == Fault::invalid);
}

}  // namespace jindu::storage
