#include "common/runtime/config.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace jindu {
namespace {

// A configuration in a folder that goes away with it.
class File {
 public:
  explicit File(const std::string& text) {
    char name[] = "/tmp/jindu-config-XXXXXX";
    folder_ = ::mkdtemp(name);
    std::ofstream(path()) << text;
  }
  ~File() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string path() const { return folder_ + "/service.toml"; }
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
};

// The first mistake that reading by `read` tells.
template <class F>
Error mistake(const File& file, F read) {
  auto config = Config::from_file(file.path());
  REQUIRE(config);
  read(*config);
  const auto finished = config->finish();
  REQUIRE_FALSE(finished);
  return finished.error();
}

}  // namespace

TEST_CASE("a configuration gives what is in it, and what is meant where nothing is") {
  const File file(
      "[listen]\naddress = \"127.0.0.1\"\nport = 8443\ntls = true\ndirectory = \"data/../state\"\nroles = [\"a\", "
      "\"b\"]\n"
      "[[nodes]]\nname = \"portal\"\n[[nodes]]\nname = \"approval\"\n");
  auto config = Config::from_file(file.path()).value();
  auto listen = config.table("listen");
  CHECK(listen.present());
  CHECK(listen.text("address") == "127.0.0.1");
  CHECK(listen.port("port") == 8443);
  CHECK(listen.flag_or("tls", false));
  CHECK_FALSE(listen.flag_or("absent", false));
  CHECK(listen.text_or("absent", "so") == "so");
  CHECK(listen.integer_or("absent", 7, 1, 9) == 7);
  CHECK(listen.path("directory") == file.folder() + "/state");
  CHECK(listen.path_or("absent", "").empty());
  CHECK(listen.path_or("absent", "x") == file.folder() + "/x");
  CHECK(listen.existing_file_or_none("absent").empty());
  CHECK(listen.texts("roles") == std::vector<std::string>{"a", "b"});
  CHECK(listen.texts("absent").empty());
  CHECK_FALSE(config.table("console").present());
  const auto nodes = config.tables("nodes");
  REQUIRE(nodes.size() == 2);
  CHECK(ConfigTable(nodes[1]).text("name") == "approval");
  CHECK(ConfigTable(nodes[0]).text("name") == "portal");
  CHECK(config.tables("absent").empty());
  CHECK(config.finish());
}

TEST_CASE("a file that cannot be read or is no TOML is told by name and line") {
  CHECK(Config::from_file("/nowhere/service.toml").error().code == "config.unreadable");
  const File file("[listen]\nport = = 1\n");
  const auto error = Config::from_file(file.path()).error();
  CHECK(error.code == "config.syntax");
  CHECK(error.detail.starts_with(file.path() + ":2: "));
}

TEST_CASE("a file is read once: what it said stays known to the byte when it is another one since") {
  const std::string said = "# as it was\r\n[a]\nx = 1\n";
  const File file(said);
  auto config = Config::from_file(file.path()).value();
  std::ofstream(file.path()) << "[a]\nx = 2\n";
  CHECK(config.text() == said);
  CHECK(config.table("a").integer("x", 1, 9) == 1);
}

TEST_CASE("a file is read up to 4 MiB, and a folder is none") {
  constexpr std::size_t most = 4 * 1024 * 1024;
  const File just("#" + std::string(most - 1, ' ')), over("#" + std::string(most, ' '));
  CHECK(Config::from_file(just.path()));
  CHECK(Config::from_file(over.path()).error().code == "config.unreadable");
  CHECK(Config::from_file(just.folder()).error().code == "config.unreadable");
}

TEST_CASE("each mistake is told with file, line and key") {
  struct Case {
    const char* text;
    void (*read)(Config&);
    const char* place;
    const char* field;
  };
  const Case cases[] = {
      {"[a]\n", [](Config& c) { c.table("a").text("x"); }, ":1: a.x: is missing", "a.x"},
      {"[a]\nx = \"\"\n", [](Config& c) { c.table("a").text("x"); }, ":2: a.x: must not be empty", "a.x"},
      {"[a]\nx = 1\n", [](Config& c) { c.table("a").text("x"); }, ":2: a.x: must be a text in quotes", "a.x"},
      {"[a]\nx = 0\n", [](Config& c) { c.table("a").port("x"); }, ":2: a.x: must be a whole number from 1 to 65535",
       "a.x"},
      {"[a]\nx = 65536\n", [](Config& c) { c.table("a").port("x"); }, ":2: a.x: must be a whole number from 1 to 65535",
       "a.x"},
      {"[a]\nx = 1.5\n", [](Config& c) { c.table("a").integer("x", 1, 9); },
       ":2: a.x: must be a whole number from 1 to 9", "a.x"},
      {"[a]\n", [](Config& c) { c.table("a").integer("x", 1, 9); }, ":1: a.x: is missing", "a.x"},
      {"[a]\nx = \"true\"\n", [](Config& c) { c.table("a").flag_or("x", true); }, ":2: a.x: must be true or false",
       "a.x"},
      {"[a]\nx = \"y\"\n", [](Config& c) { c.table("a").texts("x"); }, ":2: a.x: must be a list of texts", "a.x"},
      {"[a]\nx = [\"y\", 2]\n", [](Config& c) { c.table("a").texts("x"); }, ":2: a.x: must be a list of texts", "a.x"},
      {"[a]\nx = \"gone.pem\"\n", [](Config& c) { c.table("a").existing_file("x"); },
       ":2: a.x: there is no readable file ", "a.x"},
      {"[a]\nx = \"gone.pem\"\n", [](Config& c) { c.table("a").existing_file_or_none("x"); },
       ":2: a.x: there is no readable file ", "a.x"},
      {"[a]\ny = 1\n", [](Config& c) { c.table("a"); }, ":2: a.y: is not a known key", "a.y"},
      {"[a]\n[b]\n", [](Config& c) { c.table("a"); }, ":2: b: is not a known table", "b"},
      {"a = 1\n", [](Config& c) { c.table("a"); }, ":1: a: must be a table", "a"},
      {"[a]\n", [](Config& c) { c.tables("a"); }, ":1: a: must be written as [[a]]", "a"},
      {"a = [1]\n", [](Config& c) { c.tables("a"); }, ":1: a: must be a table", "a"},
      {"", [](Config& c) { c.table("a").text("x"); }, ": a.x: is missing", "a.x"},
  };
  for (const auto& one : cases) {
    INFO(one.text << " " << one.place);
    const File file(one.text);
    const auto error = mistake(file, one.read);
    CHECK(error.code == "config.key");
    CHECK(error.field == one.field);
    CHECK(error.detail.substr(0, file.path().size() + std::string_view(one.place).size()) == file.path() + one.place);
  }
}

TEST_CASE("of several mistakes the first is told") {
  const File file("[a]\nx = 1\ny = 2\n");
  const auto error = mistake(file, [](Config& c) {
    auto a = c.table("a");
    a.text("y");
    a.text("x");
  });
  CHECK(error.field == "a.y");
}

}  // namespace jindu
