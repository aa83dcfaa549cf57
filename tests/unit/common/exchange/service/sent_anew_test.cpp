// What ended without being applied is sent once more when somebody asks for it, in every kind of database.
#include "common/exchange/service/sent_anew.hpp"

#include <jindu/v1/epoch.pb.h>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "common/exchange/service/enquiry.hpp"
#include "common/exchange/service/health.hpp"
#include "common/runtime/messages.hpp"
#include "parties.hpp"

namespace jindu::exchange::anew {
namespace {

using storage::Transaction;
using Words = std::vector<std::string>;

const Asking kWhy{"alice uid:1000", "the policy was put right"};

// A portal whose unit takes everything.
struct Portal {
  std::unique_ptr<storage::Database> database;

  void enqueue(const std::string& kind, const std::string& subject, std::variant<Bytes, FileSlice> payload) {
    REQUIRE(database->write([&](Transaction& t) {
      exchange::enqueue(t, {kind, subject, kind == "material" ? 3U : 2U, std::move(payload)}, kNow);
    }));
  }
  void enqueue(const std::string& kind, const std::string& subject, std::string_view text) {
    enqueue(kind, subject, Bytes(text.begin(), text.end()));
  }
  // What waits goes to the unit; ids in the order of the channel.
  Words go() {
    FreshlyBuilt none;
    std::vector<Built> built;
    Words ids;
    REQUIRE(database->write([&](Transaction& t) {
      build_waiting(t, parties().identity(), kNow);
      built = next_to_hand_over(t, 100, 1 << 26, none);
      for (const auto& one : built) mark_handed_over(t, one.bundle_id);
    }));
    for (auto& one : built) {
      ids.push_back(one.bundle_id);
      bundles[one.bundle_id] = std::move(one.bundle);
    }
    return ids;
  }
  BundleView view(const std::string& id) { return parse_bundle(bundles.at(id)).value(); }
  std::string opened(const std::string& id) { return parties().opened(view(id)); }

  // As the service records it.
  void told(const std::string& id, jindu::v1::Rung rung, const char* party, const char* code = "", int after_ms = 0) {
    REQUIRE(database->write([&](Transaction& t) {
      t.execute(
          "INSERT INTO exchange_receipt (bundle_id, rung, party, at_ms, code, receipt) VALUES ($1, $2, $3, $4, $5, $6)",
          {id, std::int64_t{rung}, party, to_unix_ms(kNow) + after_ms, code, Bytes(1)});
      auto* sent = find_sent(t, id);
      if (!sent->ended && rung > sent->rung) {
        sent->rung = rung;
        sent->ended = is_final(rung);
      }
      if (rung == jindu::v1::RUNG_APPLIED) mark_applied(t, id);
    }));
  }
  void quarantined(const std::string& id) {
    told(id, jindu::v1::RUNG_QUARANTINED, "gateway-outer", "policy.forbidden");
  }

  std::string resend(const std::string& id, const Asking& asking = kWhy) {
    const auto done = database->write([&](Transaction& t) { send_anew(t, id, asking, kNow); });
    return done ? "" : done.error().code;
  }
  std::string resend_all(const std::string& subject) {
    const auto done = database->write([&](Transaction& t) { send_all_anew(t, subject, kWhy, kNow); });
    return done ? "" : done.error().code;
  }
  std::uint64_t refused() {
    std::uint64_t number = 0;
    REQUIRE(database->read([&](Transaction& t) { number = transit_health(t).refused; }));
    return number;
  }
  std::vector<Stopped> stopped_about(const std::string& subject) {
    std::vector<Stopped> list;
    REQUIRE(database->read([&](Transaction& t) { list = stopped(t, subject); }));
    return list;
  }
  std::map<std::string, SentAnew> anew_about(const std::string& subject) {
    std::map<std::string, SentAnew> list;
    REQUIRE(database->read([&](Transaction& t) { list = sent_anew(t, subject); }));
    return list;
  }
  std::int64_t count(const char* table) {
    std::int64_t number = 0;
    REQUIRE(database->read(
        [&](Transaction& t) { number = t.query_one(std::string("SELECT COUNT(*) FROM ") + table)->integer(0); }));
    return number;
  }

  std::map<std::string, Bytes> bundles;
};

template <class Work>
void in_each_database(Work work) {
  for (auto& database : databases()) {
    INFO(database->dialect());
    Portal portal{std::move(database)};
    work(portal);
  }
}

}  // namespace

TEST_CASE("what was quarantined goes once more as a bundle of its own: the same payload, behind what was sent since") {
  in_each_database([](Portal& portal) {
    portal.enqueue("dossier", "d", "all that was written");
    const auto old = portal.go().at(0);
    portal.quarantined(old);
    portal.enqueue("dossier", "d", "later");
    const auto later = portal.go().at(0);
    CHECK(portal.refused() == 1);
    REQUIRE(portal.stopped_about("d").size() == 1);
    const auto stopped = portal.stopped_about("d")[0];
    CHECK(stopped.bundle == old);
    CHECK(stopped.kind == "dossier");
    CHECK(stopped.rung == "quarantined");
    CHECK(stopped.party == "gateway-outer");
    CHECK(stopped.code == "policy.forbidden");
    CHECK(stopped.kept);

    CHECK(portal.resend(old) == "");
    CHECK(portal.refused() == 0);
    CHECK(portal.stopped_about("d").empty());
    CHECK(portal.anew_about("d").at(old).bundle.empty());
    const auto anew = portal.go();
    REQUIRE(anew.size() == 1);
    CHECK(anew[0] != old);
    CHECK(portal.opened(anew[0]) == "all that was written");
    const auto before = portal.view(old).manifest, since = portal.view(later).manifest,
               now = portal.view(anew[0]).manifest;
    CHECK(now.kind() == before.kind());
    CHECK(now.subject() == before.subject());
    CHECK(now.priority() == before.priority());
    CHECK(now.subject_sequence() == since.subject_sequence() + 1);
    CHECK(now.sequence() == since.sequence() + 1);
    const auto record = portal.anew_about("d").at(old);
    CHECK(record.bundle == anew[0]);
    CHECK(record.who == kWhy.who);
    CHECK(record.reason == kWhy.reason);
    CHECK(record.at == kNow);
    portal.told(anew[0], jindu::v1::RUNG_APPLIED, "approval");
    portal.told(later, jindu::v1::RUNG_APPLIED, "approval");
    CHECK(portal.count("exchange_payload") == 0);
  });
}

TEST_CASE("it is sent anew once, whoever asks, and each refusal says why") {
  in_each_database([](Portal& portal) {
    portal.enqueue("dossier", "d", "one");
    portal.enqueue("dossier", "other", "two");
    const auto ids = portal.go();
    CHECK(portal.resend("01a228d8-e202-793f-836b-1a5d77927da7") == "exchange.bundle_unknown");
    CHECK(portal.resend(ids[0]) == "exchange.not_ended");
    CHECK(portal.resend_all("d") == "exchange.nothing_stopped");
    portal.told(ids[0], jindu::v1::RUNG_HELD, "gateway-outer");
    CHECK(portal.resend(ids[0]) == "exchange.not_ended");
    portal.quarantined(ids[0]);
    CHECK(portal.resend(ids[0], {"alice", ""}) == "exchange.reason");
    CHECK(portal.resend(ids[0], {"alice", std::string(kReasonMax + 1, 'x')}) == "exchange.reason");
    CHECK(portal.count("exchange_outbox") == 0);
    CHECK(portal.resend(ids[0]).empty());
    CHECK(portal.resend(ids[0]) == "exchange.already_sent_anew");
    CHECK(portal.resend_all("d") == "exchange.already_sent_anew");
    const auto anew = portal.go().at(0);
    const auto again = portal.database->write([&](Transaction& t) { send_anew(t, ids[0], kWhy, kNow); });
    REQUIRE_FALSE(again);
    CHECK(again.error().detail.find(anew) != std::string::npos);
    CHECK(portal.count("exchange_outbox") == 0);
    // What is refused once more can be sent once more; what arrived after all cannot.
    portal.told(anew, jindu::v1::RUNG_REFUSED, "approval", "dossier.malformed");
    CHECK(portal.refused() == 1);
    CHECK(portal.resend_all("d").empty());
    portal.told(ids[1], jindu::v1::RUNG_APPLIED, "approval");
    CHECK(portal.resend(ids[1]) == "exchange.was_applied");
    portal.enqueue("dossier", "third", "three");
    const auto both = portal.go().back();
    portal.told(both, jindu::v1::RUNG_EXPIRED, "gateway-outer", "policy.expired");
    portal.told(both, jindu::v1::RUNG_APPLIED, "approval");
    CHECK(portal.resend(both) == "exchange.was_applied");
    CHECK(portal.stopped_about("third").empty());
  });
}

TEST_CASE("all that is stopped about a declaration goes anew in its old order, and nothing else") {
  in_each_database([](Portal& portal) {
    for (const char* text : {"m1", "m2", "m3"}) portal.enqueue("material", "d", text);
    portal.enqueue("dossier", "d", "dossier");
    portal.enqueue("dossier", "other", "another's");
    auto ids = portal.go();
    REQUIRE(ids.size() == 5);
    std::map<std::string, std::string> by_text;
    for (const auto& id : ids) by_text[portal.opened(id)] = id;
    for (const char* text : {"dossier", "m3", "m1", "another's"}) portal.quarantined(by_text[text]);
    portal.told(by_text["m2"], jindu::v1::RUNG_APPLIED, "approval");
    // Whose end several parties have told is one.
    portal.told(by_text["m1"], jindu::v1::RUNG_REFUSED, "gateway-inner", "policy.forbidden", 5);
    std::vector<Stopped> all;
    REQUIRE(portal.database->read([&](Transaction& t) { all = all_stopped(t, 10); }));
    CHECK(all.size() == 4);
    std::vector<Stopped> paged;
    REQUIRE(portal.database->read([&](Transaction& t) {
      for (auto page = all_stopped(t, 1); !page.empty(); page = all_stopped(t, 1, page.back().sequence)) {
        CHECK(page.size() == 1);
        paged.push_back(page.front());
      }
    }));
    CHECK(std::equal(all.begin(), all.end(), paged.begin(), paged.end(),
                     [](const Stopped& a, const Stopped& b) { return a.bundle == b.bundle; }));
    CHECK(portal.resend_all("d").empty());
    Words texts;
    for (const auto& id : portal.go()) texts.push_back(portal.opened(id));
    CHECK(texts == Words{"m1", "m3", "dossier"});
    CHECK(portal.refused() == 1);
    REQUIRE(portal.database->read([&](Transaction& t) { all = all_stopped(t, 10); }));
    REQUIRE(all.size() == 1);
    CHECK(all[0].subject == "other");
  });
}

TEST_CASE("a material is of no use where its dossier is not stopped, and is not sent anew then") {
  in_each_database([](Portal& portal) {
    for (const char* text : {"m1", "m2"}) portal.enqueue("material", "d", text);
    portal.enqueue("dossier", "d", "dossier");
    std::map<std::string, std::string> ids;
    for (const auto& id : portal.go()) ids[portal.opened(id)] = id;
    const auto needless = [&] {
      Words list;
      for (const auto& one : portal.stopped_about("d"))
        if (one.needless) list.push_back(portal.opened(one.bundle));
      return list;
    };
    const auto offered = [&] {
      Words list;
      Enquiry enquiry;
      REQUIRE(portal.database->read([&](Transaction& t) { enquiry = enquire(t, "d"); }));
      for (const auto& one : enquiry.passages)
        if (one.can_be_sent_anew) list.push_back(portal.opened(one.bundle));
      return list;
    };
    portal.quarantined(ids["m1"]);
    CHECK(needless() == Words{"m1"});
    CHECK(offered().empty());
    CHECK(portal.resend(ids["m1"]) == "exchange.needless");
    CHECK(portal.resend_all("d") == "exchange.needless");
    portal.quarantined(ids["dossier"]);
    CHECK(needless().empty());
    CHECK(offered() == Words{"m1", "dossier"});
    SECTION("nor where that was sent anew without it") {
      CHECK(portal.resend(ids["dossier"]).empty());
      CHECK(portal.resend(ids["m1"]) == "exchange.needless");
      const auto anew = portal.go().at(0);
      CHECK(portal.resend(ids["m1"]) == "exchange.needless");
      portal.quarantined(anew);
      CHECK(portal.resend_all("d").empty());
      Words texts;
      for (const auto& id : portal.go()) texts.push_back(portal.opened(id));
      CHECK(texts == Words{"m1", "dossier"});
    }
    SECTION("and what is of use goes without it") {
      portal.enqueue("material", "d", "m3");
      portal.enqueue("dossier", "d", "supplement");
      for (const auto& id : portal.go()) ids[portal.opened(id)] = id;
      portal.told(ids["dossier"], jindu::v1::RUNG_APPLIED, "approval");
      for (const char* text : {"m3", "supplement"}) portal.quarantined(ids[text]);
      CHECK(needless() == Words{"m1"});
      CHECK(portal.resend_all("d").empty());
      Words texts;
      for (const auto& id : portal.go()) texts.push_back(portal.opened(id));
      CHECK(texts == Words{"m3", "supplement"});
    }
  });
}

TEST_CASE(
    "of what is stopped the payload and its file are kept for a set time, and nothing of it can be sent after that") {
  in_each_database([](Portal& portal) {
    char name[] = "/tmp/jindu-sent-anew-XXXXXX";
    REQUIRE(mkstemp(name) >= 0);
    std::ofstream(name, std::ios::binary) << std::string(4000, 'x');
    portal.enqueue("material", "d", FileSlice{name, 1000, 2000, Bytes{'h'}});
    portal.enqueue("dossier", "d", "dossier");
    auto ids = portal.go();
    REQUIRE(ids.size() == 2);
    const auto needed = [&] {
      bool is = false;
      REQUIRE(portal.database->read([&](Transaction& t) { is = is_needed(t, name); }));
      return is;
    };
    // Also where it had come as far as the other side.
    portal.told(ids[0], jindu::v1::RUNG_CARRIED, "gateway-inner");
    portal.told(ids[0], jindu::v1::RUNG_REFUSED, "approval", "payload.malformed");
    portal.quarantined(ids[1]);
    CHECK(needed());
    CHECK(portal.resend_all("d").empty());
    CHECK(needed());
    ids = portal.go();
    REQUIRE(ids.size() == 2);
    CHECK(portal.opened(ids[0]) == "h" + std::string(2000, 'x'));
    for (const auto& id : ids) portal.quarantined(id);
    // Of a file that is another by now nothing is sent.
    CHECK(portal.resend(ids[0]).empty());
    std::ofstream(name, std::ios::binary) << std::string(4000, 'y');
    std::vector<PutAside> aside;
    REQUIRE(portal.database->write([&](Transaction& t) { build_waiting(t, parties().identity(), kNow, &aside); }));
    REQUIRE(aside.size() == 1);
    CHECK(aside[0].reason->code == "exchange.payload_changed");
    const auto forget = [&](Instant before) {
      Words gone;
      REQUIRE(portal.database->write([&](Transaction& t) { gone = forget_kept(t, before); }));
      return gone;
    };
    const auto number = [&] {
      std::pair<std::int64_t, std::int64_t> n;
      REQUIRE(portal.database->read([&](Transaction& t) { n = {number_stopped(t), number_to_send_anew(t)}; }));
      return n;
    };
    CHECK(forget(kNow).empty());
    CHECK(portal.stopped_about("d").at(0).kept);
    CHECK(number() == std::pair<std::int64_t, std::int64_t>(1, 1));
    CHECK(forget(kNow + std::chrono::milliseconds(1)) == Words{ids[1]});
    CHECK(number() == std::pair<std::int64_t, std::int64_t>(1, 0));
    CHECK(forget(kNow + std::chrono::milliseconds(1)).empty());
    CHECK_FALSE(portal.stopped_about("d").at(0).kept);
    CHECK(portal.resend(ids[1]) == "exchange.payload_gone");
    CHECK(portal.refused() == 1);
    ::unlink(name);
  });
}

TEST_CASE("a unit that has forgotten what it ended is told of it, whether its payload is kept, sent anew or gone") {
  in_each_database([](Portal& portal) {
    for (const char* subject : {"kept", "anew", "gone", "elsewhere"}) portal.enqueue("dossier", subject, subject);
    const auto ids = portal.go();
    for (int i = 0; i < 3; ++i) portal.quarantined(ids[static_cast<std::size_t>(i)]);
    portal.told(ids[3], jindu::v1::RUNG_REFUSED, "approval", "dossier.malformed");
    CHECK(portal.resend(ids[1]).empty());
    std::vector<Bytes> told;
    REQUIRE(portal.database->write([&](Transaction& t) {
      forget_bytes(t, ids[2]);
      told = remembered_for(t, "gateway-outer", 0, {}, 0, 1 << 20).list;
    }));
    REQUIRE(told.size() == 3);
    for (std::size_t i = 0; i < told.size(); ++i) {
      jindu::v1::Remembered one;
      REQUIRE(parse_message(told[i], one));
      CHECK(one.receipts_size() == 1);
      CHECK(text_of(crypto::sha256(bytes_of(one.manifest()))) == text_of(portal.view(ids[i]).manifest_digest));
    }
  });
}

TEST_CASE("what is sent anew and whose place in the channel is taken back is still known as that, and is built again") {
  in_each_database([](Portal& portal) {
    portal.enqueue("dossier", "d", "one");
    const auto old = portal.go().at(0);
    portal.quarantined(old);
    CHECK(portal.resend(old) == "");
    REQUIRE(portal.database->write(
        [&](Transaction& t) { REQUIRE(build_waiting(t, parties().identity(), kNow).size() == 1); }));
    CHECK_FALSE(portal.anew_about("d").at(old).bundle.empty());
    const auto digest = portal.view(old).manifest_digest;
    REQUIRE(portal.database->write([&](Transaction& t) {
      CHECK(free_channel(t, channel_of("portal", "approval"), {1, Bytes(digest.begin(), digest.end())}).taken_back ==
            1);
    }));
    CHECK(portal.anew_about("d").at(old).bundle.empty());
    CHECK(portal.resend(old) == "exchange.already_sent_anew");
    const auto anew = portal.go();
    REQUIRE(anew.size() == 1);
    CHECK(portal.anew_about("d").at(old).bundle == anew[0]);
    CHECK(portal.opened(anew[0]) == "one");
  });
}

}  // namespace jindu::exchange::anew
