#include "common/runtime/files.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace jindu::files {
namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path;
  Folder() {
    char name[] = "/tmp/jindu-files-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

template <class T>
std::string code_of(const result<T>& r) {
  return r ? "" : r.error().code;
}

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

// While it lives, no file may grow beyond so many bytes: what a full disk does to a write.
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

// Pages of a file that are in the system's memory.
std::size_t pages_in_memory(const fs::path& path) {
  const auto size = static_cast<std::size_t>(fs::file_size(path)), page = static_cast<std::size_t>(::getpagesize());
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  auto* const mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  REQUIRE(mapped != MAP_FAILED);
  std::vector<unsigned char> there((size + page - 1) / page);
  REQUIRE(::mincore(mapped, size, there.data()) == 0);
  ::munmap(mapped, size);
  return static_cast<std::size_t>(std::count_if(there.begin(), there.end(), [](auto one) { return (one & 1) != 0; }));
}

}  // namespace

TEST_CASE("what was read of a file part by part leaves the system's memory") {
  const Folder folder;
  const auto path = folder.path / "shared";
  const Bytes part(100'000, 7);
  REQUIRE(write_new_synced(path, std::vector<BytesView>(20, part)));
  struct statfs info {};
  REQUIRE(::statfs(path.c_str(), &info) == 0);
  REQUIRE(pages_in_memory(path) > 400);
  {
    Parts parts;
    for (std::uint64_t i = 0; i < 20; ++i) REQUIRE(parts.read(path, i * part.size(), part.size()).value() == part);
    CHECK(pages_in_memory(path) > 400);
  }
  if (info.f_type != TMPFS_MAGIC) CHECK(pages_in_memory(path) == 0);  // what lies in memory alone stays there
}

TEST_CASE("a file that was written durably is read as it was, for us alone, with nothing beside it") {
  const Folder folder;
  const Bytes bytes(100'000, 'x');
  REQUIRE(write_durably(folder.path / "a", bytes));
  CHECK(read(folder.path / "a", bytes.size()).value() == bytes);
  REQUIRE(write_durably(folder.path / "a", bytes_of("new")));
  CHECK(read_text(folder.path / "a").value() == "new");
  CHECK(entries(folder.path) == 1);
  struct stat info {};
  REQUIRE(::stat((folder.path / "a").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("what is written in a folder of somebody else follows no link that lies there") {
  const Folder folder;
  REQUIRE(write_durably(folder.path / "ours", bytes_of("ours")));
  // Under every name that might be used on the way.
  for (int i = 0; i < 200; ++i)
    std::filesystem::create_symlink(
        folder.path / "ours", folder.path / ("a." + std::to_string(::getpid()) + "-" + std::to_string(i) + ".part"));
  std::filesystem::create_symlink(folder.path / "ours", folder.path / "a");
  REQUIRE(write_durably(folder.path / "a", bytes_of("new")));
  CHECK(read_text(folder.path / "ours").value() == "ours");
  CHECK(read_text(folder.path / "a").value() == "new");
  CHECK_FALSE(std::filesystem::is_symlink(folder.path / "a"));
  std::filesystem::create_symlink(folder.path / "ours", folder.path / "b");
  CHECK_FALSE(write_at(folder.path / "b", 0, bytes_of("xxxx"), true));
  CHECK(read_text(folder.path / "ours").value() == "ours");
}

TEST_CASE("parts are written one behind the other, and each is read by itself") {
  const Folder folder;
  const Bytes a(3, 'a'), b(700'000, 'b'), c(5, 'c');
  REQUIRE(write_new_synced(folder.path / "f", std::vector<BytesView>{a, b, c}));
  CHECK(code_of(write_new_synced(folder.path / "f", std::vector<BytesView>{a})) == "file.write");  // it is there
  REQUIRE(write_new_synced(folder.path / "h", std::vector<BytesView>{c, a}));
  Parts parts;
  CHECK(parts.read(folder.path / "f", 0, 3).value() == a);
  CHECK(parts.read(folder.path / "f", 3, b.size()).value() == b);
  CHECK(parts.read(folder.path / "h", 0, 5).value() == c);
  CHECK(parts.read(folder.path / "f", 3 + b.size(), 5).value() == c);
  CHECK(code_of(parts.read(folder.path / "f", 3 + b.size(), 6)) == "file.unreadable");
  CHECK(code_of(parts.read(folder.path / "g", 0, 1)) == "file.unreadable");
  CHECK(parts.read(folder.path / "h", 5, 3).value() == a);
  CHECK(code_of(parts.read(folder.path / "g", 0, 1)) == "file.unreadable");
}

TEST_CASE("what cannot be read, or is too large, is told and not guessed") {
  const Folder folder;
  REQUIRE(write_durably(folder.path / "a", bytes_of("12345")));
  CHECK(read(folder.path / "a", 5).value().size() == 5);
  CHECK(code_of(read(folder.path / "a", 4)) == "file.too_large");
  CHECK(code_of(read_text(folder.path / "a", 4)) == "file.too_large");
  CHECK(code_of(read(folder.path / "b", 4)) == "file.unreadable");
  CHECK(code_of(read(folder.path, 4096)) == "file.unreadable");
  REQUIRE(::mkfifo((folder.path / "pipe").c_str(), 0600) == 0);
}

TEST_CASE("a failed write leaves the old file, and nothing beside it") {
  const Folder folder;
  REQUIRE(write_durably(folder.path / "a", bytes_of("old")));
  {
    const SmallFiles small(10);
    const auto written = write_durably(folder.path / "a", Bytes(100, 'x'));
    REQUIRE_FALSE(written);
    CHECK(written.error().code == "file.write");
  }
  CHECK(read_text(folder.path / "a").value() == "old");
  CHECK(entries(folder.path) == 1);
  CHECK(code_of(write_durably(folder.path / "gone" / "a", bytes_of("x"))) == "file.write");
  fs::create_directory(folder.path / "taken");
  REQUIRE(write_durably(folder.path / "taken" / "inside", bytes_of("x")));
  CHECK(code_of(write_durably(folder.path / "taken", bytes_of("x"))) == "file.write");
  CHECK(entries(folder.path) == 2);
}

TEST_CASE("a full disk is told as such, for it passes") {
  const auto at = write_at("/dev/full", 0, bytes_of("x"), false);
  REQUIRE_FALSE(at);
  CHECK(at.error().code == "file.full");
  CHECK(at.error().fault == Fault::unavailable);
}

TEST_CASE("two that write the same file at once leave one of the two, whole") {
  const Folder folder;
  const Bytes a(300'000, 'a'), b(300'000, 'b');
  std::thread one([&] {
    for (int i = 0; i < 10; ++i) (void)write_durably(folder.path / "f", a);
  });
  for (int i = 0; i < 10; ++i) (void)write_durably(folder.path / "f", b);
  one.join();
  const auto bytes = read(folder.path / "f", 1 << 20).value();
  CHECK((bytes == a || bytes == b));
  CHECK(entries(folder.path) == 1);
}

TEST_CASE("a file grows at its end alone: a hole is refused, what is there may be written again") {
  const Folder folder;
  const auto path = folder.path / "f";
  REQUIRE(write_at(path, 0, bytes_of("abc"), true));
  REQUIRE(write_at(path, 3, bytes_of("def"), true));
  REQUIRE(write_at(path, 0, bytes_of("abc"), true));
  const auto hole = write_at(path, 7, bytes_of("x"), true);
  REQUIRE_FALSE(hole);
  CHECK(hole.error().code == "file.offset");
  CHECK(hole.error().fault == Fault::conflict);
  CHECK(read_text(path).value() == "abcdef");
  CHECK(code_of(write_at(folder.path / "gone" / "f", 0, bytes_of("x"), true)) == "file.write");
}

TEST_CASE("folders are made with their parents, for us alone, and once") {
  const Folder folder;
  const auto deep = folder.path / "a" / "b" / "c";
  REQUIRE(make_folder(deep));
  REQUIRE(make_folder(deep));
  struct stat info {};
  REQUIRE(::stat(deep.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);
  REQUIRE(write_durably(folder.path / "file", bytes_of("x")));
  CHECK(code_of(make_folder(folder.path / "file" / "below")) == "file.write");
  CHECK(code_of(sync_folder(folder.path / "gone")) == "file.write");
  CHECK(free_bytes(folder.path) > 0);
  CHECK(free_bytes(folder.path / "gone") == 0);
}

}  // namespace jindu::files
