#include "exchange-gateway/domain/warnings.hpp"

#include <catch2/catch.hpp>

namespace jindu::gateway::test {
namespace {

using std::chrono::minutes;
constexpr std::int64_t kMinuteMs = 60'000;
const Contact kContact{"portal>approval", {"duty@example.org"}, minutes(60), minutes(240)};
Instant minute(std::int64_t number) { return from_unix_ms(number * kMinuteMs); }
Waited waited(std::int64_t stored_minute, std::int64_t warned_minute) {
  return {stored_minute * kMinuteMs, warned_minute * kMinuteMs};
}

}  // namespace

TEST_CASE("the first that waits too long is warned of at once, and again after the set time") {
  CHECK(is_warning_due(kContact, waited(1000, 0), minute(1060)));
  CHECK_FALSE(is_warning_due(kContact, waited(1000, 1060), minute(1299)));
  CHECK(is_warning_due(kContact, waited(1000, 1060), minute(1300)));
}

TEST_CASE("one that was in no warning yet is warned of sooner, but a stream of them is no stream of mail") {
  CHECK_FALSE(is_warning_due(kContact, waited(1001, 1060), minute(1061)));
  CHECK_FALSE(is_warning_due(kContact, waited(1059, 1060), minute(1119)));
  CHECK(is_warning_due(kContact, waited(1059, 1060), minute(1120)));
}

TEST_CASE("a warning by a clock that was ahead keeps nobody silent") {
  CHECK(is_warning_due(kContact, waited(1000, 90'000), minute(1060)));
}

TEST_CASE("what was in two warnings may expire, what came later may not") {
  CHECK(warned_enough_up_to(kContact, {}) == -1);
  CHECK(warned_enough_up_to(kContact, {1060 * kMinuteMs}) == -1);
  CHECK(warned_enough_up_to(kContact, {1300 * kMinuteMs, 1060 * kMinuteMs}) == 1000 * kMinuteMs);
}

}  // namespace jindu::gateway::test
