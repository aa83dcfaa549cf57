#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <numeric>
#include <optional>

#include "common/runtime/files.hpp"
#include "crossing.hpp"
#include "exchange-gateway/carriers/by_hand.hpp"
#include "exchange-gateway/carriers/trip.hpp"
#include "exchange-gateway/unit_lock.hpp"

namespace jindu::gateway::test {

TEST_CASE("a ferry carries there, and back the receipts, and then rests") {
  World w;
  Crossing c(w);
  const auto bundles = hand_over(w, 5);
  c.to_outer();
  REQUIRE(c.voyages("gateway-outer").size() == 1);
  c.to_inner();
  CHECK(c.voyages("gateway-outer").empty());
  CHECK(w.apply_all(w.inner, w.approval) == ids_of(bundles));
  c.to_outer();
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle WHERE state = 'carried'") == 5);
  // What an operator sees of the last hour; told again and again, it is counted once.
  const auto crossed = [&] {
    const auto minutes = w.outer->recent().minutes("carried", w.clock->now());
    return std::accumulate(minutes.begin(), minutes.end(), std::int64_t{0});
  };
  CHECK(crossed() == 5);
  c.to_inner();
  c.to_outer();
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle WHERE kind <> 'receipts' AND state <> 'ended'") == 0);
  for (int i = 0; i < 3; ++i) {
    c.to_inner();
    c.to_outer();
  }
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle WHERE state <> 'ended'") == 0);
  CHECK(w.inner.count("SELECT COUNT(*) FROM bundle WHERE state <> 'ended'") == 0);
  CHECK(crossed() == 5);
  const auto trips = w.outer.count("SELECT COUNT(*) FROM voyage");
  c.to_inner();
  c.to_outer();
  CHECK(w.outer.count("SELECT COUNT(*) FROM voyage") == trips);  // nothing to say, nothing written
}

TEST_CASE("more than one voyage holds goes on several at once") {
  World w;
  Crossing c(w, 1 << 20);
  const auto bundles = hand_over(w, 12, 300 * 1024);
  c.to_outer();
  CHECK(c.voyages("gateway-outer").size() >= 4);
  c.to_inner();
  CHECK(w.apply_all(w.inner, w.approval) == ids_of(bundles));
}

TEST_CASE("a ferry carries what a diode had sent and nobody confirmed") {
  World w;
  const auto bundles = hand_over(w, 3);
  REQUIRE(w.outer->journal().write([](storage::Transaction& t) {
    t.execute("UPDATE bundle SET voyage = -17 WHERE outward = 1 AND subject_sequence < 3");
  }));
  REQUIRE(w.outer->forget_marks());
  Crossing c(w);
  c.to_outer();
  c.to_inner();
  CHECK(w.apply_all(w.inner, w.approval) == ids_of(bundles));
}

TEST_CASE("a unit does not wait without end for an import beside it, and says what to do") {
  World w;
  const auto directory = w.outer->options().directory;
  constexpr std::chrono::milliseconds kShort{100};
  {
    const auto import = UnitLock::shared(directory, kShort);
    REQUIRE(import);
    CHECK(UnitLock::shared(directory, kShort));
    const auto began = std::chrono::steady_clock::now();
    const auto unit = UnitLock::alone(directory, kShort);
    REQUIRE_FALSE(unit);
    CHECK(unit.error().code == "unit.busy");
    CHECK(unit.error().detail.find("wait for it to end") != std::string::npos);
    CHECK(std::chrono::steady_clock::now() - began >= kShort);
  }
  const auto unit = UnitLock::alone(directory, kShort);
  REQUIRE(unit);
  CHECK(UnitLock::shared(directory, kShort).error().code == "unit.busy");
}

TEST_CASE("a voyage that is lost although a later one arrives costs nothing") {
  World w;
  Crossing c(w);
  auto bundles = hand_over(w, 3);
  c.to_outer();
  c.lose();
  for (auto& bundle : hand_over(w, 3)) bundles.push_back(std::move(bundle));
  c.to_outer();
  c.to_inner();
  // The second voyage was read; that says nothing about the first.
  CHECK(w.deliverable(w.inner).empty());
  c.to_outer();
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle WHERE state = 'carried'") == 3);
  c.to_inner();
  CHECK(w.apply_all(w.inner, w.approval) == ids_of(bundles));
}

TEST_CASE("a voyage that an operator starts on another medium takes along what is under way and not confirmed") {
  World w;
  Crossing c(w);
  auto bundles = hand_over(w, 3);
  c.to_outer();
  c.exchange();
  for (auto& bundle : hand_over(w, 2)) bundles.push_back(std::move(bundle));
  SECTION("nobody wants it: it waits for its own medium") {
    c.to_outer();
    c.to_inner();
    CHECK(w.deliverable(w.inner).empty());
    return;
  }
  const auto wanted = w.outer->start_voyage("谢运 3333333333333333", "the courier is late").value();
  CHECK(wanted.waiting == 2);
  CHECK(wanted.under_way == 3);
  SECTION("it goes on the other medium") {
    c.to_outer();
    CHECK_FALSE(w.outer->voyage_is_wanted().value());
    c.to_inner();
    CHECK(w.apply_all(w.inner, w.approval) == ids_of(bundles));
    // The first one comes after all.
    c.exchange();
    c.to_inner();
    CHECK(w.deliverable(w.inner).empty());
    CHECK(w.inner.count("SELECT COUNT(*) FROM bundle WHERE kind = 'dossier'") == 5);
  }
  SECTION("not where it lies already") {
    c.exchange();
    c.to_outer();
    CHECK(w.outer.text("SELECT group_concat(bundles, ' ') FROM (SELECT bundles FROM voyage WHERE direction = 'loaded' "
                       "ORDER BY number)") == "3 2");
    c.to_inner();
    CHECK(w.apply_all(w.inner, w.approval) == ids_of(bundles));
  }
}

TEST_CASE("what was damaged or unreadable at first and then came whole is no alarm any more") {
  World w;
  Crossing c(w);
  const auto bundles = hand_over(w, 2);
  c.to_outer();
  const auto folder = c.voyages("gateway-outer").at(0);
  fs::copy(folder, w.folder / "whole", fs::copy_options::recursive);
  SECTION("damaged") { fs::remove(folder / (World::id_of(bundles[0]) + ".jdb")); }
  SECTION("unreadable") { fs::remove(folder / "voyage.jdv"); }
  const auto alarm = [&] {
    bool raised = false;
    REQUIRE(w.inner->journal().read([&](storage::Transaction& t) {
      for (const auto& one : w.inner->alarms(t)) raised = raised || one.code == "alarm.voyage_damaged";
    }));
    return raised;
  };
  c.to_inner();
  CHECK(alarm());
  fs::rename(w.folder / "whole", folder);
  c.to_inner();
  CHECK_FALSE(alarm());
  CHECK(w.apply_all(w.inner, w.approval) == ids_of(bundles));
}

TEST_CASE("a medium that was pulled while it was read says nothing against what is on it") {
  World w;
  const auto here = w.folder / "here";
  fs::create_directory(here);
  CHECK(still_there(here));
  const auto pulled = still_there(w.folder / "pulled");
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().code == "voyage.gone");
  // Nothing of it is written down, so that nobody is told of damage.
  jindu::v1::Voyage voyage;
  voyage.set_number(1);
  voyage.add_bundles()->set_bundle_id(std::string(16, 'x'));
  CHECK(take_voyage(w.inner.unit(), voyage, (w.folder / "pulled").string(), false).error().code == "voyage.gone");
  CHECK(w.inner.count("SELECT COUNT(*) FROM voyage") == 0);
}

TEST_CASE("on a quiet night each unit says now and then that it is there") {
  World w;
  Crossing c(w, 1 << 20, std::chrono::seconds(0));
  c.to_outer();
  CHECK(c.voyages("gateway-outer").size() == 1);
  w.clock->advance(std::chrono::hours(1));
  c.to_inner();
  CHECK(w.inner.count("SELECT value FROM unit_state WHERE name = 'peer_heard_ms'") == to_unix_ms(w.clock->now()));
  CHECK(c.voyages("gateway-outer").empty());
}

TEST_CASE("a voyage that is whole but holds what is not taken says why") {
  World w;
  Crossing c(w);
  const auto bundles = hand_over(w, 2);
  const auto id = World::id_of(bundles[0]);
  auto spoiled = bundles[0];
  const auto view = exchange::parse_bundle(spoiled).value();
  spoiled[static_cast<std::size_t>(view.signature.data() - spoiled.data()) + view.signature.size() - 1] ^= 1;
  REQUIRE(w.outer->journal().write([&](storage::Transaction& t) {
    t.execute("UPDATE bundle_bytes SET bundle = $2 WHERE id = $1", {id, spoiled});
    // As if it had been taken so: what its own unit knows to be damaged goes nowhere.
    t.execute("UPDATE bundle SET signature = $2, checksum = $3 WHERE id = $1",
              {id, exchange::parse_bundle(spoiled)->signature, store::checksum_of(spoiled)});
  }));
  c.to_outer();
  c.to_inner();
  CHECK(w.inner.text("SELECT code FROM voyage WHERE direction = 'unloaded'") == "bundle.signature");
}

TEST_CASE("what a voyage has over its rate comes little by little, and keeps nothing behind it waiting") {
  World w;
  w.inner.restart_with(w.slow_policy());
  Crossing c(w);
  hand_over(w, 5);
  c.to_outer();
  w.from_portal.kind = "material";
  hand_over(w, 1);
  c.to_outer();
  REQUIRE(c.voyages("gateway-outer").size() == 2);
  const auto arrived = [&](const char* kind) {
    return w.inner.count(std::string("SELECT COUNT(*) FROM bundle WHERE outward = 0 AND kind = '") + kind + "'");
  };
  const auto read = [&] {
    return w.inner.count("SELECT COALESCE(MAX(value), 0) FROM unit_state WHERE name = 'own_read'");
  };
  c.to_inner();
  CHECK(arrived("dossier") == 2);
  CHECK(arrived("material") == 1);
  CHECK(read() == 0);  // nothing of the first is loaded again, as it is still there
  REQUIRE(c.voyages("gateway-outer").size() == 1);
  c.to_outer();
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle WHERE state = 'waiting' AND voyage = 1") == 3);
  // On the medium that stays, without anybody doing anything.
  const auto place = w.folder / "at-inner" / "medium";
  fs::rename(c.medium(), place);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (arrived("dossier") < 5 && std::chrono::steady_clock::now() < until) {
    w.clock->advance(std::chrono::milliseconds(500));
    std::this_thread::sleep_for(kLook);
  }
  CHECK(arrived("dossier") == 5);
  while (read() == 0 && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(kLook);
  CHECK(read() >= 2);
  fs::rename(place, c.medium());
  std::this_thread::sleep_for(kLook * 3);
  c.to_inner();
  CHECK(c.voyages("gateway-outer").empty());
  c.to_outer();
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle WHERE state = 'waiting'") == 0);
}

TEST_CASE("a unit whose disk is full goes on sending by ferry what fills it, and takes what waits when there is room") {
  World w;
  const auto back = w.from_approval.next(1, "status");
  REQUIRE(w.inner->take_from_service(back));
  w.inner.restart_with([](UnitOptions& o) { o.minimum_free_bytes = std::uint64_t{1} << 60; });
  std::vector<Bytes> bundles;
  {
    Crossing c(w);
    bundles = hand_over(w, 2);
    c.to_outer();
    const auto own = w.folder / "at-inner" / "medium";
    c.visit_in_vain(true, [&] {
      const auto names = names_on(own.string());
      return std::any_of(names.begin(), names.end(), [](const auto& one) { return voyage_id(one, "gateway-inner"); });
    });
    CHECK(w.deliverable(w.inner).empty());
    CHECK(c.voyages("gateway-outer").size() == 1);
    c.to_outer();
    CHECK(w.deliverable(w.outer) == std::vector{World::id_of(back)});
  }
  w.inner.restart_with([](UnitOptions& o) { o.minimum_free_bytes = 0; });
  Crossing c(w);
  c.to_inner();
  CHECK(w.apply_all(w.inner, w.approval) == ids_of(bundles));
}

TEST_CASE("a voyage that cannot be checked as the revocation list is over waits on its medium, and is not refused") {
  World w;
  w.inner.restart_with(w.trust_with_an_old_crl());
  std::vector<Bytes> bundles;
  {
    Crossing c(w);
    bundles = hand_over(w, 2);
    c.to_outer();
    const auto began = std::chrono::steady_clock::now();
    c.visit_in_vain(true, [&] { return std::chrono::steady_clock::now() - began > kLook * 20; });
    CHECK(w.inner.count("SELECT COUNT(*) FROM voyage") == 0);
    CHECK(c.voyages("gateway-outer").size() == 1);
  }
  w.inner.restart_with(w.trust());
  Crossing c(w);
  c.to_inner();
  CHECK(w.apply_all(w.inner, w.approval) == ids_of(bundles));
}

// So long that voyages without a word are taken to be lost, and until a unit has looked.
static void be_away_for_long(World& w) {
  w.clock->advance(std::chrono::seconds(601));
  std::this_thread::sleep_for(kLook * 30);
}

TEST_CASE("what a medium brings back unread goes on another voyage later and later, until the other side reads again") {
  World w;
  w.inner.restart_with(w.trust_with_an_old_crl());
  const auto loaded = [&] { return w.outer.count("SELECT COUNT(*) FROM voyage WHERE direction = 'loaded'"); };
  std::optional<Crossing> c(w);
  const auto bundles = hand_over(w, 2);
  c->to_outer();
  for (int i = 0; i < 6; ++i) {
    be_away_for_long(w);
    c->to_outer();
  }
  // After 10 minutes, and 20 more; the next 40 are not over.
  CHECK(loaded() == 3);
  c.reset();
  w.inner.restart_with(w.trust());
  c.emplace(w);
  c->to_inner();
  c->to_outer();
  CHECK(w.apply_all(w.inner, w.approval) == ids_of(bundles));
  hand_over(w, 1);
  c->to_outer();
  const auto before = loaded();
  c->lose();
  be_away_for_long(w);
  c->to_outer();
  CHECK(loaded() == before + 1);
}

TEST_CASE("a return voyage that is lost costs nothing either") {
  World w;
  Crossing c(w);
  const auto bundles = hand_over(w, 3);
  c.to_outer();
  c.to_inner();
  c.lose();
  CHECK(w.apply_all(w.inner, w.approval) == ids_of(bundles));
  for (int i = 0; i < 2; ++i) {
    c.to_outer();
    c.to_inner();
  }
  be_away_for_long(w);
  for (int i = 0; i < 4; ++i) {
    c.to_outer();
    c.to_inner();
  }
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle WHERE state <> 'ended'") == 0);
  CHECK(w.inner.count("SELECT COUNT(*) FROM bundle WHERE state <> 'ended'") == 0);
  CHECK(w.deliverable(w.inner).empty());
}

TEST_CASE("a voyage with a missing and a damaged bundle is reported, and the rest is delivered") {
  World w;
  Crossing c(w);
  std::vector<Bytes> bundles;
  for (int i = 0; i < 4; ++i) {
    bundles.push_back(w.from_portal.next(i, "x"));
    REQUIRE(w.outer->take_from_service(bundles.back()));
  }
  c.to_outer();
  const auto folder = c.voyages("gateway-outer").at(0);
  const auto ids = ids_of(bundles);
  fs::remove(folder / (ids[0] + ".jdb"));
  std::fstream(folder / (ids[1] + ".jdb"), std::ios::in | std::ios::out | std::ios::binary).seekp(30).write("?", 1);
  c.to_inner();
  CHECK(w.apply_all(w.inner, w.approval) == std::vector{ids[2], ids[3]});
  CHECK(w.inner.count("SELECT damaged FROM voyage WHERE direction = 'unloaded'") == 2);
  SECTION("and it is loaded again, once") {
    c.to_outer();
    c.to_inner();
    CHECK(w.apply_all(w.inner, w.approval) == std::vector{ids[0], ids[1]});
    CHECK(w.inner.count("SELECT SUM(bundles) FROM voyage WHERE direction = 'unloaded'") >= 4);
  }
  SECTION("also when the trip that told of it is lost") {
    c.lose();
    be_away_for_long(w);
    for (int i = 0; i < 3; ++i) {
      c.to_outer();
      c.to_inner();
    }
    CHECK(w.apply_all(w.inner, w.approval).size() == 2);
  }
}

TEST_CASE("small bundles share a file of a voyage once the other unit has said that it reads it so") {
  World w;
  for (auto* side : {&w.outer, &w.inner}) side->restart_with([](UnitOptions& options) { options.packed_from = 3; });
  Crossing c(w);
  const auto files_of = [](const fs::path& folder) {
    std::set<std::string> names;
    for (const auto& file : fs::directory_iterator(folder)) names.insert(file.path().filename().string());
    return names;
  };
  // An older unit would refuse the manifest.
  const auto first = hand_over(w, 3);
  c.to_outer();
  CHECK(files_of(c.voyages("gateway-outer").at(0)).size() == 4);
  c.to_inner();
  c.to_outer();
  c.to_inner();  // now the inner one has said so, in what it told of receipts
  CHECK(w.apply_all(w.inner, w.approval) == ids_of(first));
  // Written down, as a person's export is a program of its own.
  CHECK(w.outer.count("SELECT value FROM unit_state WHERE name = 'peer_reads_packed'") == 1);
  std::vector<Bytes> bundles;
  for (int i = 0; i < 4; ++i) {
    bundles.push_back(w.from_portal.next(10 + i, Bytes(i < 3 ? 10 : kPackedMax, 'x')));
    REQUIRE(w.outer->take_from_service(bundles.back()));
  }
  const auto ids = ids_of(bundles);
  c.to_outer();
  const auto folder = c.voyages("gateway-outer").at(0);
  CHECK(files_of(folder) == std::set<std::string>{"voyage.jdv", "bundles.jdp", ids[3] + ".jdb"});
  const auto pack = folder / "bundles.jdp";
  const auto size = fs::file_size(pack);
  std::vector<std::string> whole = ids;
  SECTION("whole") {}
  SECTION("changed in the middle") {
    std::fstream(pack, std::ios::in | std::ios::out | std::ios::binary)
        .seekp(static_cast<std::streamoff>(size / 2))
        .write("?", 1);
    whole.erase(whole.begin() + 1);
  }
  SECTION("cut") {
    fs::resize_file(pack, size - 1);
    whole.erase(whole.begin() + 2);
  }
  SECTION("gone") {
    fs::remove(pack);
    whole.erase(whole.begin(), whole.begin() + 3);
  }
  SECTION("a pipe that never answers") {
    fs::remove(pack);
    REQUIRE(::mkfifo(pack.c_str(), 0600) == 0);
    whole.erase(whole.begin(), whole.begin() + 3);
  }
  c.to_inner();
  CHECK(w.apply_all(w.inner, w.approval) == whole);
  CHECK(w.inner.count("SELECT SUM(damaged) FROM voyage WHERE direction = 'unloaded'") ==
        static_cast<std::int64_t>(ids.size() - whole.size()));
  c.to_outer();
  c.to_inner();
  CHECK(w.apply_all(w.inner, w.approval).size() == ids.size() - whole.size());
}

TEST_CASE("a manifest that lies about where a bundle begins is told as damage") {
  World w;
  const auto folder = w.folder / "voyage";
  fs::create_directory(folder);
  std::ofstream(folder / "bundles.jdp") << "0123456789";
  const auto read = [&](std::uint64_t at, std::uint64_t size, std::string_view bytes) {
    jindu::v1::VoyageEntry entry;
    entry.set_bundle_id(std::string(16, 'x'));
    entry.set_packed_at(at);
    entry.set_size(size);
    entry.set_sha256(std::string(text_of(crypto::sha256(bytes_of(bytes)))));
    auto result = read_voyage_bundle(folder, entry);
    return result ? "" : result.error().code;
  };
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  CHECK(read(3, 4, "3456").empty());
  CHECK(read(10, 0, "").empty());
  for (const auto& [at, size] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
           {3, 8}, {11, 0}, {most, 1}, {1, most}, {most, most}, {0, std::uint64_t{1} << 40}})
    CHECK(read(at, size, "") == "voyage.damaged");
  CHECK(read(2, 4, "3456") == "voyage.damaged");
}

TEST_CASE("nothing of a voyage without a good manifest is believed, and it is sent again") {
  World w;
  Crossing c(w);
  const auto bundles = hand_over(w, 2);
  c.to_outer();
  const auto folder = c.voyages("gateway-outer").at(0);
  SECTION("changed") {
    std::fstream(folder / "voyage.jdv", std::ios::in | std::ios::out | std::ios::binary).seekp(60).write("?", 1);
  }
  SECTION("missing") { fs::remove(folder / "voyage.jdv"); }
  SECTION("under another name") {
    auto name = folder.string();
    name.back() = name.back() == '0' ? '1' : '0';
    fs::rename(folder, name);
  }
  SECTION("a pipe that never answers") {
    fs::remove(folder / "voyage.jdv");
    REQUIRE(::mkfifo((folder / "voyage.jdv").c_str(), 0600) == 0);
  }
  SECTION("a link to elsewhere") {
    fs::rename(folder / "voyage.jdv", w.folder / "elsewhere.jdv");
    fs::create_symlink(w.folder / "elsewhere.jdv", folder / "voyage.jdv");
  }
  c.to_inner();
  CHECK(w.deliverable(w.inner).empty());
  CHECK(w.inner.count("SELECT COUNT(*) FROM voyage WHERE direction = 'refused'") == 1);
  c.to_outer();
  c.to_inner();
  CHECK(w.apply_all(w.inner, w.approval) == ids_of(bundles));
}

TEST_CASE("a voyage of somebody else on the medium is told to operators, left as it is, and keeps nothing waiting") {
  World w;
  Crossing c(w);
  const auto bundles = hand_over(w, 2);
  c.to_outer();
  const auto own = c.voyages("gateway-outer").at(0);
  const auto strange = c.medium() / "gateway-elsewhere-019a0000-0000-7000-8000-000000000001";
  fs::copy(own, strange);
  fs::create_directory(c.medium() / "holiday-pictures");
  for (int i = 0; i < 2; ++i) {
    c.to_inner();
    CHECK(fs::exists(strange / "voyage.jdv"));
    CHECK(w.inner.text("SELECT id || ' ' || code || ' ' || sender FROM voyage WHERE direction = 'refused'") ==
          "019a0000-0000-7000-8000-000000000001 voyage.addressee gateway-outer");
  }
  CHECK(w.inner.count("SELECT COUNT(*) FROM voyage WHERE direction = 'refused'") == 1);
  CHECK(w.apply_all(w.inner, w.approval) == ids_of(bundles));
  // What operators have seen to is not told again, as long as it lies there.
  REQUIRE(w.inner->journal().write(
      [](storage::Transaction& t) { t.execute("UPDATE voyage SET dismissed_ms = 1 WHERE direction = 'refused'"); }));
  c.to_inner();
  CHECK(w.inner.count("SELECT dismissed_ms FROM voyage WHERE direction = 'refused'") == 1);
}

TEST_CASE("a refused voyage says whose it is as far as that can be told, and is dismissed with a signed record") {
  World w;
  Crossing c(w);
  hand_over(w, 2);
  c.to_outer();
  const auto folder = c.voyages("gateway-outer").at(0);
  const auto id = voyage_id(folder.filename().string(), "gateway-outer").value();
  std::string from = "gateway-outer", signer, code;
  SECTION("signed by another node of the gateway, in the unit's name") {
    signer = "portal";
    code = "signed.signer";
    auto encoded = files::read((folder / "voyage.jdv").string(), 1 << 16).value();
    const auto body = evidence::read_signed(encoded, evidence::kVoyageType).value().body;
    REQUIRE(
        files::write_durably(folder / "voyage.jdv", evidence::sign_statement(evidence::kVoyageType, body, w.portal)));
  }
  SECTION("changed") {
    code = "signed.signature";
    auto encoded = files::read((folder / "voyage.jdv").string(), 1 << 16).value();
    // The last but one of the name that stands in the body: the signature is over another one.
    const auto at = text_of(encoded).find("gateway-inner");
    REQUIRE(at != std::string_view::npos);
    encoded[at] = 'h';
    REQUIRE(files::write_durably(folder / "voyage.jdv", encoded));
  }
  SECTION("without a manifest nothing can be told") {
    from = "";
    code = "voyage.unreadable";
    fs::remove(folder / "voyage.jdv");
  }
  fs::copy(folder, w.folder / "again", fs::copy_options::recursive);
  c.to_inner();
  const auto refused = [&] {
    std::vector<store::VoyageRow> list;
    REQUIRE(w.inner->journal().read([&](storage::Transaction& t) { list = store::refused_voyages(t, 10); }));
    return list;
  };
  REQUIRE(refused().size() == 1);
  const auto one = refused().front();
  CHECK(one.id == id);
  CHECK(one.code == code);
  CHECK(one.sender == from);
  CHECK(one.signer == signer);
  REQUIRE(w.inner->journal().read([&](storage::Transaction& t) {
    CHECK(store::refused_count(t) == 1);
    CHECK(w.inner->damaged_voyages(t).size() == 1);
  }));
  const auto digest = from_hex(one.manifest_sha256).value();
  CHECK(w.inner->dismiss(id, Bytes(32), "谢运 3", "?").error().code == "quarantine.unknown");
  REQUIRE(w.inner->dismiss(id, digest, "谢运 3", "of the training set"));
  CHECK(refused().empty());
  CHECK(w.inner->dismiss(id, digest, "谢运 3", "twice").error().code == "quarantine.unknown");
  REQUIRE(w.inner->journal().read([&](storage::Transaction& t) {
    CHECK(w.inner->damaged_voyages(t).empty());
    const auto kept = store::dismissals(t, id);
    REQUIRE(kept.size() == 1);
    const auto record =
        evidence::open_signed(kept.front().record, kRecordType, w.inner->trust(), w.clock->now(), "gateway-inner");
    REQUIRE(record);
    for (const auto& word : {id, code, std::string("of the training set")})
      CHECK(text_of(record->body).find(word) != std::string_view::npos);
  }));
  // Whoever brings it once more is told of anew, and both lie on the medium.
  CHECK(fs::is_directory(folder.string() + ".refused"));
  CHECK_FALSE(fs::exists(folder));
  fs::rename(w.folder / "again", folder);
  w.clock->advance(std::chrono::minutes(1));
  c.to_inner();
  REQUIRE(refused().size() == 1);
  CHECK(refused().front().at_ms == to_unix_ms(w.clock->now()));
  CHECK(fs::is_directory(folder.string() + ".refused"));
  CHECK(fs::is_directory(folder.string() + ".refused-2"));
}

TEST_CASE("each voyage that a person writes, reads or has written again stands in the operators' log by their name") {
  World w;
  const auto medium = w.folder / "by-hand";
  fs::create_directory(medium);
  const std::string place = medium.string();
  const auto lines = [&](Side& side) {
    return side.text(
        "SELECT COALESCE(group_concat(who || '|' || act || '|' || about || '|' || reason, ', '), '') FROM (SELECT * "
        "FROM operator_log ORDER BY number)");
  };
  const auto write = [&] {
    std::vector<std::string> ids;
    for (const auto& one : w.outer->to_load(10, 1 << 20).value().list) ids.push_back(one.id);
    return load_voyage(w.outer.unit(), place, ids, {}).value();
  };
  hand_over(w, 2);
  w.outer->is_carried_by("alice uid:1000", place);
  w.inner->is_carried_by("bob uid:1001", place);
  const auto row = write();
  const auto folder = (medium / ("gateway-outer-" + row.id)).string();
  const auto voyage = read_voyage(folder, "gateway-outer", "gateway-inner", w.inner->trust(), w.inner->now()).value();
  REQUIRE(take_voyage(w.inner.unit(), voyage, folder, false).value().damaged.empty());
  REQUIRE(w.outer->load_again(0, 1));
  CHECK(lines(w.outer) == "alice uid:1000|export|1 " + row.id + "|" + place + ", alice uid:1000|again|1|" + place);
  CHECK(lines(w.inner) == "bob uid:1001|import|1 " + row.id + "|" + place);
  // One that is refused, too: somebody has tried.
  REQUIRE(
      refuse_voyage(w.inner.unit(), folder, row.id, {Fault::integrity, "voyage.malformed", "not what it should be"}));
  CHECK(lines(w.inner).ends_with("bob uid:1001|import|" + row.id + " voyage.malformed|" + place));
  // What carries by itself is no act of anybody.
  w.outer->is_carried_by("", "");
  hand_over(w, 1);
  write();
  CHECK(w.outer.count("SELECT COUNT(*) FROM operator_log") == 2);
}

TEST_CASE("in short: what is under way, what waits for the next voyage, what was taken in last and what has not come") {
  World w;
  Crossing c(w);
  struct Short {
    std::int64_t on_voyages;
    store::TakenIn taken;
  };
  const auto in_short = [](Side& side) {
    Short s{};
    REQUIRE(side->journal().read([&](storage::Transaction& t) { s = {store::on_voyages(t), store::taken_in(t)}; }));
    return s;
  };
  CHECK(in_short(w.inner).taken.number == 0);
  hand_over(w, 2);
  CHECK(in_short(w.outer).on_voyages == 0);
  c.to_outer();
  CHECK(in_short(w.outer).on_voyages == 2);
  const auto first = c.voyages("gateway-outer").at(0);
  c.to_inner();
  CHECK(in_short(w.inner).taken.number == 1);
  CHECK(in_short(w.inner).taken.at_ms == to_unix_ms(w.clock->now()));
  c.to_outer();
  CHECK(in_short(w.outer).on_voyages == 0);
  // Of two further voyages the earlier one stays away.
  hand_over(w, 1);
  c.to_outer();
  c.lose();
  REQUIRE(w.outer->load_again(0, 1'000));
  w.clock->advance(std::chrono::minutes(1));
  c.to_outer();
  c.to_inner();
  const auto taken = in_short(w.inner).taken;
  CHECK(taken.at_ms == to_unix_ms(w.clock->now()));
  // That voyage, and the word before it that the other one was read.
  CHECK(taken.number == 4);
  CHECK(taken.absent == std::vector<std::int64_t>{2, 3});
}

TEST_CASE("an interrupted write leaves nothing that is read, and is cleared away") {
  World w;
  Crossing c(w);
  const auto partial = c.medium() / (voyage_folder("gateway-outer", uuid_v7(w.clock->now())) + ".part");
  fs::create_directory(partial);
  std::ofstream(partial / "half.jdb") << "half";
  c.to_inner();
  CHECK(fs::exists(partial));  // not ours to remove
  CHECK(w.inner.count("SELECT COUNT(*) FROM voyage") == 0);
  c.to_outer();
  CHECK_FALSE(fs::exists(partial));
}

TEST_CASE("a voyage whose removal was cut short is no fault of the medium, and is cleared away") {
  World w;
  Crossing c(w);
  const auto bundles = hand_over(w, 3);
  c.to_outer();
  const auto folder = c.voyages("gateway-outer").at(0);
  const int events = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  const int medium = ::inotify_add_watch(events, c.medium().c_str(), IN_MOVED_FROM);
  const int inside = ::inotify_add_watch(events, folder.c_str(), IN_DELETE);
  REQUIRE((medium > 0 && inside > 0));
  const auto aside = w.folder / "aside";
  fs::copy(folder, aside);
  c.to_inner();
  alignas(inotify_event) std::array<char, 8192> seen{};
  REQUIRE(::read(events, seen.data(), seen.size()) > 0);
  // Nothing in it is removed while it has the name of a voyage.
  CHECK(reinterpret_cast<const inotify_event*>(seen.data())->wd == medium);
  ::close(events);
  CHECK(w.apply_all(w.inner, w.approval) == ids_of(bundles));
  // Pulled in the middle, by either side.
  fs::remove(aside / "voyage.jdv");
  const auto ours = c.medium() / (voyage_folder("gateway-inner", uuid_v7(w.clock->now())) + ".removed");
  fs::copy(aside, folder.string() + ".removed");
  fs::copy(aside, ours);
  c.to_outer();
  c.to_inner();
  CHECK_FALSE(fs::exists(folder.string() + ".removed"));
  CHECK_FALSE(fs::exists(ours));
  CHECK(w.inner.count("SELECT COUNT(*) FROM voyage WHERE direction = 'refused'") == 0);
}

TEST_CASE("a copied voyage that comes twice is applied once") {
  World w;
  Crossing c(w);
  const auto bundles = hand_over(w, 3);
  c.to_outer();
  const auto folder = c.voyages("gateway-outer").at(0);
  fs::copy(folder, w.folder / "copy", fs::copy_options::recursive);
  c.to_inner();
  CHECK(w.apply_all(w.inner, w.approval) == ids_of(bundles));
  fs::rename(w.folder / "copy", folder);
  c.to_inner();
  CHECK(w.deliverable(w.inner).empty());
  CHECK(w.inner.count("SELECT COUNT(*) FROM bundle WHERE kind = 'dossier'") == 3);
}

}  // namespace jindu::gateway::test
