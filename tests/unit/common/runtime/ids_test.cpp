#include "common/runtime/ids.hpp"

#include <catch2/catch.hpp>
#include <set>

namespace jindu {

TEST_CASE("an id carries its millisecond, version and variant, as RFC 9562 says") {
  const auto text = new_uuid(from_unix_ms(0x0197f2a01234));
  REQUIRE(is_uuid(text));
  CHECK(text.substr(0, 13) == "0197f2a0-1234");
  CHECK(text[14] == '7');
  CHECK(std::string_view("89ab").find(text[19]) != std::string_view::npos);
}

TEST_CASE("ids of one moment differ, and ids sort by their time") {
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) seen.insert(new_uuid(from_unix_ms(1'780'000'000'000)));
  CHECK(seen.size() == 10'000);
  CHECK(*seen.rbegin() < new_uuid(from_unix_ms(1'780'000'000'001)));
}

TEST_CASE("only the canonical text in small letters is an id") {
  CHECK(is_uuid("0197f2a0-0000-7000-8000-000000000001"));
  for (const char* text : {"", "0197F2A0-0000-7000-8000-000000000001", "0197f2a0-0000-7000-8000-00000000000",
                           "0197f2a0-0000-7000-8000-0000000000011", "0197f2a000000-7000-8000-000000000001",
                           "{197f2a0-0000-7000-8000-00000000001}", "0197f2a0-0000-7000-8000-00000000000g",
                           "0197f2a0-0000-7000-8000/000000000001", "../../../../../../../../../../../etc"}) {
    INFO(text);
    CHECK_FALSE(is_uuid(text));
  }
}

TEST_CASE("codes are of Crockford's alphabet, as long as asked for, and not repeated") {
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    const auto code = random_code(26);
    CHECK(code.size() == 26);
    CHECK(code.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ") == std::string::npos);
    seen.insert(code);
  }
  CHECK(seen.size() == 1'000);
  CHECK(random_code(0).empty());
}

}  // namespace jindu
