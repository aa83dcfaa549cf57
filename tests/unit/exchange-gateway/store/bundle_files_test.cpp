// Where bundles' bytes lie that are not in the journal, and what becomes of them.
#include <catch2/catch.hpp>

#include <fstream>
#include <thread>

#include "tests/unit/exchange-gateway/world.hpp"

namespace jindu::gateway::test {
namespace {

namespace fs = std::filesystem;

struct Shared {
  World w;
  std::vector<Bytes> bundles;

  Shared() {
    for (auto* side : {&w.outer, &w.inner}) side->restart_with([](UnitOptions& options) { options.shared_from = 1; });
  }
  void make(int number) {
    for (int i = 0; i < number; ++i) bundles.push_back(w.from_portal.next(i, "payload " + std::to_string(i)));
  }
  Unit::Taken take() { return w.outer.unit().take_from_service({bundles.begin(), bundles.end()}); }
  std::vector<fs::path> files(const char* side) const {
    const fs::directory_iterator all(w.folder / side / "bundles");
    return {begin(all), end(all)};
  }
  void sweep_after(std::chrono::hours time) {
    w.clock->advance(time);
    REQUIRE(w.inner->sweep());
  }
  void check_bytes(Side& side) {
    for (const auto& bundle : bundles) CHECK(side->bytes_of(World::id_of(bundle)).value() == bundle);
  }
  void apply(Side& side, std::size_t number) {
    for (std::size_t i = 0; i < number; ++i) {
      const auto delivered = side->deliver(World::id_of(bundles[i])).value();
      REQUIRE(side->service_receipt(w.receipt(w.approval, delivered, jindu::v1::RUNG_APPLIED)));
    }
  }
};

}  // namespace

TEST_CASE("small bundles that come together share a file, and each is read by itself") {
  Shared s;
  s.make(5);
  REQUIRE(s.take().receipts.size() == 5);
  CHECK(s.files("outer").size() == 1);
  CHECK(s.w.outer.count("SELECT COUNT(*) FROM bundle_bytes") == 0);
  s.check_bytes(s.w.outer);
  s.w.outer.restart();
  CHECK(s.files("outer").size() == 1);
  s.check_bytes(s.w.outer);
  s.w.carry_all();
  CHECK(s.files("inner").size() == 1);
  s.check_bytes(s.w.inner);
  s.apply(s.w.inner, 5);
  s.w.carry_all();
  // The same once more changes nothing, and leaves nothing.
  REQUIRE(s.take().receipts.size() == 5);
  for (const auto& custody : s.w.inner->take_from_carrier(s.bundles))
    CHECK(rung_of(custody.receipt.whole()) == "carried");
  CHECK(s.files("outer").size() == 1);
  CHECK(s.files("inner").size() == 1);
  s.w.clock->advance(std::chrono::hours(25));
  for (auto* side : {&s.w.outer, &s.w.inner}) REQUIRE((*side)->sweep());
  CHECK(s.files("outer").empty());
  CHECK(s.files("inner").empty());
  CHECK_FALSE(s.w.outer->bytes_of(World::id_of(s.bundles[0])));
}

TEST_CASE("what comes alone, and little that comes together, lives in the database; the largest have their own files") {
  Shared s;
  s.make(1);
  REQUIRE(s.take().receipts.size() == 1);
  CHECK(s.files("outer").empty());
  s.w.outer.restart_with([](UnitOptions& options) { options.shared_from = 1 << 20; });
  s.make(3);
  REQUIRE(s.take().receipts.size() == 4);
  CHECK(s.files("outer").empty());
  for (int i = 0; i < 2; ++i) s.bundles.push_back(s.w.from_portal.next(1, Bytes(300 * 1024, 'x')));
  REQUIRE(s.take().receipts.size() == 6);
  CHECK(s.files("outer").size() == 2);  // one each, as they are together not yet enough to share one
  for (int i = 0; i < 3; ++i) s.bundles.push_back(s.w.from_portal.next(1, Bytes(600 * 1024, 'x')));
  s.bundles.push_back(s.w.from_portal.next(1, Bytes(3 << 20, 'x')));
  REQUIRE(s.take().receipts.size() == 10);
  CHECK(s.files("outer").size() == 4);
  s.check_bytes(s.w.outer);
}

TEST_CASE("what of a shared file is still needed when the rest has ended moves into the journal") {
  Shared s;
  s.make(4);
  REQUIRE(s.take().receipts.size() == 4);
  s.w.carry_all();
  s.sweep_after(std::chrono::hours(25));
  CHECK(s.w.inner.count("SELECT COUNT(*) FROM bundle_bytes") == 0);  // nothing of it has ended
  s.apply(s.w.inner, 2);
  REQUIRE(s.w.inner->sweep());
  CHECK(s.w.inner.count("SELECT COUNT(*) FROM bundle_bytes") == 0);  // nor long ago
  s.sweep_after(std::chrono::hours(25));
  CHECK(s.w.inner.count("SELECT COUNT(*) FROM bundle_bytes") == 2);
  CHECK(s.w.inner.count("SELECT COUNT(*) FROM bundle WHERE file <> ''") == 0);
  // A copy of the journal that is being made may still tell of the file.
  CHECK(s.files("inner").size() == 1);
  s.sweep_after(std::chrono::hours(24));
  CHECK(s.files("inner").empty());
  s.bundles.erase(s.bundles.begin(), s.bundles.begin() + 2);
  s.check_bytes(s.w.inner);
  s.apply(s.w.inner, 2);
  s.sweep_after(std::chrono::hours(25));
  CHECK(s.w.inner.count("SELECT COUNT(*) FROM bundle_bytes") == 0);
}

TEST_CASE("large ones that are still needed when the rest of their file has ended move into another") {
  Shared s;
  s.make(1);
  for (int i = 1; i < 4; ++i) s.bundles.push_back(s.w.from_portal.next(i, Bytes(300 * 1024, 'x')));
  REQUIRE(s.take().receipts.size() == 4);
  s.w.carry_all();
  REQUIRE(s.files("inner").size() == 1);
  const auto before = s.files("inner").front();
  std::swap(s.bundles[0], s.bundles[1]);
  s.apply(s.w.inner, 1);
  s.sweep_after(std::chrono::hours(25));
  CHECK(s.w.inner.count("SELECT COUNT(*) FROM bundle_bytes") == 1);
  CHECK(s.w.inner.count("SELECT COUNT(*) FROM bundle WHERE file <> ''") == 2);
  CHECK(s.files("inner").size() == 2);
  s.sweep_after(std::chrono::hours(24));
  REQUIRE(s.files("inner").size() == 1);
  CHECK(s.files("inner").front() != before);
  s.bundles.erase(s.bundles.begin());
  s.check_bytes(s.w.inner);
  s.w.inner.restart();
  s.check_bytes(s.w.inner);
  s.apply(s.w.inner, 3);
  s.sweep_after(std::chrono::hours(25));
  CHECK(s.files("inner").empty());
}

TEST_CASE("a shared file of which one ends each day does not live as long as they") {
  Shared s;
  s.make(4);
  REQUIRE(s.take().receipts.size() == 4);
  s.w.carry_all();
  for (int day = 0; day < 3; ++day) {
    s.apply(s.w.inner, 1);
    s.bundles.erase(s.bundles.begin());
    REQUIRE(s.w.inner->sweep());
    CHECK((s.w.inner.count("SELECT COUNT(*) FROM bundle WHERE file <> ''") > 0) == (day < 2));
    s.w.clock->advance(std::chrono::hours(25));
  }
  s.check_bytes(s.w.inner);
}

TEST_CASE("a file is removed when it is certain that nothing of it was committed") {
  Shared s;
  store::BundleFiles files(s.w.outer->journal(), s.w.folder / "outer" / "bundles", 1);
  std::vector<store::Entry> entries(2);
  const Bytes a(10, 'a'), b(20, 'b');
  const auto write = [&](store::BundleFiles::Batch& batch) {
    batch.add(entries[0], a);
    batch.add(entries[1], b);
    batch.write();
    REQUIRE_FALSE(batch.error(0));
    jindu::files::Parts parts;
    CHECK(files.read(entries[0].file, 10, parts).value() == a);
    CHECK(files.read(entries[1].file, 20, parts).value() == b);
  };
  for (const bool said : {true, false}) {
    {
      store::BundleFiles::Batch batch(files, s.w.clock->now());
      write(batch);
      CHECK(s.files("outer").size() == 1);
      if (said) batch.settle(true);
    }
    CHECK(s.files("outer").empty());
  }
  // While the journal answers nothing, all stay, and no more than some are made.
  const auto journal = s.w.folder / "outer" / "other.sqlite";
  auto other = storage::Database::open("sqlite:" + journal.string()).value();  // without a table
  store::BundleFiles unsure(*other, s.w.folder / "outer" / "bundles", 1);
  std::size_t made = 0;
  for (; made < 100; ++made) {
    store::BundleFiles::Batch batch(unsure, s.w.clock->now());
    batch.add(entries[0], a);
    batch.add(entries[1], b);
    batch.write();
    if (batch.error(0)) {
      CHECK(batch.error(0)->code == "unit.journal_away");
      break;
    }
  }
  CHECK(made == 32);
  CHECK(s.files("outer").size() == made);
  REQUIRE(other->migrate("gateway", store::migrations()));
  REQUIRE(unsure.sweep(std::chrono::hours(24), s.w.clock->now()));
  CHECK(s.files("outer").empty());
}

TEST_CASE("what two carriers bring at once is kept once") {
  Shared s;
  s.make(20);
  for (int round = 0; round < 5; ++round) {
    std::vector<std::thread> carriers;
    for (int i = 0; i < 4; ++i) carriers.emplace_back([&] { s.w.inner->take_from_carrier(s.bundles); });
    for (auto& one : carriers) one.join();
    CHECK(s.files("inner").size() == 1);
    s.check_bytes(s.w.inner);
  }
}

TEST_CASE("one that cannot be read holds up nothing but its own subject") {
  Shared s;
  for (const int subject : {1, 2, 1, 3}) s.bundles.push_back(s.w.from_portal.next(subject, "x"));
  REQUIRE(s.take().receipts.size() == 4);
  s.w.carry_all();
  const auto id = World::id_of(s.bundles[0]);
  const auto file = s.w.inner.text("SELECT file FROM bundle WHERE id = '" + id + "'");
  REQUIRE(s.w.inner->journal().write(
      [&](storage::Transaction& t) { t.execute("UPDATE bundle SET file = 'lost' WHERE id = $1", {id}); }));
  const auto given = [&](std::int64_t after, std::int64_t limit) {
    std::vector<std::size_t> places;
    for (const auto& one : s.w.inner->deliver(after, limit, 1 << 20).value())
      places.push_back(
          static_cast<std::size_t>(std::find(s.bundles.begin(), s.bundles.end(), one.bundle) - s.bundles.begin()));
    return places;
  };
  CHECK(given(0, 10) == std::vector<std::size_t>{1, 3});
  // Page by page, too.
  CHECK(given(0, 1) == std::vector<std::size_t>{1});
  CHECK(given(2, 1) == std::vector<std::size_t>{3});
  CHECK(given(4, 1).empty());
  REQUIRE(s.w.inner->journal().write([&](storage::Transaction& t) {
    t.execute("UPDATE bundle SET file = $2 WHERE id = $1", {id, file});
  }));
  CHECK(given(0, 10) == std::vector<std::size_t>{0, 1, 2, 3});
}

TEST_CASE("bytes of bundles that are not taken are not kept") {
  Shared s;
  s.make(4);
  REQUIRE(s.w.outer->stop_channel("portal>approval", "operator 1", "a reason"));
  CHECK(s.take().error->code == "policy.stopped");
  CHECK(s.files("outer").empty());
  REQUIRE(s.w.outer->resume_channel("portal>approval", "operator 1", "a reason"));
  REQUIRE(s.take().receipts.size() == 4);
  CHECK(s.files("outer").size() == 1);
  REQUIRE(s.w.inner->stop_channel("portal>approval", "operator 1", "a reason"));
  for (const auto& custody : s.w.inner->take_from_carrier(s.bundles)) CHECK(custody.error->code == "policy.stopped");
  CHECK(s.files("inner").empty());
}

TEST_CASE("where the shared file cannot be written nothing is taken, and all of it later") {
  Shared s;
  s.make(4);
  const auto folder = s.w.folder / "outer" / "bundles";
  fs::remove(folder);
  std::ofstream(folder) << "in its place";
  const auto taken = s.take();
  CHECK(taken.receipts.empty());
  CHECK(taken.error->code == "file.write");
  CHECK(s.w.outer.count("SELECT COUNT(*) FROM bundle") == 0);
  fs::remove(folder);
  fs::create_directory(folder);
  REQUIRE(s.take().receipts.size() == 4);
  s.check_bytes(s.w.outer);
}

TEST_CASE("a shared file that was cut is told of, one bundle by one") {
  Shared s;
  s.make(3);
  REQUIRE(s.take().receipts.size() == 3);
  const auto file = s.files("outer").at(0);
  fs::resize_file(file, fs::file_size(file) - 1);
  CHECK(s.w.outer->bytes_of(World::id_of(s.bundles[0])).value() == s.bundles[0]);
  CHECK(s.w.outer->bytes_of(World::id_of(s.bundles[2])).error().code == "file.unreadable");
  CHECK(s.w.outer->load(10, 1 << 20).value().size() == 2);
  s.w.outer->forget_leases();
  // It is not cleared away as long as that cannot be read.
  s.w.clock->advance(std::chrono::hours(25));
  REQUIRE(s.w.outer->expire());
  s.w.clock->advance(std::chrono::hours(25));
  REQUIRE(s.w.outer->sweep());
  CHECK(s.files("outer").size() == 1);
}

}  // namespace jindu::gateway::test
