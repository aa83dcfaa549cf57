#include <jindu/v1/payload.pb.h>

#include <boost/json/object.hpp>
#include <catch2/catch.hpp>

#include "common/catalogue/calendar.hpp"
#include "common/exchange/service/enquiry.hpp"
#include "common/runtime/ids.hpp"
#include "extranet-portal/exchange/receivers.hpp"
#include "extranet-portal/store/declarations.hpp"
#include "extranet-portal/store/published.hpp"
#include "tests/unit/extranet-portal/world.hpp"

using namespace jindu;
using namespace jindu::portal;
using namespace jindu::portal::test;
using namespace std::chrono_literals;

namespace {

std::string declared(World& world) {
  const auto id = new_uuid(world.clock.now());
  store::Declaration declaration{id, "account",         "JD" + id.substr(30), "food",
                                 1,  world.clock.now(), world.clock.now(),    {}};
  submitted(declaration.progress);
  REQUIRE(world.database->write([&](storage::Transaction& tx) { store::add_declaration(tx, declaration); }));
  return id;
}

jindu::v1::StatusUpdate update(const std::string& id, std::uint64_t sequence, const std::string& word) {
  jindu::v1::StatusUpdate message;
  message.set_declaration_id(id);
  message.set_case_sequence(sequence);
  message.set_status(word);
  message.set_at_ms(5);
  message.set_due_date("2026-07-01");
  return message;
}

}  // namespace

TEST_CASE("a release signed by the editor is published; browsers ask whether it is still the same") {
  for (auto& world : worlds()) {
    Browser browser(world->router);
    CHECK(browser.get("/api/v1/catalogue").json.at("serial") == 0);
    world->publish(1);
    const auto catalogue = browser.get("/api/v1/catalogue");
    CHECK(catalogue.json.at("serial") == 1);
    CHECK(catalogue.json.at("items").at(0).at("department").at("code") == "MR");
    CHECK(browser.send(http::Method::get, "/api/v1/catalogue", {}, {{"if-none-match", catalogue.headers.at("ETag")}})
              .status == 304);
    const auto item = browser.get("/api/v1/items/food");
    CHECK(item.json.at("department").at("certificate") == word(to_base64(world->department.certificate.der())));
    CHECK(item.json.at("materials").as_array().size() == 2);
    CHECK(browser.get("/api/v1/items/fishing").code() == "item.unknown");
    world->publish(2, 2);
    CHECK(browser.send(http::Method::get, "/api/v1/catalogue", {}, {{"if-none-match", catalogue.headers.at("ETag")}})
              .json.at("serial") == 2);
    CHECK(browser.get("/api/v1/items/food").json.at("version") == 2);
  }
}

TEST_CASE("a release that is older, changed or signed by somebody else is refused") {
  for (auto& world : worlds()) {
    const auto code = [&](const jindu::v1::CatalogueRelease& release) {
      const auto received = world->receive("catalogue", release);
      return received ? std::string("taken") : received.error().code;
    };
    const auto first = world->release(world->catalogue_json(2), 2, world->editor);
    CHECK(code(first) == "taken");
    CHECK(code(first) == "taken");  // the same again changes nothing
    CHECK(code(world->release(world->catalogue_json(1), 1, world->editor)) == "catalogue.older");
    CHECK(code(world->release(world->catalogue_json(2, 2), 2, world->editor)) == "catalogue.older");
    CHECK(code(world->release(world->catalogue_json(3), 4, world->editor)) == "catalogue.serial");
    auto changed = world->release(world->catalogue_json(3), 3, world->editor);
    changed.mutable_catalogue_json()->append(" ");
    CHECK(code(changed) == "cms.signature");
    const auto other = world->person({.common_name = "周明"});
    CHECK(code(world->release(world->catalogue_json(3), 3, other)) == "catalogue.editor");
    const World stranger(std::move(worlds().front()->database));
    CHECK(code(world->release(world->catalogue_json(3), 3, stranger.editor)) == "certificate.unknown_issuer");
    auto unlisted = world->release(world->catalogue_json(3), 3, world->editor);
    unlisted.clear_department_certificates();
    CHECK(code(unlisted) == "catalogue.department_certificate");
    // A certificate nobody in the deployment vouches for.
    CHECK(code(world->release(stranger.catalogue_json(3), 3, world->editor)) == "catalogue.department_certificate");
    std::string rewritten = world->catalogue_json(3);
    rewritten.replace(rewritten.find("\"FB\""), 4, "\"FC\"");
    CHECK(code(world->release(rewritten, 3, world->editor)) == "catalogue.version_changed");
    CHECK(code(world->release("[]", 3, world->editor)) == "catalogue.syntax");
    CHECK(world->count("SELECT MAX(serial) FROM catalogue_release") == 2);
  }
}

TEST_CASE("a department whose certificate has run out closes the door to its release") {
  for (auto& world : worlds()) {
    const auto json = world->catalogue_json(1);
    world->clock.advance(24h * 366);
    auto release = world->release(json, 1, world->person({.common_name = "魏编"}));
    CHECK(world->receive("catalogue", release).error().code == "certificate.expired");
  }
}

TEST_CASE("status updates make steps; an older one never overwrites") {
  for (auto& world : worlds()) {
    const auto id = declared(*world);
    REQUIRE(world->receive("status", update(id, 3, "accepted")));
    REQUIRE(world->receive("status", update(id, 1, "received")));
    REQUIRE(world->receive("status", update(id, 4, "accepted")));  // the same status: another deadline, no step
    REQUIRE(world->database->read([&](storage::Transaction& tx) {
      CHECK(store::find_declaration(tx, id)->progress.status == "accepted");
      CHECK(store::find_declaration(tx, id)->progress.case_sequence == 4);
      CHECK(store::steps_of(tx, id).size() == 1);
      // And under which pseudonym the intranet speaks of it.
      CHECK(jindu::exchange::enquire(tx, id).theirs == std::vector<std::string>{"0123456789abcdef0123456789abcdef"});
      const auto number = store::find_declaration(tx, id)->declaration_number;
      CHECK(store::declaration_with_number(tx, number)->declaration_id == id);
      CHECK_FALSE(store::declaration_with_number(tx, number + "0"));
    }));
    CHECK(world->receive("status", update(id, 5, "in_transit")).error().code == "status.malformed");
    CHECK(world->receive("status", update(id, 0, "accepted")).error().code == "status.malformed");
    auto dated = update(id, 6, "accepted");
    dated.set_due_date("tomorrow");
    CHECK(world->receive("status", dated).error().code == "status.malformed");
    CHECK(world->receive("status", update(new_uuid(world->clock.now()), 1, "received")).error().code ==
          "declaration.unknown");
  }
}

namespace {

// A receipt of a bundle of the declaration, as the service records it and tells of it.
void told(World& world, const std::string& id, const std::string& bundle, const std::string& kind, jindu::v1::Rung rung,
          const char* code = "") {
  REQUIRE(world.database->write([&](storage::Transaction& tx) {
    if (!tx.query_one("SELECT 1 FROM exchange_sent WHERE bundle_id = $1", {bundle}))
      tx.execute(
          "INSERT INTO exchange_sent (bundle_id, sequence, kind, subject, manifest_digest, created_ms, handed_over, "
          "rung, ended, code) SELECT $1, COUNT(*) + 1, $2, $3, $4, 0, 1, 0, 0, '' FROM exchange_sent",
          {bundle, kind, id, Bytes(32)});
    tx.execute(
        "INSERT INTO exchange_receipt (bundle_id, rung, party, at_ms, code, receipt) VALUES ($1, $2, 'gateway-outer', "
        "5, $3, $4)",
        {bundle, std::int64_t{rung}, code, Bytes(1)});
    jindu::exchange::Receipt receipt;
    receipt.rung = rung;
    receipt.code = code;
    receipt.at = world.clock.now();
    portal::exchange::note_progress(tx, {kind, id, receipt});
  }));
}

std::string status_of(World& world, const std::string& id) {
  std::string status;
  REQUIRE(world.database->read(
      [&](storage::Transaction& tx) { status = store::find_declaration(tx, id)->progress.status; }));
  return status;
}

// As `exchange resend` does, of which the exchange's own tests tell the rest.
void sends_anew(World& world, const std::string& id, const std::string& bundle) {
  REQUIRE(world.database->write([&](storage::Transaction& tx) {
    tx.execute("INSERT INTO exchange_sent_anew (bundle_id, anew, at_ms, who, reason) VALUES ($1, '', 1, 'a', 'b')",
               {bundle});
    portal::exchange::note_sent_anew(tx, id, world.clock.now());
  }));
}

}  // namespace

TEST_CASE("what is stopped on its way is said so until all of it is sent anew; then it goes on as at first") {
  for (auto& world : worlds()) {
    const auto id = declared(*world);
    told(*world, id, "m", "material", jindu::v1::RUNG_STORED);
    CHECK(status_of(*world, id) == "submitted");
    told(*world, id, "d", "dossier", jindu::v1::RUNG_STORED);
    CHECK(status_of(*world, id) == "in_transit");
    told(*world, id, "m", "material", jindu::v1::RUNG_QUARANTINED, "policy.forbidden");
    CHECK(status_of(*world, id) == "stopped");
    told(*world, id, "d", "dossier", jindu::v1::RUNG_VERIFIED);
    CHECK(status_of(*world, id) == "stopped");
    told(*world, id, "d", "dossier", jindu::v1::RUNG_EXPIRED, "policy.expired");
    sends_anew(*world, id, "m");
    CHECK(status_of(*world, id) == "stopped");
    sends_anew(*world, id, "d");
    CHECK(status_of(*world, id) == "submitted");
    // Another party's word of the same end comes late.
    told(*world, id, "d", "dossier", jindu::v1::RUNG_REFUSED);
    CHECK(status_of(*world, id) == "submitted");
    told(*world, id, "d2", "dossier", jindu::v1::RUNG_STORED);
    CHECK(status_of(*world, id) == "in_transit");
    REQUIRE(world->database->read([&](storage::Transaction& tx) {
      std::vector<std::string> steps;
      for (const auto& step : store::steps_of(tx, id)) steps.push_back(step.status);
      CHECK(steps == std::vector<std::string>{"in_transit", "stopped", "submitted", "in_transit"});
    }));
    // What the intranet says itself is never taken back.
    REQUIRE(world->receive("status", update(id, 1, "received")));
    told(*world, id, "d2", "dossier", jindu::v1::RUNG_REFUSED);
    CHECK(status_of(*world, id) == "received");
  }
}

TEST_CASE("a notice is bound to its place") {
  for (auto& world : worlds()) {
    const auto id = declared(*world);
    jindu::v1::SealedNotice notice;
    notice.set_declaration_id(id);
    notice.set_notice_id(new_uuid(world->clock.now()));
    notice.set_kind("supplement");
    const auto key = crypto::PrivateKey::generate_p256();
    const auto seal = [&](const std::string& notice_id) {
      const auto sealed =
          seal::seal_to({key.public_key()}, dossier::notice_binding(id, notice_id), bytes_of("x")).value();
      notice.set_sealed(sealed.data(), sealed.size());
    };
    seal(notice.notice_id());
    REQUIRE(world->receive("notice", notice));
    REQUIRE(world->receive("notice", notice));
    CHECK(world->count("SELECT COUNT(*) FROM notice") == 1);
    notice.set_notice_id(new_uuid(world->clock.now()));
    CHECK(world->receive("notice", notice).error().code == "notice.seal");
    seal(notice.notice_id());
    notice.set_kind("advertisement");
    CHECK(world->receive("notice", notice).error().code == "notice.malformed");
  }
}

TEST_CASE("anybody checks a document by code or file, and sees when it no longer holds") {
  for (auto& world : worlds()) {
    world->publish();
    Browser browser(world->router);
    const std::string code = "0123456789ABCDEFGHJKMNPQRS";
    jindu::v1::DocumentRecord record;
    record.set_check_code(code);
    record.set_document_number("津食许 1 号");
    record.set_document_kind("grant");
    record.set_item_id("food");
    record.set_issued_at_ms(to_unix_ms(world->clock.now()));
    record.set_valid_until(catalogue::to_iso(catalogue::local_day(world->clock.now())));
    record.set_state("valid");
    const auto digest = crypto::sha256(bytes_of("pdf"));
    record.set_document_sha256(digest.data(), digest.size());
    CHECK(browser.get("/api/v1/check/" + code).code() == "check.unknown");
    REQUIRE(world->receive("document", record));
    const auto by_code = browser.get("/api/v1/check/0123-4567-89ab-cdef-ghjk-mnpq-rs");
    CHECK(by_code.json.at("state") == "valid");
    CHECK(by_code.json.at("item_name").at("zh") == "食品经营许可");
    CHECK(browser.post("/api/v1/check", {{"sha256", to_hex(digest)}}).json == by_code.json);
    CHECK(browser.post("/api/v1/check", {{"sha256", std::string(64, '0')}}).code() == "check.unknown");
    world->clock.advance(48h);
    CHECK(browser.get("/api/v1/check/" + code).json.at("state") == "expired");
    record.set_state("revoked");
    REQUIRE(world->receive("document", record));
    // One that was sent anew comes late.
    record.set_state("valid");
    REQUIRE(world->receive("document", record));
    record.set_state("revoked");
    CHECK(browser.get("/api/v1/check/" + code).json.at("state") == "revoked");
    record.set_document_sha256(std::string(32, 'x'));
    CHECK(world->receive("document", record).error().code == "document.other_digest");
    record.set_check_code("short");
    CHECK(world->receive("document", record).error().code == "document.malformed");
  }
}
