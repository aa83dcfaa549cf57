// Every statement that operators cause is answered by an index, whatever waits.
#include <catch2/catch.hpp>
#include <chrono>

#include "../world.hpp"

namespace jindu::gateway::test {

namespace {

void fill(Side& side, std::int64_t number) {
  REQUIRE(side->journal().write([&](storage::Transaction& t) {
    t.execute("INSERT INTO channel (name, epoch, sequence, manifest_digest) VALUES ('portal>approval', 1, $1, $2)",
              {number, Bytes(32)});
    t.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) INSERT INTO bundle (id, outward, "
        "state, channel, epoch, sequence, sender, destination, kind, subject, subject_sequence, priority, size, "
        "manifest_digest, previous_digest, manifest, signature, created_ms, expires_ms, stored_ms, delivery, offered, "
        "voyage, file, ended_ms, code) SELECT printf('00000000-0000-7000-8000-%012d', i), 1, 'waiting', "
        "'portal>approval', 1, i, 'portal', 'approval', CASE i % 1000 WHEN 0 THEN 'material' ELSE 'dossier' END, "
        "substr(CAST(printf('%016d', i / 3) AS BLOB), 1, 16), 1, 2, 1000, zeroblob(32), zeroblob(32), zeroblob(0), "
        "zeroblob(0), 0, 9000000000000, 1780000000000 + i, 0, 0, 0, '', 0, '' FROM n",
        {number});
    t.execute("INSERT INTO tally (channel, place, bundles, bytes) VALUES ('portal>approval', 'waiting', $1, $2)",
              {number, number * 1000});
  }));
}

store::BundlePage search(Side& side, store::BundleFilter filter) {
  store::BundlePage page;
  REQUIRE(side->journal().read([&](storage::Transaction& t) { page = store::search(t, filter); }));
  return page;
}

}  // namespace

TEST_CASE("among a hundred thousand that wait, every view and every step answers at once") {
  World w;
  constexpr std::int64_t kNumber = 100'000;
  fill(w.outer, kNumber);
  const auto timed = [](auto work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count();
  };
  // Generous, for a busy machine: a scan of all rows with their blobs takes longer, and at a million much longer.
  constexpr std::int64_t kAtOnceMs = 250;
  CHECK(timed([&] { CHECK(search(w.outer, {}).entries.size() == 50); }) < kAtOnceMs);
  CHECK(timed([&] {
          store::BundleFilter f;
          f.kind = "material";
          f.limit = 200;
          CHECK(search(w.outer, f).entries.size() == 100);
        }) < kAtOnceMs);
  CHECK(timed([&] {
          store::BundleFilter f;
          f.state = "held";
          CHECK(search(w.outer, f).entries.empty());
        }) < kAtOnceMs);
  CHECK(timed([&] {
          store::BundleFilter f;
          f.subject = Bytes(16, '0');
          f.subject[15] = '7';
          CHECK(search(w.outer, f).entries.size() == 3);
        }) < kAtOnceMs);
  CHECK(timed([&] {
          REQUIRE(w.outer->journal().read([&](storage::Transaction& t) {
            CHECK(store::oldest_ms(t, State::waiting) == 1'780'000'000'001);
            CHECK(store::tallies(t).front().bundles == kNumber);
            CHECK(store::lanes(t).size() == 2);
            CHECK(store::to_carry(t, store::lanes(t), true, 100).size() == 100);
            CHECK(store::out_of_time(t, 1'780'000'000'000, 100).empty());
            CHECK(store::quarantined_count(t) == 0);
            w.outer->alarms(t);
          }));
        }) < kAtOnceMs);
}

TEST_CASE("pages follow one another without a gap and end; a rare one is found over several") {
  World w;
  fill(w.outer, 45'000);
  store::BundleFilter f;
  f.channel = "approval>portal";  // no index for it alone: each page looks at some
  auto page = search(w.outer, f);
  CHECK(page.entries.empty());
  CHECK_FALSE(page.cursor.empty());
  int pages = 1;
  for (; !page.cursor.empty(); ++pages) {
    REQUIRE(pages < 10);
    f.cursor = page.cursor;
    page = search(w.outer, f);
    CHECK(page.entries.empty());
  }
  CHECK(pages == 3);
  f = {};
  f.kind = "material";
  f.limit = 7;
  std::set<std::string> seen;
  for (page = search(w.outer, f);; page = search(w.outer, f)) {
    for (const auto& e : page.entries) CHECK(seen.insert(e.id).second);
    if (page.cursor.empty()) break;
    f.cursor = page.cursor;
  }
  CHECK(seen.size() == 45);
  f = {};
  f.from_ms = 1'780'000'000'010;
  f.to_ms = 1'780'000'000'012;
  CHECK(search(w.outer, f).entries.size() == 3);
  CHECK(search(w.outer, f).cursor.empty());
}

TEST_CASE("no statement that is asked often reads the whole table") {
  World w;
  fill(w.outer, 1000);
  const std::vector<std::string> statements{
      "SELECT kind FROM bundle WHERE channel = $1 AND state = 'waiting' AND kind > $2 ORDER BY kind LIMIT 1",
      "SELECT id, size, offered, priority, stored_ms, sequence FROM bundle WHERE channel = $1 AND kind = $2 AND state "
      "= "
      "'waiting' AND voyage = 0 ORDER BY priority, stored_ms, sequence LIMIT $3",
      "SELECT id, size, offered, priority, stored_ms, sequence FROM bundle WHERE channel = $1 AND kind = $2 AND state "
      "= "
      "'waiting' ORDER BY priority, stored_ms, sequence LIMIT $3",
      "SELECT channel, kind FROM bundle WHERE state = 'ready' AND destination = $1 AND (channel, kind) > ($2, $3) "
      "ORDER BY channel, kind LIMIT 1",
      "SELECT id FROM bundle WHERE state = 'ready' AND destination = $1 AND channel = $2 AND kind = $3 AND delivery > "
      "$4 "
      "AND delivery < $5 ORDER BY delivery LIMIT $6",
      "SELECT id FROM bundle WHERE state <> 'ended' AND state <> 'carried' AND offered = 0 AND expires_ms <= $1 LIMIT "
      "5",
      "SELECT stored_ms FROM bundle WHERE state <> 'ended' AND state = $1 ORDER BY stored_ms, id LIMIT 1",
      "SELECT id FROM bundle WHERE state = 'ended' AND ended_ms = 0 ORDER BY stored_ms, id LIMIT 5",
      "SELECT id FROM bundle WHERE state = 'ended' AND code <> '' AND (stored_ms, id) < ($1, $2) ORDER BY stored_ms "
      "DESC, "
      "id DESC LIMIT 5",
      "SELECT id FROM bundle WHERE kind = $1 AND (stored_ms, id) < ($2, $3) ORDER BY stored_ms DESC, id DESC LIMIT 5",
      "SELECT id FROM bundle WHERE (stored_ms, id) < ($1, $2) ORDER BY stored_ms DESC, id DESC LIMIT 5",
      "SELECT stored_ms FROM bundle WHERE kind = $1 AND stored_ms > $2 AND stored_ms <= $3 ORDER BY stored_ms",
      "SELECT id FROM bundle WHERE state <> 'ended' AND state = 'early' AND (stored_ms, id) > ($1, $2) ORDER BY "
      "stored_ms, "
      "id LIMIT 5",
      "SELECT id FROM bundle WHERE channel = $1 AND epoch = $2 AND subject = $3 AND subject_sequence = $4",
      "SELECT sequence FROM bundle WHERE channel = $1 AND epoch = $2 AND sequence >= $3 AND sequence <= $4 ORDER BY "
      "sequence LIMIT $5",
      "SELECT COUNT(*) FROM bundle WHERE state = 'waiting' AND voyage > 0 AND voyage = $1",
      "UPDATE bundle SET voyage = 0 WHERE state = 'waiting' AND voyage < 0"};
  for (const auto& sql : statements) {
    std::string plan;
    REQUIRE(w.outer->journal().write([&](storage::Transaction& t) {
      plan.clear();
      for (const auto& row : t.query("EXPLAIN QUERY PLAN " + sql)) plan += row.text(3) + "; ";
    }));
    INFO(sql << "\n" << plan);
    CHECK(plan.find("USING") != std::string::npos);
    CHECK(plan.find("TEMP B-TREE") == std::string::npos);
  }
}

TEST_CASE("what is asked from time to time reads the few rows that it is about") {
  World w;
  fill(w.outer, 1000);
  const std::vector<std::pair<std::string, std::string>> statements{
      {"DELETE FROM bundle WHERE kind = 'receipts' AND state = 'ended' AND ended_ms > 0 AND ended_ms <= $1 AND "
       "stored_ms "
       "<= $1",
       "bundle_by_kind (kind=? AND stored_ms<?)"},
      {"SELECT sequence FROM bundle WHERE channel = $1 AND kind = 'receipts' AND state = 'waiting' AND epoch = $2 "
       "LIMIT "
       "$3",
       "bundle_waiting (channel=? AND kind=?)"},
      {"UPDATE bundle SET voyage = 0 WHERE state = 'waiting' AND outward = 1 AND voyage > 0 AND voyage > $1 AND voyage "
       "<= $2",
       "bundle_loaded (voyage>? AND voyage<?)"}};
  for (const auto& [sql, wanted] : statements) {
    std::string plan;
    REQUIRE(w.outer->journal().write([&](storage::Transaction& t) {
      plan.clear();
      for (const auto& row : t.query("EXPLAIN QUERY PLAN " + sql)) plan += row.text(3) + "; ";
    }));
    INFO(sql << "\n" << plan);
    CHECK(plan.find(wanted) != std::string::npos);
  }
}

}  // namespace jindu::gateway::test
