// What arrives: taken in once, sent back by itself when it is wrong, refused when it is not what it says.
#include <catch2/catch.hpp>
#include <fstream>

#include "common/runtime/files.hpp"
#include "common/runtime/ids.hpp"
#include "common/runtime/messages.hpp"
#include "tests/unit/intranet-approval/api/world.hpp"

namespace jindu::approval {
namespace {
using namespace std::chrono_literals;
using test::World;

Instant now() { return SystemClock().now(); }

std::vector<std::string> rules(const jindu::v1::NoticeContent& notice) {
  std::vector<std::string> all;
  for (const auto& finding : notice.findings()) all.push_back(finding.pointer() + " " + finding.rule());
  return all;
}
}  // namespace

TEST_CASE("a valid dossier becomes a case that an official sees, and its materials open") {
  for (auto& world : test::worlds()) {
    auto& w = *world;
    w.publish();
    const auto id = w.new_case(now() - 1h);
    const auto list = w.seat("acceptor").get("/api/v1/worklist?scope=mine");
    REQUIRE(list.status == 200);
    REQUIRE(list.json.at("entries").as_array().size() == 1);
    const auto& entry = list.json.at("entries").at(0);
    CHECK(entry.at("case_id") == boost::json::value(id));
    CHECK(entry.at("actionable").as_bool());
    CHECK(w.seat("reviewer").get("/api/v1/worklist?scope=mine").json.at("entries").as_array().empty());
    CHECK(w.seat("neighbour").get("/api/v1/worklist").json.at("entries").as_array().empty());

    const auto material = w.seat("acceptor").get("/api/v1/cases/" + id + "/materials/1");
    REQUIRE(material.status == 200);
    CHECK(material.bytes == test::small_pdf());
    CHECK(material.headers.at("Content-Type") == "application/pdf");
    CHECK(w.seat("acceptor").get("/api/v1/cases/" + id + "/materials/2").status == 404);
  }
}

TEST_CASE("the same dossier again changes nothing") {
  for (auto& world : test::worlds()) {
    auto& w = *world;
    w.publish();
    const auto id = new_uuid(now());
    auto draft = w.draft(id);
    draft.materials[0].bytes = test::small_pdf();
    const auto made =
        dossier::make_dossier(draft, w.applicant, w.office.departments.at("market").certificate.public_key()).value();
    jindu::v1::MaterialSlice slice;
    slice.set_declaration_id(id);
    slice.set_upload_id(made.materials[0].upload_id);
    slice.set_total(made.materials[0].sealed.size());
    slice.set_data(made.materials[0].sealed.data(), made.materials[0].sealed.size());
    const auto delivery = w.delivery(draft, made, now() - 1h);
    for (int i = 0; i < 2; ++i) {
      REQUIRE(w.receive("material", slice));
      REQUIRE(w.receive("dossier", delivery));
    }
    CHECK(w.sequence(id) == 1);
    CHECK(w.statuses(id).size() == 1);
  }
}

TEST_CASE("a dossier that is wrong goes back by itself with every finding, and no official meets it") {
  for (auto& world : test::worlds()) {
    auto& w = *world;
    w.publish();
    const auto id = new_uuid(now());
    auto draft = w.draft(id);
    draft.form_json = R"({"shop":"x"})";
    draft.applicant.set_id_number("110105194912310021");
    draft.materials.clear();
    REQUIRE(w.submit(draft, w.applicant, now() - 1h));
    CHECK(w.statuses(id) == std::vector<std::string>{"returned"});
    CHECK(rules(w.notice(id, "returned", w.applicant)) ==
          std::vector<std::string>{"/applicant/id_number format.resident-id", "/shop minLength",
                                   "/materials/plan material.required"});
    CHECK(w.seat("acceptor").get("/api/v1/worklist").json.at("entries").as_array().empty());
  }
}

TEST_CASE("a material that is not what it says, or did not come whole, is a finding") {
  auto world = std::move(test::worlds().front());
  auto& w = *world;
  w.publish();
  auto draft = w.draft(new_uuid(now()));
  draft.materials[0].bytes = Bytes(20'000, 'p');
  REQUIRE(w.submit(draft, w.applicant, now() - 1h));
  CHECK(rules(w.notice(draft.declaration_id, "returned", w.applicant)) ==
        std::vector<std::string>{"/materials/plan inspection.type_mismatch"});

  const auto lost = w.draft(new_uuid(now()));
  const auto made =
      dossier::make_dossier(lost, w.applicant, w.office.departments.at("market").certificate.public_key()).value();
  REQUIRE(w.receive("dossier", w.delivery(lost, made, now() - 1h)));
  CHECK(rules(w.notice(lost.declaration_id, "returned", w.applicant)) ==
        std::vector<std::string>{"/materials/plan material.missing"});
}

TEST_CASE("nothing is left of opened materials") {
  auto world = std::move(test::worlds().front());
  auto& w = *world;
  w.publish();
  w.new_case(now() - 1h);
  CHECK(std::filesystem::is_empty(w.folder / "scratch"));
}

TEST_CASE("what is not what it says is refused for good, and people can see why") {
  auto world = std::move(test::worlds().front());
  auto& w = *world;
  w.publish();
  const auto department = w.office.departments.at("market").certificate.public_key();
  const auto draft = w.draft(new_uuid(now()));
  const auto made = dossier::make_dossier(draft, w.applicant, department).value();
  const auto good = w.delivery(draft, made, now() - 1h);

  SECTION("a receipt of another dossier") {
    const auto other_draft = w.draft(new_uuid(now()));
    const auto other = dossier::make_dossier(other_draft, w.applicant, department).value();
    auto mixed = good;
    mixed.set_submission_receipt(w.delivery(other_draft, other, now() - 1h).submission_receipt());
    const auto refused = w.receive("dossier", mixed);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "dossier.receipt");
  }
  SECTION("a receipt by another node than the sender") {
    const auto refused = w.receive("dossier", good, "somebody");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "signed.signer");
  }
  SECTION("content changed on the way") {
    auto changed = good;
    changed.mutable_sealed_content()->back() ^= 1;
    const auto refused = w.receive("dossier", changed);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "dossier.content_digest");
  }
  SECTION("sealed to another department") {
    const auto elsewhere =
        dossier::make_dossier(draft, w.applicant, w.office.departments.at("health").certificate.public_key()).value();
    const auto refused = w.receive("dossier", w.delivery(draft, elsewhere, now() - 1h));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code.starts_with("seal."));
  }
  SECTION("an applicant nobody vouches for") {
    const auto key = crypto::PrivateKey::generate_p256();
    const auto self = crypto::issue_certificate(key, nullptr, key.public_key(), {.common_name = "王小明"},
                                                crypto::Profile::citizen, now() - 24h, now() + 24h);
    const auto forged = dossier::make_dossier(draft, {key, self.value(), {}}, department).value();
    const auto refused = w.receive("dossier", w.delivery(draft, forged, now() - 1h));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code.starts_with("certificate."));
  }
  const auto health = w.seat("acceptor").get("/api/v1/exchange");
  REQUIRE(health.status == 200);
  CHECK(health.json.at("held").as_array().size() == 1);
  CHECK(health.json.at("troubles").as_array().empty());
  w.exchange.troubles = {{"aside", "exchange.file_missing", from_unix_ms(5000), 2}};
  const auto later = w.seat("acceptor").get("/api/v1/exchange");
  REQUIRE(later.status == 200);
  CHECK(later.json.at("troubles") ==
        boost::json::value{{{"what", "aside"}, {"code", "exchange.file_missing"}, {"since", 5000}, {"messages", 2}}});
}

TEST_CASE("before any catalogue a dossier waits and is not refused") {
  auto world = std::move(test::worlds().front());
  auto& w = *world;
  const auto waits = w.submit(w.draft(new_uuid(now())), w.applicant, now() - 1h);
  REQUIRE_FALSE(waits);
  CHECK(waits.error().fault == Fault::unavailable);
}

TEST_CASE("slices name nothing but uploads, and lie within them") {
  auto world = std::move(test::worlds().front());
  auto& w = *world;
  jindu::v1::MaterialSlice slice;
  slice.set_declaration_id("../../etc");
  slice.set_upload_id(new_uuid(now()));
  slice.set_total(10);
  slice.set_data("0123456789");
  CHECK_FALSE(w.receive("material", slice));
  slice.set_declaration_id(new_uuid(now()));
  slice.set_offset(1);
  CHECK_FALSE(w.receive("material", slice));
  slice.set_offset(0);
  CHECK(w.receive("material", slice));
  CHECK(w.receive("material", slice));
  slice.set_total(20);
  CHECK_FALSE(w.receive("material", slice));
}

}  // namespace jindu::approval
