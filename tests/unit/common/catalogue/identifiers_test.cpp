#include "common/catalogue/identifiers.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace jindu::catalogue;

// That each format takes and refuses the right texts is in tests/vectors/forms/format-*.json.

TEST_CASE("a resident id with any one digit changed is refused") {
  const std::string good = "11010519491231002X";
  REQUIRE(is_resident_id(good));
  for (std::size_t i = 0; i < 17; ++i)
    for (char c = '0'; c <= '9'; ++c) {
      std::string changed = good;
      changed[i] = c;
      CHECK(is_resident_id(changed) == (c == good[i]));
    }
}

TEST_CASE("a resident id may end in each of the eleven check characters") {
  // By the definition in ISO 7064: the sum of digit times 2 to the power of its place, from the right, is 1 modulo 11.
  for (const auto* good : {"110105199003070180", "110105199003070041", "110105199003070092", "110105199003070033",
                           "110105199003070084", "110105199003070025", "110105199003070076", "110105199003070017",
                           "110105199003070068", "110105199003070009", "11010519900307005X"})
    CHECK(is_resident_id(good));
}

TEST_CASE("a social credit code with one character changed or two neighbours exchanged is refused") {
  const std::string good = "91350100M000100Y43";
  REQUIRE(is_uscc(good));
  for (std::size_t i = 0; i < good.size(); ++i)
    for (const char c : std::string_view("0123456789ABCDEFGHJKLMNPQRTUWXY")) {
      std::string changed = good;
      changed[i] = c;
      CHECK(is_uscc(changed) == (c == good[i]));
    }
  for (std::size_t i = 0; i + 1 < good.size(); ++i) {
    std::string exchanged = good;
    std::swap(exchanged[i], exchanged[i + 1]);
    CHECK(is_uscc(exchanged) == (exchanged == good));
  }
}

TEST_CASE("formats are known by the names that schemas use") {
  for (const auto* name : {"resident-id", "uscc", "cn-mobile", "cn-phone", "cn-postcode", "date", "email"})
    CHECK(is_known_format(name));
  CHECK_FALSE(is_known_format("date-time"));
  CHECK_FALSE(has_format("date-time", "2026-01-01T00:00:00Z"));
  CHECK(has_format("date", "2026-01-01"));
}
