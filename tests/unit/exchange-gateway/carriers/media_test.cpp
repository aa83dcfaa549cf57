// What goes wrong with a medium itself, and with the machine that reads it.
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <prometheus/counter.h>

#include <catch2/catch.hpp>

#include "common/runtime/files.hpp"
#include "common/runtime/metrics.hpp"
#include "crossing.hpp"
#include "exchange-gateway/carriers/by_hand.hpp"
#include "exchange-gateway/carriers/diode/ledger.hpp"
#include "exchange-gateway/carriers/trip.hpp"

namespace jindu::gateway::test {
namespace {

bool within(std::chrono::seconds most, const std::function<bool()>& seen) {
  const auto until = std::chrono::steady_clock::now() + most;
  while (!seen() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(kLook);
  return seen();
}

std::vector<std::string> raised(Side& side, const std::string& code) {
  std::vector<std::string> about;
  REQUIRE(side->journal().read([&](storage::Transaction& t) {
    about.clear();
    for (const auto& one : side->alarms(t))
      if (one.code == code) about.push_back(one.about);
  }));
  return about;
}

// As many files as are open now, and no more, may this process have open.
class NoMoreFiles {
 public:
  NoMoreFiles() {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close(next);
    const rlimit none{static_cast<rlim_t>(next), before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~NoMoreFiles() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

// Fails once in another thread than the one that made it.
class BrokenClock final : public Clock {
 public:
  Instant now() const override {
    if (std::this_thread::get_id() != maker_ && breaks_.exchange(false)) throw std::runtime_error("a broken clock");
    return from_unix_ms(1'780'000'000'000);
  }

 private:
  const std::thread::id maker_ = std::this_thread::get_id();
  mutable std::atomic<bool> breaks_ = true;
};

}  // namespace

TEST_CASE("a medium that stays in the place of another one is read, though the one before it was finished") {
  World w;
  Crossing c(w);
  const auto bundles = hand_over(w, 2);
  c.to_outer();
  // It has been at the inner unit once, so that it has its sign; the medium that is there now has none of it.
  const auto place = w.folder / "at-inner" / "medium", other = w.folder / "returns";
  fs::rename(c.medium(), other);
  files::write_durably(other / "finished-gateway-inner", {}).value();
  fs::create_directory(place);
  REQUIRE(within(std::chrono::seconds(20), [&] { return fs::exists(place / "finished-gateway-inner"); }));
  REQUIRE(::renameat2(AT_FDCWD, other.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) == 0);
  CHECK(within(std::chrono::seconds(5), [&] { return w.deliverable(w.inner) == ids_of(bundles); }));
}

TEST_CASE("what of a voyage was taken is not read again as long as its medium stays") {
  World w;
  w.inner.restart_with(w.slow_policy());
  Crossing c(w);
  hand_over(w, 5);
  c.to_outer();
  const auto arrived = [&] { return w.inner.count("SELECT COUNT(*) FROM bundle WHERE kind = 'dossier'"); };
  const auto place = w.folder / "at-inner" / "medium";
  fs::rename(c.medium(), place);
  REQUIRE(within(std::chrono::seconds(20), [&] { return fs::exists(place / "finished-gateway-inner"); }));
  REQUIRE(arrived() == 2);
  // Who read them again would find them missing.
  for (const auto& name : names_on(place.string()))
    if (voyage_id(name, "gateway-outer"))
      for (const auto& file : names_on((place / name).string()))
        if (const auto id = file.substr(0, file.find('.')); !w.inner.state_of(id).empty())
          fs::remove(place / name / file);
  const auto done = [&] { return w.inner.count("SELECT COUNT(*) FROM voyage WHERE direction = 'unloaded'") == 1; };
  REQUIRE(within(std::chrono::seconds(20), [&] {
    w.clock->advance(std::chrono::milliseconds(500));
    return done();
  }));
  CHECK(arrived() == 5);
  CHECK(w.inner.text("SELECT bundles || ' ' || damaged FROM voyage WHERE direction = 'unloaded'") == "5 0");
}

TEST_CASE("what cannot be taken from a medium that stays is tried again later and later") {
  World w;
  w.inner.restart_with([](UnitOptions& o) { o.minimum_free_bytes = std::uint64_t{1} << 60; });
  Crossing c(w);
  hand_over(w, 1);
  c.to_outer();
  auto& refusals = metrics::counter("jindu_gateway_bundles_total", "Bundles by what happened to them",
                                    {{"what", "not_taken"}, {"kind", ""}});
  const auto before = refusals.Value();
  const auto began = std::chrono::steady_clock::now();
  fs::rename(c.medium(), w.folder / "at-inner" / "medium");
  REQUIRE(within(std::chrono::seconds(20), [&] { return refusals.Value() >= before + 6; }));
  // 50 ms after the first, and then twice as long each time.
  CHECK(std::chrono::steady_clock::now() - began >= std::chrono::milliseconds(50 + 100 + 200 + 400 + 800));
}

TEST_CASE("bundles whose bytes are gone stay behind, are named, and keep nothing waiting") {
  World w;
  Crossing c(w);
  const auto bundles = hand_over(w, 3, 600 * 1024);
  const auto ids = ids_of(bundles);
  for (int i = 0; i < 2; ++i)
    fs::remove(w.folder / "outer" / "bundles" /
               w.outer.text("SELECT file FROM bundle WHERE id = '" + ids[static_cast<std::size_t>(i)] + "'"));
  c.to_outer();
  REQUIRE(c.voyages("gateway-outer").size() == 1);
  CHECK(fs::exists(c.voyages("gateway-outer").at(0) / (ids[2] + ".jdb")));
  CHECK(raised(w.outer, "alarm.bytes_missing") == std::vector{ids[0]});
  // Since when is that of the first try, however often they are missed again.
  const auto since = [&] {
    store::Unreadable found;
    REQUIRE(w.outer->journal().read([&](storage::Transaction& t) { found = store::unreadable(t, 0); }));
    return found.bundles == 2 ? found.since_ms : 0;
  };
  const auto first = since();
  CHECK(first > 0);
  REQUIRE(w.outer->journal().write([&](storage::Transaction& t) { store::set_bytes_missed(t, ids[0], first + 5000); }));
  CHECK(since() == first);
}

TEST_CASE("a voyage that could not be written leaves nothing on the medium, and uses up no number") {
  World w;
  const auto medium = w.folder / "medium";
  fs::create_directory(medium);
  const auto id = World::id_of(hand_over(w, 1).front());
  // The second of the same name cannot be written.
  CHECK_FALSE(load_voyage(w.outer.unit(), medium.string(), {id, id}, {}));
  CHECK(fs::is_empty(medium));
  CHECK(w.outer.count("SELECT COALESCE(MAX(value), 0) FROM unit_state WHERE name = 'voyage'") == 0);
  CHECK(load_voyage(w.outer.unit(), medium.string(), {id}, {}).value().number == 1);
}

TEST_CASE("marks of a diode go on behind the number that an export or a new epoch has used meanwhile") {
  World w;
  diode::Ledger ledger(w.outer.unit());
  REQUIRE(ledger.begin());
  const auto number = [&] { return w.outer.count("SELECT value FROM unit_state WHERE name = 'voyage'"); };
  REQUIRE(ledger.mark_sent({}));
  CHECK(number() == 1);
  REQUIRE(w.outer->journal().write([](storage::Transaction& t) { store::set_state_value(t, "voyage", 100); }));
  REQUIRE(ledger.mark_sent({}));
  CHECK(number() == 101);
  CHECK(ledger.next_mark() == 102);
}

TEST_CASE("that this machine can open no more files says nothing against a voyage") {
  World w;
  const auto medium = w.folder / "medium";
  fs::create_directory(medium);
  const auto id = World::id_of(hand_over(w, 1).front());
  const auto row = load_voyage(w.outer.unit(), medium.string(), {id}, {}).value();
  const auto folder = (medium / ("gateway-outer-" + row.id)).string();
  const auto read = [&] {
    return read_voyage(folder, "gateway-outer", "gateway-inner", w.inner->trust(), w.inner->now());
  };
  const auto voyage = read().value();
  std::optional<Error> manifest, bundle;
  {
    const NoMoreFiles none;
    if (auto ok = read(); !ok) manifest = ok.error();
    if (auto ok = read_voyage_bundle(folder, voyage.bundles(0)); !ok) bundle = ok.error();
  }
  REQUIRE((manifest && bundle));
  for (const auto& error : {*manifest, *bundle}) {
    CHECK(is_only_now(error));
    CHECK(error.code == "voyage.machine");
  }
}

TEST_CASE("a part of a ferry or a link that fails by something unforeseen is named by an alarm") {
  World w;
  hand_over(w, 1);
  Unit unit(w.outer->journal(), w.outer_signer, w.outer->trust(), w.outer->options(), std::make_shared<BrokenClock>());
  const auto failing = [&] {
    std::string about;
    REQUIRE(unit.journal().read([&](storage::Transaction& t) {
      about.clear();
      for (const auto& alarm : unit.alarms(t))
        if (alarm.code == "alarm.carrier_failing") about += alarm.about;
    }));
    return about;
  };
  std::unique_ptr<Carrier> carrier;
  std::string part;
  SECTION("ferry") {
    FerryOptions options;
    options.attachment = (w.folder / "no-medium").string();
    options.look = kLook;
    carrier = start_ferry(unit, options);
    part = "ferry";
  }
  SECTION("link") {
    carrier = start_link_inner(unit, {"https://127.0.0.1:1", ""});
    part = "link-push";
  }
  CHECK(within(std::chrono::seconds(10), [&] { return !failing().empty(); }));
  CHECK(failing() == part);
  carrier->stop();
}

TEST_CASE("where a medium has to be mounted, the folder that it is mounted on is none, and nothing is written there") {
  World w;
  const auto place = w.folder / "at-outer" / "medium";
  fs::create_directories(place);
  CHECK(medium_at("/proc", true));  // of a file system of its own on every Linux
  CHECK_FALSE(medium_at(place.string(), true));
  CHECK(medium_at(place.string(), false));
  CHECK_FALSE(medium_at((place / "none").string(), false));
  fs::create_directory_symlink(place, w.folder / "link");
  CHECK_FALSE(medium_at((w.folder / "link").string(), false));
  const auto before = medium_at(place.string(), false);
  fs::rename(place, w.folder / "away");
  fs::create_directory(place);
  CHECK(medium_at(place.string(), false) != before);

  hand_over(w, 1);
  FerryOptions options;
  options.attachment = place.string();
  options.look = kLook;
  options.must_be_mount = true;
  options.lost_after = std::chrono::seconds(1);
  // That a voyage is lost is seen while no medium is there: here always.
  const auto id = w.outer->to_load(1, 1 << 20).value().list.at(0).id;
  REQUIRE(w.outer->loaded({"loaded", "v", 1, to_unix_ms(w.clock->now())}, {id}));
  w.clock->advance(std::chrono::seconds(2));
  const auto ferry = start_ferry(w.outer.unit(), options);
  CHECK(within(std::chrono::seconds(10),
               [&] { return w.outer.count("SELECT COUNT(*) FROM bundle WHERE voyage > 0") == 0; }));
  ferry->stop();
  CHECK(fs::is_empty(place));
}

TEST_CASE("no more than fits is given to a medium, and it is said that there is more") {
  World w;
  hand_over(w, 2, 10'000);
  const auto in = [&](std::size_t room) { return w.outer->to_load(10, 1, {}, room).value(); };
  const auto size = static_cast<std::size_t>(w.outer.count("SELECT size FROM bundle ORDER BY sequence LIMIT 1"));
  const auto both = static_cast<std::size_t>(w.outer.count("SELECT SUM(size) FROM bundle"));
  CHECK(in(size - 1).list.empty());
  CHECK(in(size - 1).no_room);
  // What was not given out may still expire here.
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle WHERE offered = 1") == 0);
  CHECK(in(size).list.size() == 1);
  CHECK_FALSE(in(size).no_room);  // it is a voyage that is full, not the medium
  const auto all = w.outer->to_load(10, 1 << 20, {}, both - 1).value();
  CHECK(all.list.size() == 1);
  CHECK(all.no_room);
}

TEST_CASE("a person carries what a diode has sent and nobody has confirmed, beside what no carrier has had") {
  World w;
  const auto ids = ids_of(hand_over(w, 4));
  REQUIRE(w.outer->journal().write([](storage::Transaction& t) {
    t.execute("UPDATE bundle SET voyage = -17 WHERE outward = 1 AND subject_sequence IN (1, 4)");
    t.execute("UPDATE bundle SET voyage = 3 WHERE outward = 1 AND subject_sequence = 2");
  }));
  const auto given = [&](store::Choice choice) {
    std::vector<std::string> list;
    for (const auto& one : w.outer->to_load(10, 1 << 20, choice).value().list) list.push_back(one.id);
    return list;
  };
  CHECK(given({}) == std::vector{ids[2]});
  CHECK(given({.marked_too = true}) == std::vector{ids[0], ids[2], ids[3]});
}

TEST_CASE("a voyage can be read by another account than the one that wrote it") {
  World w;
  const auto medium = w.folder / "medium";
  fs::create_directory(medium);
  const auto before = ::umask(0077);  // as the units' own
  const auto row = load_voyage(w.outer.unit(), medium.string(), ids_of(hand_over(w, 1)), {});
  ::umask(before);
  REQUIRE(row);
  const auto folder = medium / ("gateway-outer-" + row->id);
  CHECK(fs::status(folder).permissions() == fs::perms(0755));
  for (const auto& name : names_on(folder.string())) CHECK(fs::status(folder / name).permissions() == fs::perms(0644));
}

TEST_CASE("what to type as the account of the unit is said as a shell takes it") {
  CHECK(command_as(0, {"import", "--from", "/media/stick"}) == "sudo -u root jindu-gateway import --from /media/stick");
  CHECK(command_as(4'000'000'000u, {"--to", "/media/it's mine"}) ==
        "sudo -u '#4000000000' jindu-gateway --to '/media/it'\\''s mine'");
}

TEST_CASE("while a channel is stopped at the unit that reads, a medium is finished, and nothing is lost by it") {
  World w;
  Crossing c(w);
  const auto bundles = hand_over(w, 2);
  REQUIRE(w.inner->stop_channel("portal>approval", "谢运 3", "a drill"));
  c.to_outer();
  c.to_inner();
  CHECK(w.deliverable(w.inner).empty());
  CHECK(raised(w.inner, "alarm.voyage_damaged").empty());
  c.to_outer();
  c.to_inner();
  REQUIRE(w.inner->resume_channel("portal>approval", "谢运 3", "it is over"));
  for (int i = 0; i < 2; ++i) {
    c.to_outer();
    c.to_inner();
  }
  CHECK(w.apply_all(w.inner, w.approval) == ids_of(bundles));
}

}  // namespace jindu::gateway::test
