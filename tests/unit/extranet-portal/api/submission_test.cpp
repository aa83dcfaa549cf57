#include <jindu/v1/payload.pb.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>
#include <thread>

#include "common/runtime/ids.hpp"
#include "common/runtime/messages.hpp"
#include "extranet-portal/domain/declaration_number.hpp"
#include "extranet-portal/exchange/sender.hpp"
#include "extranet-portal/store/housekeeping.hpp"
#include "tests/unit/extranet-portal/world.hpp"

using namespace jindu;
using namespace jindu::portal;
using namespace jindu::portal::test;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

// A citizen with a session, in a world with a catalogue.
struct Ready {
  explicit Ready(World& world) : browser(world.router), id(new_uuid(world.clock.now())) {
    world.publish();
    REQUIRE(world.register_citizen(browser, citizen).status == 201);
    REQUIRE(world.login_citizen(browser, citizen).status == 200);
  }
  dossier::MadeDossier make(World& world, const dossier::DossierDraft& draft) {
    return dossier::make_dossier(draft, citizen.identity(), world.department.certificate.public_key()).value();
  }
  Browser browser;
  World::Citizen citizen{"13800138000"};
  std::string id;
};

jindu::v1::StatusUpdate status(const std::string& id, std::uint64_t sequence, const std::string& word) {
  jindu::v1::StatusUpdate update;
  update.set_declaration_id(id);
  update.set_case_sequence(sequence);
  update.set_status(word);
  update.set_stage("acceptance");
  update.set_at_ms(1'780'000'500'000);
  return update;
}

}  // namespace

TEST_CASE("a dossier is taken in one commit: number, receipt, steps and its way to the intranet") {
  for (auto& world : worlds()) {
    Ready ready(*world);
    const auto made = ready.make(*world, world->draft(ready.id));
    world->upload(ready.browser, ready.id, made);
    const auto answer = world->submit(ready.browser, ready.id, made);
    INFO(json::serialize(answer.json));
    REQUIRE(answer.status == 200);
    CHECK(is_declaration_number(std::string(answer.json.at("declaration_number").as_string())));
    CHECK_FALSE(answer.json.at("repeated").as_bool());
    CHECK(world->woken == 1);

    const auto encoded = from_base64(answer.json.at("receipt").as_string()).value();
    const evidence::NodeTrust trust{world->trust, {}};
    const auto statement =
        evidence::open_signed(encoded, evidence::kSubmissionReceiptType, trust, world->clock.now(), "portal");
    REQUIRE(statement);
    jindu::v1::SubmissionReceipt receipt;
    REQUIRE(parse_message(statement->body, receipt));
    CHECK(receipt.declaration_number() == std::string(answer.json.at("declaration_number").as_string()));
    CHECK(bytes_of(receipt.content_sha256())[0] == crypto::sha256(made.sealed_content)[0]);
    CHECK(receipt.parts_size() == 1);
    CHECK(receipt.received_at_ms() == to_unix_ms(world->clock.now()));

    // Materials first, the dossier behind them.
    std::vector<std::string> kinds;
    Bytes payload;
    REQUIRE(world->database->read([&](storage::Transaction& tx) {
      kinds.clear();
      for (const auto& row : tx.query("SELECT kind, payload, subject FROM exchange_outbox JOIN exchange_payload USING "
                                      "(number) ORDER BY number")) {
        kinds.push_back(row.text(0));
        payload = row.blob(1);
        CHECK(row.text(2) == ready.id);
      }
    }));
    CHECK(kinds == std::vector<std::string>{"material", "dossier"});
    jindu::v1::DossierDelivery delivery;
    REQUIRE(parse_message(payload, delivery));
    CHECK(delivery.sealed_content() == text_of(made.sealed_content));
    CHECK(delivery.submission_receipt() == text_of(encoded));

    // What arrives on the other side opens there.
    const auto checked = dossier::check_statement(
        bytes_of(delivery.signed_statement()), bytes_of(delivery.sealed_content()), world->trust, world->clock.now());
    REQUIRE(checked);
    CHECK(dossier::open_content(*checked, bytes_of(delivery.sealed_content()), world->department.key));

    const auto shown = ready.browser.get("/api/v1/declarations/" + ready.id);
    CHECK(shown.json.at("status") == "submitted");
    CHECK(shown.json.at("item_name").at("zh") == "食品经营许可");
    CHECK(shown.json.at("steps").as_array().size() == 1);
    CHECK(shown.json.at("submissions").as_array().size() == 1);
    const auto download = ready.browser.get("/api/v1/declarations/" + ready.id + "/receipt");
    CHECK(download.bytes == encoded);
    CHECK(ready.browser.get("/api/v1/declarations/" + ready.id + "/receipt?number=2").status == 404);
  }
}

TEST_CASE("a declaration says why it does not leave, and since when, as long as something of it is here") {
  for (auto& world : worlds()) {
    Ready ready(*world);
    const auto made = ready.make(*world, world->draft(ready.id));
    world->upload(ready.browser, ready.id, made);
    REQUIRE(world->submit(ready.browser, ready.id, made).status == 200);
    const auto held_up = [&] {
      const auto shown = ready.browser.get("/api/v1/declarations/" + ready.id).json.as_object();
      return shown.contains("held_up") ? shown.at("held_up") : boost::json::value();
    };
    CHECK(held_up().is_null());
    world->portal.sending_stopped = [] {
      return std::optional(jindu::exchange::Trouble{"sending", "exchange.payload_changed", from_unix_ms(7000)});
    };
    CHECK(held_up() == boost::json::value{{"what", "sending"}, {"code", "exchange.payload_changed"}, {"since", 7000}});
    // What keeps this one alone is nearer.
    REQUIRE(world->database->write([](storage::Transaction& tx) {
      tx.execute(
          "UPDATE exchange_outbox SET aside_code = 'exchange.file_missing', aside_ms = 9000 WHERE kind = 'material'");
    }));
    CHECK(held_up() == boost::json::value{{"what", "aside"}, {"code", "exchange.file_missing"}, {"since", 9000}});
    REQUIRE(world->database->write([](storage::Transaction& tx) { tx.execute("DELETE FROM exchange_outbox"); }));
    CHECK(held_up().is_null());
  }
}

TEST_CASE("the same submission gets the same answer; another content is refused") {
  for (auto& world : worlds()) {
    Ready ready(*world);
    const auto made = ready.make(*world, world->draft(ready.id));
    world->upload(ready.browser, ready.id, made);
    const auto first = world->submit(ready.browser, ready.id, made);
    REQUIRE(first.status == 200);
    const auto second = world->submit(ready.browser, ready.id, made);
    CHECK(second.status == 200);
    CHECK(second.json.at("repeated").as_bool());
    CHECK(second.json.at("receipt") == first.json.at("receipt"));
    CHECK(second.json.at("declaration_number") == first.json.at("declaration_number"));
    CHECK(world->count("SELECT COUNT(*) FROM exchange_outbox") == 2);
    auto draft = world->draft(ready.id);
    draft.form_json = R"({"shop":"other"})";
    const auto other = world->submit(ready.browser, ready.id, ready.make(*world, draft));
    CHECK(other.status == 409);
    CHECK(other.code() == "submission.exists");
    CHECK(world->count("SELECT COUNT(*) FROM declaration") == 1);
  }
}

TEST_CASE("what is wrong with a submission is said, and nothing of it is kept") {
  for (auto& world : worlds()) {
    Ready ready(*world);
    const auto submitted = [&](const dossier::MadeDossier& made) {
      return world->submit(ready.browser, ready.id, made).code();
    };
    auto draft = world->draft(ready.id);
    CHECK(submitted(ready.make(*world, draft)) == "submission.upload_missing");
    draft.materials.clear();
    CHECK(submitted(ready.make(*world, draft)) == "submission.material_missing");
    draft = world->draft(ready.id);
    draft.materials[0].code = "other";
    CHECK(submitted(ready.make(*world, draft)) == "submission.material_unknown");
    draft = world->draft(ready.id);
    draft.item_version = 2;
    CHECK(submitted(ready.make(*world, draft)) == "submission.item_version");
    draft.item_id = "fishing";
    CHECK(submitted(ready.make(*world, draft)) == "submission.item_unknown");
    draft = world->draft(ready.id);
    draft.kind = jindu::v1::SUBMISSION_KIND_SUPPLEMENT;
    draft.answers_notice_id = new_uuid(world->clock.now());
    CHECK(submitted(ready.make(*world, draft)) == "submission.no_supplement");
    draft = world->draft(ready.id);
    draft.signed_at = world->clock.now() - 49h;
    CHECK(submitted(ready.make(*world, draft)) == "submission.clock");
    draft = world->draft(new_uuid(world->clock.now()));
    CHECK(submitted(ready.make(*world, draft)) == "submission.other_declaration");
    draft = world->draft(ready.id);
    const auto elsewhere = crypto::PrivateKey::generate_p256();
    CHECK(submitted(dossier::make_dossier(draft, ready.citizen.identity(), elsewhere.public_key()).value()) ==
          "submission.recipients");
    const auto somebody = world->person({.common_name = "王小明"});
    CHECK(submitted(dossier::make_dossier(draft, {somebody.key, somebody.certificate, {}},
                                          world->department.certificate.public_key())
                        .value()) == "submission.signer");
    auto changed = ready.make(*world, draft);
    changed.sealed_content.back() ^= 1;
    CHECK(submitted(changed) == "dossier.content_digest");
    CHECK(world->count("SELECT COUNT(*) FROM declaration") == 0);
    CHECK(world->count("SELECT COUNT(*) FROM exchange_outbox") == 0);
    CHECK(world->count("SELECT COUNT(*) FROM number_counter") == 0);
  }
}

TEST_CASE("every attempt to submit counts, taken or refused; a repetition of what was taken does not") {
  for (auto& world : worlds()) {
    world->portal.limits.submission = {3, 1min};
    Ready ready(*world);
    const auto made = ready.make(*world, world->draft(ready.id));
    auto changed = made;
    changed.sealed_content.back() ^= 1;
    CHECK(world->submit(ready.browser, ready.id, changed).code() == "dossier.content_digest");
    CHECK(world->submit(ready.browser, ready.id, made).code() == "submission.upload_missing");
    world->upload(ready.browser, ready.id, made);
    REQUIRE(world->submit(ready.browser, ready.id, made).status == 200);
    for (int i = 0; i < 5; ++i) CHECK(world->submit(ready.browser, ready.id, made).json.at("repeated").as_bool());

    // Nothing is checked any more before the time has come.
    const auto next = new_uuid(world->clock.now());
    const auto other = ready.make(*world, world->draft(next));
    world->upload(ready.browser, next, other);
    CHECK(world->submit(ready.browser, next, other).code() == "rate.limited");
    auto broken = other;
    broken.sealed_content.back() ^= 1;
    CHECK(world->submit(ready.browser, next, broken).code() == "rate.limited");
    CHECK(world->count("SELECT COUNT(*) FROM declaration") == 1);
    world->clock.advance(1min);
    CHECK(world->submit(ready.browser, next, other).status == 200);
    CHECK(world->submit(ready.browser, new_uuid(world->clock.now()), other).code() == "rate.limited");
  }
}

TEST_CASE("a submission that comes several times at once is taken once, and each gets the same receipt") {
  for (auto& world : worlds()) {
    Ready ready(*world);
    const auto made = ready.make(*world, world->draft(ready.id));
    world->upload(ready.browser, ready.id, made);
    const std::string body = json::serialize(json::value{{"signed_statement", to_base64(made.signed_statement)},
                                                         {"sealed_content", to_base64(made.sealed_content)}});
    constexpr std::size_t kTimes = 4;
    std::vector<result<http::Response>> answers(kTimes, Error{});
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kTimes; ++i)
      threads.emplace_back([&, i] {
        http::Request request;
        request.method = http::Method::post;
        request.path = "/api/v1/declarations/" + ready.id + "/submit";
        request.headers = {{"content-type", "application/json"},
                           {"cookie", "__Host-jindu=" + ready.browser.cookie},
                           {"x-csrf-token", ready.browser.token}};
        request.body.assign(body.begin(), body.end());
        auto match = world->router.find(request.method, request.path);
        request.parameters = std::move(match.parameters);
        if (const auto admitted = match.route->guard(request); !admitted)
          answers[i] = admitted.error();
        else
          answers[i] = match.route->handler(request);
      });
    for (auto& thread : threads) thread.join();
    std::set<std::string> receipts;
    int first = 0;
    for (const auto& answer : answers) {
      INFO((answer ? std::string() : answer.error().code + " " + answer.error().detail));
      REQUIRE(answer);
      const auto told = json::parse(std::get<std::string>(answer->body));
      receipts.insert(std::string(told.at("receipt").as_string()));
      first += told.at("repeated").as_bool() ? 0 : 1;
    }
    CHECK(first == 1);
    CHECK(receipts.size() == 1);
    CHECK(world->count("SELECT COUNT(*) FROM declaration") == 1);
    CHECK(world->count("SELECT COUNT(*) FROM submission") == 1);
    CHECK(world->count("SELECT COUNT(*) FROM exchange_outbox") == 2);
  }
}

TEST_CASE("an upload goes on where it was, and only there") {
  for (auto& world : worlds()) {
    Ready ready(*world);
    auto draft = world->draft(ready.id);
    const auto made = ready.make(*world, draft);
    const auto& material = made.materials.front();
    const std::string base = "/api/v1/declarations/" + ready.id + "/uploads";
    const std::string path = base + "/" + material.upload_id;
    const auto put = [&](std::size_t from, std::size_t to, std::size_t offset) {
      return ready.browser.send(http::Method::put, path + "?offset=" + std::to_string(offset),
                                {material.sealed.begin() + static_cast<std::ptrdiff_t>(from),
                                 material.sealed.begin() + static_cast<std::ptrdiff_t>(to)},
                                {});
    };
    CHECK(put(0, 10, 0).code() == "upload.unknown");
    const json::object announced{{"upload_id", material.upload_id}, {"sealed_size", material.sealed.size()}};
    REQUIRE(ready.browser.post(base, announced).status == 200);
    CHECK(ready.browser.post(base, {{"upload_id", material.upload_id}, {"sealed_size", 5}}).code() ==
          "upload.other_size");
    CHECK(put(0, 20'000, 0).json.at("received") == 20'000);
    const auto wrong = put(0, 20'000, 0);
    CHECK(wrong.status == 409);
    CHECK(wrong.code() == "upload.offset");
    CHECK(wrong.json.at("received") == 20'000);
    CHECK(put(0, 10, 30'000).status == 409);
    CHECK(ready.browser.post(base, announced).json.at("received") == 20'000);
    CHECK(world->submit(ready.browser, ready.id, made).code() == "submission.upload_incomplete");
    auto longer = Bytes(material.sealed.size(), 0);
    CHECK(ready.browser.send(http::Method::put, path + "?offset=20000", longer, {}).code() == "upload.too_long");
    const auto last = put(20'000, material.sealed.size(), 20'000);
    CHECK(last.json.at("complete").as_bool());
    CHECK(last.json.at("sealed_sha256") == word(to_hex(crypto::sha256(material.sealed))));
    CHECK(ready.browser.get(path).json.at("received") == material.sealed.size());
    CHECK(world->submit(ready.browser, ready.id, made).status == 200);
    CHECK(ready.browser.send(http::Method::del, path, {}, {}).code() == "upload.used");
    CHECK(ready.browser.post(base, {{"upload_id", new_uuid(world->clock.now())}, {"sealed_size", 5}}).code() ==
          "declaration.submitted");
  }
}

TEST_CASE("an upload that is not the seal of its material is refused at its end; quotas hold") {
  for (auto& world : worlds()) {
    Ready ready(*world);
    const auto base = "/api/v1/declarations/" + ready.id + "/uploads";
    const auto id = new_uuid(world->clock.now());
    REQUIRE(ready.browser.post(base, {{"upload_id", id}, {"sealed_size", 1000}}).status == 200);
    CHECK(ready.browser.send(http::Method::put, base + "/" + id + "?offset=0", Bytes(1000, 'x'), {}).code() ==
          "upload.seal");
    CHECK(ready.browser.get(base + "/" + id).code() == "upload.unknown");
    // The seal of another declaration's material is none of this one's.
    const auto other = ready.make(*world, world->draft(new_uuid(world->clock.now()))).materials.front();
    REQUIRE(ready.browser.post(base, {{"upload_id", other.upload_id}, {"sealed_size", other.sealed.size()}}).status ==
            200);
    CHECK(ready.browser.send(http::Method::put, base + "/" + other.upload_id + "?offset=0", other.sealed, {}).code() ==
          "upload.seal");
    world->portal.limits.upload_bytes = 1500;
    REQUIRE(ready.browser.post(base, {{"upload_id", new_uuid(world->clock.now())}, {"sealed_size", 1000}}).status ==
            200);
    CHECK(ready.browser.post(base, {{"upload_id", new_uuid(world->clock.now())}, {"sealed_size", 501}}).code() ==
          "upload.quota");
    CHECK(ready.browser.post(base, {{"upload_id", "../../etc/passwd"}, {"sealed_size", 5}}).status == 400);
    CHECK(ready.browser.post(base, {{"upload_id", id}, {"sealed_size", std::uint64_t{3} << 30}}).code() ==
          "upload.size");
  }
}

TEST_CASE("a full disk is said as such") {
  auto world = std::move(worlds().front());
  Ready ready(*world);
  store::UploadFiles tight(world->folder, std::uint64_t{1} << 60);
  api::Portal portal{
      *world->database, world->clock, {},   world->node, world->trust, world->trust, world->registration, tight,
      world->catalogue, Bytes(32, 9), [] {}};
  const http::Router router(api::routes(portal));
  Browser browser(router);
  browser.cookie = ready.browser.cookie;
  browser.token = ready.browser.token;
  const auto answer = browser.post("/api/v1/declarations/" + ready.id + "/uploads",
                                   {{"upload_id", new_uuid(world->clock.now())}, {"sealed_size", 5}});
  CHECK(answer.status == 507);
  CHECK(answer.code() == "upload.disk_full");
  CHECK(answer.json.at("status") == 507);
}

TEST_CASE("others see nothing of a declaration and cannot take its id") {
  for (auto& world : worlds()) {
    Ready ready(*world);
    const auto made = ready.make(*world, world->draft(ready.id));
    world->upload(ready.browser, ready.id, made);
    REQUIRE(world->submit(ready.browser, ready.id, made).status == 200);
    Browser browser(world->router);
    World::Citizen other{"13900139000"};
    REQUIRE(world->register_citizen(browser, other).status == 201);
    REQUIRE(world->login_citizen(browser, other).status == 200);
    CHECK(browser.get("/api/v1/declarations/" + ready.id).code() == "declaration.unknown");
    CHECK(browser.get("/api/v1/declarations/" + ready.id + "/receipt").code() == "declaration.unknown");
    CHECK(browser.get("/api/v1/declarations").json.at("declarations").as_array().empty());
    CHECK(browser.get("/api/v1/declarations/" + ready.id + "/uploads/" + made.materials[0].upload_id).code() ==
          "upload.unknown");
    CHECK(world->submit(browser, ready.id, made).code() == "submission.exists");
  }
}

TEST_CASE("a supplement is taken when one is asked for, and once") {
  for (auto& world : worlds()) {
    Ready ready(*world);
    const auto made = ready.make(*world, world->draft(ready.id));
    world->upload(ready.browser, ready.id, made);
    REQUIRE(world->submit(ready.browser, ready.id, made).status == 200);
    REQUIRE(world->receive("status", status(ready.id, 2, "supplement_requested")));
    CHECK(ready.browser.get("/api/v1/declarations/" + ready.id).json.at("supplement_open").as_bool());
    // The item has moved on meanwhile; a supplement is for the version applied for.
    world->publish(2, 2);
    auto draft = world->draft(ready.id);
    draft.kind = jindu::v1::SUBMISSION_KIND_SUPPLEMENT;
    draft.answers_notice_id = new_uuid(world->clock.now());
    draft.materials[0] = {"lease", "lease.pdf", "application/pdf", Bytes(900, 'l')};
    const auto supplement = ready.make(*world, draft);
    world->upload(ready.browser, ready.id, supplement);
    const auto answer = world->submit(ready.browser, ready.id, supplement);
    INFO(json::serialize(answer.json));
    REQUIRE(answer.status == 200);
    const auto shown = ready.browser.get("/api/v1/declarations/" + ready.id).json;
    CHECK(shown.at("status") == "submitted");
    CHECK(shown.at("submissions").as_array().size() == 2);
    CHECK(shown.at("submissions").at(1).at("kind") == "supplement");
    CHECK(ready.browser.get("/api/v1/declarations/" + ready.id + "/receipt?number=2").status == 200);
    // The applicant reads it again, with the item as it was when it was applied for.
    CHECK(ready.browser.get("/api/v1/declarations/" + ready.id + "/content?number=2").status == 200);
    CHECK(ready.browser.get("/api/v1/declarations/" + ready.id + "/content?number=3").code() == "declaration.unknown");
    const std::string item = "/api/v1/items/" + draft.item_id;
    CHECK(ready.browser.get(item).json.at("version") == 2);
    CHECK(ready.browser.get(item + "?version=1").json.at("version") == 1);
    CHECK(ready.browser.get(item + "?version=3").code() == "item.unknown");
    CHECK(ready.browser.get(item + "?version=0").code() == "http.query");
    draft.form_json = R"({"shop":"again"})";
    CHECK(world->submit(ready.browser, ready.id, ready.make(*world, draft)).code() == "submission.no_supplement");
    CHECK(world->submit(ready.browser, ready.id, supplement).json.at("repeated").as_bool());
  }
}

TEST_CASE("a company submits with its RSA certificate") {
  for (auto& world : worlds()) {
    world->publish();
    Browser browser(world->router);
    const auto key = crypto::PrivateKey::generate_rsa(2048);
    const crypto::Identity company{
        key, world->issue(key.public_key(), {.common_name = "远帆", .serial_number = "91120101MA06WD8H2L"}), {}};
    REQUIRE(world->login_company(browser, company).status == 200);
    auto draft = world->draft(new_uuid(world->clock.now()));
    draft.applicant.set_kind(jindu::v1::PARTY_KIND_COMPANY);
    draft.applicant.set_id_number("91120101MA06WD8H2L");
    const auto made = dossier::make_dossier(draft, company, world->department.certificate.public_key());
    REQUIRE(made);
    world->upload(browser, draft.declaration_id, *made);
    CHECK(world->submit(browser, draft.declaration_id, *made).status == 200);
  }
}

TEST_CASE("a large material goes out in slices that are whole messages") {
  auto world = std::move(worlds().front());
  Ready ready(*world);
  auto draft = world->draft(ready.id);
  draft.materials[0].bytes = Bytes(17 * 1024 * 1024 + 5, 'm');
  const auto made = ready.make(*world, draft);
  world->upload(ready.browser, ready.id, made);
  REQUIRE(world->submit(ready.browser, ready.id, made).status == 200);
  Bytes all;
  int slices = 0;
  REQUIRE(world->database->read([&](storage::Transaction& tx) {
    for (const auto& row : tx.query("SELECT payload, path, file_offset, file_length FROM exchange_outbox JOIN "
                                    "exchange_payload USING (number) WHERE kind = 'material' ORDER BY number")) {
      Bytes message = row.blob(0);
      CHECK(row.integer(3) <= static_cast<std::int64_t>(portal::exchange::kSliceMax));
      std::FILE* file = std::fopen(row.text(1).c_str(), "rb");
      REQUIRE(file != nullptr);
      Bytes part(static_cast<std::size_t>(row.integer(3)));
      REQUIRE(std::fseek(file, static_cast<long>(row.integer(2)), SEEK_SET) == 0);
      REQUIRE(std::fread(part.data(), 1, part.size(), file) == part.size());
      std::fclose(file);
      message.insert(message.end(), part.begin(), part.end());
      jindu::v1::MaterialSlice slice;
      REQUIRE(parse_message(message, slice));
      CHECK(slice.offset() == all.size());
      CHECK(slice.total() == made.materials[0].sealed.size());
      CHECK(slice.upload_id() == made.materials[0].upload_id);
      all.insert(all.end(), slice.data().begin(), slice.data().end());
      ++slices;
    }
  }));
  CHECK(slices == 3);
  CHECK(all == made.materials[0].sealed);
}

TEST_CASE("drafts are sealed to their owner, and two windows do not overwrite each other") {
  for (auto& world : worlds()) {
    Ready ready(*world);
    const std::string path = "/api/v1/drafts/" + ready.id;
    const auto seal_for = [&](const crypto::PublicKey& key, const std::string& account) {
      return seal::seal_to({key}, "draft/" + account + "/" + ready.id, bytes_of("{}")).value();
    };
    const auto save = [&](const Bytes& sealed, const std::string& replaces) {
      const std::string body = json::serialize(json::object{{"item_id", "food"}, {"sealed", to_base64(sealed)}});
      std::map<std::string, std::string> headers{{"content-type", "application/json"}};
      if (!replaces.empty()) headers["if-match"] = replaces;
      return ready.browser.send(http::Method::put, path, {body.begin(), body.end()}, headers);
    };
    const auto own = seal_for(ready.citizen.key.public_key(), ready.citizen.account_id);
    CHECK(save(own, "").code() == "draft.precondition");
    CHECK(save(own, "\"1\"").code() == "draft.version");
    const auto saved = save(own, "\"0\"");
    REQUIRE(saved.status == 200);
    CHECK(saved.headers.at("ETag") == "\"1\"");
    CHECK(save(own, "\"0\"").code() == "draft.version");
    CHECK(save(own, "\"1\"").json.at("version") == 2);
    CHECK(save(seal_for(world->department.certificate.public_key(), ready.citizen.account_id), "\"2\"").code() ==
          "draft.seal");
    CHECK(save(seal_for(ready.citizen.key.public_key(), "somebody"), "\"2\"").code() == "draft.seal");
    CHECK(save(Bytes(50, 'x'), "\"2\"").code() == "draft.seal");
    CHECK(ready.browser.get(path).json.at("sealed") == word(to_base64(own)));
    CHECK(ready.browser.get("/api/v1/drafts").json.at("drafts").as_array().size() == 1);
    const auto made = ready.make(*world, world->draft(ready.id));
    world->upload(ready.browser, ready.id, made);
    REQUIRE(world->submit(ready.browser, ready.id, made).status == 200);
    CHECK(ready.browser.get(path).code() == "draft.unknown");
  }
}

TEST_CASE("a list of declarations is read page by page without gaps") {
  for (auto& world : worlds()) {
    Ready ready(*world);
    world->portal.limits.submission = {100, 1s};
    std::set<std::string> expected, seen;
    for (int i = 0; i < 7; ++i) {
      const auto id = new_uuid(world->clock.now());
      auto draft = world->draft(id);
      draft.materials[0].bytes = Bytes(10, 'x');
      const auto made = ready.make(*world, draft);
      world->upload(ready.browser, id, made);
      REQUIRE(world->submit(ready.browser, id, made).status == 200);
      expected.insert(id);
      if (i % 3 == 0) world->clock.advance(1s);
    }
    std::string cursor;
    int pages = 0;
    do {
      const auto page = ready.browser.get("/api/v1/declarations?limit=3&cursor=" + cursor).json;
      for (const auto& entry : page.at("declarations").as_array())
        CHECK(seen.insert(std::string(entry.at("declaration_id").as_string())).second);
      cursor = std::string(page.at("next_cursor").as_string());
      ++pages;
    } while (!cursor.empty());
    CHECK(pages == 3);
    CHECK(seen == expected);
    CHECK(ready.browser.get("/api/v1/declarations?cursor=x").code() == "cursor.malformed");
    CHECK(ready.browser.get("/api/v1/declarations?limit=0").code() == "http.query");
  }
}

TEST_CASE("files go when the intranet has everything, and when nobody submits them") {
  for (auto& world : worlds()) {
    Ready ready(*world);
    const auto made = ready.make(*world, world->draft(ready.id));
    world->upload(ready.browser, ready.id, made);
    REQUIRE(world->submit(ready.browser, ready.id, made).status == 200);
    const auto left = ready.make(*world, world->draft(new_uuid(world->clock.now())));
    const auto other_id = new_uuid(world->clock.now());
    REQUIRE(ready.browser
                .post("/api/v1/declarations/" + other_id + "/uploads",
                      {{"upload_id", left.materials[0].upload_id}, {"sealed_size", 100}})
                .status == 200);
    REQUIRE(ready.browser
                .send(http::Method::put,
                      "/api/v1/declarations/" + other_id + "/uploads/" + left.materials[0].upload_id + "?offset=0",
                      Bytes(50, 'x'), {})
                .status == 200);
    const auto stored = [&] {
      int count = 0;
      for (const auto& entry : std::filesystem::recursive_directory_iterator(world->folder))
        count += entry.is_regular_file();
      return count;
    };
    const store::HousekeepingLimits limits{{}, 24h};
    CHECK(store::keep_house(*world->database, world->files, limits, world->clock.now()).value() == 0);
    CHECK(stored() == 2);
    REQUIRE(world->database->write([&](storage::Transaction& tx) {
      tx.execute(
          "INSERT INTO exchange_sent (bundle_id, sequence, kind, subject, manifest_digest, created_ms, "
          "handed_over, rung, ended, code) VALUES ('b', 1, 'dossier', $1, $2, 0, 1, 7, 1, '')",
          {ready.id, Bytes(32)});
      tx.execute(
          "INSERT INTO exchange_receipt (bundle_id, rung, party, at_ms, code, receipt) VALUES ('b', 7, "
          "'approval', 5, '', $1)",
          {Bytes(1)});
      jindu::exchange::Receipt receipt;
      receipt.rung = jindu::v1::RUNG_APPLIED;
      receipt.at = world->clock.now();
      portal::exchange::note_progress(tx, {"dossier", ready.id, receipt});
    }));
    CHECK(ready.browser.get("/api/v1/declarations/" + ready.id).json.at("status") == "in_transit");
    CHECK(ready.browser.get("/api/v1/declarations/" + ready.id).json.at("transit").at(0).at("rung") == "applied");
    CHECK(ready.browser.get("/api/v1/declarations/" + ready.id).json.at("transit").at(0).at("sent_anew") == false);
    // As long as a slice may have to be read from it, the file stays.
    CHECK(store::keep_house(*world->database, world->files, limits, world->clock.now()).value() == 0);
    CHECK(stored() == 2);
    REQUIRE(world->database->write([](storage::Transaction& tx) { tx.execute("DELETE FROM exchange_outbox"); }));
    CHECK(store::keep_house(*world->database, world->files, limits, world->clock.now()).value() == 1);
    CHECK(stored() == 1);
    CHECK(store::keep_house(*world->database, world->files, limits, world->clock.now() + 25h).value() == 1);
    CHECK(stored() == 0);
    CHECK(world->count("SELECT COUNT(*) FROM upload") == 0);
  }
}
