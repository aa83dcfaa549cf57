// What both databases promise alike.
#include "common/storage/database.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <limits>
#include <numeric>
#include <thread>

#include "common/storage/migration.hpp"
#include "tests/support/test_databases.hpp"

namespace jindu::storage {
namespace {

template <class T>
std::string code_of(const result<T>& r) {
  return r ? "" : r.error().code;
}

const std::vector<Migration> kTables{{1, "things", R"sql(
-- What the tests keep; a note with a ; in it.
CREATE TABLE thing (id BIGINT NOT NULL PRIMARY KEY, word TEXT, raw $BLOB, size BIGINT CHECK (size >= 0));
CREATE TABLE part (number $SERIAL, thing BIGINT NOT NULL REFERENCES thing (id), note TEXT NOT NULL DEFAULT 'a;b');
)sql"}};

std::vector<std::unique_ptr<Database>> with_tables() {
  auto all = test_databases();
  for (auto& database : all) REQUIRE(database->migrate("test", kTables));
  return all;
}

std::int64_t count(Database& database, const std::string& table = "thing") {
  std::int64_t found = -1;
  REQUIRE(database.read([&](Transaction& t) { found = t.query_one("SELECT COUNT(*) FROM " + table)->integer(0); }));
  return found;
}

void put(Transaction& t, std::int64_t id, std::string word = "w") {
  t.execute("INSERT INTO thing (id, word) VALUES ($1, $2)", {id, std::move(word)});
}

}  // namespace

TEST_CASE("every value comes back as it was put in") {
  for (auto& database : with_tables()) {
    INFO(database->dialect());
    const std::int64_t least = std::numeric_limits<std::int64_t>::min(),
                       most = std::numeric_limits<std::int64_t>::max();
    Bytes raw(256);
    std::iota(raw.begin(), raw.end(), std::uint8_t{0});
    REQUIRE(database->write([&](Transaction& t) {
      const auto insert = [&](std::int64_t id, Value word, Value blob) {
        t.execute("INSERT INTO thing (id, word, raw) VALUES ($1, $2, $3)", {id, std::move(word), std::move(blob)});
      };
      insert(least, std::string("津渡 'quoted' $1 ; --"), raw);
      insert(most, std::string(), Bytes{});
      insert(0, std::monostate{}, std::monostate{});
      insert(1, std::string(100'000, 'x'), Bytes(100'000, 0));
    }));
    REQUIRE(database->read([&](Transaction& t) {
      const auto rows = t.query("SELECT id, word, raw, size FROM thing ORDER BY id");
      REQUIRE(rows.size() == 4);
      CHECK(rows[0].integer(0) == least);
      CHECK(rows[0].text(1) == "津渡 'quoted' $1 ; --");
      CHECK(rows[0].blob(2) == raw);
      CHECK(rows[0].size() == 4);
      CHECK(rows[1].is_null(1));
      CHECK(rows[1].is_null(2));
      CHECK(rows[2].text(1).size() == 100'000);
      CHECK(rows[2].blob(2) == Bytes(100'000, 0));
      CHECK(rows[3].integer(0) == most);
      CHECK_FALSE(rows[3].is_null(1));
      CHECK(rows[3].text(1).empty());
      CHECK(rows[3].blob(2).empty());
      CHECK(t.query_one("SELECT SUM(size) FROM thing")->is_null(0));
      CHECK(t.query_one("SELECT SUM(id) FROM thing WHERE id IN (0, 1)")->integer(0) == 1);
      CHECK_FALSE(t.query_one("SELECT id FROM thing WHERE id = 77"));
    }));
  }
}

TEST_CASE("a statement tells how many rows it changed, and a number of its own for each new one") {
  for (auto& database : with_tables()) {
    INFO(database->dialect());
    REQUIRE(database->write([&](Transaction& t) {
      for (int i = 1; i <= 5; ++i) put(t, i);
      CHECK(t.execute("UPDATE thing SET word = $1 WHERE id > $2", {std::string("v"), std::int64_t{3}}) == 2);
      CHECK(t.execute("DELETE FROM thing WHERE id = 99") == 0);
      for (int i = 0; i < 3; ++i) t.execute("INSERT INTO part (thing) VALUES (1)");
      const auto rows = t.query("SELECT number, note FROM part ORDER BY number");
      REQUIRE(rows.size() == 3);
      CHECK(rows[0].integer(0) < rows[1].integer(0));
      CHECK(rows[1].integer(0) < rows[2].integer(0));
      CHECK(rows[0].text(1) == "a;b");
    }));
  }
}

TEST_CASE("work that throws leaves nothing, whatever it throws") {
  for (auto& database : with_tables()) {
    INFO(database->dialect());
    const auto refused = database->write([](Transaction& t) {
      put(t, 1);
      throw ErrorException({Fault::conflict, "test.no", "no", "/here"});
    });
    CHECK(code_of(refused) == "test.no");
    CHECK(refused.error().field == "/here");
    CHECK_THROWS_AS((void)database->write([](Transaction& t) {
      put(t, 1);
      throw std::runtime_error("foreign");
    }),
                    std::runtime_error);
    CHECK(count(*database) == 0);
    REQUIRE(database->write([](Transaction& t) { put(t, 1); }));
    CHECK(count(*database) == 1);
  }
}

TEST_CASE("a value of another type than its column can have is told, not thrown past whoever asked") {
  for (auto& database : with_tables()) {
    INFO(database->dialect());
    const auto outcome = database->read([](Transaction& t) { t.query_one("SELECT 1")->text(0); });
    CHECK(code_of(outcome) == "storage.damaged");
    CHECK(database->damaged());
  }
}

TEST_CASE("a broken constraint is told by its kind, and the transaction is undone") {
  for (auto& database : with_tables()) {
    INFO(database->dialect());
    REQUIRE(database->write([](Transaction& t) { put(t, 1); }));
    const auto twice = database->write([](Transaction& t) {
      put(t, 2);
      put(t, 1);
    });
    CHECK(code_of(twice) == "storage.unique");
    CHECK(twice.error().fault == Fault::conflict);
    CHECK(code_of(database->write([](Transaction& t) { t.execute("INSERT INTO thing (id, size) VALUES (3, -1)"); })) ==
          "storage.constraint");
    CHECK(code_of(database->write([](Transaction& t) { t.execute("INSERT INTO thing (id) VALUES (NULL)"); })) ==
          "storage.constraint");
    CHECK(code_of(database->write([](Transaction& t) { t.execute("INSERT INTO part (thing) VALUES (404)"); })) ==
          "storage.constraint");
    CHECK(count(*database) == 1);
  }
}

TEST_CASE("a statement that the database does not understand is our own mistake and is told so") {
  for (auto& database : with_tables()) {
    INFO(database->dialect());
    for (const auto* sql : {"SELEC 1", "SELECT nothing FROM thing", "SELECT * FROM nowhere"}) {
      const auto wrong = database->read([&](Transaction& t) { t.query(sql); });
      REQUIRE_FALSE(wrong);
      CHECK(wrong.error().fault == Fault::internal);
    }
    CHECK(count(*database) == 0);
  }
}

TEST_CASE("reading cannot change anything") {
  for (auto& database : with_tables()) {
    INFO(database->dialect());
    CHECK_FALSE(database->read([](Transaction& t) { put(t, 1); }));
    CHECK(count(*database) == 0);
    REQUIRE(database->write([](Transaction& t) { put(t, 1); }));
  }
}

TEST_CASE("a read sees one state, however long it takes") {
  for (auto& database : with_tables()) {
    INFO(database->dialect());
    REQUIRE(database->read([&](Transaction& t) {
      CHECK(t.query_one("SELECT COUNT(*) FROM thing")->integer(0) == 0);
      std::thread writer([&] { REQUIRE(database->write([](Transaction& w) { put(w, 1); })); });
      writer.join();
      CHECK(t.query_one("SELECT COUNT(*) FROM thing")->integer(0) == 0);
    }));
    CHECK(count(*database) == 1);
  }
}

TEST_CASE("writers at once, more than there are connections, lose nothing and see each other's work") {
  for (auto& database : with_tables()) {
    INFO(database->dialect());
    REQUIRE(database->write([](Transaction& t) { t.execute("INSERT INTO thing (id, size) VALUES (0, 0)"); }));
    constexpr int kThreads = 12, kEach = 20;
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    std::atomic<int> failed = 0;
    for (int n = 0; n < kThreads; ++n)
      threads.emplace_back([&, n] {
        for (int i = 0; i < kEach; ++i) {
          result<void> ok;
          // A database that is too busy says so and may be asked again; nothing else may happen.
          do {
            ok = database->write([&](Transaction& t) {
              const auto size = t.query_one("SELECT size FROM thing WHERE id = 0")->integer(0);
              t.execute("UPDATE thing SET size = $1 WHERE id = 0", {size + 1});
              put(t, 1 + n * kEach + i);
            });
          } while (!ok && ok.error().code == "storage.busy");
          if (!ok) ++failed;
        }
      });
    for (auto& thread : threads) thread.join();
    CHECK(failed == 0);
    CHECK(count(*database) == 1 + kThreads * kEach);
    REQUIRE(database->read([&](Transaction& t) {
      CHECK(t.query_one("SELECT size FROM thing WHERE id = 0")->integer(0) == kThreads * kEach);
    }));
  }
}

TEST_CASE("one writer that fails does not undo those that commit with it") {
  for (auto& database : with_tables()) {
    INFO(database->dialect());
    std::vector<std::thread> threads;
    threads.reserve(16);
    std::atomic<int> refused = 0, done = 0;
    for (int n = 0; n < 16; ++n)
      threads.emplace_back([&, n] {
        for (;;) {
          const auto ok = database->write([&](Transaction& t) {
            put(t, n);
            if (n % 2 == 0) throw ErrorException({Fault::conflict, "test.no", "no"});
          });
          if (!ok && ok.error().code == "storage.busy") continue;
          ++(ok ? done : refused);
          return;
        }
      });
    for (auto& thread : threads) thread.join();
    CHECK(done == 8);
    CHECK(refused == 8);
    CHECK(count(*database) == 8);
  }
}

namespace {

struct Added final : Transaction::Gathered {
  std::int64_t sum = 0;
  bool changed() const override { return sum != 0; }
  void write(Transaction& t) override { t.execute("UPDATE thing SET size = size + $1 WHERE id = 0", {sum}); }
};

}  // namespace

TEST_CASE("what is gathered is written once, at the end of its own caller's work, and undone with it") {
  for (auto& database : with_tables()) {
    INFO(database->dialect());
    REQUIRE(database->write([](Transaction& t) { t.execute("INSERT INTO thing (id, size) VALUES (0, 0)"); }));
    std::vector<std::thread> threads;
    threads.reserve(16);
    for (int n = 1; n <= 16; ++n)
      threads.emplace_back([&, n] {
        for (;;) {
          const auto ok = database->write([&](Transaction& t) {
            t.gathered<Added>().sum += n;
            t.gathered<Added>().sum += n;
            if (n % 2 == 0) throw ErrorException({Fault::conflict, "test.no", "no"});
          });
          if (ok || ok.error().code != "storage.busy") return;
        }
      });
    for (auto& thread : threads) thread.join();
    REQUIRE(database->read([](Transaction& t) {
      CHECK(t.query_one("SELECT size FROM thing WHERE id = 0")->integer(0) == 2 * (1 + 3 + 5 + 7 + 9 + 11 + 13 + 15));
      CHECK(t.gathered<Added>().sum == 0);
    }));
    CHECK(code_of(database->read([](Transaction& t) { t.gathered<Added>().sum = 1; })) == "storage.read_only");
  }
}

TEST_CASE("a view of nothing is an empty text or no bytes, never NULL, and values can be taken out of a row") {
  for (auto& database : with_tables()) {
    INFO(database->dialect());
    REQUIRE(database->write([](Transaction& t) {
      t.execute("INSERT INTO thing (id, word, raw) VALUES ($1, $2, $3)", {true, std::string_view{}, BytesView{}});
      t.execute("INSERT INTO thing (id, word, raw) VALUES ($1, $2, $3)",
                {2, "word", std::array<std::uint8_t, 2>{7, 8}});
      t.execute("INSERT INTO thing (id, word, raw) VALUES ($1, $2, $3)", std::vector<Value>{std::int64_t{3}, {}, {}});
    }));
    REQUIRE(database->read([](Transaction& t) {
      auto rows = t.query("SELECT word, raw FROM thing ORDER BY id");
      REQUIRE(rows.size() == 3);
      CHECK(rows[0].text(0).empty());
      CHECK(rows[0].blob(1).empty());
      CHECK(rows[1].take_text(0) == "word");
      CHECK(rows[1].text(0).empty());
      CHECK(rows[1].take_blob(1) == Bytes{7, 8});
      CHECK(rows[2].is_null(0));
      CHECK(rows[2].is_null(1));
    }));
  }
}

TEST_CASE("migrations run once, in order, and are remembered") {
  for (auto& database : test_databases()) {
    INFO(database->dialect());
    std::vector<Migration> all{{1, "one", "CREATE TABLE a (x BIGINT);"}};
    REQUIRE(database->migrate("m", all));
    REQUIRE(database->migrate("m", all));
    all.push_back({2, "two", "CREATE TABLE b (x BIGINT); INSERT INTO b (x) VALUES (1); INSERT INTO b (x) VALUES (2)"});
    REQUIRE(database->migrate("m", all));
    REQUIRE(database->migrate("m", all));
    CHECK(count(*database, "b") == 2);
    // Another component counts for itself.
    REQUIRE(database->migrate("other", {{1, "one", "CREATE TABLE c (x BIGINT)"}}));
  }
}

TEST_CASE("a migration that was edited, is out of order, or is of a newer program, is noticed") {
  for (auto& database : test_databases()) {
    INFO(database->dialect());
    const std::vector<Migration> two{{1, "one", "CREATE TABLE a (x BIGINT)"}, {2, "two", "CREATE TABLE b (x BIGINT)"}};
    REQUIRE(database->migrate("m", two));
    CHECK(code_of(database->migrate("m", {{1, "one", "CREATE TABLE a (x BIGINT, y BIGINT)"}, two[1]})) ==
          "storage.migration_changed");
    CHECK(code_of(database->migrate("m", {two[0]})) == "storage.newer_database");
    CHECK(code_of(database->migrate("m", {two[0], {3, "three", "CREATE TABLE c (x BIGINT)"}})) ==
          "storage.migration_order");
  }
}

TEST_CASE("a migration that fails in the middle leaves nothing of itself") {
  for (auto& database : test_databases()) {
    INFO(database->dialect());
    REQUIRE_FALSE(database->migrate("m", {{1, "one", "CREATE TABLE a (x BIGINT); CREATE TABLE a (x BIGINT)"}}));
    REQUIRE(database->migrate("m", {{1, "one", "CREATE TABLE a (x BIGINT)"}}));
    CHECK(count(*database, "a") == 0);
  }
}

TEST_CASE("statements are split at their ends alone, and words of the dialect are put in") {
  CHECK(statements_of("A; B 'x;y' ; -- no; end\nC;;\n", "sqlite") ==
        std::vector<std::string>{"A", " B 'x;y' ", " \nC"});
  CHECK(statements_of("$BLOB", "sqlite") == std::vector<std::string>{"BLOB"});
  CHECK(statements_of("$BLOB", "postgresql") == std::vector<std::string>{"BYTEA"});
  CHECK(statements_of("n $SERIAL", "postgresql").front() == "n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY");
  CHECK(statements_of(" \n -- nothing\n", "sqlite").empty());
  const std::string_view one_only = "A;\n$POSTGRESQL B; C";
  CHECK(statements_of(one_only, "sqlite") == std::vector<std::string>{"A", " C"});
  CHECK(statements_of(one_only, "postgresql") == std::vector<std::string>{"A", "B", " C"});
}

TEST_CASE("a URL of no known kind, or an impossible number of connections, is refused") {
  CHECK(code_of(Database::open("mysql://localhost")) == "storage.url");
  CHECK(code_of(Database::open("")) == "storage.url");
  CHECK(code_of(Database::open("sqlite:/tmp/x", 0)) == "storage.connections");
  CHECK(code_of(Database::open("sqlite:/tmp/x", 1001)) == "storage.connections");
}

}  // namespace jindu::storage
