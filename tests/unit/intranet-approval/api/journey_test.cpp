// Cases from the dossier to the decision, through the API alone.
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>
#include <future>
#include <set>

#include "common/crypto/cms.hpp"
#include "common/evidence/pdf_signature.hpp"
#include "common/exchange/service/outbox.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/ids.hpp"
#include "common/runtime/messages.hpp"
#include "intranet-approval/exchange/history.hpp"
#include "intranet-approval/store/dossiers.hpp"
#include "tests/unit/intranet-approval/api/world.hpp"

namespace jindu::approval {
namespace {
using namespace std::chrono_literals;
namespace json = boost::json;
using test::World;

Instant instant() { return SystemClock().now(); }

// Up to the stage of determination.
std::string examined(World& w, const std::string& item = "food") {
  const auto id = w.new_case(instant() - 1h, item);
  REQUIRE(w.command(w.seat("acceptor"), id, "accept", {{"opinion", "材料齐全"}}).status == 200);
  REQUIRE(w.command(w.seat("reviewer"), id, "review", {{"opinion", "符合条件"}, {"recommendation", "grant"}}).status ==
          200);
  REQUIRE(
      w.command(w.seat("rereviewer"), id, "review", {{"opinion", "同意初审"}, {"recommendation", "grant"}}).status ==
      200);
  return id;
}

// What waits in the outbox is built, and a bundle of each kind named is quarantined by the unit.
void quarantine(World& w, const std::string& id, const std::set<std::string>& kinds) {
  const auto peer = w.portal.certificate.public_key();
  const std::string portal = "portal";
  REQUIRE(w.database->write([&](storage::Transaction& t) {
    while (!exchange::build_waiting(t, {w.office.node, portal, peer, 24h}, instant()).empty()) {
    }
    for (const auto& row : t.query("SELECT bundle_id, kind FROM exchange_sent WHERE subject = $1", {id})) {
      if (!kinds.contains(row.text(1))) continue;
      t.execute(
          "INSERT INTO exchange_receipt (bundle_id, rung, party, at_ms, code, receipt) VALUES ($1, 9, 'gateway-inner', "
          "5, 'policy.forbidden', $2)",
          {row.text(0), Bytes(1)});
      t.execute("UPDATE exchange_sent SET rung = 9, ended = 1, handed_over = 1 WHERE bundle_id = $1", {row.text(0)});
    }
  }));
}
}  // namespace

TEST_CASE(
    "what the gateway stopped is shown with its case to those who have a part in it, and sent anew with a reason") {
  for (auto& world : test::worlds()) {
    auto& w = *world;
    w.publish();
    const auto id = examined(w);
    REQUIRE(w.determine(w.seat("determiner"), id, "grant").status == 200);
    REQUIRE(w.command(w.seat("acceptor"), id, "notify").status == 200);
    const auto path = "/api/v1/cases/" + id + "/resend";
    const json::object reason{{"reason", "策略已更正"}};
    CHECK(w.seat("acceptor").post(path, reason).code() == "exchange.nothing_stopped");
    quarantine(w, id, {"notice", "document"});

    const auto panel = w.seat("acceptor").get("/api/v1/exchange");
    const auto& stopped = panel.json.at("stopped").as_array();
    REQUIRE(stopped.size() == 3);  // accepted, decision, and the record of the document
    CHECK(stopped.at(0).at("case").at("case_id") == json::value(id));
    CHECK(stopped.at(0).at("case").at("may_send_anew") == true);
    CHECK(stopped.at(0).at("rung") == "quarantined");
    CHECK(stopped.at(0).at("code") == "policy.forbidden");
    CHECK(stopped.at(0).at("kept") == true);
    CHECK(panel.number("stopped_elsewhere") == 0);
    const auto others = w.seat("neighbour").get("/api/v1/exchange");
    CHECK(others.json.at("stopped").as_array().empty());
    CHECK(others.number("stopped_elsewhere") == 3);

    CHECK(w.seat("neighbour").post(path, reason).code() == "case.unknown");
    CHECK(w.seat("acceptor").post(path, json::object{}).code() == "request.member");
    CHECK(w.seat("acceptor").post(path, json::object{{"reason", " \n"}}).code() == "case.reasons_required");
    const auto before = w.seat("reviewer").get("/api/v1/cases/" + id);
    CHECK(before.json.at("may_send_anew") == true);
    const auto outbox = w.outbox().size();
    const auto sent = w.seat("acceptor").post(path, reason);
    INFO(sent.code());
    REQUIRE(sent.status == 200);
    CHECK(sent.number("bundles") == 3);
    CHECK(w.outbox().size() == outbox + 3);  // of the case itself nothing is said
    CHECK(w.seat("acceptor").post(path, reason).code() == "exchange.already_sent_anew");
    CHECK(w.outbox().size() == outbox + 3);
    CHECK(w.seat("acceptor").get("/api/v1/exchange").json.at("stopped").as_array().empty());

    // The act stands in the history, and changes nothing of the case.
    const auto after = w.seat("reviewer").get("/api/v1/cases/" + id);
    CHECK(after.text("status") == "granted");
    const auto& events = after.json.at("events").as_array();
    REQUIRE(events.size() == before.json.at("events").as_array().size() + 3);
    CHECK(events.back().at("type") == "sent_anew");
    CHECK(events.back().at("reasons") == "策略已更正");
    CHECK(events.back().at("actor").at("fingerprint") == json::value(w.seat("acceptor").fingerprint()));
    int anew = 0, can = 0;
    for (const auto& one : after.json.at("transit").as_array()) {
      anew += one.as_object().contains("sent_anew");
      can += one.at("can_be_sent_anew").as_bool();
    }
    CHECK(anew == 3);
    CHECK(can == 0);
    REQUIRE(w.database->read([&](storage::Transaction& t) {
      const auto row = store::find_case_row(t, id);
      CHECK(row->closed_at == load_history(t, id).events.at(events.size() - 4).at);
    }));
  }
}

TEST_CASE("a case is granted: every step reaches the portal, and the sealed decision the applicant alone") {
  for (auto& world : test::worlds()) {
    auto& w = *world;
    w.publish();
    const auto id = examined(w);
    const auto determined = w.determine(w.seat("determiner"), id, "grant");
    INFO(determined.code());
    REQUIRE(determined.status == 200);
    CHECK(determined.text("status") == "notification");
    const auto notified = w.command(w.seat("acceptor"), id, "notify", {{"opinion", "送达"}});
    INFO(notified.code());
    REQUIRE(notified.status == 200);
    CHECK(notified.text("status") == "granted");
    CHECK(w.statuses(id) == std::vector<std::string>{"received", "accepted", "initial_review", "re_review",
                                                     "determination", "notification", "granted"});
    CHECK(w.exchange.woken > 0);

    const auto notice = w.notice(id, "decision", w.applicant);
    const auto signature = evidence::verify_pdf_signature(bytes_of(notice.document()));
    REQUIRE(signature);
    CHECK(signature->signer.key_id() == w.office.departments.at("market").key.key_id());
    CHECK(notice.document_number().starts_with("grant-FB-"));
    CHECK(w.notice(id, "accepted", w.applicant).document_number().starts_with("MR-SL-"));

    jindu::v1::DocumentRecord record;
    for (const auto& row : w.outbox())
      if (row.kind == "document") REQUIRE(parse_message(row.payload, record));
    const auto digest = crypto::sha256(bytes_of(notice.document()));
    CHECK(record.document_sha256() == text_of(digest));
    CHECK(record.document_number() == notice.document_number());
    CHECK(record.check_code().size() == 26);
    CHECK(record.valid_until().size() == 10);

    const auto seen = w.seat("reviewer").get("/api/v1/cases/" + id);
    REQUIRE(seen.status == 200);
    CHECK(seen.text("status") == "granted");
    CHECK(seen.text("outcome") == "grant");
    CHECK(seen.json.at("form").at("shop") == json::value("渡口面馆"));
    CHECK(seen.json.at("applicant").at("id_number") == json::value("11010519491231002X"));
    CHECK(seen.json.at("events").as_array().size() == 10);
    int signed_events = 0;
    for (const auto& event : seen.json.at("events").as_array())
      signed_events += event.at("signed_by_official").as_bool();
    CHECK(signed_events == 1);
    CHECK(seen.json.at("clocks").as_array().size() >= 4);
    REQUIRE(seen.json.at("documents").as_array().size() == 1);
    const auto paper = w.seat("reviewer").get("/api/v1/cases/" + id + "/documents/1");
    REQUIRE(paper.status == 200);
    CHECK(text_of(paper.bytes) == notice.document());
    CHECK(w.seat("reviewer").get("/api/v1/cases/" + id + "/documents/2").status == 404);
    const auto history = w.seat("reviewer").get("/api/v1/cases/" + id + "/history");
    REQUIRE(history.status == 200);
    const auto& kept = history.json.at("events").as_array();
    REQUIRE(kept.size() == 10);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const auto signed_event = from_base64(kept[i].as_string());
      REQUIRE(signed_event);
      CHECK(to_hex(crypto::sha256(*signed_event)) ==
            std::string(seen.json.at("events").at(i).at("digest").as_string()));
    }
  }
}

TEST_CASE("who may read a case is told by what the gateway's operators find its bundles") {
  for (auto& world : test::worlds()) {
    auto& w = *world;
    w.publish();
    const auto id = w.new_case(instant() - 1h);
    const std::string theirs = "0123456789abcdef0123456789abcdef";
    REQUIRE(w.database->write([&](storage::Transaction& t) {
      t.execute(
          "INSERT INTO exchange_inbox (bundle_id, kind, sender, at_ms, outcome, receipt, subject) VALUES ('b', "
          "'dossier', 'portal', 5, 'applied', $1, $2)",
          {Bytes(1), theirs});
      t.execute("INSERT INTO exchange_state (name, value, secret) VALUES ('subject-key', 0, $1)", {Bytes(32, 7)});
    }));
    const auto seen = w.seat("reviewer").get("/api/v1/cases/" + id).json.at("exchange");
    CHECK(seen.at("subject").as_string().size() == 32);
    CHECK(seen.at("subjects_of_portal") == json::value{theirs});
    REQUIRE(seen.at("arrived").as_array().size() == 1);
    CHECK(seen.at("arrived").at(0) ==
          json::value{{"bundle_id", "b"}, {"kind", "dossier"}, {"outcome", "applied"}, {"at", 5}});
    CHECK(w.seat("stranger").get("/api/v1/cases/" + id).status != 200);
  }
}

TEST_CASE("a refusal says why, in the record, in the paper and to the applicant") {
  for (auto& world : test::worlds()) {
    auto& w = *world;
    w.publish();
    const auto id = examined(w);
    CHECK(w.determine(w.seat("determiner"), id, "refuse").code() == "case.reasons_required");
    REQUIRE(w.determine(w.seat("determiner"), id, "refuse", "场所不符合要求").status == 200);
    REQUIRE(w.command(w.seat("acceptor"), id, "notify", {{"opinion", "送达"}}).text("status") == "refused");
    const auto notice = w.notice(id, "decision", w.applicant);
    CHECK(notice.body_zh().find("场所不符合要求") != std::string::npos);
    CHECK(notice.document_number().starts_with("refusal-FB-"));
  }
}

TEST_CASE("a determination is carried out only over the official's own signature on the very record") {
  auto world = std::move(test::worlds().front());
  auto& w = *world;
  w.publish();
  const auto id = examined(w);
  const auto determiner = w.seat("determiner");
  const auto drafted =
      determiner.post("/api/v1/cases/" + id + "/decision-draft", {{"outcome", "grant"}, {"opinion", "同意"}});
  REQUIRE(drafted.status == 200);
  const auto record = from_base64(drafted.text("record")).value();
  CHECK(to_hex(crypto::sha256(record)) == drafted.text("sha256"));
  const auto sign = [](BytesView content, const crypto::Identity& by) {
    return to_base64(crypto::cms_sign(content, by.key, by.certificate).value());
  };
  const auto attempt = [&](const std::string& opinion, const Bytes& over, const std::string& signature) {
    return w
        .command(determiner, id, "determine",
                 {{"outcome", "grant"}, {"opinion", opinion}, {"record", to_base64(over)}, {"signature", signature}})
        .code();
  };
  auto other = record;
  other[other.size() / 2] ^= 1;
  CHECK(attempt("别的意见", record, sign(record, determiner.identity)) == "decision.record");
  CHECK(attempt("同意", other, sign(other, determiner.identity)) == "decision.record");
  CHECK(attempt("同意", record, sign(record, w.people.at("rereviewer"))) == "decision.signer");
  CHECK(attempt("同意", record, sign(other, determiner.identity)) == "cms.signature");
  // Somebody with the same name under another root.
  const auto foreign_key = crypto::PrivateKey::generate_p256();
  const auto foreign =
      crypto::issue_certificate(foreign_key, nullptr, foreign_key.public_key(), {.common_name = "determiner"},
                                crypto::Profile::citizen, instant() - 1h, instant() + 1h);
  CHECK(w.command(determiner, id, "determine",
                  {{"outcome", "grant"},
                   {"opinion", "同意"},
                   {"record", to_base64(record)},
                   {"signature", sign(record, {foreign_key, foreign.value(), {}})}})
            .status >= 400);
  CHECK(w.sequence(id) == drafted.number("expected_sequence"));
  CHECK(attempt("同意", record, sign(record, determiner.identity)) == "");
}

TEST_CASE("four eyes and roles hold whatever the interface shows") {
  auto world = std::move(test::worlds().front());
  auto& w = *world;
  w.publish();
  const auto id = w.new_case(instant() - 1h);
  const json::object opinion{{"opinion", "同意"}, {"recommendation", "grant"}};
  CHECK(w.command(w.seat("reviewer"), id, "accept", opinion).code() == "case.role");
  CHECK(w.command(w.seat("neighbour"), id, "accept", opinion).status >= 403);
  REQUIRE(w.command(w.seat("acceptor"), id, "accept", opinion).status == 200);
  REQUIRE(w.command(w.seat("reviewer"), id, "review", opinion).status == 200);
  CHECK(w.command(w.seat("reviewer"), id, "review", opinion).code() == "case.four_eyes");
  REQUIRE(w.command(w.seat("rereviewer"), id, "review", opinion).status == 200);
  CHECK(w.determine(w.seat("rereviewer"), id, "grant").code() == "case.four_eyes");
  CHECK(w.determine(w.seat("reviewer"), id, "grant").code() == "case.four_eyes");
  CHECK(w.command(w.seat("determiner"), id, "notify", opinion).status >= 400);
  REQUIRE(w.determine(w.seat("determiner"), id, "grant").status == 200);
}

TEST_CASE("the same command again is answered and not carried out again; a stale one is refused") {
  for (auto& world : test::worlds()) {
    auto& w = *world;
    w.publish();
    const auto id = w.new_case(instant() - 1h);
    const json::object accept{{"command_id", new_uuid(instant())}, {"expected_sequence", 1}, {"opinion", "材料齐全"}};
    const auto first = w.command(w.seat("acceptor"), id, "accept", accept);
    const auto sent = w.outbox().size();
    REQUIRE(first.status == 200);
    CHECK_FALSE(first.json.at("repeated").as_bool());
    const auto again = w.command(w.seat("acceptor"), id, "accept", accept);
    REQUIRE(again.status == 200);
    CHECK(again.json.at("repeated").as_bool());
    CHECK(again.number("sequence") == first.number("sequence"));
    CHECK(w.outbox().size() == sent);
    auto other = accept;
    other["opinion"] = "别的";
    CHECK(w.command(w.seat("acceptor"), id, "accept", other).code() == "command.other");
    auto stale = accept;
    stale["command_id"] = new_uuid(instant());
    CHECK(w.command(w.seat("reviewer"), id, "review",
                    {{"expected_sequence", 1}, {"opinion", "迟"}, {"recommendation", "grant"}})
              .code() == "case.moved_on");
    CHECK(w.sequence(id) == 3);
  }
}

TEST_CASE("officials who act at the same moment do not both have their way, and one who clicks twice acts once") {
  for (auto& world : test::worlds()) {
    auto& w = *world;
    w.publish();
    const auto id = w.new_case(instant() - 1h);
    const auto seat = w.seat("acceptor");
    const auto accept = [&](const std::string& command_id) {
      return seat.post(
          "/api/v1/cases/" + id + "/commands",
          {{"command_id", command_id}, {"expected_sequence", 1}, {"command", "accept"}, {"opinion", "材料齐全"}});
    };
    const auto same = new_uuid(instant());
    std::vector<std::future<test::Answer>> at_once;
    for (int i = 0; i < 6; ++i)
      at_once.push_back(
          std::async(std::launch::async, [&, i] { return accept(i < 3 ? same : new_uuid(instant() + 1ms * i)); }));
    int done = 0, refused = 0;
    for (auto& one : at_once) {
      const auto answer = one.get();
      INFO(answer.status << " " << answer.code());
      CHECK((answer.status == 200 || answer.status == 409));
      (answer.status == 200 ? done : refused) += 1;
    }
    CHECK(done >= 1);
    CHECK(done + refused == 6);
    CHECK(w.sequence(id) == 3);
    CHECK(w.statuses(id) == std::vector<std::string>{"received", "accepted", "initial_review"});
  }
}

TEST_CASE("a corrected calendar gives open cases their deadlines again") {
  for (auto& world : test::worlds()) {
    auto& w = *world;
    w.publish();
    const auto id = w.new_case(instant() - 1h);
    const auto due = [&] {
      return std::string(
          w.seat("acceptor").get("/api/v1/worklist").json.at("entries").at(0).at("due").at("date").as_string());
    };
    const auto before = due();
    const auto day = catalogue::local_day(instant());
    const auto year = static_cast<int>(std::chrono::year_month_day(day).year());
    // The whole fortnight to come is a holiday.
    json::object years;
    for (int n = 1; n <= 14; ++n) {
      const auto iso = catalogue::to_iso(day + std::chrono::days(n));
      auto& one = years[iso.substr(0, 4)];
      if (!one.is_object()) one = {{"holidays", json::array{}}, {"workdays", json::array{}}};
      one.at("holidays").as_array().push_back(json::value(iso));
    }
    REQUIRE(years.contains(std::to_string(year)) | years.contains(std::to_string(year + 1)));
    const auto next = w.catalogue_json(2, [&](json::object& c) { c["calendar"].as_object()["years"] = years; });
    const auto published = w.publish(w.seat("editor"), next);
    INFO(json::serialize(published.json));
    REQUIRE(published.status == 200);
    CHECK(refresh_rows(w.office).value() == 1);
    CHECK(due() > before);
    CHECK(refresh_rows(w.office).value() == 0);
  }
}

TEST_CASE("a preview says so, and has neither number nor seal nor signature") {
  auto world = std::move(test::worlds().front());
  auto& w = *world;
  w.publish();
  const auto id = examined(w);
  const auto preview = w.seat("determiner")
                           .post("/api/v1/cases/" + id + "/decision-preview",
                                 {{"outcome", "refuse"}, {"opinion", "不同意"}, {"reasons", "The reasons"}});
  REQUIRE(preview.status == 200);
  CHECK_FALSE(evidence::verify_pdf_signature(preview.bytes));
  const auto path = w.folder / "preview.pdf";
  REQUIRE(files::write_durably(path, preview.bytes));
  REQUIRE(std::system(("pdftotext " + path.string() + " " + path.string() + ".txt").c_str()) == 0);
  const auto words = files::read_text(path.string() + ".txt").value();
  CHECK(words.find("PREVIEW") != std::string::npos);
  CHECK(words.find("The reasons") != std::string::npos);
  CHECK(words.find("Scan to check") == std::string::npos);
  CHECK(words.find("refusal-FB-") == std::string::npos);
  CHECK(w.sequence(id) == 7);
}

TEST_CASE("a case that is not accepted ends with its reasons; who recused himself acts no more") {
  for (auto& world : test::worlds()) {
    auto& w = *world;
    w.publish();
    const auto ended = w.new_case(instant() - 1h), other = w.new_case(instant() - 1h);
    CHECK(w.command(w.seat("acceptor"), ended, "not_accept").code() == "case.reasons_required");
    REQUIRE(w.command(w.seat("acceptor"), ended, "not_accept", {{"reasons", "不属于本机关职权范围"}}).status == 200);
    CHECK(w.statuses(ended) == std::vector<std::string>{"received", "not_accepted"});
    const auto notice = w.notice(ended, "not_accepted", w.applicant);
    CHECK(notice.body_zh() == "不属于本机关职权范围");
    CHECK(notice.document_number().starts_with("MR-BSL-"));
    CHECK(w.command(w.seat("acceptor"), ended, "accept", {{"opinion", "齐"}}).code() == "case.closed");

    REQUIRE(w.command(w.seat("acceptor"), other, "recuse", {{"reasons", "亲属关系"}}).status == 200);
    CHECK(w.command(w.seat("acceptor"), other, "accept", {{"opinion", "齐"}}).code() == "case.recused");
    const auto list = w.seat("acceptor").get("/api/v1/worklist");
    REQUIRE(list.json.at("entries").as_array().size() == 1);
    CHECK(list.json.at("entries").at(0).at("blocked_by") == json::value("recused"));
    CHECK(w.seat("acceptor").get("/api/v1/worklist?scope=mine").json.at("entries").as_array().empty());
  }
}

TEST_CASE("notification without its paper does not happen, also when the sequence is guessed") {
  auto world = std::move(test::worlds().front());
  auto& w = *world;
  w.publish();
  const auto id = w.new_case(instant() - 1h);
  CHECK(w.command(w.seat("acceptor"), id, "notify", {{"opinion", "早"}}).status >= 400);
  CHECK(w.sequence(id) == 1);
}

TEST_CASE("numbers of one department do not collide between its items") {
  auto world = std::move(test::worlds().front());
  auto& w = *world;
  w.publish();
  const auto food = w.new_case(instant() - 1h, "food"), pharmacy = w.new_case(instant() - 1h, "pharmacy");
  REQUIRE(w.command(w.seat("acceptor"), food, "accept", {{"opinion", "齐"}}).status == 200);
  const auto second = w.command(w.seat("acceptor"), pharmacy, "accept", {{"opinion", "齐"}});
  INFO(second.code());
  REQUIRE(second.status == 200);
  CHECK(w.notice(food, "accepted", w.applicant).document_number() !=
        w.notice(pharmacy, "accepted", w.applicant).document_number());
}

TEST_CASE("a supplement is asked for once with all that is missing, and answered by the same applicant") {
  for (auto& world : test::worlds()) {
    auto& w = *world;
    w.publish();
    const auto id = w.new_case(instant() - 2h);
    CHECK(w.command(w.seat("acceptor"), id, "request_supplement", {{"items", json::array{}}}).code() ==
          "case.items_required");
    const json::object ask{{"items", json::array{json::object{{"pointer", "/materials/plan"},
                                                              {"message_zh", "图纸不清"},
                                                              {"message_en", "The plan is not legible"}}}}};
    REQUIRE(w.command(w.seat("acceptor"), id, "request_supplement", ask).status == 200);
    const auto notice = w.notice(id, "supplement", w.applicant);
    REQUIRE(notice.findings_size() == 1);
    CHECK(notice.findings(0).message_zh() == "图纸不清");
    CHECK(w.command(w.seat("acceptor"), id, "accept", {{"opinion", "急"}}).code() == "case.waiting_for_applicant");

    auto answer = w.draft(id);
    answer.kind = jindu::v1::SUBMISSION_KIND_SUPPLEMENT;
    answer.answers_notice_id = notice.notice_id();
    // Another person who calls himself the same.
    const auto impostor = w.submit(answer, w.identity({.common_name = "王小明"}), instant() - 1h);
    CHECK_FALSE(impostor);
    CHECK(w.statuses(id).back() == "supplement_requested");
    // A supplement that is wrong comes back by itself and leaves the notice open.
    auto wrong = answer;
    wrong.form_json = "{}";
    REQUIRE(w.submit(wrong, w.applicant, instant() - 1h));
    CHECK(w.notice(id, "returned", w.applicant).findings(0).rule() == "required");
    CHECK(w.statuses(id).back() == "supplement_requested");
    REQUIRE(w.submit(answer, w.applicant, instant() - 1h));
    CHECK(w.statuses(id).back() == "received");
    CHECK(w.command(w.seat("acceptor"), id, "request_supplement", ask).code() == "case.leader_reason_required");
    REQUIRE(w.command(w.seat("acceptor"), id, "accept", {{"opinion", "齐"}}).status == 200);
    const auto seen = w.seat("acceptor").get("/api/v1/cases/" + id);
    CHECK(seen.json.at("submissions").as_array().size() == 3);
    int current = 0;
    for (const auto& m : seen.json.at("materials").as_array()) current += m.at("current").as_bool();
    CHECK(current == 1);
  }
}

TEST_CASE("silence accepts: after five working days the law does, from the day of receipt, and tells the applicant") {
  for (auto& world : test::worlds()) {
    auto& w = *world;
    w.publish();
    const auto late = w.new_case(instant() - 24h * 12), fresh = w.new_case(instant() - 1h);
    const auto accepted = accept_silent_cases(w.office);
    REQUIRE(accepted);
    CHECK(*accepted == 1);
    CHECK(w.statuses(late) == std::vector<std::string>{"received", "accepted", "initial_review"});
    CHECK(w.statuses(fresh) == std::vector<std::string>{"received"});
    CHECK(w.notice(late, "accepted", w.applicant).document_number().starts_with("MR-SL-"));
    const auto seen = w.seat("reviewer").get("/api/v1/cases/" + late);
    CHECK(seen.json.at("events").at(1).at("type") == json::value("deemed_accepted"));
    CHECK(accept_silent_cases(w.office).value() == 0);
  }
}

}  // namespace jindu::approval
