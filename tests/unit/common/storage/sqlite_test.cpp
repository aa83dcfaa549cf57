// What only SQLite can do wrong: its file.
#include <sqlite3.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "common/storage/database.hpp"
#include "tests/support/test_databases.hpp"

namespace jindu::storage {
namespace {

std::string sqlite_code(const result<void>& r) { return r ? "" : r.error().code; }

std::unique_ptr<Database> opened(const std::string& url) {
  auto database = Database::open(url, 2).value();
  REQUIRE(database->write(
      [](Transaction& t) { t.execute("CREATE TABLE IF NOT EXISTS thing (id BIGINT PRIMARY KEY, raw BLOB)"); }));
  return database;
}

std::int64_t things_in(Database& database) {
  std::int64_t found = -1;
  REQUIRE(database.read([&](Transaction& t) { found = t.query_one("SELECT COUNT(*) FROM thing")->integer(0); }));
  return found;
}

// While it lives, no file may grow beyond so many bytes: what a full disk does to SQLite.
class SmallFiles {
 public:
  explicit SmallFiles(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallFiles() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("a file that cannot be made, or is no database, is told at the start") {
  CHECK(Database::open("sqlite:/nowhere/at/all.sqlite").error().code == "storage.unavailable");
  const auto path = new_sqlite_url().substr(7);
  std::ofstream(path) << std::string(8192, 'x');
  CHECK_FALSE(Database::open("sqlite:" + path));
}

TEST_CASE("a file in which pages stand at the wrong place is told to be damaged, and so it stays") {
  const auto url = new_sqlite_url();
  {
    auto database = opened(url);
    REQUIRE(database->write([](Transaction& t) {
      for (int i = 0; i < 2'000; ++i) t.execute("INSERT INTO thing VALUES ($1, $2)", {i, Bytes(100, 7)});
    }));
  }
  {
    // All but the first page, in which the tables are named.
    std::fstream file(url.substr(7), std::ios::in | std::ios::out | std::ios::binary);
    const auto pages = std::filesystem::file_size(url.substr(7)) / 8192;
    REQUIRE(pages > 10);
    for (std::uintmax_t page = 1; page < pages; ++page) {
      file.seekp(static_cast<std::streamoff>(page * 8192));
      file << std::string(8192, '\x42');
    }
  }
  auto database = Database::open(url, 2).value();
  CHECK_FALSE(database->damaged());
  const auto all = [](Transaction& t) { t.query("SELECT * FROM thing"); };
  CHECK(sqlite_code(database->read(all)) == "storage.damaged");
  CHECK(database->damaged());
  CHECK(database->read([](Transaction& t) { t.query("SELECT 1"); }));
  CHECK(database->damaged());
}

TEST_CASE("what was committed is there when the file is opened again") {
  const auto url = new_sqlite_url();
  {
    auto database = opened(url);
    REQUIRE(database->write([](Transaction& t) { t.execute("INSERT INTO thing (id) VALUES (1)"); }));
  }
  CHECK(things_in(*opened(url)) == 1);
}

TEST_CASE("every commit is synced: the file is in WAL mode with synchronous=FULL and keeps its references") {
  auto database = opened(new_sqlite_url());
  REQUIRE(database->write([](Transaction& t) {
    CHECK(t.query_one("PRAGMA journal_mode")->text(0) == "wal");
    CHECK(t.query_one("PRAGMA synchronous")->integer(0) == 2);
    CHECK(t.query_one("PRAGMA foreign_keys")->integer(0) == 1);
  }));
}

TEST_CASE("a database that was opened to be read shows what its program commits meanwhile, and cannot be changed") {
  const auto url = new_sqlite_url();
  CHECK_FALSE(Database::open_to_read(url));  // nothing is made
  auto database = opened(url);
  REQUIRE(database->write([](Transaction& t) { t.execute("INSERT INTO thing (id) VALUES (1)"); }));
  auto reader = Database::open_to_read(url).value();
  CHECK(things_in(*reader) == 1);
  REQUIRE(database->write([](Transaction& t) { t.execute("INSERT INTO thing (id) VALUES (2)"); }));
  CHECK(things_in(*reader) == 2);
  CHECK(sqlite_code(reader->write([](Transaction& t) { t.execute("DELETE FROM thing"); })) == "storage.read_only");
  REQUIRE_FALSE(reader->read([](Transaction& t) { t.execute("DELETE FROM thing"); }));
  CHECK(things_in(*database) == 2);
  database.reset();
  CHECK(things_in(*Database::open_to_read(url).value()) == 2);
}

TEST_CASE("another process that holds the file for long makes writers busy, and they work again afterwards", "[slow]") {
  const auto url = new_sqlite_url();
  auto database = opened(url);
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(url.substr(7).c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  const auto busy = database->write([](Transaction& t) { t.execute("INSERT INTO thing (id) VALUES (1)"); });
  CHECK(sqlite_code(busy) == "storage.busy");
  CHECK(busy.error().fault == Fault::unavailable);
  CHECK(things_in(*database) == 0);  // readers go on
  REQUIRE(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(other);
  REQUIRE(database->write([](Transaction& t) { t.execute("INSERT INTO thing (id) VALUES (1)"); }));
}

TEST_CASE("a full disk fails the whole group of writers, undoes it, and is told as something that passes") {
  auto database = opened(new_sqlite_url());
  REQUIRE(database->write(
      [](Transaction& t) { t.execute("INSERT INTO thing (id, raw) VALUES (1, $1)", {Bytes(1000, 1)}); }));
  {
    const SmallFiles small(64 * 1024);
    const auto full = database->write(
        [](Transaction& t) { t.execute("INSERT INTO thing (id, raw) VALUES (2, $1)", {Bytes(4 << 20, 1)}); });
    REQUIRE_FALSE(full);
    CHECK(full.error().fault == Fault::unavailable);
    CHECK((full.error().code == "storage.full" || full.error().code == "storage.unavailable"));
  }
  CHECK(things_in(*database) == 1);
  REQUIRE(database->write([](Transaction& t) { t.execute("INSERT INTO thing (id) VALUES (2)"); }));
  CHECK(things_in(*database) == 2);
}

TEST_CASE("writers that share a commit may each change more than is kept of a savepoint in memory") {
  const auto database = opened(new_sqlite_url());
  constexpr int kRows = 1000, kThreads = 4;
  REQUIRE(database->write([](Transaction& t) {
    for (std::int64_t n = 0; n < kRows; ++n) t.execute("INSERT INTO thing VALUES ($1, randomblob(8000))", {n});
  }));
  std::vector<std::string> codes(kThreads);
  std::vector<std::thread> threads;
  for (int n = 0; n < kThreads; ++n)
    threads.emplace_back([&, n] {
      for (int i = 0; i < 3; ++i)
        if (auto ok = database->write([](Transaction& t) { t.execute("UPDATE thing SET raw = randomblob(8000)"); });
            !ok)
          codes[static_cast<std::size_t>(n)] = ok.error().code + ": " + ok.error().detail;
      // And one that takes back what it has changed.
      (void)database->write([](Transaction& t) {
        t.execute("UPDATE thing SET raw = NULL");
        throw ErrorException({Fault::conflict, "test", "no"});
      });
    });
  for (auto& thread : threads) thread.join();
  CHECK(codes == std::vector<std::string>(kThreads));
  std::int64_t whole = 0;
  REQUIRE(database->read(
      [&](Transaction& t) { whole = t.query_one("SELECT COUNT(*) FROM thing WHERE length(raw) = 8000")->integer(0); }));
  CHECK(whole == kRows);
}

TEST_CASE("readers at once, more than there are connections, wait for each other") {
  auto database = opened(new_sqlite_url());
  std::vector<std::thread> threads;
  threads.reserve(8);
  std::atomic<int> good = 0;
  for (int n = 0; n < 8; ++n)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i)
        if (database->read([](Transaction& t) { t.query("SELECT COUNT(*) FROM thing"); })) ++good;
    });
  for (auto& thread : threads) thread.join();
  CHECK(good == 400);
}

}  // namespace jindu::storage
