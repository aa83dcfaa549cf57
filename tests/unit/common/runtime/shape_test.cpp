#include "common/runtime/shape.hpp"

#include <catch2/catch.hpp>

namespace jindu {

TEST_CASE("numbers are read out of a text of just the shape, and of no other") {
  CHECK(numbers_shaped("2026-05-04T03:02:01Z", "0000-00-00T00:00:00Z") == std::vector<int>{2026, 5, 4, 3, 2, 1});
  CHECK(numbers_shaped("12", "00") == std::vector<int>{12});
  CHECK(numbers_shaped("", "")->empty());
  for (const char* wrong :
       {"", "2026-05-4", "2026-05-041", "2026/05/04", "2026-05-0x", "-026-05-04", "+026-05-04", " 026-05-04"})
    CHECK_FALSE(numbers_shaped(wrong, "0000-00-00"));
}

}  // namespace jindu
