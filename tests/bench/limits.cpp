// What the machine itself allows: durable appends, and durable rows in groups. Everything else is compared with these.
// usage: jindu-bench-limits FOLDER SECONDS      FOLDER: on the disk that is measured
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

// Calls `work` for so many seconds; gives calls per second, and ends the program when one fails.
template <class Work>
double per_second(double seconds, Work work) {
  const auto begin = Clock::now();
  long calls = 0;
  double passed = 0;
  do {
    if (!work()) {
      std::perror("jindu-bench-limits");
      std::exit(1);
    }
    ++calls;
    passed = std::chrono::duration<double>(Clock::now() - begin).count();
  } while (passed < seconds);
  return static_cast<double>(calls) / passed;
}

// What was written leaves the system's memory, as it does in the product: pages that are new to the machine cost more
// than the rest.
void durable_appends(const std::string& folder, std::size_t size, int group, double seconds) {
  const auto path = folder + "/append";
  const int file = ::open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  const std::vector<char> block(size, 'j');
  const double rate = per_second(seconds, [&] {
    bool good = true;
    for (int i = 0; good && i < group; ++i)
      good = ::write(file, block.data(), block.size()) == static_cast<ssize_t>(block.size());
    return good && ::fdatasync(file) == 0 && ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0;
  });
  ::close(file);
  ::unlink(path.c_str());
  std::printf("append %zu %d %.1f\n", size, group, rate * group);
}

void durable_rows(const std::string& folder, std::size_t size, int group, double seconds) {
  const auto path = folder + "/rows.sqlite";
  for (const auto* suffix : {"", "-wal", "-shm"}) ::unlink((path + suffix).c_str());
  sqlite3* opened = nullptr;
  if (sqlite3_open(path.c_str(), &opened) != SQLITE_OK) std::exit(1);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> db(opened, &sqlite3_close);
  const auto run = [&](const char* sql) { return sqlite3_exec(db.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK; };
  if (!run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE kept (n INTEGER PRIMARY KEY, b BLOB)"))
    std::exit(1);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(db.get(), "INSERT INTO kept (b) VALUES (?)", -1, &insert, nullptr);
  const std::vector<char> block(size, 'j');
  const double rate = per_second(seconds, [&] {
    bool good = run("BEGIN IMMEDIATE");
    for (int i = 0; good && i < group; ++i) {
      sqlite3_bind_blob(insert, 1, block.data(), static_cast<int>(block.size()), SQLITE_STATIC);
      good = sqlite3_step(insert) == SQLITE_DONE;
      sqlite3_reset(insert);
    }
    return good && run("COMMIT");
  });
  sqlite3_finalize(insert);
  std::printf("rows %zu %d %.1f\n", size, group, rate * group);
  for (const auto* suffix : {"", "-wal", "-shm"}) ::unlink((path + suffix).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: jindu-bench-limits FOLDER SECONDS\n");
    return 2;
  }
  const double seconds = std::strtod(argv[2], nullptr);
  for (const std::size_t size : {1024u, 16384u, 1048576u})
    for (const int group : {1, size < 1048576u ? 32 : 8}) durable_appends(argv[1], size, group, seconds);
  for (const std::size_t size : {1024u, 16384u})
    for (const int group : {1, 32}) durable_rows(argv[1], size, group, seconds);
  return 0;
}
