#include <catch2/catch.hpp>
#include <set>

#include "intranet-approval/domain/numbers/number.hpp"

using namespace jindu::approval;

TEST_CASE("a number is made from its template") {
  const NumberFacts facts{"MR", "food", 2026, 42};
  CHECK(*format_number("{department}-SL-{year}-{seq:6}", facts) == "MR-SL-2026-000042");
  CHECK(*format_number("沪食药准〔{year}〕{seq}号", facts) == "沪食药准〔2026〕42号");
  CHECK(*format_number("{item}{seq:2}", {"MR", "food", 2026, 1234}) == "food1234");
}

TEST_CASE("a template that could repeat a number or says something unknown is refused") {
  for (const auto* bad :
       {"", "{year}", "{seq", "{seq:}", "{seq:0}", "{seq:13}", "{seq:x}", "{seq:1x}", "{sequence}", "{}"})
    CHECK(format_number(bad, {"MR", "food", 2026, 1}).error().code == "number.template");
}

TEST_CASE("a check code has 26 characters and tells every bit apart") {
  std::array<std::uint8_t, 16> zero{}, ones;
  ones.fill(0xff);
  CHECK(check_code(zero) == std::string(26, '0'));
  CHECK(check_code(ones) == "7" + std::string(25, 'Z'));
  std::set<std::string> codes{check_code(zero)};
  for (int bit = 0; bit < 128; ++bit) {
    auto one = zero;
    one[bit / 8] = static_cast<std::uint8_t>(1 << bit % 8);
    codes.insert(check_code(one));
  }
  CHECK(codes.size() == 129);
}
