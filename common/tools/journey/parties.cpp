#include "common/tools/journey/parties.hpp"

#include <jindu/v1/payload.pb.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "common/catalogue/catalogue.hpp"
#include "common/crypto/cms.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/ids.hpp"
#include "common/runtime/messages.hpp"

namespace jindu::journey {

namespace json = boost::json;

namespace {

http::ClientOptions options_for(const Access& access, const std::string& url) {
  http::ClientOptions options;
  options.base_url = url;
  options.ca_file = access.root;
  return options;
}

std::string text_at(const json::value& value, const char* name) {
  const auto* member = value.is_object() ? value.as_object().if_contains(name) : nullptr;
  return member && member->is_string() ? std::string(member->as_string()) : std::string{};
}

result<crypto::Identity> open_p12(const Access& access, const std::string& path) {
  auto bytes = files::read(access.pki + "/" + path, 1 << 20);
  if (!bytes) return bytes.error();
  return crypto::identity_from_pkcs12(*bytes, access.passphrase);
}

}  // namespace

result<Access> read_access(const std::string& path) {
  auto text = files::read_text(path);
  if (!text) return text.error();
  boost::system::error_code code;
  const auto value = json::parse(*text, code);
  if (code) return Error{Fault::invalid, "journey.access", path + " is not JSON"};
  Access access{text_at(value, "portal"), text_at(value, "approval"), text_at(value, "pki"),
                text_at(value, "pki") + "/root.pem", text_at(value, "passphrase")};
  if (access.portal.empty() || access.approval.empty() || access.pki.empty())
    return Error{Fault::invalid, "journey.access", path + " names no portal, approval or pki"};
  return access;
}

result<json::value> ask(http::Client& client, std::string_view method, const std::string& path,
                        const json::value* body) {
  const std::string text = body ? json::serialize(*body) : std::string{};
  auto answer = client.send(method, path, bytes_of(text), "application/json");
  if (!answer) return answer.error();
  if (auto ok = answer->succeeded(); !ok)
    return Error{ok.error().fault, ok.error().code, std::string(method) + " " + path + ": " + ok.error().detail,
                 ok.error().field};
  if (answer->body.empty()) return json::value{};
  boost::system::error_code code;
  auto value = json::parse(text_of(answer->body), code);
  if (code) return Error{Fault::unavailable, "journey.answer", path + " answers no JSON"};
  return value;
}

namespace {

// A client that keeps the session of `login`, which answers {"csrf_token": …}.
result<http::Client> portal_client(const Access& access) {
  auto options = options_for(access, access.portal);
  options.keeps_cookies = true;
  http::Client client(options);
  client.set_header("Origin", access.portal);
  return client;
}

}  // namespace

result<Applicant> Applicant::enter(const Access& access, const std::string& p12) {
  auto identity = open_p12(access, "companies/" + p12 + ".p12");
  if (!identity) return identity.error();
  auto client = portal_client(access);
  auto challenge = ask(*client, "POST", "/api/v1/session/company/challenge");
  if (!challenge) return challenge.error();
  auto signature =
      crypto::cms_sign(bytes_of(text_at(*challenge, "text")), identity->key, identity->certificate, identity->chain);
  if (!signature) return signature.error();
  json::array chain{json::value(to_base64(identity->certificate.der()))};
  for (const auto& certificate : identity->chain) chain.push_back(json::value(to_base64(certificate.der())));
  const json::value login{{"challenge", text_at(*challenge, "challenge")},
                          {"certificates", std::move(chain)},
                          {"signature", to_base64(*signature)}};
  auto session = ask(*client, "POST", "/api/v1/session/company", &login);
  if (!session) return session.error();
  client->set_header("X-CSRF-Token", text_at(*session, "csrf_token"));
  jindu::v1::Party party;
  party.set_kind(jindu::v1::PARTY_KIND_COMPANY);
  party.set_name(identity->certificate.common_name());
  party.set_id_number(identity->certificate.serial_number_attribute());
  party.set_phone("0571-88123456");
  return Applicant(std::move(*client), std::move(*identity), std::move(party));
}

result<Applicant> Applicant::register_citizen(const Access& access, const std::string& name, const std::string& phone) {
  auto client = portal_client(access);
  const auto key = crypto::PrivateKey::generate_p256();
  const auto spki = key.public_key().spki();
  std::string claim = std::string("jindu/register/v1") + '\0' + phone + '\0' + name + '\0';
  claim.append(text_of(spki));
  // The key stays here and lives as long as this program: nothing needs to be derived from a password.
  const auto login_key = crypto::random_bytes(32);
  const auto unused = [](std::size_t count) { return to_base64(crypto::random_bytes(count)); };
  const json::value registration{{"account", phone},
                                 {"name", name},
                                 {"public_key", to_base64(spki)},
                                 {"proof", to_base64(key.sign(bytes_of(claim)))},
                                 {"salt", unused(16)},
                                 {"login_key", to_base64(login_key)},
                                 {"wrapped_key", unused(200)},
                                 {"recovery_login_key", unused(32)},
                                 {"recovery_wrapped_key", unused(200)}};
  auto registered = ask(*client, "POST", "/api/v1/accounts/citizen/register", &registration);
  if (!registered) return registered.error();
  std::vector<crypto::Certificate> certificates;
  for (const auto& text : registered->at("certificates").as_array()) {
    auto der = from_base64(text.as_string());
    if (!der) return der.error();
    auto certificate = crypto::Certificate::from_der(*der);
    if (!certificate) return certificate.error();
    certificates.push_back(std::move(*certificate));
  }
  if (certificates.empty()) return Error{Fault::unavailable, "journey.answer", "registration gave no certificate"};
  const json::value login{{"account", phone}, {"login_key", to_base64(login_key)}};
  auto session = ask(*client, "POST", "/api/v1/session/citizen", &login);
  if (!session) return session.error();
  client->set_header("X-CSRF-Token", text_at(*session, "csrf_token"));
  jindu::v1::Party party;
  party.set_kind(jindu::v1::PARTY_KIND_CITIZEN);
  party.set_name(name);
  party.set_id_number("11010519900307283X");
  party.set_phone(phone);
  const auto leaf = certificates.front();
  certificates.erase(certificates.begin());
  return Applicant(std::move(*client), {key, leaf, std::move(certificates)}, std::move(party));
}

result<dossier::MadeDossier> Applicant::make(const std::string& item_id, const std::string& form_json,
                                             const std::vector<dossier::MaterialFile>& materials,
                                             const std::string& declaration_id, Instant now,
                                             const Answering& answering) {
  auto item = ask(client_, "GET", "/api/v1/items/" + item_id);
  if (!item) return item.error();
  auto certificate_bytes = from_base64(item->at("department").at("certificate").as_string());
  if (!certificate_bytes) return certificate_bytes.error();
  auto department = crypto::Certificate::from_der(*certificate_bytes);
  if (!department) return department.error();
  dossier::DossierDraft draft;
  if (!answering.notice_id.empty()) draft.kind = jindu::v1::SUBMISSION_KIND_SUPPLEMENT;
  draft.answers_notice_id = answering.notice_id;
  draft.declaration_id = declaration_id;
  draft.item_id = item_id;
  draft.item_version = static_cast<std::uint32_t>(item->at("version").as_int64());
  draft.applicant = party_;
  draft.form_json = form_json;
  draft.materials = materials;
  draft.signed_at = now;
  return dossier::make_dossier(draft, identity_, department->public_key());
}

result<Submitted> Applicant::submit(const std::string& declaration_id, const dossier::MadeDossier& made) {
  const auto base = "/api/v1/declarations/" + declaration_id;
  const json::value body{{"signed_statement", to_base64(made.signed_statement)},
                         {"sealed_content", to_base64(made.sealed_content)}};
  const auto upload = [&](const dossier::SealedMaterial& material) -> result<void> {
    const json::value start{{"upload_id", material.upload_id}, {"sealed_size", material.sealed.size()}};
    auto state = ask(client_, "POST", base + "/uploads", &start);
    if (!state) return state.error();
    auto received = static_cast<std::size_t>(state->at("received").as_int64());
    while (received < material.sealed.size()) {
      const auto piece = BytesView(material.sealed)
                             .subspan(received, std::min<std::size_t>(material.sealed.size() - received, 4 << 20));
      auto answer =
          client_.send("PUT", base + "/uploads/" + material.upload_id + "?offset=" + std::to_string(received), piece);
      if (!answer) return answer.error();
      if (auto ok = answer->succeeded(); !ok) return ok.error();
      received += piece.size();
    }
    return {};
  };
  for (const auto& material : made.materials) {
    auto ok = upload(material);
    // An earlier attempt, whose answer was lost, has submitted it already.
    if (!ok && ok.error().code != "upload.used" && ok.error().code != "declaration.submitted") return ok.error();
  }
  auto answer = ask(client_, "POST", base + "/submit", &body);
  if (!answer) return answer.error();
  auto receipt = from_base64(text_at(*answer, "receipt"));
  if (!receipt) return receipt.error();
  return Submitted{declaration_id, text_at(*answer, "declaration_number"), std::move(*receipt)};
}

result<json::object> Applicant::declaration(const std::string& declaration_id) {
  auto answer = ask(client_, "GET", "/api/v1/declarations/" + declaration_id);
  if (!answer) return answer.error();
  return std::move(answer->as_object());
}

result<Bytes> Applicant::open_notice(const std::string& declaration_id, const std::string& notice_id) {
  auto answer = client_.send("GET", "/api/v1/declarations/" + declaration_id + "/notices/" + notice_id);
  if (!answer) return answer.error();
  if (auto ok = answer->succeeded(); !ok) return ok.error();
  return seal::open_seal(answer->body, &identity_.key, dossier::notice_binding(declaration_id, notice_id));
}

result<json::value> Applicant::check_document(const std::string& code) {
  return ask(client_, "GET", "/api/v1/check/" + code);
}

result<Official> Official::enter(const Access& access, const std::string& name) {
  auto identity = open_p12(access, "officials/" + name + ".p12");
  if (!identity) return identity.error();
  auto options = options_for(access, access.approval);
  options.certificate_file = access.pki + "/officials/" + name + ".pem";
  options.private_key_file = access.pki + "/officials/" + name + ".key";
  return Official(http::Client(options), std::move(*identity));
}

result<json::object> Official::read(const std::string& case_id) {
  auto answer = ask(client_, "GET", "/api/v1/cases/" + case_id);
  if (!answer) return answer.error();
  return std::move(answer->as_object());
}

result<Command> Official::intend(const std::string& case_id, json::object command) {
  auto now = read(case_id);
  if (!now) return now.error();
  command["command_id"] = new_uuid(SystemClock().now());
  command["expected_sequence"] = now->at("sequence");
  return Command{std::move(command)};
}

result<Command> Official::intend_to_determine(const std::string& case_id, const std::string& outcome,
                                              const std::string& opinion, const std::string& reasons) {
  const json::value choice{{"outcome", outcome}, {"opinion", opinion}, {"reasons", reasons}};
  auto draft = ask(client_, "POST", "/api/v1/cases/" + case_id + "/decision-draft", &choice);
  if (!draft) return draft.error();
  auto record = from_base64(text_at(*draft, "record"));
  if (!record) return record.error();
  auto signature = crypto::cms_sign(*record, identity_.key, identity_.certificate, identity_.chain);
  if (!signature) return signature.error();
  return Command{{{"command", "determine"},
                  {"command_id", new_uuid(SystemClock().now())},
                  {"expected_sequence", draft->at("expected_sequence")},
                  {"outcome", outcome},
                  {"opinion", opinion},
                  {"reasons", reasons},
                  {"record", to_base64(*record)},
                  {"signature", to_base64(*signature)}}};
}

result<json::object> Official::give(const std::string& case_id, const Command& command) {
  const json::value body(command.body);
  auto answer = ask(client_, "POST", "/api/v1/cases/" + case_id + "/commands", &body);
  if (!answer) return answer.error();
  return std::move(answer->as_object());
}

Bytes sample_file(std::string_view media_type, std::string_view text, std::size_t padding) {
  if (media_type == "application/pdf") {
    std::string pdf = "%PDF-1.4\n";
    std::vector<std::size_t> places;
    const std::string stream =
        "BT /F1 18 Tf 72 760 Td (" + std::string(text) + ") Tj ET" + (padding ? "\n%" + std::string(padding, 'p') : "");
    for (const auto& object :
         {std::string("<< /Type /Catalog /Pages 2 0 R >>"), std::string("<< /Type /Pages /Kids [3 0 R] /Count 1 >>"),
          std::string("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 "
                      "5 0 R >> >> >>"),
          "<< /Length " + std::to_string(stream.size()) + " >>\nstream\n" + stream + "\nendstream",
          std::string("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")}) {
      places.push_back(pdf.size());
      pdf += std::to_string(places.size()) + " 0 obj\n" + object + "\nendobj\n";
    }
    const auto table = pdf.size();
    pdf += "xref\n0 6\n0000000000 65535 f \n";
    for (const auto place : places) {
      std::string digits = std::to_string(place);
      pdf += std::string(10 - digits.size(), '0') + digits + " 00000 n \n";
    }
    pdf += "trailer << /Size 6 /Root 1 0 R >>\nstartxref\n" + std::to_string(table) + "\n%%EOF\n";
    return Bytes(pdf.begin(), pdf.end());
  }
  // One grey pixel.
  return *from_base64("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==");
}

std::vector<dossier::MaterialFile> sample_materials(const json::object& item, const json::value& form,
                                                    std::size_t padding) {
  std::vector<dossier::MaterialFile> files;
  for (const auto& rule : item.at("materials").as_array()) {
    const auto code = std::string(rule.at("code").as_string());
    if (!rule.at("required").as_bool()) continue;
    if (const auto* when = rule.as_object().if_contains("when")) {
      auto schema = catalogue::FormSchema::compile(*when);
      if (!schema || !schema->check(form).empty()) continue;
    }
    const bool pdf = std::any_of(rule.at("types").as_array().begin(), rule.at("types").as_array().end(),
                                 [](const json::value& type) { return type == "application/pdf"; });
    const std::string type = pdf ? "application/pdf" : "image/png";
    files.push_back({code, code + (pdf ? ".pdf" : ".png"), type, sample_file(type, code, pdf ? padding : 0)});
    if (pdf) padding = 0;
  }
  return files;
}

}  // namespace jindu::journey
