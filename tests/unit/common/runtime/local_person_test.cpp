#include "common/runtime/local_person.hpp"

#include <catch2/catch.hpp>

namespace jindu {

TEST_CASE("a person at the machine has a name and a number") {
  const auto person = local_person();
  CHECK(person.find(" uid:") > 0);
  CHECK(person.find(" uid:") != std::string::npos);
}

}  // namespace jindu
