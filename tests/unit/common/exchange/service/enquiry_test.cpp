// What a service knows of the way of a declaration, and how it is told to people.
#include "common/exchange/service/enquiry.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include "common/exchange/service/exchange.hpp"
#include "parties.hpp"

namespace jindu::exchange::enquiries {
namespace {

using storage::Transaction;

const std::string kTheirs(32, 'a');

void enqueue_one(Transaction& t, const std::string& subject, const std::string& kind) {
  enqueue(t, {kind, subject, 1, Bytes{1}}, kNow);
}

// Builds what waits, as the service "portal" would.
void build(storage::Database& database) {
  REQUIRE(database.write([&](Transaction& t) {
    while (!build_waiting(t, parties().identity(), kNow).empty()) {
    }
  }));
}

void receipt(Transaction& t, const std::string& bundle, std::int64_t rung, const char* party, const char* code = "") {
  t.execute(
      "INSERT INTO exchange_receipt (bundle_id, rung, party, at_ms, code, receipt) VALUES ($1, $2, $3, $4, $5, $6)",
      {bundle, rung, party, to_unix_ms(kNow) + rung, code, Bytes(1)});
}

void arrive(Transaction& t, const std::string& bundle, const std::string& subject, const char* outcome = "applied") {
  t.execute(
      "INSERT INTO exchange_inbox (bundle_id, kind, sender, at_ms, outcome, receipt, subject) VALUES ($1, 'status', "
      "'approval', $2, $3, $4, $5)",
      {bundle, to_unix_ms(kNow), outcome, Bytes(1), subject});
}

Enquiry enquiry(storage::Database& database, const std::string& about) {
  Enquiry found;
  REQUIRE(database.read([&](Transaction& t) { found = enquire(t, about); }));
  return found;
}

}  // namespace

TEST_CASE("of a declaration its pseudonyms and bundles are told, each with the newest rung, and nothing of others") {
  for (auto& database : databases()) {
    INFO(database->dialect());
    CHECK(enquiry(*database, "d").subject.empty());
    REQUIRE(database->write([](Transaction& t) {
      enqueue_one(t, "d", "material");
      enqueue_one(t, "d", "dossier");
      enqueue_one(t, "other", "dossier");
    }));
    CHECK(enquiry(*database, "d").not_built == 2);
    build(*database);
    auto found = enquiry(*database, "d");
    CHECK(found.not_built == 0);
    CHECK(found.subject.size() == 32);
    CHECK(found.subject != enquiry(*database, "other").subject);
    CHECK(found.theirs.empty());
    REQUIRE(found.passages.size() == 2);
    CHECK(found.passages[0].kind == "material");
    CHECK(found.passages[0].rung.empty());
    CHECK(found.passages[0].at == kNow);
    const auto material = found.passages[0].bundle, dossier = found.passages[1].bundle;
    REQUIRE(database->write([&](Transaction& t) {
      receipt(t, material, 2, "gateway-outer");
      receipt(t, material, 1, "gateway-outer");
      receipt(t, material, 8, "approval", "material.incomplete");
      receipt(t, dossier, 8, "approval", "dossier.malformed");
      enqueue_one(t, "d", "dossier");
    }));
    found = enquiry(*database, "d");
    CHECK(found.not_built == 1);
    REQUIRE(found.passages.size() == 2);
    CHECK(found.passages[0].rung == "refused");
    CHECK(found.passages[0].party == "approval");
    CHECK(found.passages[0].code == "material.incomplete");
    CHECK(found.passages[0].at == kNow + std::chrono::milliseconds(8));
    CHECK(found.passages[1].bundle == dossier);
    CHECK(found.passages[1].rung == "refused");
    CHECK(found.passages[0].can_be_sent_anew);
    CHECK(found.passages[1].can_be_sent_anew);
    REQUIRE(database->write([&](Transaction& t) { send_anew(t, material, {"alice uid:1", "put right"}, kNow); }));
    found = enquiry(*database, "d");
    CHECK_FALSE(found.passages[0].can_be_sent_anew);
    REQUIRE(found.passages[0].anew);
    CHECK(found.passages[0].anew->who == "alice uid:1");
  }
}

TEST_CASE("what came is told under the declaration that it was said to be about, the refused too") {
  for (auto& database : databases()) {
    INFO(database->dialect());
    REQUIRE(database->write([](Transaction& t) {
      arrive(t, "b1", kTheirs, "refused");
      arrive(t, "b2", kTheirs);
      arrive(t, "b3", std::string(32, 'b'));
      arrive(t, "old", "");  // of before pseudonyms were kept
    }));
    CHECK(enquiry(*database, "d").passages.empty());
    REQUIRE(database->write([](Transaction& t) {
      note_about(t, kTheirs, "d");
      note_about(t, kTheirs, "d");
      note_about(t, kTheirs, "somebody else's");  // what was said first stands
      note_about(t, "", "d");
    }));
    const auto found = enquiry(*database, "d");
    CHECK(found.theirs == std::vector{kTheirs});
    REQUIRE(found.passages.size() == 2);
    CHECK(found.passages[0].bundle == "b1");
    CHECK_FALSE(found.passages[0].out);
    CHECK(found.passages[0].rung == "refused");
    CHECK(found.passages[1].rung == "applied");
    CHECK(enquiry(*database, "").theirs.empty());
    CHECK(enquiry(*database, "").passages.empty());
  }
}

TEST_CASE("saying what a subject is about leaves the order of what comes as it was") {
  for (auto& database : databases()) {
    REQUIRE(database->write([](Transaction& t) {
      t.execute("INSERT INTO exchange_subject (direction, subject, sequence) VALUES ('in', $1, 7)", {kTheirs});
      note_about(t, kTheirs, "d");
      CHECK(t.query_one("SELECT sequence FROM exchange_subject WHERE direction = 'in'")->integer(0) == 7);
      CHECK(t.query_one("SELECT COUNT(*) FROM exchange_subject")->integer(0) == 1);
    }));
  }
}

TEST_CASE("an enquiry is told in Chinese, in English, and as JSON") {
  Enquiry enquiry;
  enquiry.subject = std::string(32, '1');
  enquiry.theirs = {kTheirs};
  enquiry.not_built = 3;
  enquiry.passages = {{"id-1", "dossier", true, "refused", "approval", kNow, "dossier.malformed"},
                      {"id-2", "dossier", true, "quarantined", "gateway-outer", kNow, "", true},
                      {"id-4", "material", true, "expired", "gateway-outer", kNow, "", false,
                       SentAnew{"id-5", kNow, "alice uid:1", "put right"}},
                      {"id-6", "material", true, "", "", kNow, ""},
                      {"id-3", "novelty", false, "applied", "", kNow, ""}};
  const Asked asked{"d", "JD20260528000017"};
  const auto zh = as_text(asked, enquiry, Language::zh), en = as_text(asked, enquiry, Language::en);
  for (const auto& text : {zh, en})
    for (const char* part : {"JD20260528000017  d", "11111111111111111111111111111111", "id-1",
                             "id-3  2026-05-28T20:26:40.000Z", "[dossier.malformed]", "novelty"})
      CHECK(text.find(part) != std::string::npos);
  for (const char* part : {"交换主题代号", "发出  申报件  已退回  approval", "尚无回执", "收到", "：3", "可重新发送",
                           "已重新发送，新交换包 id-5"})
    CHECK(zh.find(part) != std::string::npos);
  for (const char* part :
       {"Subject pseudonyms", "out  dossier  refused  approval", "no receipt yet", "no bundle yet: 3",
        "can be sent anew (exchange resend)", "sent anew as id-5  2026-05-28T20:26:40.000Z  alice uid:1  put right"})
    CHECK(en.find(part) != std::string::npos);
  const auto json = boost::json::parse(as_json(asked, enquiry));
  CHECK(json.at("declaration_number") == "JD20260528000017");
  CHECK(json.at("subjects_of_other_side").at(0).as_string() == std::string_view(kTheirs));
  CHECK(json.at("bundles").at(0).at("code") == "dossier.malformed");
  CHECK(json.at("bundles").at(1).at("can_be_sent_anew") == true);
  CHECK(json.at("bundles").at(2).at("sent_anew").at("id") == "id-5");
  CHECK(json.at("bundles").at(4).at("direction") == "in");
  CHECK(json.at("not_built") == 3);
  const auto nothing = as_text({"d", ""}, {}, Language::en);
  for (const char* part : {"has sent nothing yet", "nothing has come yet", "There is no bundle yet"})
    CHECK(nothing.find(part) != std::string::npos);
}

}  // namespace jindu::exchange::enquiries
