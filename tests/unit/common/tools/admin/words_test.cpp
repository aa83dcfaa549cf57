#include "common/tools/admin/words.hpp"

#include <catch2/catch.hpp>

#include "tests/support/texts.hpp"

namespace jindu::admin {

TEST_CASE("what jindu-admin says is there in both languages with the same values") {
  CHECK(test::faulty(all_words()) == std::vector<std::string>{});
}

}  // namespace jindu::admin
