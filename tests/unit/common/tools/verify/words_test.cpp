#include "common/tools/verify/words.hpp"

#include <catch2/catch.hpp>

#include "tests/support/texts.hpp"

namespace jindu::verify {

TEST_CASE("what jindu-verify says is there in both languages with the same values") {
  CHECK(test::faulty(all_words()) == std::vector<std::string>{});
}

}  // namespace jindu::verify
