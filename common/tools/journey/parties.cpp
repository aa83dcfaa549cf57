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
  Access access{text_at(value, "portal"), text_at(value, "approval"), text_at(value, "pki"), text_at(value, "pki") + "/root.pem", text_at(value, "passphrase")};
  if (access.portal.empty() || access.approval.empty() || access.pki.empty()) return Error{Fault::invalid, "journey.access", path + " names no portal, approval or pki"};
  return access;
}

result<json::value> ask(http::Client& client, std::string_view method, const std::string& path, const json::value* body) {
  const std::string text = body ? json::serialize(*body) : std::string{};
  auto answer = client.send(method, path, bytes_of(text), "application/json");
  if (!answer) return answer.error();
  if (auto ok = answer->succeeded(); !ok) return Error{ok.error().fault, ok.error().code, std::string(method) + " " + path + ": " + ok.error().detail, ok.error().field};
  if (answer->body.empty()) return json::value{};
  boost::system::error_code code;
  auto value = json::parse(text_of(answer->body), code);
  if (code) return Error{Fault::unavailable, "journey.answer", path + " answers no JSON"};
  return value;
}

result<Company> Company::enter(const Access& access, const std::string& p12) {
  auto identity = open_p12(access, "companies/" + p12 + ".p12");
  if (!identity) return identity.error();
  auto options = options_for(access, access.portal);
  options.keeps_cookies = true;
  http::Client client(options);
  client.set_header("Origin", access.portal);
  auto challenge = ask(client, "POST", "/api/v1/session/company/challenge");
  if (!challenge) return challenge.error();
  auto signature = crypto::cms_sign(bytes_of(text_at(*challenge, "text")), identity->key, identity->certificate, identity->chain);
  if (!signature) return signature.error();
  json::array chain{json::value(to_base64(identity->certificate.der()))};
  for (const auto& certificate : identity->chain) chain.push_back(json::value(to_base64(certificate.der())));
  const json::value login{{"challenge", text_at(*challenge, "challenge")}, {"certificates", std::move(chain)}, {"signature", to_base64(*signature)}};
  auto session = ask(client, "POST", "/api/v1/session/company", &login);
  if (!session) return session.error();
  client.set_header("X-CSRF-Token", text_at(*session, "csrf_token"));
  return Company(std::move(client), std::move(*identity));
}

result<dossier::MadeDossier> Company::make(const std::string& item_id, const std::string& form_json, const std::vector<dossier::MaterialFile>& materials, const std::string& declaration_id, Instant now) {
  auto item = ask(client_, "GET", "/api/v1/items/" + item_id);
  if (!item) return item.error();
  auto certificate_bytes = from_base64(item->at("department").at("certificate").as_string());
  if (!certificate_bytes) return certificate_bytes.error();
  auto department = crypto::Certificate::from_der(*certificate_bytes);
  if (!department) return department.error();
  dossier::DossierDraft draft;
  draft.declaration_id = declaration_id;
  draft.item_id = item_id;
  draft.item_version = static_cast<std::uint32_t>(item->at("version").as_int64());
  draft.applicant.set_kind(jindu::v1::PARTY_KIND_COMPANY);
  draft.applicant.set_name(identity_.certificate.common_name());
  draft.applicant.set_id_number(identity_.certificate.serial_number_attribute());
  draft.applicant.set_phone("0571-88123456");
  draft.form_json = form_json;
  draft.materials = materials;
  draft.signed_at = now;
  return dossier::make_dossier(draft, identity_, department->public_key());
}

result<Submitted> Company::submit(const std::string& declaration_id, const dossier::MadeDossier& made) {
  const auto base = "/api/v1/declarations/" + declaration_id;
  for (const auto& material : made.materials) {
    const json::value start{{"upload_id", material.upload_id}, {"sealed_size", material.sealed.size()}};
    auto state = ask(client_, "POST", base + "/uploads", &start);
    if (!state) return state.error();
    auto received = static_cast<std::size_t>(state->at("received").as_int64());
    while (received < material.sealed.size()) {
      const auto piece = BytesView(material.sealed).subspan(received, std::min<std::size_t>(material.sealed.size() - received, 4 << 20));
      auto answer = client_.send("PUT", base + "/uploads/" + material.upload_id + "?offset=" + std::to_string(received), piece);
      if (!answer) return answer.error();
      if (auto ok = answer->succeeded(); !ok) return ok.error();
      received += piece.size();
    }
  }
  const json::value body{{"signed_statement", to_base64(made.signed_statement)}, {"sealed_content", to_base64(made.sealed_content)}};
  auto answer = ask(client_, "POST", base + "/submit", &body);
  if (!answer) return answer.error();
  auto receipt = from_base64(text_at(*answer, "receipt"));
  if (!receipt) return receipt.error();
  return Submitted{declaration_id, text_at(*answer, "declaration_number"), std::move(*receipt)};
}

result<json::object> Company::declaration(const std::string& declaration_id) {
  auto answer = ask(client_, "GET", "/api/v1/declarations/" + declaration_id);
  if (!answer) return answer.error();
  return std::move(answer->as_object());
}

result<Bytes> Company::open_notice(const std::string& declaration_id, const std::string& notice_id) {
  auto answer = client_.send("GET", "/api/v1/declarations/" + declaration_id + "/notices/" + notice_id);
  if (!answer) return answer.error();
  if (auto ok = answer->succeeded(); !ok) return ok.error();
  return seal::open_seal(answer->body, &identity_.key, dossier::notice_binding(declaration_id, notice_id));
}

result<json::value> Company::check_document(const std::string& code) { return ask(client_, "GET", "/api/v1/check/" + code); }

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

result<json::object> Official::command(const std::string& case_id, json::object command) {
  if (!command.contains("command_id")) command["command_id"] = new_uuid(SystemClock().now());
  if (!command.contains("expected_sequence")) {
    auto now = read(case_id);
    if (!now) return now.error();
    command["expected_sequence"] = now->at("sequence");
  }
  const json::value body(std::move(command));
  auto answer = ask(client_, "POST", "/api/v1/cases/" + case_id + "/commands", &body);
  if (!answer) return answer.error();
  return std::move(answer->as_object());
}

result<json::object> Official::determine(const std::string& case_id, const std::string& outcome, const std::string& opinion, const std::string& reasons) {
  const json::value choice{{"outcome", outcome}, {"opinion", opinion}, {"reasons", reasons}};
  auto draft = ask(client_, "POST", "/api/v1/cases/" + case_id + "/decision-draft", &choice);
  if (!draft) return draft.error();
  auto record = from_base64(text_at(*draft, "record"));
  if (!record) return record.error();
  auto signature = crypto::cms_sign(*record, identity_.key, identity_.certificate, identity_.chain);
  if (!signature) return signature.error();
  return command(case_id, {{"command", "determine"}, {"expected_sequence", draft->at("expected_sequence")}, {"outcome", outcome}, {"opinion", opinion}, {"reasons", reasons},
                           {"record", to_base64(*record)}, {"signature", to_base64(*signature)}});
}

Bytes sample_file(std::string_view media_type, std::string_view text) {
  if (media_type == "application/pdf") {
    std::string pdf = "%PDF-1.4\n";
    std::vector<std::size_t> places;
    const std::string stream = "BT /F1 18 Tf 72 760 Td (" + std::string(text) + ") Tj ET";
    for (const auto& object : {std::string("<< /Type /Catalog /Pages 2 0 R >>"), std::string("<< /Type /Pages /Kids [3 0 R] /Count 1 >>"),
                               std::string("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"),
                               "<< /Length " + std::to_string(stream.size()) + " >>\nstream\n" + stream + "\nendstream", std::string("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")}) {
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

std::vector<dossier::MaterialFile> sample_materials(const json::object& item, const json::value& form) {
  std::vector<dossier::MaterialFile> files;
  for (const auto& rule : item.at("materials").as_array()) {
    const auto code = std::string(rule.at("code").as_string());
    if (!rule.at("required").as_bool()) continue;
    if (const auto* when = rule.as_object().if_contains("when")) {
      auto schema = catalogue::FormSchema::compile(*when);
      if (!schema || !schema->check(form).empty()) continue;
    }
    const bool pdf = std::any_of(rule.at("types").as_array().begin(), rule.at("types").as_array().end(), [](const json::value& type) { return type == "application/pdf"; });
    const std::string type = pdf ? "application/pdf" : "image/png";
    files.push_back({code, code + (pdf ? ".pdf" : ".png"), type, sample_file(type, code)});
  }
  return files;
}

}  // namespace jindu::journey
