// From a row that commits with its state change to a bundle in its channel, in every kind of database.
#include <jindu/v1/epoch.pb.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <random>

#include "common/exchange/codec/batch.hpp"
#include "common/exchange/service/health.hpp"
#include "common/runtime/messages.hpp"
#include "common/seal/prefix.hpp"
#include "parties.hpp"

namespace jindu::exchange {
namespace {

using storage::Transaction;

// All of it sealed again.
std::vector<Built> sealed_again(Transaction& t, std::int64_t limit, std::size_t bytes) {
  FreshlyBuilt none;
  return next_to_hand_over(t, limit, bytes, none);
}

Outgoing message(std::string subject, std::string_view text, std::uint32_t priority = 1) {
  return {"status", std::move(subject), priority, Bytes(text.begin(), text.end())};
}

std::string code_of(const result<void>& r) { return r ? "" : r.error().code; }

// Builds all that waits, hands it over, and gives it in the order of its channel.
std::vector<BundleView> sent(storage::Database& database, std::vector<Bytes>& bytes) {
  REQUIRE(database.write([&](Transaction& t) {
    while (!build_waiting(t, parties().identity(), kNow).empty()) {
    }
  }));
  bytes.clear();
  for (;;) {
    std::vector<Built> next;
    REQUIRE(database.read([&](Transaction& t) { next = sealed_again(t, 3, 1 << 20); }));
    if (next.empty()) break;
    REQUIRE(database.write([&](Transaction& t) {
      for (const auto& one : next) mark_handed_over(t, one.bundle_id);
    }));
    for (auto& one : next) bytes.push_back(std::move(one.bundle));
  }
  std::vector<BundleView> views;
  for (const auto& one : bytes) {
    auto view = parse_bundle(one);
    REQUIRE(view);
    REQUIRE(verify_bundle(*view, parties().portal.key.public_key()));
    views.push_back(std::move(*view));
  }
  return views;
}

}  // namespace

TEST_CASE("what is enqueued becomes bundles of one unbroken channel, whose subjects have their own unbroken numbers") {
  for (auto& database : databases()) {
    INFO(database->dialect());
    REQUIRE(database->write([](Transaction& t) {
      for (const char* subject : {"a", "b", "a", "a", "b"}) enqueue(t, message(subject, subject), kNow);
    }));
    std::vector<Bytes> bytes;
    const auto views = sent(*database, bytes);
    REQUIRE(views.size() == 5);
    std::map<std::string, std::uint64_t> subjects;
    crypto::Digest previous{};
    for (std::size_t i = 0; i < views.size(); ++i) {
      const auto& m = views[i].manifest;
      CHECK(m.sequence() == i + 1);
      CHECK(m.previous_digest() == text_of(previous));
      CHECK(m.subject_sequence() == ++subjects[m.subject()]);
      previous = views[i].manifest_digest;
      CHECK(m.from() == "portal");
      CHECK(m.to() == "approval");
      CHECK(m.expires_ms() - m.created_ms() == 24 * 3600 * 1000);
    }
    CHECK(subjects.size() == 2);
    // What comes later goes on where this ended.
    REQUIRE(database->write([](Transaction& t) { enqueue(t, message("a", "later"), kNow); }));
    const auto later = sent(*database, bytes);
    REQUIRE(later.size() == 1);
    CHECK(later[0].manifest.sequence() == 6);
    CHECK(later[0].manifest.subject_sequence() == 4);
    CHECK(later[0].manifest.previous_digest() == text_of(previous));
    CHECK(parties().opened(later[0]) == "later");
  }
}

TEST_CASE("bundles built in one commit share an ephemeral key, those of another have their own") {
  for (auto& database : databases()) {
    INFO(database->dialect());
    std::vector<Bytes> bytes;
    std::vector<std::string> keys;
    for (const int number : {3, 2}) {
      REQUIRE(database->write([&](Transaction& t) {
        for (int i = 0; i < number; ++i) enqueue(t, message(std::to_string(i), "text"), kNow);
      }));
      for (const auto& view : sent(*database, bytes)) {
        const auto prefix = seal::parse_prefix(view.seal).value();
        REQUIRE(prefix);
        keys.push_back(prefix->header.recipients(0).encapsulated());
        CHECK(parties().opened(view) == "text");
      }
    }
    REQUIRE(keys.size() == 5);
    CHECK((keys[0] == keys[1] && keys[1] == keys[2]));
    CHECK(keys[3] == keys[4]);
    CHECK(keys[2] != keys[3]);
  }
}

TEST_CASE("one batch is built behind the one that is being handed over, and no more") {
  for (auto& database : databases()) {
    INFO(database->dialect());
    const auto built = [&] {
      int number = 0;
      REQUIRE(database->write([&](Transaction& t) {
        while (may_build_ahead(t)) {
          const auto batch = build_waiting(t, parties().identity(), kNow).size();
          if (batch == 0) break;
          number += batch;
        }
      }));
      return number;
    };
    REQUIRE(database->write([&](Transaction& t) {
      for (int i = 0; i < 300; ++i) enqueue(t, message(std::to_string(i), "text"), kNow);
    }));
    CHECK(built() == 256);
    CHECK(built() == 0);
    REQUIRE(database->write([&](Transaction& t) {
      for (const auto& one : sealed_again(t, 128, 1 << 24)) mark_handed_over(t, one.bundle_id);
    }));
    CHECK(built() == 44);
    // Large ones: two batches of 8 MiB at most.
    REQUIRE(database->write([&](Transaction& t) {
      for (const auto& one : sealed_again(t, 300, 1 << 24)) mark_handed_over(t, one.bundle_id);
      const std::string large(4 * 1024 * 1024, 'x');
      for (int i = 0; i < 8; ++i) enqueue(t, message("large", large), kNow);
    }));
    CHECK(built() == 4);
  }
}

TEST_CASE("a state change that is undone sends nothing, and its place in the channel is not missed") {
  for (auto& database : databases()) {
    INFO(database->dialect());
    CHECK(code_of(database->write([](Transaction& t) {
            enqueue(t, message("a", "undone"), kNow);
            throw ErrorException({Fault::conflict, "test.undone", "no"});
          })) == "test.undone");
    // A crash while bundles are built: they are built again.
    REQUIRE(database->write([](Transaction& t) { enqueue(t, message("a", "kept"), kNow); }));
    CHECK(code_of(database->write([](Transaction& t) {
            CHECK(build_waiting(t, parties().identity(), kNow).size() == 1);
            throw ErrorException({Fault::unavailable, "test.crash", "crash"});
          })) == "test.crash");
    std::vector<Bytes> bytes;
    const auto views = sent(*database, bytes);
    REQUIRE(views.size() == 1);
    CHECK(parties().opened(views[0]) == "kept");
    CHECK(views[0].manifest.sequence() == 1);
  }
}

TEST_CASE("the most urgent goes first, but never before an older one about the same subject") {
  for (auto& database : databases()) {
    INFO(database->dialect());
    REQUIRE(database->write([](Transaction& t) {
      enqueue(t, message("a", "a-slow", 3), kNow);
      enqueue(t, message("a", "a-urgent", 0), kNow);
      enqueue(t, message("b", "b-normal", 2), kNow);
      enqueue(t, message("c", "c-urgent", 0), kNow);
    }));
    std::vector<Bytes> bytes;
    std::vector<std::string> order;
    for (const auto& view : sent(*database, bytes)) order.push_back(parties().opened(view));
    CHECK(order == std::vector<std::string>{"c-urgent", "b-normal", "a-slow", "a-urgent"});
  }
}

TEST_CASE("of more than are built at once each has the turn that it would have by itself") {
  std::mt19937 random(7);
  struct One {
    std::uint32_t priority;
    std::string text;
  };
  for (auto& database : databases()) {
    INFO(database->dialect());
    // Few subjects with many, and many with one or two: more of them first about theirs than are looked at at once.
    std::map<std::string, std::deque<One>> model;
    REQUIRE(database->write([&](Transaction& t) {
      for (int i = 0; i < 700; ++i) {
        const auto subject = random() % 2 == 0 ? std::to_string(random() % 5) : "s" + std::to_string(random() % 300);
        const One one{static_cast<std::uint32_t>(random() % 4), std::to_string(10'000 + i)};
        enqueue(t, message(subject, one.text, one.priority), kNow);
        model[subject].push_back(one);
      }
    }));
    std::vector<std::string> expected, order;
    for (;;) {
      const auto next = std::min_element(model.begin(), model.end(), [](const auto& a, const auto& b) {
        const auto &x = a.second.front(), &y = b.second.front();
        return std::tie(x.priority, x.text) < std::tie(y.priority, y.text);
      });
      if (next == model.end()) break;
      expected.push_back(next->second.front().text);
      next->second.pop_front();
      if (next->second.empty()) model.erase(next);
    }
    std::vector<Bytes> bytes;
    for (const auto& view : sent(*database, bytes)) order.push_back(parties().opened(view));
    CHECK(order == expected);
  }
}

TEST_CASE("whose turn it is is found behind any number of more urgent ones that have to wait") {
  for (auto& database : databases()) {
    INFO(database->dialect());
    constexpr int urgent = 1'200;
    REQUIRE(database->write([&](Transaction& t) {
      enqueue(t, message("a", "slow", 3), kNow);
      for (int i = 0; i < urgent; ++i) enqueue(t, message("a", "urgent", 0), kNow);
      enqueue(t, message("b", "normal", 2), kNow);
    }));
    std::vector<Bytes> bytes;
    std::vector<std::string> order;
    for (const auto& view : sent(*database, bytes)) order.push_back(parties().opened(view));
    REQUIRE(order.size() == urgent + 2);
    CHECK(order[0] == "normal");
    CHECK(order[1] == "slow");
  }
}

TEST_CASE("a slice of a file is read when its bundle is built") {
  for (auto& database : databases()) {
    INFO(database->dialect());
    char name[] = "/tmp/jindu-slice-XXXXXX";
    ::close(::mkstemp(name));
    std::ofstream(name) << "0123456789";
    REQUIRE(database->write([&](Transaction& t) {
      enqueue(t, {"material", "a", 3, FileSlice{name, 2, 5, {'h', ':'}}}, kNow);
    }));
    std::vector<Bytes> bytes;
    const auto views = sent(*database, bytes);
    REQUIRE(views.size() == 1);
    CHECK(parties().opened(views[0]) == "h:23456");
    ::unlink(name);
  }
}

TEST_CASE("a message that cannot be built is put aside with its subject, in order, and taken up when it can be") {
  const std::string name = "/tmp/jindu-aside-" + std::to_string(::getpid());
  for (auto& database : databases()) {
    INFO(database->dialect());
    std::ofstream(name) << "01";  // two bytes of five
    REQUIRE(database->write([&](Transaction& t) {
      enqueue(t, {"material", "short", 0, FileSlice{name, 0, 5, {}}}, kNow);
      enqueue(t, message("short", "behind the short one", 0), kNow);
      enqueue(t, {"material", "gone", 0, FileSlice{"/nowhere/at/all", 0, 5, {}}}, kNow);
      enqueue(t, message("lost", "its payload is lost", 0), kNow);
      enqueue(t, message("others", "first"), kNow);
      enqueue(t, message("others", "second"), kNow);
      t.execute("DELETE FROM exchange_payload WHERE payload = $1", {bytes_of("its payload is lost")});
    }));
    std::vector<PutAside> changes;
    std::vector<std::string> words;
    const auto build_at = [&](Instant now) {
      changes.clear();
      words.clear();
      REQUIRE(database->write([&](Transaction& t) {
        for (const auto& one : build_waiting(t, parties().identity(), now, &changes)) {
          const auto view = parse_bundle(one.bundle).value();
          words.push_back(parties().opened(view) + " " + std::to_string(view.manifest.sequence()) + "/" +
                          std::to_string(view.manifest.subject_sequence()));
        }
      }));
    };
    build_at(kNow);
    CHECK(words == std::vector<std::string>{"first 1/1", "second 2/2"});
    REQUIRE(changes.size() == 3);
    for (const auto& one : changes)
      CHECK(one.reason.value().code == (one.subject == "lost" ? "exchange.payload_missing" : "exchange.file_missing"));
    REQUIRE(database->read([&](Transaction& t) {
      CHECK(is_needed(t, name));
      const auto health = transit_health(t);
      CHECK(health.waiting == 6);
      REQUIRE(health.troubles.size() == 1);
      CHECK(health.troubles[0].what == "aside");
      CHECK(health.troubles[0].code == "exchange.file_missing");
      CHECK(health.troubles[0].since == kNow);
      CHECK(health.troubles[0].messages == 3);
      CHECK(unsent(t, "short").aside.value().code == "exchange.file_missing");
      CHECK(unsent(t, "others").any);
      CHECK_FALSE(unsent(t, "others").aside);
      CHECK_FALSE(unsent(t, "nobody").any);
    }));
    // The same again changes nothing, and is told once; so it is when a clock that was ahead has gone back.
    for (const auto now : {kNow + std::chrono::hours(30), kNow + std::chrono::hours(1)}) {
      build_at(now);
      CHECK(words.empty());
      CHECK(changes.empty());
    }
    std::ofstream(name) << "01234";
    build_at(kNow + std::chrono::hours(1) + std::chrono::minutes(2));
    CHECK(words == std::vector<std::string>{"01234 3/1", "behind the short one 4/2"});
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].subject == "short");
    CHECK_FALSE(changes[0].reason);
    REQUIRE(database->read([&](Transaction& t) { CHECK(transit_health(t).troubles.at(0).messages == 2); }));
  }
  ::unlink(name.c_str());
}

TEST_CASE("what was built and cannot be read stops its channel, and what stands before it still goes") {
  for (auto& database : databases()) {
    INFO(database->dialect());
    char name[] = "/tmp/jindu-slice-XXXXXX";
    ::close(::mkstemp(name));
    std::ofstream(name) << "0123456789";
    std::vector<Built> made, next;
    REQUIRE(database->write([&](Transaction& t) {
      enqueue(t, message("a", "before"), kNow);
      enqueue(t, {"material", "b", 1, FileSlice{name, 0, 5, {}}}, kNow);
      enqueue(t, message("c", "behind"), kNow);
      made = build_waiting(t, parties().identity(), kNow);
    }));
    REQUIRE(made.size() == 3);
    ::unlink(name);
    const auto look = [&] {
      next.clear();
      return code_of(database->read([&](Transaction& t) { next = sealed_again(t, 10, 1 << 20); }));
    };
    CHECK(look().empty());
    REQUIRE(next.size() == 1);
    CHECK(next[0].bundle_id == made[0].bundle_id);
    REQUIRE(database->write([&](Transaction& t) { mark_handed_over(t, made[0].bundle_id); }));
    CHECK(look() == "exchange.file_missing");
    REQUIRE(database->write(
        [&](Transaction& t) { t.execute("DELETE FROM exchange_built WHERE bundle_id = $1", {made[1].bundle_id}); }));
    CHECK(look() == "exchange.built_missing");
  }
}

TEST_CASE(
    "what cannot be read and was never taken gives its place in the channel up, and what it was made of is kept") {
  for (auto& database : databases()) {
    INFO(database->dialect());
    const auto channel = channel_of("portal", "approval");
    // (Sections have the database in their name: of the same name one alone is run in a loop.)
    char name[] = "/tmp/jindu-slice-XXXXXX";
    ::close(::mkstemp(name));
    const auto write_file = [&](const char* text) { std::ofstream(name) << text; };
    write_file("01234");
    std::vector<Bytes> bundles;
    const auto build = [&](Instant at) {
      std::vector<std::string> words;
      REQUIRE(database->write([&](Transaction& t) {
        for (const auto& one : build_waiting(t, parties().identity(), at)) bundles.push_back(one.bundle);
      }));
      for (const auto& one : std::exchange(bundles, {})) {
        const auto view = parse_bundle(one).value();
        words.push_back(parties().opened(view) + " " + std::to_string(view.manifest.sequence()) + "/" +
                        std::to_string(view.manifest.subject_sequence()));
      }
      return words;
    };
    // By sequence.
    std::vector<Bytes> digests{Bytes(32)};
    const auto freed = [&](std::int64_t taken_up_to, std::optional<Bytes> digest = {}) {
      Freed freed;
      if (!digest) digest = digests[static_cast<std::size_t>(taken_up_to)];
      REQUIRE(database->write([&](Transaction& t) { freed = free_channel(t, channel, {taken_up_to, *digest}); }));
      return std::pair(freed.handed_over, freed.taken_back);
    };
    REQUIRE(database->write([&](Transaction& t) {
      enqueue(t, message("a", "first"), kNow);
      enqueue(t, {"material", "b", 1, FileSlice{name, 0, 5, {'h'}}}, kNow);
      enqueue(t, message("b", "behind it"), kNow);
      enqueue(t, message("c", "another"), kNow);
    }));
    const auto made_first = build(kNow);
    REQUIRE(made_first.size() == 4);
    REQUIRE(database->read([&](Transaction& t) {
      for (const auto& row : t.query("SELECT manifest_digest FROM exchange_sent ORDER BY sequence"))
        digests.push_back(row.blob(0));
    }));
    ::unlink(name);

    using Counts = std::pair<std::int64_t, std::int64_t>;
    DYNAMIC_SECTION(database->dialect()
                    << ": what the unit has is out of our hands, and is not taken back should the unit forget it") {
      CHECK(freed(2) == Counts{2, 0});
      CHECK(freed(1) == Counts{0, 0});
      REQUIRE(database->write([&](Transaction& t) {
        CHECK(t.query_one("SELECT COUNT(*) FROM exchange_sent WHERE handed_over = 1")->integer(0) == 2);
        CHECK(hand_over_again(t, 1) == 2);
      }));
      CHECK(freed(0) == Counts{0, 0});
    }
    DYNAMIC_SECTION(database->dialect() << ": another channel than ours says nothing of ours") {
      CHECK(freed(2, Bytes(32, 1)) == Counts{0, 0});
      CHECK(freed(0, Bytes(32, 1)) == Counts{0, 0});
      CHECK(freed(9, digests[4]) == Counts{0, 0});
      CHECK(freed(0, Bytes{}) == Counts{0, 0});
    }
    DYNAMIC_SECTION(database->dialect() << ": what stands before something that was handed over stays where it is") {
      REQUIRE(database->write(
          [&](Transaction& t) { t.execute("UPDATE exchange_sent SET handed_over = 1 WHERE sequence IN (1, 3)"); }));
      CHECK(freed(1) == Counts{0, 0});
    }
    DYNAMIC_SECTION(database->dialect() << ": what cannot be told stays where it is") {
      REQUIRE(database->write([&](Transaction& t) {
        t.execute("UPDATE exchange_sent SET handed_over = 1 WHERE sequence = 1");
        t.execute("UPDATE exchange_sent SET manifest_digest = $1 WHERE sequence = 4", {Bytes(32, 2)});
      }));
      CHECK(freed(1) == Counts{0, 0});
    }
    DYNAMIC_SECTION(database->dialect() << ": a payload that is gone is told, and its message put aside") {
      REQUIRE(database->write([&](Transaction& t) {
        t.execute("UPDATE exchange_sent SET handed_over = 1 WHERE sequence < 4");
        t.execute(
            "DELETE FROM exchange_payload WHERE number = (SELECT b.payload FROM exchange_built b JOIN "
            "exchange_sent s ON s.bundle_id = b.bundle_id WHERE s.sequence = 4)");
      }));
      std::vector<Built> next;
      CHECK(code_of(database->read([&](Transaction& t) { next = sealed_again(t, 10, 1 << 20); })) ==
            "exchange.payload_missing");
      CHECK(freed(3) == Counts{0, 1});
      CHECK(build(kNow).empty());
      REQUIRE(database->read(
          [&](Transaction& t) { CHECK(unsent(t, "c").aside.value().code == "exchange.payload_missing"); }));
    }
    DYNAMIC_SECTION(database->dialect() << ": what it had once stays where it is") {
      REQUIRE(database->write([&](Transaction& t) {
        t.execute("UPDATE exchange_sent SET handed_over = 1 WHERE sequence = 1");
        t.execute("UPDATE exchange_sent SET rung = 1 WHERE sequence = 3");
      }));
      CHECK(freed(1) == Counts{0, 0});
      REQUIRE(database->read(
          [&](Transaction& t) { CHECK(t.query_one("SELECT COUNT(*) FROM exchange_sent")->integer(0) == 4); }));
    }
    DYNAMIC_SECTION(database->dialect() << ": what it never had is built anew, once it can be") {
      REQUIRE(database->write([&](Transaction& t) {
        t.execute("UPDATE exchange_sent SET handed_over = 1 WHERE sequence = 1");
        enqueue(t, message("c", "later"), kNow);
      }));
      CHECK(freed(0) == Counts{0, 0});
      CHECK(freed(1) == Counts{0, 3});
      CHECK(freed(1) == Counts{0, 0});
      REQUIRE(database->read([&](Transaction& t) { CHECK(is_needed(t, name)); }));
      CHECK(build(kNow) == std::vector<std::string>{"another 2/1", "later 3/2"});
      // Another file is not what was to be sent.
      write_file("other");
      CHECK(build(kNow + std::chrono::hours(1)).empty());
      REQUIRE(database->read([&](Transaction& t) {
        CHECK(unsent(t, "b").aside.value().code == "exchange.payload_changed");
        CHECK(transit_health(t).troubles.at(0).messages == 1);
      }));
      write_file("01234");
      CHECK(build(kNow + std::chrono::hours(2)) == std::vector<std::string>{"h01234 4/1", "behind it 5/2"});
      REQUIRE(database->read([&](Transaction& t) {
        const auto row = t.query_one("SELECT sequence FROM exchange_channel");
        CHECK(row->integer(0) == 5);
        CHECK(t.query_one("SELECT COUNT(*) FROM exchange_outbox")->integer(0) == 0);
        CHECK(t.query_one("SELECT COUNT(*) FROM exchange_payload")->integer(0) == 5);
      }));
    }
    ::unlink(name);
  }
}

TEST_CASE("of a slice only the beginning of its bundle is kept, and the same bytes are sealed again from the file") {
  for (auto& database : databases()) {
    INFO(database->dialect());
    char name[] = "/tmp/jindu-slice-XXXXXX";
    ::close(::mkstemp(name));
    constexpr std::size_t size = 3 * 1024 * 1024 + 77;
    std::ofstream(name, std::ios::binary) << std::string(size + 20, 'x');
    REQUIRE(database->write([&](Transaction& t) {
      CHECK_FALSE(is_needed(t, name));
      enqueue(t, {"material", "a", 3, FileSlice{name, 10, size, {'h', ':'}}}, kNow);
      enqueue(t, message("b", "beside it"), kNow);
      CHECK(is_needed(t, name));
    }));
    std::vector<Bytes> first, again;
    const auto views = sent(*database, first);
    REQUIRE(views.size() == 2);
    const auto& slice = views[0].manifest.kind() == "material" ? views[0] : views[1];
    CHECK(parties().opened(slice) == "h:" + std::string(size, 'x'));
    std::vector<Built> next;
    const auto once_more = [&] {
      REQUIRE(database->write([&](Transaction& t) { CHECK(hand_over_again(t, 1) == 2); }));
      return database->read([&](Transaction& t) { next = sealed_again(t, 10, 1 << 30); });
    };
    REQUIRE(once_more());
    for (const auto& one : next) again.push_back(one.bundle);
    CHECK(again == first);
    REQUIRE(database->read([&](Transaction& t) {
      CHECK(is_needed(t, name));
      CHECK(t.query_one("SELECT MAX(LENGTH(bundle)) FROM exchange_built")->integer(0) < 2000);
    }));
    // By another key, because ours was replaced: the same seal behind another manifest.
    auto renewed = Parties::signer();
    REQUIRE(database->write([&](Transaction& t) {
      t.execute("UPDATE exchange_sent SET rung = 0");
      CHECK(sign_waiting_anew(t, {renewed, parties().peer, parties().approval_public, std::chrono::hours(24)}) == 2);
      next = sealed_again(t, 10, 1 << 30);
    }));
    for (const auto& one : next) {
      const auto view = parse_bundle(one.bundle);
      REQUIRE(view);
      CHECK(verify_bundle(*view, renewed.key.public_key()));
    }
    REQUIRE(database->write([&](Transaction& t) {
      for (const auto& view : views)
        if (view.id != slice.id) mark_handed_over(t, to_text(view.id));
    }));
    std::ofstream(name, std::ios::binary | std::ios::in).seekp(100'000).write("?", 1);
    CHECK(code_of(database->read([&](Transaction& t) { sealed_again(t, 10, 1 << 30); })) == "exchange.payload_changed");
    ::unlink(name);
    CHECK(code_of(database->read([&](Transaction& t) { sealed_again(t, 10, 1 << 30); })) == "exchange.file_missing");
    // What is not to be sent anew is remembered without the file.
    REQUIRE(database->write([&](Transaction& t) {
      mark_handed_over(t, to_text(slice.id));
      CHECK(is_needed(t, name));
      forget_bytes(t, to_text(slice.id));
      CHECK_FALSE(is_needed(t, name));
      mark_applied(t, to_text(slice.id));
    }));
  }
}

TEST_CASE("what was built a moment ago is handed over as it is, and is what would be sealed again") {
  for (auto& database : databases()) {
    INFO(database->dialect());
    FreshlyBuilt fresh;
    std::vector<Built> made, first, again;
    REQUIRE(database->write([&](Transaction& t) {
      for (const char* subject : {"a", "b", "c"}) enqueue(t, message(subject, subject), kNow);
      made = build_waiting(t, parties().identity(), kNow);
    }));
    REQUIRE(made.size() == 3);
    std::vector<Bytes> bytes;
    for (const auto& one : made) bytes.push_back(one.bundle);
    const auto same = [&](const std::vector<Built>& list, std::size_t number) {
      REQUIRE(list.size() == number);
      for (std::size_t i = 0; i < number; ++i) CHECK(list[i].bundle == bytes[i]);
    };
    REQUIRE(database->read([&](Transaction& t) { again = sealed_again(t, 10, 1 << 20); }));
    same(again, 3);
    // One that does not fit any more stays for the next time.
    fresh.put(std::vector<Built>(made));
    REQUIRE(database->read([&](Transaction& t) { first = next_to_hand_over(t, 10, bytes[0].size() + 1, fresh); }));
    same(first, 1);
    CHECK_FALSE(fresh.take(made[0].bundle_id, made[0].manifest_digest));
    CHECK(fresh.take(made[1].bundle_id, made[1].manifest_digest).value() == bytes[1]);
    // Not after it was signed anew.
    CHECK_FALSE(fresh.take(made[2].bundle_id, made[1].manifest_digest));
    fresh.put(std::vector<Built>(made));
    fresh.clear();
    CHECK_FALSE(fresh.take(made[0].bundle_id, made[0].manifest_digest));
  }
}

TEST_CASE("what an older program had enqueued and built is sent as it was") {
  const std::vector<storage::Migration> older(service_migrations().begin(), service_migrations().begin() + 3);
  const std::string name = "/tmp/jindu-outbox-older-" + std::to_string(::getpid());
  std::ofstream(name) << "0123456789";
  for (auto& database : test_databases()) {
    INFO(database->dialect());
    REQUIRE(database->migrate("exchange", older));
    // Bundles that this program makes of the same: with them the rows are put there as the older one did.
    BundleDraft draft{new_bundle_id(kNow),           "portal",     "approval", "status", Bytes(16), 1, kNow,
                      kNow + std::chrono::hours(24), {1, 1, {}, 1}};
    const auto whole = build_bundle(draft, bytes_of("whole"), parties().portal.key, parties().approval_public).value();
    draft.id = new_bundle_id(kNow);
    draft.place = {1, 2, whole.manifest_digest, 2};
    const auto key = seal::new_file_key();
    const auto sealed =
        seal_bundle(draft, bytes_of("h:3456"), parties().portal.key.public_key(), parties().approval_public, key)
            .value();
    const auto slice = sign_bundles({sealed}, parties().portal.key).front();
    const auto beginning = beginning_of_bundle(slice.bytes).value();
    REQUIRE(database->write([&](Transaction& t) {
      const auto sent = [&](const BuiltBundle& bundle, std::int64_t sequence) {
        const auto id = to_text(parse_bundle(bundle.bytes)->id);
        t.execute(
            "INSERT INTO exchange_sent (bundle_id, sequence, kind, subject, manifest_digest, created_ms, handed_over, "
            "rung, ended, code) VALUES ($1, $2, 'status', 'a', $3, 0, 0, 0, 0, '')",
            {id, sequence, bundle.manifest_digest});
        return id;
      };
      t.execute("INSERT INTO exchange_built (bundle_id, bundle) VALUES ($1, $2)", {sent(whole, 1), whole.bytes});
      t.execute(
          "INSERT INTO exchange_built (bundle_id, bundle, file_key, head, path, file_offset, file_length) VALUES ($1, "
          "$2, $3, $4, $5, 3, 4)",
          {sent(slice, 2), beginning, key, bytes_of("h:"), name});
      // Refused by the unit: what is kept tells of it alone.
      t.execute("INSERT INTO exchange_built (bundle_id, bundle, head) VALUES ('gone', $1, $2)",
                {bytes_of("remembered"), bytes_of("h:")});
      t.execute("INSERT INTO exchange_channel (channel, epoch, sequence, manifest_digest) VALUES ($1, 1, 2, $2)",
                {channel_of("portal", "approval"), slice.manifest_digest});
      t.execute(
          "INSERT INTO exchange_outbox (kind, subject, priority, payload, path, file_offset, file_length, at_ms) "
          "VALUES "
          "('status', 'b', 1, $1, '', 0, 0, 0)",
          {bytes_of("enqueued")});
    }));
    REQUIRE(database->migrate("exchange", service_migrations()));
    std::vector<Built> next;
    REQUIRE(database->write([&](Transaction& t) {
      REQUIRE(build_waiting(t, parties().identity(), kNow).size() == 1);
      next = sealed_again(t, 10, 1 << 20);
    }));
    REQUIRE(next.size() == 3);
    CHECK(next[0].bundle == whole.bytes);
    CHECK(next[1].bundle == slice.bytes);
    CHECK(parties().opened(*parse_bundle(next[2].bundle)) == "enqueued");
    REQUIRE(database->write([&](Transaction& t) {
      CHECK(is_needed(t, name));
      for (const auto& one : next) mark_applied(t, one.bundle_id);
      CHECK_FALSE(is_needed(t, name));
      CHECK(t.query_one("SELECT COUNT(*) FROM exchange_payload")->integer(0) == 0);
    }));
  }
  ::unlink(name.c_str());
}

TEST_CASE("of what a unit ended itself all is told that it asks for, in as many parts as batches are needed") {
  for (auto& database : databases()) {
    INFO(database->dialect());
    jindu::v1::Remembered one;
    one.set_manifest("a manifest of a few bytes");
    const auto bytes = encode(one);
    one.add_receipts(std::string(1, '\0'));
    const auto told_size = encode(one).size();
    REQUIRE(database->write([&](Transaction& t) {
      for (std::int64_t n = 1; n <= 5'000; ++n) {
        const auto id = "b" + std::to_string(n);
        t.execute(
            "INSERT INTO exchange_sent (bundle_id, sequence, kind, subject, manifest_digest, created_ms, handed_over, "
            "rung, ended, code) VALUES ($1, $2, 'status', 'a', $3, 0, 1, $4, 1, '')",
            {id, n, Bytes(32), std::int64_t{n % 5 == 0 ? 7 : 9}});
        t.execute(
            "INSERT INTO exchange_receipt (bundle_id, rung, party, at_ms, code, receipt) VALUES ($1, 9, 'unit', 0, '', "
            "$2)",
            {id, Bytes(1)});
        if (n % 5 != 0) t.execute("INSERT INTO exchange_built (bundle_id, bundle) VALUES ($1, $2)", {id, bytes});
      }
    }));
    const auto told = [&](std::int64_t after, const std::set<std::int64_t>& open, std::size_t limit) {
      std::vector<std::size_t> parts;
      REQUIRE(database->read([&](Transaction& t) {
        for (std::optional<std::int64_t> behind = 0; behind;) {
          const auto part = remembered_for(t, "unit", after, open, *behind, limit);
          parts.push_back(part.list.size());
          behind = part.behind;
        }
      }));
      return parts;
    };
    CHECK(told(0, {}, 1 << 20) == std::vector<std::size_t>{4'000});
    CHECK(told(0, {}, 100 * told_size - 1) == std::vector<std::size_t>(40, 100));
    CHECK(told(4'990, {}, 1 << 20) == std::vector<std::size_t>{8});
    CHECK(told(4'990, {3, 4, 5}, 1 << 20) == std::vector<std::size_t>{10});
    CHECK(told(5'000, {}, 1 << 20) == std::vector<std::size_t>{0});
    REQUIRE(database->write([&](Transaction& t) {
      t.execute("INSERT INTO exchange_built (bundle_id, bundle) SELECT bundle_id, $1 FROM exchange_sent WHERE rung = 7",
                {bytes});
      t.execute("UPDATE exchange_sent SET rung = 9 WHERE rung = 7");
    }));
    CHECK(told(0, {}, 1 << 20) == std::vector<std::size_t>{kBatchCountMax, 5'000 - kBatchCountMax});
  }
}

TEST_CASE("a message over its limit is refused before it is kept") {
  for (auto& database : databases()) {
    INFO(database->dialect());
    const auto refused = database->write([](Transaction& t) {
      enqueue(t, {"status", "a", 1, Bytes(kMessageBundleMax + 1)}, kNow);
    });
    CHECK(code_of(refused) == "exchange.too_large");
    CHECK(refused.error().fault == Fault::too_large);
    CHECK(code_of(database->write([](Transaction& t) {
            enqueue(t, {"material", "a", 1, FileSlice{"/x", 0, kMessageBundleMax, {'h'}}}, kNow);
          })) == "exchange.too_large");
  }
}

TEST_CASE("a subject crosses under the same pseudonym each time, and another service gives it another") {
  std::set<Bytes> pseudonyms;
  for (auto& database : databases()) {
    REQUIRE(database->read([&](Transaction& t) { CHECK_FALSE(subject_pseudonym(t, "declaration-1")); }));
    REQUIRE(database->write([](Transaction& t) { enqueue(t, message("declaration-1", "x"), kNow); }));
    std::vector<Bytes> bytes;
    const auto views = sent(*database, bytes);
    REQUIRE(database->read([&](Transaction& t) {
      const auto first = subject_pseudonym(t, "declaration-1");
      REQUIRE(first);
      CHECK(text_of(*first) == views.at(0).manifest.subject());
      CHECK(first->size() == 16);
      CHECK(first == subject_pseudonym(t, "declaration-1"));
      CHECK(first != subject_pseudonym(t, "declaration-2"));
      pseudonyms.insert(*first);
    }));
  }
  CHECK(pseudonyms.size() == databases().size());
}

TEST_CASE("what the other side does not have yet is handed over again, byte for byte, when the unit has forgotten it") {
  for (auto& database : databases()) {
    INFO(database->dialect());
    REQUIRE(database->write([](Transaction& t) {
      for (const char* subject : {"a", "b", "c", "d"}) enqueue(t, message(subject, subject), kNow);
    }));
    std::vector<Bytes> bytes;
    const auto views = sent(*database, bytes);
    REQUIRE(views.size() == 4);
    std::vector<Built> next;
    const auto look = [&] {
      REQUIRE(database->read([&](Transaction& t) { next = sealed_again(t, 10, 1 << 20); }));
      return next.size();
    };
    REQUIRE(database->read([](Transaction& t) { CHECK(handed_over_up_to(t) == 4); }));
    REQUIRE(database->write([&](Transaction& t) {
      mark_applied(t, to_text(views[2].id));
      CHECK(hand_over_again(t, 2) == 2);
      CHECK(hand_over_again(t, 2) == 0);
    }));
    REQUIRE(look() == 2);
    CHECK(next[0].bundle == bytes[1]);
    CHECK(next[1].bundle == bytes[3]);
    // The word that it was applied may come before the unit's own answer does.
    REQUIRE(database->write([&](Transaction& t) { mark_applied(t, to_text(views[1].id)); }));
    REQUIRE(look() == 1);
    CHECK(next[0].bundle == bytes[3]);
    REQUIRE(database->write([&](Transaction& t) {
      for (const auto& view : views) mark_applied(t, to_text(view.id));
      CHECK(hand_over_again(t, 1) == 0);
      CHECK(t.query_one("SELECT COUNT(*) FROM exchange_built")->integer(0) == 0);
      CHECK(t.query_one("SELECT COUNT(*) FROM exchange_payload")->integer(0) == 0);
    }));
    CHECK(look() == 0);
  }
}

}  // namespace jindu::exchange
