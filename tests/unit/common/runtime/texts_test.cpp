#include "common/runtime/texts.hpp"

#include <catch2/catch.hpp>

#include "common/runtime/result.hpp"

namespace jindu {
namespace {

const Texts texts({{"wait", "{what}已等 {n} 天", "{what} waits for {n} days"}, {"odd", "{", "no { name } here"}});

}  // namespace

TEST_CASE("a text says its values in either language") {
  CHECK(texts.say("wait", Language::zh, {{"n", 3}, {"what", "回执"}}) == "回执已等 3 天");
  CHECK(texts.say("wait", Language::en, {{"n", 3}, {"what", "a receipt"}}) == "a receipt waits for 3 days");
}

TEST_CASE("what stands in a value is never taken for a name, and a name without a value stays") {
  CHECK(texts.say("wait", Language::en, {{"what", "{n}"}, {"n", 1}}) == "{n} waits for 1 days");
  CHECK(texts.say("wait", Language::en, {{"n", 1}}) == "{what} waits for 1 days");
  CHECK(texts.say("odd", Language::zh) == "{");
  CHECK(texts.say("odd", Language::en) == "no { name } here");
}

TEST_CASE("a key that is not there is a mistake that is told") {
  CHECK(texts.has("wait"));
  CHECK_FALSE(texts.has("waits"));
  CHECK_THROWS_AS(texts.say("waits", Language::zh), ErrorException);
}

TEST_CASE("of a code from elsewhere something else is said where it has no text") {
  CHECK(texts.say_or("so", "wait", Language::en, {{"n", 2}, {"what", "it"}}) == "it waits for 2 days");
  CHECK(texts.say_or("so {n}", "waits", Language::en, {{"n", 2}}) == "so {n}");
}

}  // namespace jindu
