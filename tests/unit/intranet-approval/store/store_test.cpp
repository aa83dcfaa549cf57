// The tables of the approval service, in every kind of database.
#include <catch2/catch.hpp>

#include "common/crypto/digest.hpp"
#include "common/evidence/signed.hpp"
#include "common/exchange/service/exchange.hpp"
#include "common/runtime/ids.hpp"
#include "intranet-approval/store/case_events.hpp"
#include "intranet-approval/store/case_rows.hpp"
#include "intranet-approval/store/dossiers.hpp"
#include "intranet-approval/store/migrations.hpp"
#include "intranet-approval/store/officials.hpp"
#include "intranet-approval/store/papers.hpp"
#include "intranet-approval/store/releases.hpp"
#include "intranet-approval/store/uploads.hpp"
#include "tests/support/test_databases.hpp"

namespace jindu::approval::store {
namespace {

using namespace std::chrono_literals;
using storage::Transaction;

const Instant kThen = from_unix_ms(1'780'000'000'000);

std::vector<std::unique_ptr<storage::Database>> databases() {
  auto all = test_databases();
  for (auto& database : all) {
    REQUIRE(database->migrate("approval", migrations()));
    REQUIRE(database->migrate("exchange", exchange::service_migrations()));
  }
  return all;
}

Event event(std::uint64_t sequence, Fact fact) {
  return {
      sequence, kThen + std::chrono::seconds(sequence), {ActorKind::official, "f1", "李娜", "market"}, std::move(fact)};
}

std::vector<Event> history() {
  return {event(1, Received{"SB-1", "food", 1, "market", kThen, Bytes(32, 7)}), event(2, Accepted{"SL-1", "齐"}),
          event(3, StageEntered{"initial_review"})};
}

Bytes keep(BytesView body) {  // the chain is of digests; who signed is tested where statements are
  const auto key = crypto::PrivateKey::generate_p256();
  const auto certificate = crypto::issue_certificate(key, nullptr, key.public_key(), {.common_name = "approval"},
                                                     crypto::Profile::citizen, kThen - 1h, kThen + 24h * 3650)
                               .value();
  return evidence::sign_statement(evidence::kCaseEventType, body, {"approval", key, certificate});
}

std::string code_of(const result<void>& outcome) { return outcome ? "" : outcome.error().code; }

Submission submission(std::uint8_t mark, bool valid = true) {
  Submission s;
  s.kind = "application";
  s.content_sha256 = Bytes(32, mark);
  s.valid = valid;
  s.received_outside = s.received_inside = s.signed_at = kThen;
  return s;
}

MaterialRow material(const std::string& code, const std::string& name) {
  MaterialRow row;
  row.code = code;
  row.upload_id = new_uuid(kThen);
  row.file_name = name;
  row.size = 5'000'000'000;
  row.sha256 = row.file_key = row.sealed_sha256 = Bytes(32, 1);
  row.inspected_at = kThen;
  return row;
}

CaseRow row(const std::string& id, const std::string& due, const std::string& role = "acceptor") {
  CaseRow r;
  r.case_id = id;
  r.sequence = 1;
  r.status = "received";
  r.stage = "acceptance";
  r.role = role;
  r.department = "market";
  r.item_id = "food";
  r.item_version = 1;
  r.declaration_number = "SB-" + id;
  r.applicant_name = "渡口面馆";
  r.applicant_kind = "company";
  r.received_at = r.received_inside = r.stage_entered = kThen;
  r.due_date = due;
  return r;
}

std::vector<std::string> ids(const WorklistPage& page) {
  std::vector<std::string> all;
  for (const auto& one : page.rows) all.push_back(one.case_id);
  return all;
}

}  // namespace

TEST_CASE("a history is read as it was written, and grows only at its end") {
  for (auto& database : databases()) {
    const auto events = history();
    REQUIRE(database->write([&](Transaction& t) { append_events(t, "c", events, "command", {}, keep); }));
    REQUIRE(database->read([&](Transaction& t) {
      const auto stored = load_events(t, "c");
      CHECK(events_of(stored) == events);
      CHECK(stored[0].command_id == "command");
      CHECK_FALSE(stored[0].signed_by_official);
      CHECK(load_events(t, "other").empty());
    }));
    const auto again = [&](std::uint64_t sequence) {
      return code_of(database->write(
          [&](Transaction& t) { append_events(t, "c", {event(sequence, StageEntered{"re_review"})}, "", {}, keep); }));
    };
    CHECK(again(3) == "case.moved_on");
    CHECK(again(5) == "case.moved_on");
    CHECK(again(4) == "");
  }
}

TEST_CASE("the official's signature goes with the determination alone") {
  for (auto& database : databases()) {
    auto events = history();
    events.push_back(event(4, Determined{Outcome::grant, "同意", "", "N-1", "CODE", Bytes(32, 3)}));
    events.push_back(event(5, StageEntered{"notification"}));
    REQUIRE(database->write([&](Transaction& t) {
      append_events(t, "c", events, "x", OfficialSignature{Bytes{1, 2}, Bytes{3, 4}}, keep);
    }));
    REQUIRE(database->read([&](Transaction& t) {
      std::vector<bool> with;
      for (const auto& stored : load_events(t, "c")) with.push_back(stored.signed_by_official);
      CHECK(with == std::vector<bool>{false, false, false, true, false});
    }));
  }
}

TEST_CASE("a history that was changed, cut, reordered or moved is not read") {
  for (auto& database : databases()) {
    REQUIRE(database->write([&](Transaction& t) {
      append_events(t, "c", history(), "", {}, keep);
      append_events(t, "d", history(), "", {}, keep);
    }));
    // Each change is tried on its own and taken back.
    const auto after = [&](const std::string& sql) {
      std::string code;
      const auto undone = database->write([&](Transaction& t) {
        t.execute(sql);
        try {
          load_events(t, "c");
        } catch (const ErrorException& e) {
          code = e.error.code;
          CHECK(e.error.fault == Fault::integrity);
        }
        throw ErrorException(Error{Fault::invalid, "test.undo", ""});
      });
      CHECK(code_of(undone) == "test.undo");
      return code;
    };
    CHECK(after("DELETE FROM case_event WHERE case_id = 'c' AND sequence = 2") == "history.gap");
    CHECK(after("UPDATE case_event SET type = 'recused' WHERE case_id = 'c' AND sequence = 2") == "history.misplaced");
    CHECK(after("UPDATE case_event SET signed = (SELECT signed FROM case_event WHERE case_id = 'd' AND sequence = 2) "
                "WHERE case_id = 'c' AND sequence = 2") == "history.digest");
    CHECK(after("UPDATE case_event SET signed = (SELECT signed FROM case_event WHERE case_id = 'd' AND sequence = 2), "
                "digest = (SELECT digest FROM case_event WHERE case_id = 'd' AND sequence = 2) WHERE case_id = 'c' AND "
                "sequence = 2") == "history.chain");
    CHECK(after("UPDATE case_event SET signed = (SELECT signed FROM case_event WHERE case_id = 'd' AND sequence = 1), "
                "digest = (SELECT digest FROM case_event WHERE case_id = 'd' AND sequence = 1) WHERE case_id = 'c' AND "
                "sequence = 1") == "history.misplaced");
    CHECK(after("UPDATE case_row SET status = 'x'") == "");
  }
}

TEST_CASE("a command is remembered by case and id") {
  for (auto& database : databases()) {
    REQUIRE(database->write([&](Transaction& t) { put_command(t, "c", "k", {Bytes(32, 1), 3}, kThen); }));
    REQUIRE(database->read([&](Transaction& t) {
      REQUIRE(find_command(t, "c", "k"));
      CHECK(find_command(t, "c", "k")->sequence == 3);
      CHECK_FALSE(find_command(t, "d", "k"));
    }));
    CHECK(code_of(database->write([&](Transaction& t) {
            put_command(t, "c", "k", {Bytes(32, 2), 4}, kThen);
          })) == "storage.unique");
  }
}

TEST_CASE("a valid supplement replaces materials of its codes; a returned one replaces nothing") {
  for (auto& database : databases()) {
    REQUIRE(database->write([&](Transaction& t) {
      CHECK(put_submission(t, "c", submission(1),
                           {material("plan", "a"), material("plan", "b"), material("lease", "c")}) == 1);
      CHECK(put_submission(t, "c", submission(2, false), {material("plan", "d")}) == 2);
      CHECK(put_submission(t, "c", submission(3), {material("lease", "e")}) == 3);
      CHECK(put_submission(t, "other", submission(1), {}) == 1);
    }));
    REQUIRE(database->read([&](Transaction& t) {
      std::string current;
      for (const auto& m : materials(t, "c"))
        if (m.current) current += m.file_name;
      CHECK(current == "abe");
      CHECK(find_material(t, "c", 5)->file_name == "e");
      CHECK(find_material(t, "c", 5)->size == 5'000'000'000);
      CHECK_FALSE(find_material(t, "c", 6));
      CHECK(has_submission(t, "c", Bytes(32, 2)));
      CHECK_FALSE(has_submission(t, "c", Bytes(32, 4)));
      CHECK(submissions(t, "c").size() == 3);
    }));
    CHECK(code_of(database->write([&](Transaction& t) { put_submission(t, "c", submission(1), {}); })) ==
          "storage.unique");
  }
}

TEST_CASE("slices add up once, and never overlap") {
  for (auto& database : databases()) {
    const auto put = [&](std::uint64_t offset, std::uint64_t length, std::uint64_t total = 30) {
      return code_of(database->write([&](Transaction& t) { put_slice(t, {"d", "u", offset, length, total}, kThen); }));
    };
    CHECK(put(0, 10) == "");
    CHECK(put(20, 10) == "");
    CHECK(put(20, 10) == "");
    CHECK(put(5, 10) == "material.slice_conflict");
    CHECK(put(10, 11) == "material.slice_conflict");
    CHECK(put(10, 10, 31) == "material.slice_conflict");
    CHECK(put(25, 10) == "material.slice_conflict");
    REQUIRE(database->read([&](Transaction& t) { CHECK_FALSE(upload_progress(t, "d", "u").complete()); }));
    CHECK(put(10, 10) == "");
    REQUIRE(database->read([&](Transaction& t) { CHECK(upload_progress(t, "d", "u").complete()); }));
    REQUIRE(database->write([&](Transaction& t) { forget_slices(t, "d", "u"); }));
    REQUIRE(database->read([&](Transaction& t) { CHECK(upload_progress(t, "d", "u").total == 0); }));
  }
}

TEST_CASE("a number belongs to its case, and the next case gets the next one") {
  for (auto& database : databases()) {
    const auto reserve = [&](const std::string& id, const std::string& series, int year) {
      Reservation made;
      REQUIRE(database->write([&](Transaction& t) {
        made = reserve_number(t, {id, "market", series, year, new_uuid(kThen), [&](std::uint64_t sequence) {
                                    return series + std::to_string(year) + "-" + std::to_string(sequence);
                                  }});
      }));
      return made;
    };
    const auto first = reserve("c", "SL", 2026);
    CHECK(first.number == "SL2026-1");
    CHECK(reserve("c", "SL", 2026).number == "SL2026-1");
    CHECK(reserve("c", "SL", 2026).check_code == first.check_code);
    CHECK(reserve("d", "SL", 2026).number == "SL2026-2");
    CHECK(reserve("e", "SL", 2027).number == "SL2027-1");
    CHECK(reserve("c", "XK", 2026).number == "XK2026-1");
    // What is rolled back burns nothing.
    CHECK_FALSE(database->write([&](Transaction& t) {
      reserve_number(t, {"f", "market", "SL", 2026, "code", [](std::uint64_t) { return std::string("n"); }});
      throw ErrorException(Error{Fault::invalid, "test.undo", ""});
    }));
    CHECK(reserve("g", "SL", 2026).number == "SL2026-3");
  }
}

TEST_CASE("worklists show what the official may act on, page by page") {
  for (auto& database : databases()) {
    REQUIRE(database->write([&](Transaction& t) {
      put_case_row(t, row("a", "2026-03-03"));
      put_case_row(t, row("b", "2026-03-01"));
      put_case_row(t, row("c", "2026-03-02", "determiner"));
      auto barred = row("d", "2026-03-04");
      barred.barred = {"f1"};
      put_case_row(t, barred);
      auto waiting = row("e", "2026-03-05");
      waiting.status = "supplement_requested";
      put_case_row(t, waiting);
      auto closed = row("f", std::string(kNoDate));
      closed.closed = true;
      closed.status = "granted";
      put_case_row(t, closed);
      auto elsewhere = row("g", "2026-03-01");
      elsewhere.department = "health";
      put_case_row(t, elsewhere);
    }));
    REQUIRE(database->read([&](Transaction& t) {
      WorklistQuery query{.department = "market", .official = "f1", .roles = {"acceptor"}, .scope = Scope::mine};
      CHECK(ids(worklist(t, query)) == std::vector<std::string>{"b", "a"});
      query.official = "f2";
      CHECK(ids(worklist(t, query)) == std::vector<std::string>{"b", "a", "d"});
      query.roles = {};
      CHECK(worklist(t, query).rows.empty());
      query.scope = Scope::department;
      query.limit = 2;
      auto page = worklist(t, query);
      CHECK(ids(page) == std::vector<std::string>{"b", "c"});
      CHECK(page.total == 5);
      query.cursor = page.next_cursor;
      page = worklist(t, query);
      CHECK(ids(page) == std::vector<std::string>{"a", "d"});
      query.cursor = page.next_cursor;
      page = worklist(t, query);
      CHECK(ids(page) == std::vector<std::string>{"e"});
      CHECK(page.next_cursor.empty());
      query.cursor.clear();
      query.limit = 50;
      query.due_from = query.due_to = "2026-03-02";
      CHECK(ids(worklist(t, query)) == std::vector<std::string>{"c"});
      query.due_from = query.due_to = {};
      query.text = "sb-A";
      CHECK(ids(worklist(t, query)) == std::vector<std::string>{"a"});
      query.text = "面馆";
      CHECK(worklist(t, query).rows.size() == 5);
      for (const char* special : {"%", "_", "!", "'"}) {
        query.text = special;
        CHECK(worklist(t, query).rows.empty());
      }
      query.text = {};
      query.scope = Scope::closed;
      CHECK(ids(worklist(t, query)) == std::vector<std::string>{"f"});
      CHECK(find_case_row(t, "d")->barred == std::set<std::string>{"f1"});
      CHECK(open_case_ids(t).size() == 6);
    }));
  }
}

TEST_CASE("of what is due on the same day, what came first stands first, from page to page") {
  for (auto& database : databases()) {
    INFO(database->dialect());
    REQUIRE(database->write([&](Transaction& t) {
      int minutes = 0;
      for (const char* id : {"m", "c", "z", "a", "k"}) {
        auto one = row(id, "2026-03-01");
        one.received_at += std::chrono::minutes(++minutes);
        put_case_row(t, one);
      }
      auto two_at_once = row("b", "2026-03-01");
      two_at_once.received_at += std::chrono::minutes(minutes);
      put_case_row(t, two_at_once);
    }));
    REQUIRE(database->read([&](Transaction& t) {
      WorklistQuery query{.department = "market", .official = "f1", .roles = {}, .scope = Scope::department};
      query.limit = 1;
      std::vector<std::string> order;
      do {
        const auto page = worklist(t, query);
        for (const auto& id : ids(page)) order.push_back(id);
        query.cursor = page.next_cursor;
      } while (!query.cursor.empty());
      CHECK(order == std::vector<std::string>{"m", "c", "z", "a", "b", "k"});
      for (const char* foreign : {"x", "2026-03-01~m", "2026-03-01~1x~m", "~~"}) {
        query.cursor = foreign;
        CHECK_THROWS_AS(worklist(t, query), ErrorException);
      }
    }));
  }
}

TEST_CASE("counts add up to the rows, by stage and by department") {
  for (auto& database : databases()) {
    REQUIRE(database->write([&](Transaction& t) {
      put_case_row(t, row("a", "2026-03-01"));
      put_case_row(t, row("b", "2026-03-03"));
      put_case_row(t, row("c", "2026-03-09"));
      auto closed = row("d", std::string(kNoDate));
      closed.closed = true;
      closed.closed_at = kThen;
      closed.received_inside = kThen + 10s;
      closed.status = "refused";
      put_case_row(t, closed);
    }));
    REQUIRE(database->read([&](Transaction& t) {
      const auto c = counts(t, {"market", "2026-03-02", "2026-03-04", kThen, kThen - 24h});
      CHECK(c.open == 3);
      CHECK(c.overdue == 1);
      CHECK(c.due_soon == 1);
      CHECK(c.closed == 1);
      CHECK(c.refused == 1);
      CHECK(c.granted == 0);
      CHECK(c.received == 4);
      CHECK(c.mean_transit_ms == 2500);
      CHECK(c.by_stage.size() == 1);
      CHECK(counts(t, {"health", "2026-03-02", "2026-03-04", kThen, kThen - 24h}).open == 0);
    }));
  }
}

TEST_CASE("a published item version never changes") {
  for (auto& database : databases()) {
    const auto put = [&](std::uint64_t serial, const ItemBody& item) {
      return code_of(database->write([&](Transaction& t) {
        put_release(t, {serial, kThen, "f", Bytes{1}, Bytes{2}}, {item});
      }));
    };
    CHECK(put(1, {"food", 1, Bytes(32, 1), Bytes{'a'}}) == "");
    CHECK(put(1, {"food", 1, Bytes(32, 1), Bytes{'a'}}) == "storage.unique");
    CHECK(put(2, {"food", 1, Bytes(32, 1), Bytes{'a'}}) == "");
    CHECK(put(3, {"food", 1, Bytes(32, 2), Bytes{'b'}}) == "catalogue.version_changed");
    CHECK(put(3, {"food", 2, Bytes(32, 2), Bytes{'b'}}) == "");
    REQUIRE(database->read([&](Transaction& t) {
      CHECK(latest_release(t)->serial == 3);
      CHECK(find_item(t, "food", 1)->body == Bytes{'a'});
      CHECK(find_item(t, "food", 2)->body == Bytes{'b'});
    }));
  }
}

TEST_CASE("the register holds exactly whom it was given") {
  for (auto& database : databases()) {
    const RegisteredOfficial li{{"f1", "李娜", "market", {"acceptor", "notifier"}}, Bytes{1}};
    const RegisteredOfficial wu{{"f2", "吴刚", "market", {"re_reviewer"}}, Bytes{2}};
    REQUIRE(database->write([&](Transaction& t) { replace_officials(t, {li, wu}); }));
    REQUIRE(database->write([&](Transaction& t) { replace_officials(t, {li}); }));
    REQUIRE(database->read([&](Transaction& t) {
      REQUIRE(find_official(t, "f1"));
      CHECK(find_official(t, "f1")->official.roles == std::set<std::string>{"acceptor", "notifier"});
      CHECK_FALSE(find_official(t, "f2"));
    }));
  }
}

TEST_CASE("documents are numbered within their case, and no two have one number or code") {
  for (auto& database : databases()) {
    const auto put = [&](const std::string& id, const std::string& number, const std::string& check) {
      return code_of(database->write([&](Transaction& t) {
        Document d;
        d.kind = "grant";
        d.document_number = number;
        d.check_code = check;
        d.issued_at = kThen;
        d.body = Bytes(1000, 9);
        put_document(t, id, d);
      }));
    };
    CHECK(put("c", "N-1", "A") == "");
    CHECK(put("c", "N-2", "B") == "");
    CHECK(put("d", "N-2", "C") == "storage.unique");
    CHECK(put("d", "N-3", "B") == "storage.unique");
    REQUIRE(database->read([&](Transaction& t) {
      REQUIRE(documents(t, "c").size() == 2);
      CHECK(documents(t, "c")[1].size == 1000);
      CHECK(documents(t, "c")[1].body.empty());
      CHECK(find_document(t, "c", 2)->body == Bytes(1000, 9));
    }));
  }
}

TEST_CASE("what could not be taken in is shown until it is") {
  for (auto& database : databases()) {
    REQUIRE(database->write([&](Transaction& t) {
      put_intake_problem(t, "d", kThen, "department.no_key", "x");
      put_intake_problem(t, "d", kThen + 1h, "inspection.away", "y");
    }));
    REQUIRE(database->read([&](Transaction& t) {
      const auto all = intake_problems(t, 10);
      REQUIRE(all.size() == 1);
      CHECK(all[0].attempts == 2);
      CHECK(all[0].code == "inspection.away");
    }));
    REQUIRE(database->write([&](Transaction& t) { clear_intake_problem(t, "d"); }));
    REQUIRE(database->read([&](Transaction& t) { CHECK(intake_problems(t, 10).empty()); }));
  }
}

TEST_CASE("a case is found by its declaration number, whole") {
  for (auto& database : databases()) {
    REQUIRE(database->write([&](Transaction& t) {
      auto one = row("a", "2026-03-01");
      one.declaration_number = "JD20260301000001";
      put_case_row(t, one);
    }));
    REQUIRE(database->read([&](Transaction& t) {
      REQUIRE(case_with_number(t, "JD20260301000001"));
      CHECK(case_with_number(t, "JD20260301000001")->case_id == "a");
      CHECK_FALSE(case_with_number(t, "JD2026030100000"));
    }));
  }
}

TEST_CASE("news are of one department, the oldest first, and each case once") {
  for (auto& database : databases()) {
    REQUIRE(database->write([&](Transaction& t) {
      for (const char* id : {"a", "b"}) {
        append_events(t, id, history(), "", {}, keep);
        auto r = row(id, "2026-03-01");
        if (std::string(id) == "b") r.department = "health";
        put_case_row(t, r);
      }
    }));
    REQUIRE(database->read([&](Transaction& t) {
      const auto news = changed_since(t, "market", kThen + 1s, 10);
      REQUIRE(news.size() == 1);
      CHECK(news[0].case_id == "a");
      CHECK(news[0].at == kThen + 3s);
      CHECK(changed_since(t, "market", kThen + 3s, 10).empty());
    }));
  }
}

}  // namespace jindu::approval::store
