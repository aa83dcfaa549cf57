#include <catch2/catch.hpp>

#include "../world.hpp"
#include "exchange-gateway/unit/warning_texts.hpp"
#include "tests/support/texts.hpp"

namespace jindu::gateway::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// The outer unit warns of what goes to approval: after an hour, and every four hours.
void with_contact(World& w) {
  w.outer.restart_with([](UnitOptions& options) {
    options.mail_from = "unit@example.org";
    options.contacts = {{"portal>approval", {"duty@example.org", "head@example.org"}, hours(1), hours(4)}};
  });
}

std::int64_t warnings(World& w) { return w.outer.count("SELECT COUNT(*) FROM warning"); }

struct Post {
  std::vector<std::string> messages;
  std::optional<Error> fails = {};
  std::size_t recipients = 0;
  std::vector<std::string> refuses = {};
  Unit::SendLetter send() {
    return [this](const std::vector<std::string>& to, std::string_view message) -> result<std::vector<mail::Refused>> {
      if (fails) return *fails;
      std::vector<mail::Refused> refused;
      for (const auto& one : to)
        if (std::find(refuses.begin(), refuses.end(), one) != refuses.end()) refused.push_back({one, 550});
      recipients = to.size() - refused.size();
      if (recipients > 0) messages.emplace_back(message);
      return refused;
    };
  }
};

std::string text_of_letter(const std::string& message) {
  auto body = message.substr(message.find("\r\n\r\n") + 4);
  std::erase_if(body, [](char c) { return c == '\r' || c == '\n'; });
  return std::string(text_of(from_base64(body).value()));
}

}  // namespace

TEST_CASE("what a warning says is there in both languages, and what to do in every state that something waits in") {
  // Both halves of the subject stand in one line, so the second does not say again where it is.
  CHECK(jindu::test::faulty(warning_texts()) == std::vector<std::string>{"subject"});
  for (const std::string state : {"waiting", "carried", "ready", "early", "held"})
    CHECK(warning_texts().has("to_do." + state));
}

TEST_CASE("people are warned of what is not delivered in time, and again, and not more often") {
  World w;
  with_contact(w);
  const auto bundle = w.from_portal.next(1, "secret words");
  REQUIRE(w.outer->take_from_service(bundle));
  REQUIRE(w.outer->warn());
  w.clock->advance(minutes(59));
  REQUIRE(w.outer->warn());
  CHECK(warnings(w) == 0);
  w.clock->advance(minutes(1));
  for (int i = 0; i < 3; ++i) REQUIRE(w.outer->warn());
  CHECK(warnings(w) == 1);
  // Another one late: its own warning, but not within the hour of the last one.
  REQUIRE(w.outer->take_from_service(w.from_portal.next(2, "x")));
  w.clock->advance(hours(1));
  REQUIRE(w.outer->warn());
  CHECK(warnings(w) == 2);
  w.clock->advance(hours(4) - minutes(1));
  REQUIRE(w.outer->warn());
  CHECK(warnings(w) == 2);
  w.clock->advance(minutes(1));
  REQUIRE(w.outer->warn());
  CHECK(warnings(w) == 3);

  Post post;
  for (int i = 0; i < 3; ++i) CHECK(w.outer->send_warning(post.send()).value());
  CHECK_FALSE(w.outer->send_warning(post.send()).value());
  REQUIRE(post.messages.size() == 3);
  CHECK(post.recipients == 2);
  const auto text = text_of_letter(post.messages[0]);
  CHECK(text.find(World::id_of(bundle)) != std::string::npos);
  CHECK(text.find("portal>approval") != std::string::npos);
  CHECK(text.find("怎么办") < text.find("What to do"));
  CHECK(text.find("waiting: look at the carrier") != std::string::npos);
  CHECK(text_of_letter(post.messages[2]).find("2 bundles") != std::string::npos);

  w.carry_all();
  w.apply_all(w.inner, w.approval);
  w.carry_all();
  w.clock->advance(hours(24));
  REQUIRE(w.outer->warn());
  CHECK(warnings(w) == 3);  // nothing is late any more
}

TEST_CASE("a warning outlives a crash before and after it is sent, and a mail server that is away") {
  World w;
  with_contact(w);
  REQUIRE(w.outer->take_from_service(w.from_portal.next(1, "x")));
  w.clock->advance(hours(1));
  REQUIRE(w.outer->warn());
  w.outer.restart();
  REQUIRE(w.outer->warn());
  CHECK(warnings(w) == 1);
  Post post;
  post.fails = Error{Fault::unavailable, "mail.unreachable", "away"};
  CHECK(w.outer->send_warning(post.send()).error().code == "mail.unreachable");
  CHECK(w.outer.text("SELECT code FROM warning") == "mail.unreachable");
  const auto failing = [&] {
    bool raised = false;
    REQUIRE(w.outer->journal().read([&](storage::Transaction& t) {
      const auto list = w.outer->alarms(t);
      raised = std::any_of(list.begin(), list.end(), [](const Alarm& a) { return a.code == "alarm.mail_failing"; });
    }));
    return raised;
  };
  CHECK_FALSE(failing());
  w.clock->advance(minutes(10));
  CHECK(failing());
  post.fails.reset();
  CHECK(w.outer->send_warning(post.send()).value());
  CHECK_FALSE(failing());
  w.outer.restart();
  CHECK_FALSE(w.outer->send_warning(post.send()).value());
  CHECK(post.messages.size() == 1);
}

namespace {

// "code about" of each alarm about mail.
std::vector<std::string> mail_alarms(Side& side) {
  std::vector<std::string> list;
  REQUIRE(side->journal().read([&](storage::Transaction& t) {
    list.clear();
    for (const auto& alarm : side->alarms(t))
      if (alarm.code.starts_with("alarm.mail")) list.push_back(alarm.code + " " + alarm.about);
  }));
  return list;
}

}  // namespace

TEST_CASE("an address that the mail server refuses keeps the letter from nobody, and is named until it is put right") {
  World w;
  with_contact(w);
  REQUIRE(w.outer->take_from_service(w.from_portal.next(1, "x")));
  w.clock->advance(hours(1));
  REQUIRE(w.outer->warn());
  Post post;
  post.refuses = {"head@example.org"};
  CHECK(w.outer->send_warning(post.send()).value());
  CHECK_FALSE(w.outer->send_warning(post.send()).value());
  CHECK(post.recipients == 1);
  CHECK(post.messages.size() == 1);
  CHECK(mail_alarms(w.outer) == std::vector<std::string>{"alarm.mail_refused head@example.org"});
  SECTION("another address was put into the file") {
    w.outer.restart_with([](UnitOptions& options) {
      options.contacts[0].mail = {"duty@example.org", "x@example.org"};
    });
  }
  SECTION("the server knows it now") {
    post.refuses.clear();
    w.clock->advance(hours(4));
    REQUIRE(w.outer->warn());
    CHECK(w.outer->send_warning(post.send()).value());
    CHECK(post.recipients == 2);
  }
  CHECK(mail_alarms(w.outer).empty());
}

TEST_CASE("a letter that nobody may have does not keep those of other channels waiting") {
  World w;
  w.outer.restart_with([](UnitOptions& options) {
    options.mail_from = "unit@example.org";
    options.contacts = {{"portal>approval", {"gone@example.org"}, hours(1), hours(4)},
                        {"approval>portal", {"duty@example.org"}, hours(1), hours(4)}};
  });
  REQUIRE(w.outer->take_from_service(w.from_portal.next(1, "x")));
  REQUIRE(w.inner->take_from_service(w.from_approval.next(1, "x")));
  w.carry_all();
  w.clock->advance(hours(1));
  REQUIRE(w.outer->warn());
  REQUIRE(warnings(w) == 2);
  Post post;
  post.refuses = {"gone@example.org"};
  const auto round = w.clock->now();
  CHECK(w.outer->send_warning(post.send(), round).error().code == "mail.refused");
  CHECK(w.outer->send_warning(post.send(), round).value());
  CHECK(post.messages.size() == 1);
  CHECK_FALSE(w.outer->send_warning(post.send(), round).value());
  CHECK(mail_alarms(w.outer) == std::vector<std::string>{"alarm.mail_refused gone@example.org"});
  w.clock->advance(minutes(5));
  CHECK(mail_alarms(w.outer).size() == 2);  // and that the letter cannot be sent
  CHECK(w.outer->send_warning(post.send(), w.clock->now()).error().code == "mail.refused");  // the next round
}

TEST_CASE("a sender hears that a bundle expired only after its expiry and after two warnings") {
  World w;
  with_contact(w);
  w.from_portal.lives = minutes(90);
  const auto bundle = w.from_portal.next(1, "x");
  REQUIRE(w.outer->take_from_service(bundle));
  const auto told = [&] {
    REQUIRE(w.outer->warn());
    REQUIRE(w.outer->expire());
    return w.outer.state_of(World::id_of(bundle)) == "ended";
  };
  w.clock->advance(minutes(60));
  CHECK_FALSE(told());  // warned once
  w.clock->advance(minutes(60));
  CHECK_FALSE(told());  // expired, but warned once only
  w.clock->advance(minutes(179));
  CHECK_FALSE(told());
  w.clock->advance(minutes(1));
  CHECK(told());
  CHECK(warnings(w) == 2);
  CHECK(w.outer.count("SELECT COUNT(*) FROM receipt WHERE rung = 10 AND for_service = 1") == 1);

  // One that comes later needs warnings of its own, and keeps no other channel's waiting.
  const auto later = w.from_portal.next(2, "x");
  REQUIRE(w.outer->take_from_service(later));
  w.clock->advance(minutes(91));
  REQUIRE(w.outer->expire());
  CHECK(w.outer.state_of(World::id_of(later)) == "waiting");
}

TEST_CASE("where nobody is to be warned, a bundle expires at its expiry") {
  World w;
  w.from_portal.lives = minutes(90);
  const auto bundle = w.from_portal.next(1, "x");
  REQUIRE(w.outer->take_from_service(bundle));
  w.clock->advance(minutes(90));
  REQUIRE(w.outer->warn());
  REQUIRE(w.outer->expire());
  CHECK(w.outer.state_of(World::id_of(bundle)) == "ended");
  CHECK(warnings(w) == 0);
}

TEST_CASE("after the clock went back people are warned no more often, and nothing expires by warnings of the future") {
  World w;
  with_contact(w);
  w.from_portal.lives = minutes(90);
  REQUIRE(w.outer->take_from_service(w.from_portal.next(1, "x")));
  w.clock->advance(hours(1));
  REQUIRE(w.outer->warn());
  w.clock->advance(hours(30));
  REQUIRE(w.outer->warn());
  w.clock->advance(hours(5));
  REQUIRE(w.outer->warn());
  REQUIRE(warnings(w) == 3);
  w.clock->advance(-hours(34));
  // Stored after all that was true of these, and twice warned of by none.
  const auto later = w.from_portal.next(2, "y");
  REQUIRE(w.outer->take_from_service(later));
  for (int i = 0; i < 3; ++i) REQUIRE(w.outer->warn());
  CHECK(warnings(w) == 3);
  w.clock->advance(minutes(91));
  REQUIRE(w.outer->expire());
  CHECK(w.outer.state_of(World::id_of(later)) == "waiting");
}

}  // namespace jindu::gateway::test
