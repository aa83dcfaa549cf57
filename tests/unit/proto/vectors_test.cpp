#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include "tests/vectors/vector.hpp"

using namespace jindu;
namespace fs = std::filesystem;

namespace {

const fs::path kFolder = fs::path(JINDU_SOURCE_DIR) / "proto" / "vectors";

// How many of each kind and, of these, how many are to be refused.
struct Count {
  int all = 0, refused = 0;
};

std::map<std::string, Count> try_file(const fs::path& file) {
  static const auto keys = vectors::read_keyring(kFolder);
  const vectors::Collection collection(file);
  std::map<std::string, Count> counts;
  for (const auto& vector : collection.all()) {
    INFO(file.string() << ": " << vector.at("name").as_string());
    const auto& expected = vector.at("expect").as_object();
    const auto outcome = vectors::outcome(keys, collection, vector);
    INFO(boost::json::serialize(outcome) << " where due is " << boost::json::serialize(expected));
    CHECK((outcome == expected));
    auto& count = counts[std::string(vector.at("kind").as_string())];
    ++count.all;
    count.refused += expected.contains("error") ? 1 : 0;
  }
  return counts;
}

}  // namespace

TEST_CASE("every vector that was made in C++ opens, or is refused by its code") {
  for (const char* name : {"seal", "hpke", "cms", "signed", "bundle", "dossier"}) {
    for (const auto& [kind, count] : try_file(kFolder / (std::string(name) + ".json"))) {
      INFO(kind);
      CHECK(count.all > count.refused);  // good ones, too
      CHECK(count.refused > 0);
    }
  }
}

TEST_CASE("everything that was made in TypeScript opens here") {
  std::map<std::string, Count> counts;
  for (const auto& entry : fs::directory_iterator(kFolder / "typescript"))
    for (const auto& [kind, count] : try_file(entry.path())) counts[kind].all += count.all;
  for (const char* kind : {"seal", "hpke", "cms", "bundle", "dossier"}) {
    INFO(kind);
    CHECK(counts[kind].all > 0);
  }
}
