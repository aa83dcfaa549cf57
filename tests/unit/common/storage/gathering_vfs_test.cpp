#include "common/storage/gathering_vfs.hpp"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "common/storage/database.hpp"
#include "tests/support/test_databases.hpp"

namespace jindu::storage {
namespace {

constexpr int kFrame = 8192 + 24;

// The system's VFS, which tells of each write of a log and may refuse it. While it lives, it is the default.
class Watched {
 public:
  struct Write {
    sqlite3_int64 offset;
    int count;
  };
  Watched() {
    current_ = this;
    system_ = sqlite3_vfs_find("unix");
    vfs_ = *system_;
    vfs_.zName = "watched";
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + system_->szOsFile;
    vfs_.xOpen = open;
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~Watched() {
    sqlite3_vfs_register(system_, 1);
    sqlite3_vfs_unregister(&vfs_);
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  std::vector<Write> writes, syncs;
  int refuse_after = -1;  // writes of the log that still succeed
  int refusal = SQLITE_FULL;
  int refused = 0;
  bool powersafe = true;

 private:
  struct File {
    sqlite3_file base;
    bool log;
  };
  static sqlite3_file* below(sqlite3_file* f) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(f) + 1);
  }
  static const sqlite3_io_methods& real(sqlite3_file* f) { return *below(f)->pMethods; }
  static int open(sqlite3_vfs*, const char* name, sqlite3_file* f, int flags, int* out) {
    auto& file = *new (f) File{};
    file.log = (flags & SQLITE_OPEN_WAL) != 0;
    const int code = system_->xOpen(system_, name, below(f), flags, out);
    if (code != SQLITE_OK) return code;
    static sqlite3_io_methods methods;
    methods.iVersion = 2;
    methods.xClose = [](sqlite3_file* g) { return real(g).xClose(below(g)); };
    methods.xRead = [](sqlite3_file* g, void* to, int n, sqlite3_int64 at) {
      return real(g).xRead(below(g), to, n, at);
    };
    methods.xWrite = [](sqlite3_file* g, const void* from, int n, sqlite3_int64 at) {
      if (reinterpret_cast<File*>(g)->log) {
        if (current_->refuse_after == 0) {
          ++current_->refused;
          return current_->refusal;
        }
        if (current_->refuse_after > 0) --current_->refuse_after;
        current_->writes.push_back({at, n});
      }
      return real(g).xWrite(below(g), from, n, at);
    };
    methods.xTruncate = [](sqlite3_file* g, sqlite3_int64 size) { return real(g).xTruncate(below(g), size); };
    methods.xSync = [](sqlite3_file* g, int how) {
      if (reinterpret_cast<File*>(g)->log) current_->syncs.push_back({static_cast<int>(current_->writes.size()), 0});
      return real(g).xSync(below(g), how);
    };
    methods.xFileSize = [](sqlite3_file* g, sqlite3_int64* size) { return real(g).xFileSize(below(g), size); };
    methods.xLock = [](sqlite3_file* g, int level) { return real(g).xLock(below(g), level); };
    methods.xUnlock = [](sqlite3_file* g, int level) { return real(g).xUnlock(below(g), level); };
    methods.xCheckReservedLock = [](sqlite3_file* g, int* is) { return real(g).xCheckReservedLock(below(g), is); };
    methods.xFileControl = [](sqlite3_file* g, int what, void* with) {
      return real(g).xFileControl(below(g), what, with);
    };
    methods.xSectorSize = [](sqlite3_file* g) { return real(g).xSectorSize(below(g)); };
    methods.xDeviceCharacteristics = [](sqlite3_file* g) {
      const int all = real(g).xDeviceCharacteristics(below(g));
      return current_->powersafe ? all : all & ~SQLITE_IOCAP_POWERSAFE_OVERWRITE;
    };
    methods.xShmMap = [](sqlite3_file* g, int page, int size, int extend, void volatile** to) {
      return real(g).xShmMap(below(g), page, size, extend, to);
    };
    methods.xShmLock = [](sqlite3_file* g, int first, int n, int how) {
      return real(g).xShmLock(below(g), first, n, how);
    };
    methods.xShmBarrier = [](sqlite3_file* g) { real(g).xShmBarrier(below(g)); };
    methods.xShmUnmap = [](sqlite3_file* g, int remove) { return real(g).xShmUnmap(below(g), remove); };
    file.base.pMethods = &methods;
    return SQLITE_OK;
  }

  static inline Watched* current_ = nullptr;
  static inline sqlite3_vfs* system_ = nullptr;
  sqlite3_vfs vfs_{};
};

// A connection as SqliteDatabase has them, with a cache of which a transaction writes much before it commits.
class Connection {
 public:
  explicit Connection(const std::string& path, const char* vfs = gathering_vfs()) {
    const int code = sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs);
    if (code != SQLITE_OK) throw std::runtime_error("open: " + std::to_string(code));
    sqlite3_busy_timeout(db_, 10'000);
    for (const auto* sql :
         {"PRAGMA page_size=8192", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA wal_autocheckpoint=0",
          "PRAGMA cache_size=10", "CREATE TABLE IF NOT EXISTS thing (id INTEGER PRIMARY KEY, raw BLOB)"})
      done(sql);
  }
  ~Connection() { sqlite3_close(db_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int run(const std::string& sql) { return sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr); }
  void done(const std::string& sql) {
    if (const int code = run(sql); code != SQLITE_OK) throw std::runtime_error(sql + ": " + sqlite3_errmsg(db_));
  }
  std::string text(const std::string& sql) {
    std::string found;
    const auto take = [](void* to, int, char** values, char**) {
      *static_cast<std::string*>(to) = values[0] != nullptr ? values[0] : "";
      return 0;
    };
    if (sqlite3_exec(db_, sql.c_str(), take, &found, nullptr) != SQLITE_OK)
      throw std::runtime_error(sql + ": " + sqlite3_errmsg(db_));
    return found;
  }
  bool in_transaction() { return sqlite3_get_autocommit(db_) == 0; }
  bool is_whole() { return text("PRAGMA integrity_check") == "ok"; }

 private:
  sqlite3* db_ = nullptr;
};

std::string new_path() { return new_sqlite_url().substr(7); }

std::string insert(int from, int to, int bytes) {
  return "WITH RECURSIVE n(i) AS (SELECT " + std::to_string(from) + " UNION ALL SELECT i + 1 FROM n WHERE i + 1 < " +
         std::to_string(to) + ") INSERT INTO thing SELECT i, randomblob(" + std::to_string(bytes) + ") FROM n";
}

}  // namespace

TEST_CASE("the frames of a commit reach the log in order, without a gap, in a few writes, all before its sync") {
  Watched watched;
  Connection connection(new_path());
  watched.writes.clear();
  watched.syncs.clear();
  connection.done("PRAGMA cache_size=1000");
  connection.done(insert(0, 200, 8000));
  sqlite3_int64 bytes = 0;
  for (std::size_t i = 0; i < watched.writes.size(); ++i) {
    bytes += watched.writes[i].count;
    CHECK(watched.writes[i].count < 0x1ffff);
    if (i > 0) CHECK(watched.writes[i].offset == watched.writes[i - 1].offset + watched.writes[i - 1].count);
  }
  REQUIRE(bytes % kFrame == 0);
  const auto frames = static_cast<std::size_t>(bytes / kFrame);
  CHECK(frames >= 200);
  CHECK(watched.writes.size() <= frames / 8 + 2);  // SQLite itself: two each
  REQUIRE(watched.syncs.size() == 1);
  CHECK(watched.syncs[0].offset == static_cast<sqlite3_int64>(watched.writes.size()));
}

TEST_CASE("where a sector may take its neighbours along, nothing is gathered") {
  Watched watched;
  watched.powersafe = false;
  Connection connection(new_path());
  watched.writes.clear();
  connection.done("PRAGMA cache_size=1000");
  connection.done(insert(0, 200, 8000));
  CHECK(watched.writes.size() >= 400);
}

TEST_CASE("the files are those that SQLite writes by itself") {
  const auto contents = [](const char* vfs) {
    const auto path = new_path();
    Connection connection(path, vfs);
    connection.done(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) "
        "INSERT INTO thing SELECT i, zeroblob(i * 17) FROM n");
    connection.done("UPDATE thing SET raw = zeroblob(3000) WHERE id % 7 = 0");
    std::ifstream log(path + "-wal", std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(log)), {});
    // Salts and sums of frames differ; pages do not.
    std::string pages;
    for (std::size_t at = 32; at + kFrame <= bytes.size(); at += kFrame)
      pages += bytes.substr(at, 8) + bytes.substr(at + 24, 8192);
    connection.done("PRAGMA wal_checkpoint(TRUNCATE)");
    std::ifstream file(path, std::ios::binary);
    return std::pair(pages, std::string((std::istreambuf_iterator<char>(file)), {}));
  };
  const auto gathered = contents(gathering_vfs()), plain = contents(nullptr);
  CHECK(gathered.first.size() > 100 * 8192);
  CHECK((gathered == plain));
}

TEST_CASE("a commit of which a delayed write fails fails, and the database is as before, and works afterwards") {
  Watched watched;
  watched.refusal = GENERATE(SQLITE_FULL, SQLITE_IOERR_WRITE);
  const int cache = GENERATE(10, 5'000);
  const auto path = new_path();
  Connection connection(path), other(path);
  connection.done("PRAGMA cache_size=" + std::to_string(cache));
  connection.done(insert(0, 50, 5000));
  const auto before = connection.text("SELECT group_concat(hex(substr(raw, 1, 4))) FROM thing");
  // At one write after the other.
  int failed = 0;
  for (int after = 0;; after += 1 + after / 10) {
    REQUIRE(after < 10'000);
    REQUIRE(connection.run("BEGIN IMMEDIATE") == SQLITE_OK);
    watched.refuse_after = after;
    watched.refused = 0;
    int code = connection.run(insert(1000, 1200, 5000));
    if (code == SQLITE_OK) code = connection.run("UPDATE thing SET raw = zeroblob(6000)");
    if (code == SQLITE_OK) code = connection.run("COMMIT");
    watched.refuse_after = -1;
    if (code == SQLITE_OK) {
      CHECK(watched.refused == 0);
      break;
    }
    ++failed;
    CHECK(watched.refused > 0);
    CHECK((code == (watched.refusal & 0xff)));
    if (connection.in_transaction()) connection.run("ROLLBACK");
    CHECK(other.text("SELECT group_concat(hex(substr(raw, 1, 4))) FROM thing") == before);
    CHECK(connection.text("SELECT group_concat(hex(substr(raw, 1, 4))) FROM thing") == before);
    CHECK(connection.is_whole());
  }
  CHECK(failed >= 5);
  CHECK(other.text("SELECT count(*) FROM thing") == "250");
  connection.done("PRAGMA wal_checkpoint(TRUNCATE)");
  CHECK(other.is_whole());
}

TEST_CASE("after a write that failed nothing of its transaction commits, whatever is tried, until it is rolled back") {
  Watched watched;
  const auto path = new_path();
  Connection connection(path);
  connection.done("CREATE TABLE once (id INTEGER PRIMARY KEY, n INTEGER UNIQUE, raw BLOB)");
  connection.done(
      "WITH RECURSIVE i(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM i WHERE k < 300) "
      "INSERT INTO once SELECT k, k, zeroblob(7000) FROM i");
  REQUIRE(connection.run("BEGIN IMMEDIATE") == SQLITE_OK);
  REQUIRE(connection.run("UPDATE once SET raw = zeroblob(6000) WHERE id < 100") == SQLITE_OK);
  // Reads a page that left the cache and is gathered. SQLite undoes this one statement alone, as one whose last row
  // might break a rule, and takes the transaction for good.
  const auto lost = GENERATE(88, 90);
  watched.refuse_after = 0;
  const int code = connection.run("UPDATE once SET n = -n WHERE id BETWEEN " + std::to_string(lost) + " AND 99");
  watched.refuse_after = -1;
  CAPTURE(lost, code, watched.refused);
  REQUIRE(watched.refused == 1);
  CHECK(code == SQLITE_FULL);
  REQUIRE(connection.in_transaction());
  const auto tried = GENERATE("", "UPDATE once SET n = n + 1000", "SELECT sum(length(raw) + n) FROM once");
  if (*tried != '\0') CHECK(connection.run(tried) == SQLITE_FULL);
  if (connection.in_transaction()) CHECK(connection.run("COMMIT") != SQLITE_OK);
  if (connection.in_transaction()) connection.run("ROLLBACK");
  CHECK(connection.text("SELECT count(*) || ' ' || min(length(raw)) || ' ' || min(n) FROM once") == "300 7000 1");
  connection.done("UPDATE once SET raw = zeroblob(9) WHERE id = 1");
  CHECK(connection.text("SELECT min(length(raw)) FROM once") == "9");
  CHECK(Connection(path).is_whole());
}

TEST_CASE("who reads beside transactions larger than the cache sees each whole or not at all, checkpoints going on") {
  const auto path = new_path();
  Connection writer(path);
  // The same number in all rows, and of it the content.
  writer.done("CREATE TABLE mark (id INTEGER PRIMARY KEY, n INTEGER, raw BLOB)");
  writer.done(
      "WITH RECURSIVE i(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM i WHERE k < 150) "
      "INSERT INTO mark SELECT k, 0, CAST(printf('%05000d', 0) AS BLOB) FROM i");
  std::atomic<bool> stopped = false;
  std::atomic<int> read = 0, wrong = 0;
  std::vector<std::thread> threads;
  for (int k = 0; k < 2; ++k)
    threads.emplace_back([&, k] {
      Connection reader(path, k == 0 ? gathering_vfs() : nullptr);
      int last = 0;
      while (!stopped) {
        const auto seen = reader.text(
            "SELECT count(*) || ' ' || min(n) || ' ' || max(n) || ' ' || "
            "sum(raw = CAST(printf('%05000d', n) AS BLOB)) FROM mark");
        int count = 0, least = 0, most = 0, good = 0;
        std::istringstream(seen) >> count >> least >> most >> good;
        if (count != 150 || good != 150 || least != most || least < last || least % 2 != 0) ++wrong;
        last = least;
        ++read;
      }
    });
  threads.emplace_back([&] {
    Connection checkpointer(path);
    while (!stopped) checkpointer.run("PRAGMA wal_checkpoint(PASSIVE)");
  });
  for (int n = 1; n <= 60; ++n) {
    writer.done("BEGIN IMMEDIATE");
    // Twice, so that pages are overwritten in the log; and what is undone within it.
    for (const int value : {2 * n - 1, 2 * n}) {
      writer.done("UPDATE mark SET n = " + std::to_string(value) + ", raw = CAST(printf('%05000d', " +
                  std::to_string(value) + ") AS BLOB)");
      writer.done("SAVEPOINT s");
      writer.done("UPDATE mark SET n = -1 WHERE id % 3 = 0");
      writer.done("ROLLBACK TO s");
      writer.done("RELEASE s");
    }
    writer.done(n % 5 == 0 ? "ROLLBACK" : "COMMIT");
  }
  stopped = true;
  for (auto& thread : threads) thread.join();
  CHECK(read > 10);
  CHECK(wrong == 0);
  CHECK(writer.text("SELECT max(n) FROM mark") == "118");
  CHECK(writer.is_whole());
}

TEST_CASE("a writer that is killed loses nothing that it had told of, and leaves a whole database", "[slow]") {
  const auto path = new_path();
  std::mt19937 random(7);
  std::map<int, int> told;  // the rows of each transaction
  int next = 1;
  { Connection first(path); }
  for (int round = 0; round < 40; ++round) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const auto seed = static_cast<unsigned>(random());
    const auto child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      try {
        std::mt19937 mine(seed);
        Connection writer(path);
        writer.done("PRAGMA wal_autocheckpoint=200");
        writer.done("PRAGMA cache_size=" + std::to_string(mine() % 2 == 0 ? 10 : 1000));
        for (int n = next;; ++n) {
          const int rows = 1 + static_cast<int>(mine() % 120);
          writer.done("BEGIN IMMEDIATE");
          writer.done(insert(n * 1000, n * 1000 + rows, static_cast<int>(mine() % 9000)));
          writer.done("DELETE FROM thing WHERE id / 1000 < " + std::to_string(n - 20));
          if (mine() % 6 == 0) {
            writer.done("ROLLBACK");
            continue;
          }
          writer.done("COMMIT");
          const int said[2] = {n, rows};
          if (::write(ends[1], said, sizeof said) != sizeof said) ::_exit(1);
        }
      } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
      }
      ::_exit(1);
    }
    ::close(ends[1]);
    int said[2];
    const auto hear = [&] {
      if (::read(ends[0], said, sizeof said) != sizeof said) return false;
      told[said[0]] = said[1];
      next = said[0] + 1;
      return true;
    };
    // At any moment of a transaction, on a slow machine too.
    for (auto more = 1 + random() % 3; more > 0; --more) REQUIRE(hear());
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 30'000));
    ::kill(child, SIGKILL);
    while (hear()) {
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    Connection after(path);
    REQUIRE(after.is_whole());
    const int last = std::stoi(after.text("SELECT ifnull(max(id) / 1000, 0) FROM thing"));
    for (const auto& [n, rows] : told)
      if (n > last - 20)
        REQUIRE(after.text("SELECT count(*) FROM thing WHERE id / 1000 = " + std::to_string(n)) ==
                std::to_string(rows));
    REQUIRE(last + 1 >= next);
    next = std::max(next, last + 1);
  }
  CHECK(told.size() > 40);
}

}  // namespace jindu::storage
