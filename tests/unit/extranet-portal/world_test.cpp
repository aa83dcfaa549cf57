#include "tests/unit/extranet-portal/world.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>
#include <filesystem>

#include "common/exchange/service/exchange.hpp"
#include "common/runtime/ids.hpp"
#include "common/runtime/messages.hpp"
#include "extranet-portal/store/migrations.hpp"
#include "extranet-portal/store/sessions.hpp"
#if __has_include("tests/support/test_databases.hpp")
#include "tests/support/test_databases.hpp"
#else
namespace jindu {
inline std::vector<std::unique_ptr<storage::Database>> test_databases() {
  std::vector<std::unique_ptr<storage::Database>> all;
  const auto path = std::filesystem::temp_directory_path() / ("jp-" + new_uuid(SystemClock().now()));
  all.push_back(storage::Database::open("sqlite:" + path.string(), 4).value());
  return all;
}
}  // namespace jindu
#endif

namespace jindu::portal::test {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

Person make_root(Instant now) {
  auto key = crypto::PrivateKey::generate_p256();
  auto certificate = crypto::issue_certificate(key, nullptr, key.public_key(), {.common_name = "Test Root"},
                                               crypto::Profile::authority, now - 24h, now + 24h * 3650);
  return {std::move(key), certificate.value()};
}

Person under(const Person& root, const crypto::SubjectName& name, crypto::Profile profile, Instant now) {
  auto key = crypto::PrivateKey::generate_p256();
  auto certificate = crypto::issue_certificate(root.key, &root.certificate, key.public_key(), name, profile, now - 24h,
                                               now + 24h * 365);
  return {std::move(key), certificate.value()};
}

api::Registration make_registration(const Person& root, Instant now) {
  auto authority = under(root, {.common_name = "Test Registration"}, crypto::Profile::authority, now);
  return {std::move(authority.key), std::move(authority.certificate)};
}

evidence::NodeSigner make_node(const Person& root, Instant now) {
  auto node = under(root, {.common_name = "portal"}, crypto::Profile::citizen, now);
  return {"portal", std::move(node.key), std::move(node.certificate)};
}

Bytes login_key(const std::string& phone) {
  const auto digest = crypto::sha256(bytes_of("login " + phone));
  return {digest.begin(), digest.end()};
}
Bytes recovery_key(const std::string& phone) {
  const auto digest = crypto::sha256(bytes_of("recovery " + phone));
  return {digest.begin(), digest.end()};
}

json::object text(const std::string& words) { return {{"zh", words}, {"en", words}}; }

}  // namespace

std::string Answer::code() const {
  const auto* object = json.if_object();
  return object != nullptr && object->contains("code") ? std::string(object->at("code").as_string()) : "";
}

Answer Browser::get(const std::string& target) { return send(http::Method::get, target, {}, {}); }

Answer Browser::post(const std::string& target, const json::value& body) {
  const std::string text = json::serialize(body);
  return send(http::Method::post, target, {text.begin(), text.end()}, {{"content-type", "application/json"}});
}

Answer Browser::send(http::Method method, const std::string& target, Bytes body,
                     std::map<std::string, std::string> headers) {
  http::Request request;
  request.method = method;
  const auto question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string::npos) request.query = http::parse_query(target.substr(question + 1));
  request.headers = {{"host", "portal.test"}, {"sec-fetch-site", "same-origin"}};
  if (!cookie.empty()) request.headers["cookie"] = "__Host-jindu=" + cookie;
  if (!token.empty() && method != http::Method::get) request.headers["x-csrf-token"] = token;
  for (auto& [name, value] : headers) request.headers[name] = value;
  request.remote_address = address_;
  request.request_id = "test";
  auto match = router_.find(method, request.path);
  REQUIRE(match.route != nullptr);
  request.parameters = match.parameters;
  const auto run = [&]() -> result<http::Response> {
    if (const auto admitted = match.route->guard(request); !admitted) return admitted.error();
    if (body.size() > match.route->body_limit) return Error{Fault::too_large, "http.body_limit", ""};
    request.body = std::move(body);
    return match.route->handler(request);
  };
  const auto answered = run();
  const auto response = answered ? *answered : http::problem(answered.error(), request.request_id);
  Answer answer;
  answer.status = response.status;
  for (const auto& [name, value] : response.headers) answer.headers[name] = value;
  if (const auto* words = std::get_if<std::string>(&response.body)) {
    if (!words->empty()) answer.json = json::parse(*words);
  } else {
    answer.bytes = std::get<Bytes>(response.body);
  }
  return answer;
}

void Browser::begin(const Answer& login) {
  const std::string set = login.headers.at("Set-Cookie");
  const auto start = set.find('=') + 1;
  cookie = set.substr(start, set.find(';') - start);
  token = std::string(login.json.at("csrf_token").as_string());
}

World::World(std::unique_ptr<storage::Database> given)
    : database(std::move(given)),
      folder(std::filesystem::temp_directory_path() / ("jindu-portal-" + new_uuid(SystemClock().now()))),
      root(make_root(clock.now())),
      editor(under(root, {.common_name = "魏编"}, crypto::Profile::citizen, clock.now())),
      department(under(root, {.common_name = "市场监督管理局"}, crypto::Profile::citizen, clock.now())),
      trust(crypto::TrustStore::from_pem(root.certificate.pem()).value()),
      registration(make_registration(root, clock.now())),
      node(make_node(root, clock.now())),
      editors{trust, {"魏编"}, trust, {}},
      files(folder, 0),
      portal{*database,          clock, {}, node, trust, trust, registration, files, catalogue, Bytes(32, 9),
             [this] { ++woken; }},
      router(api::routes(portal)) {
  std::filesystem::create_directories(folder);
  REQUIRE(database->migrate("portal", store::migrations()));
  REQUIRE(database->migrate("exchange", jindu::exchange::service_migrations()));
}

World::~World() {
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

crypto::Certificate World::issue(const crypto::PublicKey& key, const crypto::SubjectName& name) const {
  return crypto::issue_certificate(root.key, &root.certificate, key, name, crypto::Profile::citizen, clock.now() - 24h,
                                   clock.now() + 24h * 365)
      .value();
}

Person World::person(const crypto::SubjectName& name) const {
  auto key = crypto::PrivateKey::generate_p256();
  auto certificate = issue(key.public_key(), name);
  return {std::move(key), std::move(certificate)};
}

std::string World::catalogue_json(std::uint64_t serial, int item_version) const {
  const auto material = [](const char* code, bool required, int most, int count) {
    return json::object{
        {"code", code},      {"name", text(code)}, {"required", required}, {"types", json::array{"application/pdf"}},
        {"max_bytes", most}, {"max_files", count}, {"grade", "A"}};
  };
  const json::object document{
      {"title", text("title")}, {"number_template", "{year}-{seq}"}, {"valid_years", 5}, {"body", text("body")}};
  const json::object stage{
      {"code", "acceptance"}, {"name", text("受理")}, {"role", "acceptor"}, {"limit_working_days", 1}};
  json::object item{
      {"id", "food"},
      {"version", item_version},
      {"code", "FB"},
      {"name", text("食品经营许可")},
      {"department", "market"},
      {"audience", {"citizen", "company"}},
      {"guide", {{"summary", text("summary")}}},
      {"form", {{"schema", {{"type", "object"}}}, {"ui", json::object()}}},
      {"materials", json::array{material("plan", true, 40'000'000, 2), material("lease", false, 1000, 1)}},
      {"workflow", {{"stages", json::array{stage}}}},
      {"limits", {{"statutory_working_days", 20}, {"promised_working_days", 10}}},
      {"documents", {{"grant", document}, {"refusal", document}}}};
  return json::serialize(
      json::object{{"serial", serial},
                   {"departments", json::array{json::object{{"id", "market"},
                                                            {"code", "MR"},
                                                            {"name", text("市场监督管理局")},
                                                            {"certificate", to_base64(department.certificate.der())}}}},
                   {"items", json::array{item}},
                   {"calendar", {{"years", json::object()}}}});
}

jindu::v1::CatalogueRelease World::release(const std::string& text, std::uint64_t serial, const Person& by) const {
  jindu::v1::CatalogueRelease message;
  message.set_serial(serial);
  message.set_published_at_ms(to_unix_ms(clock.now()));
  message.set_catalogue_json(text);
  const auto signature = crypto::cms_sign(bytes_of(text), by.key, by.certificate).value();
  message.set_signature(signature.data(), signature.size());
  const auto der = department.certificate.der();
  message.add_department_certificates(der.data(), der.size());
  return message;
}

result<void> World::receive(const std::string& kind, const google::protobuf::Message& message) {
  jindu::exchange::Incoming incoming;
  incoming.from = "approval";
  incoming.kind = kind;
  incoming.created = clock.now();
  incoming.payload = encode(message);
  incoming.subject = "0123456789abcdef0123456789abcdef";
  const auto effects = exchange::receivers(editors, clock).at(kind)(incoming);
  if (!effects) return effects.error();
  return database->write([&](storage::Transaction& tx) { (*effects)(tx); });
}

void World::publish(std::uint64_t serial, int item_version) {
  REQUIRE(receive("catalogue", release(catalogue_json(serial, item_version), serial, editor)));
}

crypto::Identity World::Citizen::identity() const { return {key, chain.at(0), {chain.begin() + 1, chain.end()}}; }

Answer World::register_citizen(Browser& browser, Citizen& citizen) {
  const Bytes spki = citizen.key.public_key().spki();
  const auto answer =
      browser.post("/api/v1/accounts/citizen/register",
                   {{"account", citizen.phone},
                    {"name", "王小明"},
                    {"public_key", to_base64(spki)},
                    {"proof", to_base64(citizen.key.sign(registration_proof(citizen.phone, "王小明", spki)))},
                    {"salt", to_base64(Bytes(16, 5))},
                    {"login_key", to_base64(login_key(citizen.phone))},
                    {"wrapped_key", to_base64(Bytes(100, 1))},
                    {"recovery_login_key", to_base64(recovery_key(citizen.phone))},
                    {"recovery_wrapped_key", to_base64(Bytes(100, 2))}});
  if (answer.status != 201) return answer;
  citizen.account_id = std::string(answer.json.at("account").at("id").as_string());
  for (const auto& der : answer.json.at("certificates").as_array())
    citizen.chain.push_back(crypto::Certificate::from_der(from_base64(der.as_string()).value()).value());
  return answer;
}

Answer World::login_citizen(Browser& browser, const Citizen& citizen) {
  const auto answer = browser.post("/api/v1/session/citizen",
                                   {{"account", citizen.phone}, {"login_key", to_base64(login_key(citizen.phone))}});
  if (answer.status == 200) browser.begin(answer);
  return answer;
}

Answer World::login_company(Browser& browser, const crypto::Identity& company) {
  const auto challenge = browser.post("/api/v1/session/company/challenge", json::object());
  REQUIRE(challenge.status == 200);
  const std::string words(challenge.json.at("text").as_string());
  const auto answer = browser.post(
      "/api/v1/session/company",
      {{"challenge", challenge.json.at("challenge")},
       {"certificates", json::array{to_base64(company.certificate.der())}},
       {"signature", to_base64(crypto::cms_sign(bytes_of(words), company.key, company.certificate).value())}});
  if (answer.status == 200) browser.begin(answer);
  return answer;
}

dossier::DossierDraft World::draft(const std::string& declaration_id) const {
  dossier::DossierDraft draft;
  draft.declaration_id = declaration_id;
  draft.item_id = "food";
  draft.applicant.set_kind(jindu::v1::PARTY_KIND_CITIZEN);
  draft.applicant.set_name("王小明");
  draft.applicant.set_id_number("11010519491231002X");
  draft.applicant.set_phone("13800138000");
  draft.form_json = R"({"shop":"渡口面馆"})";
  draft.materials = {{"plan", "plan.pdf", "application/pdf", Bytes(50'000, 'p')}};
  draft.signed_at = clock.now();
  return draft;
}

void World::upload(Browser& browser, const std::string& declaration_id, const dossier::MadeDossier& made) {
  const std::string base = "/api/v1/declarations/" + declaration_id + "/uploads";
  for (const auto& material : made.materials) {
    const auto started =
        browser.post(base, {{"upload_id", material.upload_id}, {"sealed_size", material.sealed.size()}});
    REQUIRE(started.status == 200);
    for (std::size_t offset = 0; offset < material.sealed.size();) {
      const auto length = std::min<std::size_t>(8 * 1024 * 1024, material.sealed.size() - offset);
      const auto part =
          browser.send(http::Method::put, base + "/" + material.upload_id + "?offset=" + std::to_string(offset),
                       {material.sealed.begin() + static_cast<std::ptrdiff_t>(offset),
                        material.sealed.begin() + static_cast<std::ptrdiff_t>(offset + length)},
                       {});
      INFO(json::serialize(part.json));
      REQUIRE(part.status == 200);
      offset += length;
    }
  }
}

Answer World::submit(Browser& browser, const std::string& declaration_id, const dossier::MadeDossier& made) {
  return browser.post(
      "/api/v1/declarations/" + declaration_id + "/submit",
      {{"signed_statement", to_base64(made.signed_statement)}, {"sealed_content", to_base64(made.sealed_content)}});
}

std::int64_t World::count(const std::string& sql) {
  std::int64_t count = -1;
  REQUIRE(database->read([&](storage::Transaction& tx) { count = tx.query_one(sql)->integer(0); }));
  return count;
}

std::vector<std::unique_ptr<World>> worlds() {
  std::vector<std::unique_ptr<World>> all;
  for (auto& database : test_databases()) all.push_back(std::make_unique<World>(std::move(database)));
  return all;
}

}  // namespace jindu::portal::test
