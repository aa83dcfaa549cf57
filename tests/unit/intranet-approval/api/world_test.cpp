#include "tests/unit/intranet-approval/api/world.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>
#include <fstream>

#include "common/crypto/cms.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/ids.hpp"
#include "common/runtime/messages.hpp"
#include "intranet-approval/documents/decision_pdf.hpp"
#include "intranet-approval/exchange/receivers.hpp"
#include "intranet-approval/store/migrations.hpp"
#include "intranet-approval/store/officials.hpp"
#include "tests/support/test_databases.hpp"

namespace jindu::approval::test {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

crypto::Identity make_root() {
  const auto now = SystemClock().now();
  auto key = crypto::PrivateKey::generate_p256();
  auto certificate = crypto::issue_certificate(key, nullptr, key.public_key(), {.common_name = "Test Root"},
                                               crypto::Profile::authority, now - 24h * 400, now + 24h * 3650);
  return {std::move(key), certificate.value(), {}};
}

crypto::Identity under(const crypto::Identity& root, const crypto::SubjectName& name) {
  const auto now = SystemClock().now();
  auto key = crypto::PrivateKey::generate_p256();
  auto certificate = crypto::issue_certificate(root.key, &root.certificate, key.public_key(), name,
                                               crypto::Profile::citizen, now - 24h * 300, now + 24h * 365);
  return {std::move(key), certificate.value(), {}};
}

evidence::NodeSigner node(const crypto::Identity& root, const std::string& name) {
  auto made = under(root, {.common_name = name});
  return {name, std::move(made.key), std::move(made.certificate)};
}

std::map<std::string, crypto::Identity> make_people(const crypto::Identity& root) {
  std::map<std::string, crypto::Identity> people;
  for (const char* name :
       {"acceptor", "reviewer", "rereviewer", "determiner", "editor", "neighbour", "stranger", "administrator"})
    people.emplace(name, under(root, {.common_name = name}));
  return people;
}

json::object text(const std::string& words) { return {{"zh", words}, {"en", words}}; }

json::object stage(const char* code, const char* role) {
  return {{"code", code}, {"name", text(code)}, {"role", role}, {"limit_working_days", 2}};
}

json::object item(const std::string& id, const std::string& code) {
  const auto document = [&](const char* kind, const char* body, int years) {
    return json::object{{"title", text(kind)},
                        {"number_template", std::string(kind) + "-{item}-{year}-{seq:4}"},
                        {"valid_years", years},
                        {"body", text(body)}};
  };
  return {{"id", id},
          {"version", 1},
          {"code", code},
          {"name", text(id)},
          {"department", "market"},
          {"audience", {"citizen", "company"}},
          {"guide", {{"summary", text("summary")}}},
          {"form",
           {{"schema",
             {{"type", "object"},
              {"required", {"shop"}},
              {"properties", {{"shop", {{"type", "string"}, {"minLength", 2}}}}}}},
            {"ui",
             {{"order", json::array{"/shop"}},
              {"sections", json::array{json::object{{"title", text("shop")}, {"fields", json::array{"/shop"}}}}},
              {"labels", {{"/shop", text("shop")}}}}}}},
          {"materials", json::array{json::object{{"code", "plan"},
                                                 {"name", text("plan")},
                                                 {"required", true},
                                                 {"types", json::array{"application/pdf"}},
                                                 {"max_bytes", 1'000'000},
                                                 {"max_files", 2},
                                                 {"grade", "A"}}}},
          {"workflow",
           {{"stages", json::array{stage("acceptance", "acceptor"), stage("initial_review", "initial_reviewer"),
                                   stage("re_review", "re_reviewer"), stage("determination", "determiner"),
                                   stage("notification", "notifier")}}}},
          {"limits", {{"statutory_working_days", 20}, {"promised_working_days", 10}}},
          {"documents",
           {{"grant", document("grant", "{applicant} {acceptance_number} {received_date}", 5)},
            {"refusal", document("refusal", "{applicant} {reasons}", 0)}}}};
}

}  // namespace

std::string Answer::code() const { return status < 400 ? "" : text("code"); }
std::string Answer::text(const std::string& member) const {
  const auto* object = json.if_object();
  const auto* value = object ? object->if_contains(member) : nullptr;
  return value && value->is_string() ? std::string(value->get_string()) : "";
}
std::int64_t Answer::number(const std::string& member) const { return json.at(member).to_number<std::int64_t>(); }

Answer Seat::get(const std::string& target) const { return send(http::Method::get, target, {}, {}); }

Answer Seat::post(const std::string& target, const json::value& body) const {
  const std::string words = json::serialize(body);
  return send(http::Method::post, target, {words.begin(), words.end()},
              {{"content-type", "application/json"}, {"x-requested-with", "jindu"}});
}

Answer Seat::send(http::Method method, const std::string& target, Bytes body,
                  const std::map<std::string, std::string>& headers) const {
  http::Request request;
  request.method = method;
  const auto question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string::npos) request.query = http::parse_query(target.substr(question + 1));
  request.headers = headers;
  request.request_id = "test";
  request.client_certificate = identity.certificate.der();
  auto match = router.find(method, request.path);
  // No assertion of the framework here: seats are used by several threads at once.
  if (match.route == nullptr) throw std::logic_error("there is no route for " + target);
  request.parameters = match.parameters;
  const auto run = [&]() -> result<http::Response> {
    if (const auto admitted = match.route->guard(request); !admitted) return admitted.error();
    if (body.size() > match.route->body_limit) return Error{Fault::too_large, "http.body_limit", ""};
    request.body = std::move(body);
    try {
      return match.route->handler(request);
    } catch (const ErrorException& e) {
      return e.error;
    }
  };
  const auto answered = run();
  const auto response = answered ? *answered : http::problem(answered.error(), request.request_id);
  Answer answer;
  answer.status = response.status;
  for (const auto& [name, value] : response.headers) answer.headers[name] = value;
  if (const auto* words = std::get_if<std::string>(&response.body)) {
    boost::system::error_code none;
    answer.bytes = Bytes(words->begin(), words->end());
    answer.json = json::parse(*words, none);
  } else if (const auto* bytes = std::get_if<Bytes>(&response.body)) {
    answer.bytes = *bytes;
  } else {
    answer.bytes = files::read(std::get<http::FileBody>(response.body).path, 1 << 28).value();
  }
  return answer;
}

World::World(std::unique_ptr<storage::Database> given)
    : database(std::move(given)),
      folder(std::filesystem::temp_directory_path() / ("jindu-approval-" + new_uuid(SystemClock().now()))),
      root(make_root()),
      trust(crypto::TrustStore::from_pem(root.certificate.pem()).value()),
      people(make_people(root)),
      applicant(under(root, {.common_name = "王小明"})),
      portal(node(root, "portal")),
      office(*database, node(root, "approval"), {trust, {}}, trust, trust,
             {{"market", under(root, {.common_name = "市场监督管理局"})},
              {"health", under(root, {.common_name = "卫生健康委员会"})}},
             inspection::Inspector(inspection::InspectorOptions{}), {"portal", "https://portal.test", folder.string()}),
      router(api::routes({office, exchange, "{}", [] {}})) {
  std::filesystem::create_directories(folder / "materials");
  std::filesystem::create_directories(folder / "scratch");
  std::filesystem::create_directories(folder / "opened");
  REQUIRE(database->migrate("approval", store::migrations()));
  REQUIRE(database->migrate("exchange", jindu::exchange::service_migrations()));
  std::vector<store::RegisteredOfficial> officials;
  const auto add = [&](const std::string& name, const std::string& department, std::set<std::string> roles) {
    const auto& certificate = people.at(name).certificate;
    officials.push_back({{to_hex(certificate.fingerprint()), name, department, std::move(roles)}, certificate.der()});
  };
  add("acceptor", "market", {"acceptor", "notifier"});
  add("reviewer", "market", {"initial_reviewer", "re_reviewer", "determiner"});
  add("rereviewer", "market", {"re_reviewer", "determiner"});
  add("determiner", "market", {"determiner"});
  add("administrator", "market", {"system_admin"});
  add("editor", "office", {kRoleCatalogueEditor, kRoleOverview});
  add("neighbour", "health", {"acceptor", "initial_reviewer"});
  REQUIRE(database->write([&](storage::Transaction& t) { store::replace_officials(t, officials); }));
}

World::~World() {
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

crypto::Identity World::identity(const crypto::SubjectName& name) const { return under(root, name); }

Seat World::seat(const std::string& name) const { return {router, people.at(name)}; }

std::string World::catalogue_json(std::uint64_t serial, const std::function<void(json::object&)>& change) const {
  const auto department = [&](const char* id, const char* code) {
    return json::object{{"id", id},
                        {"code", code},
                        {"name", text(id)},
                        {"certificate", to_base64(office.departments.at(id).certificate.der())}};
  };
  json::object catalogue{{"serial", serial},
                         {"departments", json::array{department("market", "MR"), department("health", "HE")}},
                         {"items", json::array{item("food", "FB"), item("pharmacy", "PH")}},
                         {"calendar", {{"years", json::object()}}}};
  if (change) change(catalogue);
  return json::serialize(catalogue);
}

Answer World::publish(const Seat& by, const std::string& catalogue) const {
  const auto signature = crypto::cms_sign(bytes_of(catalogue), by.identity.key, by.identity.certificate).value();
  return by.post("/api/v1/catalogue/publish",
                 {{"catalogue", to_base64(bytes_of(catalogue))}, {"signature", to_base64(signature)}});
}

void World::publish(std::uint64_t serial) {
  const auto answer = publish(seat("editor"), catalogue_json(serial));
  INFO(json::serialize(answer.json));
  REQUIRE(answer.status == 200);
}

dossier::DossierDraft World::draft(const std::string& declaration_id, const std::string& item_id) const {
  dossier::DossierDraft draft;
  draft.declaration_id = declaration_id;
  draft.item_id = item_id;
  draft.applicant.set_kind(jindu::v1::PARTY_KIND_CITIZEN);
  draft.applicant.set_name("王小明");
  draft.applicant.set_id_number("11010519491231002X");
  draft.applicant.set_phone("13800138000");
  draft.form_json = R"({"shop":"渡口面馆"})";
  draft.materials = {{"plan", "plan.pdf", "application/pdf", small_pdf()}};
  draft.signed_at = SystemClock().now();
  return draft;
}

jindu::v1::DossierDelivery World::delivery(const dossier::DossierDraft& draft, const dossier::MadeDossier& made,
                                           Instant received) const {
  jindu::v1::SignedStatement outer;
  jindu::v1::SubmissionStatement statement;
  REQUIRE(parse_message(made.signed_statement, outer));
  REQUIRE(parse_message(bytes_of(outer.statement()), statement));
  jindu::v1::SubmissionReceipt receipt;
  receipt.set_version(1);
  receipt.set_declaration_id(draft.declaration_id);
  receipt.set_declaration_number("SB-" + draft.declaration_id.substr(24));
  const auto digest = crypto::sha256(made.signed_statement);
  receipt.set_statement_sha256(digest.data(), digest.size());
  receipt.set_content_sha256(statement.content_sha256());
  *receipt.mutable_parts() = statement.parts();
  receipt.set_received_at_ms(to_unix_ms(received));
  receipt.set_item_id(draft.item_id);
  receipt.set_item_version(draft.item_version);
  const auto signed_receipt = evidence::sign_statement(evidence::kSubmissionReceiptType, encode(receipt), portal);
  jindu::v1::DossierDelivery message;
  message.set_signed_statement(made.signed_statement.data(), made.signed_statement.size());
  message.set_sealed_content(made.sealed_content.data(), made.sealed_content.size());
  message.set_submission_receipt(signed_receipt.data(), signed_receipt.size());
  return message;
}

result<void> World::receive(const std::string& kind, const google::protobuf::Message& message, std::string from) {
  jindu::exchange::Incoming incoming;
  incoming.from = std::move(from);
  incoming.kind = kind;
  incoming.created = SystemClock().now();
  incoming.payload = encode(message);
  incoming.subject = "0123456789abcdef0123456789abcdef";
  const auto effects = receivers(office).at(kind)(incoming);
  if (!effects) return effects.error();
  return database->write([&](storage::Transaction& t) { (*effects)(t); });
}

result<void> World::submit(const dossier::DossierDraft& draft, const crypto::Identity& by, Instant received) {
  const auto made = dossier::make_dossier(draft, by, office.departments.at("market").certificate.public_key()).value();
  for (const auto& material : made.materials) {
    // In two slices; the exchange keeps the order of what is about one declaration.
    const auto middle = material.sealed.size() / 2;
    for (const auto& [offset, length] :
         {std::pair{std::size_t{0}, middle}, std::pair{middle, material.sealed.size() - middle}}) {
      jindu::v1::MaterialSlice slice;
      slice.set_declaration_id(draft.declaration_id);
      slice.set_upload_id(material.upload_id);
      slice.set_offset(offset);
      slice.set_total(material.sealed.size());
      slice.set_data(material.sealed.data() + offset, length);
      if (auto ok = receive("material", slice); !ok) return ok;
    }
  }
  return receive("dossier", delivery(draft, made, received));
}

std::string World::new_case(Instant received, const std::string& item_id) {
  const auto id = new_uuid(SystemClock().now());
  const auto ok = submit(draft(id, item_id), applicant, received);
  INFO((ok ? Error{} : ok.error()));
  REQUIRE(ok);
  return id;
}

std::int64_t World::sequence(const std::string& id) const {
  std::int64_t sequence = 0;
  REQUIRE(database->read([&](storage::Transaction& t) {
    sequence = t.query_one("SELECT MAX(sequence) FROM case_event WHERE case_id = $1", {id})->integer(0);
  }));
  return sequence;
}

Answer World::command(const Seat& by, const std::string& id, const std::string& name, json::object members) {
  if (!members.contains("command_id")) members["command_id"] = new_uuid(SystemClock().now());
  if (!members.contains("expected_sequence")) members["expected_sequence"] = sequence(id);
  members["command"] = name;
  return by.post("/api/v1/cases/" + id + "/commands", members);
}

Answer World::determine(const Seat& by, const std::string& id, const std::string& outcome, const std::string& reasons) {
  const auto drafted = by.post("/api/v1/cases/" + id + "/decision-draft",
                               {{"outcome", outcome}, {"opinion", "同意"}, {"reasons", reasons}});
  if (drafted.status != 200) return drafted;
  const auto record = from_base64(drafted.text("record")).value();
  const auto signature = crypto::cms_sign(record, by.identity.key, by.identity.certificate).value();
  return command(by, id, "determine",
                 {{"outcome", outcome},
                  {"opinion", "同意"},
                  {"reasons", reasons},
                  {"record", to_base64(record)},
                  {"signature", to_base64(signature)}});
}

std::vector<OutboxRow> World::outbox() const {
  std::vector<OutboxRow> rows;
  REQUIRE(database->read([&](storage::Transaction& t) {
    rows.clear();
    for (const auto& row : t.query(
             "SELECT kind, subject, payload FROM exchange_outbox JOIN exchange_payload USING (number) ORDER BY number"))
      rows.push_back({row.text(0), row.text(1), row.blob(2)});
  }));
  return rows;
}

std::vector<std::string> World::statuses(const std::string& id) const {
  std::vector<std::string> words;
  for (const auto& row : outbox()) {
    if (row.kind != "status" || row.subject != id) continue;
    jindu::v1::StatusUpdate update;
    REQUIRE(parse_message(row.payload, update));
    words.push_back(update.status());
  }
  return words;
}

jindu::v1::NoticeContent World::notice(const std::string& id, const std::string& kind,
                                       const crypto::Identity& by) const {
  jindu::v1::NoticeContent content;
  bool found = false;
  for (const auto& row : outbox()) {
    jindu::v1::SealedNotice sealed;
    if (row.kind != "notice" || row.subject != id || !parse_message(row.payload, sealed) || sealed.kind() != kind)
      continue;
    found = true;
    const auto opened =
        seal::open_seal(bytes_of(sealed.sealed()), &by.key, dossier::notice_binding(id, sealed.notice_id()));
    REQUIRE(opened);
    REQUIRE(parse_message(*opened, content));
    CHECK(content.kind() == kind);
    CHECK(content.notice_id() == sealed.notice_id());
  }
  INFO("notice " << kind);
  REQUIRE(found);
  return content;
}

std::vector<std::unique_ptr<World>> worlds() {
  std::vector<std::unique_ptr<World>> all;
  for (auto& database : test_databases()) all.push_back(std::make_unique<World>(std::move(database)));
  return all;
}

Bytes small_pdf() {
  static const Bytes pdf = [] {
    documents::DecisionPaper paper;
    paper.department_zh = "测试";
    paper.title_zh = "图纸";
    paper.check_url = "https://portal.test/check/0";
    return documents::render_pdf(paper).value();
  }();
  return pdf;
}

}  // namespace jindu::approval::test
