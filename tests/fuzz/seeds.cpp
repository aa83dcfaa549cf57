// Makes the seeds of the fuzz targets from valid artefacts: fuzz-seeds FOLDER. Run it when a format changes, and keep
// what it writes; regression seeds that a finding left behind stand beside them under names of their own.
#include <archive.h>
#include <archive_entry.h>
#include <jindu/v1/payload.pb.h>
#include <jindu/v1/voyage.pb.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

#include "common/catalogue/catalogue.hpp"
#include "common/dossier/dossier.hpp"
#include "common/exchange/codec/batch.hpp"
#include "common/exchange/codec/receipt.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/messages.hpp"
#include "tests/fuzz/world.hpp"

namespace jindu::fuzz {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
constexpr std::string_view kDeclaration = "0197f2a0-0000-7000-8000-000000000001";
constexpr std::string_view kUpload = "0197f2a0-0000-7000-8000-000000000002";
fs::path folder;

void seed(const std::string& target, const std::string& name, BytesView bytes) {
  fs::create_directories(folder / target);
  std::ofstream(folder / target / name, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}
void seed(const std::string& target, const std::string& name, std::string_view text) {
  seed(target, name, bytes_of(text));
}

Bytes with_mode(std::uint8_t mode, BytesView bytes) {
  Bytes out{mode};
  out.insert(out.end(), bytes.begin(), bytes.end());
  return out;
}
Bytes joined(std::initializer_list<BytesView> parts) {
  Bytes out;
  for (const auto part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}
std::string deployed(const std::string& name) {
  return files::read_text(std::string(JINDU_SOURCE_DIR "/deploy/catalogue/") + name).value();
}

void seals() {
  const auto binding = dossier::content_binding(kDeclaration);
  const auto small = seal::seal_to({key_of("department").public_key(), node("applicant").certificate.public_key()},
                                   binding, bytes_of("plaintext"))
                         .value();
  const auto two_chunks =
      seal::seal_to({key_of("department").public_key()}, binding, Bytes(seal::kChunkBytes + 1, 'x')).value();
  const auto exact = seal::seal_to({key_of("department").public_key()}, binding, Bytes(seal::kChunkBytes, 'x')).value();
  int number = 0;
  for (const auto& one : {small, two_chunks, exact})
    seed("seal", "foreign-" + std::to_string(++number), joined({Bytes{0, 7}, one}));
  seed("seal", "own-short", joined({Bytes{1, 1, 0, 40}, bytes_of("a plaintext")}));
  seed("seal", "own-empty", joined({Bytes{1, 1, 0, 200}}));
  seed("seal", "own-full-chunk", joined({Bytes{1, 255, 64, 0}, Bytes(seal::kChunkBytes, 'x')}));
}

void bundles() {
  exchange::BundleDraft draft;
  draft.id = exchange::bundle_id_from_text("0197f2a0-0000-7000-8000-0000000000aa").value();
  draft.from = "portal";
  draft.to = "approval";
  draft.kind = "dossier";
  draft.subject = Bytes(16, 5);
  draft.created = kNow;
  draft.expires = kNow + std::chrono::hours(24);
  draft.place.sequence = draft.place.subject_sequence = 1;
  const auto built =
      exchange::build_bundle(draft, bytes_of("payload"), key_of("portal"), key_of("approval").public_key()).value();
  const auto view = exchange::parse_bundle(built.bytes).value();
  seed("bundle", "whole", with_mode(0, built.bytes));
  Bytes parts;
  put_part(parts, view.manifest_bytes);
  parts.insert(parts.end(), view.seal.begin(), view.seal.end());
  seed("bundle", "manifest-signed", with_mode(1, parts));
  seed("bundle", "manifest-made-whole", with_mode(2, parts));
  Bytes batch;
  for (int i = 0; i < 2; ++i)
    batch = joined(
        {batch, Bytes{0, 0},
         Bytes{static_cast<std::uint8_t>(built.bytes.size() >> 8), static_cast<std::uint8_t>(built.bytes.size())},
         built.bytes});
  seed("batch", "bundles", with_mode(0, batch));
  seed(
      "batch", "custody",
      with_mode(
          1,
          bytes_of(
              R"({"custody":[{"id":"0197f2a0-0000-7000-8000-0000000000aa","receipt":"AAEC"},{"id":"b","error":"unit.disk_full"}]})")));
  exchange::Receipt receipt;
  receipt.rung = jindu::v1::RUNG_CARRIED;
  receipt.party = "approval";
  receipt.at = kNow;
  Bytes told;
  exchange::append_to_batch(told, bytes_of(R"({"custody":[{"id":"a","together":[0,1]},{"id":"b","error":"c"}]})"));
  exchange::append_to_batch(
      told, exchange::encode_receipts(exchange::sign_receipts_as_one({receipt, receipt}, node("approval"))));
  seed("batch", "custody-together", with_mode(1, told));
}

void statements() {
  exchange::Receipt receipt;
  receipt.bundle = exchange::bundle_id_from_text("0197f2a0-0000-7000-8000-0000000000aa").value();
  receipt.rung = jindu::v1::RUNG_REFUSED;
  receipt.party = "approval";
  receipt.at = kNow;
  receipt.code = "policy.forbidden";
  receipt.detail = "no rule";
  const auto encoded = exchange::sign_receipt(receipt, node("approval"));
  seed("receipt", "refused", with_mode(0, encoded));
  seed("receipt", "body", with_mode(1, evidence::read_signed(encoded, evidence::kReceiptType).value().body));
  jindu::v1::ReceiptBatch batch;
  for (int i = 0; i < 2; ++i) batch.add_receipts(encoded.data(), encoded.size());
  exchange::put_receipts(exchange::sign_receipts_as_one({receipt, receipt, receipt}, node("approval")), batch);
  seed("receipt", "batch", with_mode(2, encode(batch)));
  Bytes bodies{1};  // three of them
  const auto body = evidence::read_signed(encoded, evidence::kReceiptType).value().body;
  for (std::uint8_t i = 0; i < 3; ++i) {
    bodies.insert(bodies.end(), {i, 0, static_cast<std::uint8_t>(body.size())});
    bodies.insert(bodies.end(), body.begin(), body.end());
  }
  seed("receipt", "together", with_mode(3, bodies));
  seed("receipt", "submission",
       with_mode(0, evidence::sign_statement(evidence::kSubmissionReceiptType, bytes_of("body"), node("portal"))));

  jindu::v1::Voyage voyage;
  const auto id = exchange::bundle_id_from_text("0197f2a0-0000-7000-8000-0000000000bb").value();
  voyage.set_version(1);
  voyage.set_id(id.data(), id.size());
  voyage.set_from("gateway-outer");
  voyage.set_to("gateway-inner");
  voyage.set_number(3);
  voyage.set_created_ms(to_unix_ms(kNow));
  auto& entry = *voyage.add_bundles();
  entry.set_bundle_id(id.data(), id.size());
  entry.set_size(1000);
  entry.set_sha256(std::string(32, 's'));
  *voyage.add_bundles() = entry;
  voyage.mutable_bundles(1)->set_packed_at(20);
  const std::string name = "gateway-outer-" + exchange::to_text(id) + std::string(1, '\0');
  seed("voyage", "body", joined({Bytes{1}, bytes_of(name), encode(voyage)}));
  seed("voyage", "manifest",
       joined({Bytes{0}, bytes_of(name),
               evidence::sign_statement(evidence::kVoyageType, encode(voyage), node("gateway-outer"))}));
}

void dossiers() {
  const auto& applicant = node("applicant");
  dossier::DossierDraft draft;
  draft.declaration_id = kDeclaration;
  draft.item_id = "food-business-licence";
  draft.applicant.set_kind(jindu::v1::PARTY_KIND_CITIZEN);
  draft.applicant.set_name("applicant");
  draft.form_json = R"({"premises":"渡口路18号"})";
  draft.signed_at = kNow;
  for (const bool with_material : {false, true}) {
    const std::string name = with_material ? "-with-material" : "";
    if (with_material) draft.materials.push_back({"licence", "a.pdf", "application/pdf", Bytes(100, 'p')});
    const auto made =
        dossier::make_dossier(draft, {applicant.key, applicant.certificate, {}}, key_of("department").public_key())
            .value();
    Bytes whole{0};
    put_part(whole, made.signed_statement);
    seed("dossier", "whole" + name, joined({whole, made.sealed_content}));
    const auto checked =
        dossier::check_statement(made.signed_statement, made.sealed_content, trust().store, kNow).value();
    Bytes statement{1};
    put_part(statement, checked.statement_bytes);
    seed("dossier", "statement" + name, joined({statement, made.sealed_content}));
    const auto opened = dossier::open_content(checked, made.sealed_content, key_of("department")).value();
    seed("dossier", "content" + name, with_mode(2, encode(opened.content)));
  }
}

// A catalogue of one item that has a part of every kind, small enough to be turned over often.
std::string small_catalogue() {
  json::object catalogue{{"serial", 1}};
  catalogue["departments"] =
      json::array{json::object{{"id", "market"},
                               {"code", "MR"},
                               {"name", {{"zh", "局"}, {"en", "Office"}}},
                               {"certificate", to_base64(node("department").certificate.der())}}};
  const json::value words{{"zh", "词"}, {"en", "word"}};
  const json::value document{{"title", words},
                             {"number_template", "{department}-{year}-{seq:4}"},
                             {"valid_years", 5},
                             {"body", {{"zh", "{applicant}"}, {"en", "{applicant}"}}}};
  json::object item{{"id", "one"},
                    {"version", 1},
                    {"code", "1"},
                    {"name", words},
                    {"department", "market"},
                    {"audience", {"citizen", "company"}},
                    {"guide", {{"summary", words}}}};
  item["form"] = json::parse(
      R"({"schema":{"type":"object","required":["name"],"properties":{"name":{"type":"string","maxLength":50,"pattern":"^[a-z]+$"},"kind":{"enum":["a","b"]}}},
    "ui":{"sections":[{"title":{"zh":"一","en":"One"},"fields":["/name","/kind"]}],"labels":{"/name":{"zh":"名","en":"Name"},"/kind":{"zh":"类","en":"Kind"}},"enums":{"/kind":{"a":{"zh":"甲","en":"A"},"b":{"zh":"乙","en":"B"}}}}})");
  item["materials"] = json::array{json::object{{"code", "licence"},
                                               {"name", words},
                                               {"required", true},
                                               {"when", json::parse(R"({"required":["kind"]})")},
                                               {"types", {"application/pdf"}},
                                               {"max_bytes", 1000},
                                               {"max_files", 2},
                                               {"grade", "A"}}};
  item["workflow"] = json::object{
      {"stages", json::array{json::object{
                     {"code", "acceptance"}, {"name", words}, {"role", "acceptor"}, {"limit_working_days", 5}}}}};
  item["limits"] = json::object{{"statutory_working_days", 20}, {"promised_working_days", 10}};
  item["documents"] = json::object{{"grant", document}, {"refusal", document}};
  catalogue["items"] = json::array{item};
  catalogue["calendar"] = json::object{{"years", json::object{{"2026", json::parse(deployed("calendar/2026.json"))}}}};
  return json::serialize(catalogue);
}

void catalogues() {
  const auto text = small_catalogue();
  const auto parsed = catalogue::parse_catalogue(text);
  if (!parsed) std::cerr << "the small catalogue is not good: " << parsed.error().detail << '\n';
  promise(parsed.has_value(), "the seed is a good catalogue");
  seed("catalogue", "small", text);
  seed("payload", "catalogue-signed", with_mode(4, bytes_of(text)));
  for (const char* year : {"2025", "2026"}) {
    const std::string calendar =
        std::string(R"({"years":{")") + year +
        "\":" + json::serialize(json::parse(deployed(std::string("calendar/") + year + ".json"))) + "}}";
    seed("calendar", year, joined({Bytes{0, 20}, bytes_of(std::string("2026-02-10") + '\0'), bytes_of(calendar)}));
  }
  for (const char* id : {"food-business-licence", "outdoor-advertising"}) {
    const auto item = json::parse(deployed("items/" + std::string(id) + ".json"));
    const auto sample = json::serialize(json::parse(deployed("samples/" + std::string(id) + ".json")));
    seed("form", id,
         json::serialize(item.at("form").at("schema")) + '\0' + sample + '\0' +
             json::serialize(item.at("form").at("ui")));
  }
  int number = 0;
  for (const auto& file : fs::directory_iterator(JINDU_SOURCE_DIR "/tests/vectors/forms")) {
    if (file.path().extension() != ".json") continue;
    const auto vector = json::parse(files::read_text(file.path()).value());
    seed("form", file.path().stem(), json::serialize(vector.at("schema")) + '\0' + json::serialize(vector.at("data")));
  }
  for (const char* pattern : {"^[a-z]+$", "^(010|02[0-9]|0[3-9][0-9]{2})-?[0-9]{7,8}(-[0-9]{1,6})?$", "(?:a|b)*c{2,3}",
                              "\\d\\D\\w\\W\\s\\S\\u4e00[\\u{4e00}-\\u{9fff}]", "^$|.", "(a*)*b"})
    seed("pattern", std::to_string(++number), std::string(pattern) + '\0' + "010-12345678 ccaab 津渡");
}

void payloads() {
  jindu::v1::StatusUpdate status;
  status.set_declaration_id(std::string(kDeclaration));
  status.set_case_sequence(3);
  status.set_status("accepted");
  status.set_stage("acceptance");
  status.set_at_ms(to_unix_ms(kNow));
  status.set_due_date("2026-06-30");
  seed("payload", "status", with_mode(0, encode(status)));
  jindu::v1::SealedNotice notice;
  notice.set_declaration_id(std::string(kDeclaration));
  notice.set_notice_id(std::string(kUpload));
  notice.set_kind("decision");
  const auto sealed = seal::seal_to({key_of("applicant").public_key()}, dossier::notice_binding(kDeclaration, kUpload),
                                    bytes_of("notice"))
                          .value();
  notice.set_sealed(sealed.data(), sealed.size());
  seed("payload", "notice", with_mode(1, encode(notice)));
  jindu::v1::DocumentRecord document;
  document.set_check_code("0123456789ABCDEFGHJKMNPQRS");
  document.set_document_number("MR-2026-0001");
  document.set_document_sha256(std::string(32, 'd'));
  document.set_state("valid");
  document.set_valid_until("2031-06-30");
  seed("payload", "document", with_mode(2, encode(document)));
  jindu::v1::CatalogueRelease release;
  const auto text = small_catalogue();
  const auto signature = crypto::cms_sign(bytes_of(text), node("editor").key, node("editor").certificate).value();
  const auto certificate = catalogue::parse_catalogue(text).value().departments.front().certificate;
  release.set_serial(1);
  release.set_catalogue_json(text);
  release.set_signature(signature.data(), signature.size());
  release.add_department_certificates(certificate.data(), certificate.size());
  seed("payload", "release", with_mode(3, encode(release)));
}

void certificates() {
  const auto& portal = node("portal").certificate;
  seed("certificate", "der", with_mode(0, portal.der()));
  seed("certificate", "root", with_mode(0, root().der()));
  seed("certificate", "pem", with_mode(1, bytes_of(portal.pem() + root().pem())));
  seed("certificate", "spki", with_mode(2, portal.public_key().spki()));
  const auto rsa = crypto::PrivateKey::generate_rsa(2048);
  seed("certificate", "spki-rsa", with_mode(2, rsa.public_key().spki()));
  seed("certificate", "pkcs8", with_mode(3, key_of("portal").to_pkcs8()));
  seed("certificate", "crl-none", with_mode(4, bytes_of("-----BEGIN X509 CRL-----\n-----END X509 CRL-----\n")));
  seed("certificate", "point", with_mode(5, portal.public_key().p256_point()));
  const auto company = crypto::issue_certificate(key_of("root"), &root(), rsa.public_key(), {.common_name = "company"},
                                                 crypto::Profile::citizen, kNow - std::chrono::hours(24),
                                                 kNow + std::chrono::hours(24 * 3650))
                           .value();
  seed("certificate", "der-rsa", with_mode(0, company.der()));
  const auto content = bytes_of("what was signed");
  Bytes message;
  put_part(message, content);
  seed("cms", "p256", joined({message, crypto::cms_sign(content, key_of("portal"), portal).value()}));
  seed("cms", "with-chain", joined({message, crypto::cms_sign(content, key_of("portal"), portal, {root()}).value()}));
  seed("cms", "rsa", joined({message, crypto::cms_sign(content, rsa, company).value()}));
}

// As small as a signed PDF can be: what a viewer needs is not here, what the check reads is.
void pdfs() {
  const auto build = [](const std::string& signature, std::size_t first, std::size_t second, std::size_t rest) {
    char range[64];
    std::snprintf(range, sizeof range, "/ByteRange [0 %06zu %06zu %06zu]", first, second, rest);
    return std::string("%PDF-1.7\n1 0 obj<</Type/Sig") + range + "/Contents <" + signature +
           ">>>endobj\ntrailer<<>>\n%%EOF\n";
  };
  const std::string empty(2 * 2500, '0');
  const auto draft = build(empty, 0, 0, 0);
  const auto first = draft.find("/Contents <") + 10, second = first + empty.size() + 2;
  const auto ranged = build(empty, first, second, draft.size() - second);
  const auto covered = ranged.substr(0, first) + ranged.substr(second);
  auto signature =
      to_hex(crypto::cms_sign(bytes_of(covered), key_of("department"), node("department").certificate).value());
  signature.resize(empty.size(), '0');
  seed("pdf_signature", "signed", build(signature, first, second, draft.size() - second));
  seed("pdf_signature", "unsigned", "%PDF-1.7\n%%EOF\n");
}

void texts() {
  const std::string end(1, '\0');
  seed("http", "item",
       "/api/v1/items/food%2Dlicence?limit=10&q=%E6%B4%A5+x" + end + "a=b; __Host-session=abc; c=" + end + "\x10" +
           "bytes=10-20" + end + R"({"a":[1,2.5,"x",null,true]})");
  seed("http", "file", "/assets/logo.svg" + end + end + "\x01" + "bytes=-5" + end);
  seed("http", "elsewhere", "//etc/passwd" + end + end + "\x01" + "bytes=5-" + end);
  seed("http", "escaped", "/%2e%2e/%2fetc%2fpasswd" + end + end + "\x01" + "bytes=0-0,2-3" + end);
  auto policy = files::read_text(JINDU_SOURCE_DIR "/deploy/config/policy.toml.in").value();
  seed("config", "policy", policy);
  seed("config", "listener",
       "[listen]\naddress = \"127.0.0.1\"\nport = 8443\nname = \"portal\"\ntls = false\nworkers = 4\ndirectory = "
       "\"data\"\nroles = [\"a\", \"b\"]\n[[nodes]]\nname = \"portal\"\n");
  const auto spki = key_of("applicant").public_key().spki();
  seed("portal_body", "registration",
       json::serialize(json::object{{"account", "13800138000"},
                                    {"name", "王晓渡"},
                                    {"public_key", to_base64(spki)},
                                    {"proof", to_base64(key_of("applicant").sign(bytes_of("proof")))},
                                    {"number", 7},
                                    {"certificates", json::array{to_base64(spki)}},
                                    {"keys", json::object{{"salt", to_base64(Bytes(16, 1))}}}}));
  for (
      const char* body :
      {R"({"command":"accept","command_id":"0197f2a0-0000-7000-8000-000000000001","expected_sequence":1,"opinion":"齐"})",
       R"({"command":"request_supplement","command_id":"0197f2a0-0000-7000-8000-000000000001","expected_sequence":2,"items":[{"pointer":"/materials/licence","message_zh":"缺","message_en":"missing"}],"leader_reason":""})",
       R"({"command":"review","command_id":"0197f2a0-0000-7000-8000-000000000001","expected_sequence":3,"opinion":"ok","recommendation":"grant"})",
       R"({"command":"determine","command_id":"0197f2a0-0000-7000-8000-000000000001","expected_sequence":4,"outcome":"refuse","opinion":"","reasons":"x","record":"AAEC","signature":"AAEC"})"}) {
    static int number = 0;
    seed("approval_body", "command-" + std::to_string(++number), with_mode(0, bytes_of(body)));
  }
  const auto fact = [&](const std::string& type, const char* body) {
    seed("approval_body", "fact-" + type, joined({Bytes{1}, bytes_of(type + end), bytes_of(body)}));
  };
  fact("accepted", R"({"acceptance_number":"SL-1","opinion":"齐"})");
  fact("stage_entered", R"({"stage":"initial_review"})");
  fact(
      "determined",
      R"({"outcome":"grant","opinion":"","reasons":"","document_number":"1","check_code":"2","record_sha256":"00ff"})");
  fact(
      "supplement_requested",
      R"({"notice_id":"n","findings":[{"pointer":"/a","rule":"official","message_zh":"z","message_en":"e"}],"leader_reason":""})");
  fact(
      "received",
      R"({"declaration_number":"1","item_id":"i","item_version":1,"department":"d","received_outside":1780000000000,"content_sha256":"00"})");
  int number = 0;
  for (const char* text :
       {"11010519491231002X", "91310000MA1FL0XK0U", "13800138000", "010-12345678-1", "100000", "2026-02-28",
        "a.b@c.example", "JD202606010000017", "0197f2a0-0000-7000-8000-000000000001", "00ff", "AAECAw==", "AAECAw"})
    seed("identifiers", std::to_string(++number), text);
}

void datagrams() {
  Bytes tagged{1};
  for (std::uint8_t row = 0; row < 3; ++row) {
    Bytes block = from_hex(
                      "00000000"
                      "00000008"
                      "0100000003616263")
                      .value();
    block.resize(32);
    tagged.insert(tagged.end(), {0x10, row, 1});
    put_part(tagged, block);
  }
  seed("diode", "tagged", tagged);
  Bytes raw{0};
  for (int i = 0; i < 2; ++i) {
    raw.insert(raw.end(), {0x10, 0, 0});
    put_part(raw, Bytes(100, static_cast<std::uint8_t>(i)));
  }
  seed("diode", "raw", raw);
  seed("diode", "whole", joined({Bytes{2, 1, 2, 3, 50, 200, 9}, Bytes(200, 0)}));
  seed("diode", "losses",
       joined({Bytes{2, 30, 20, 3, 50, 100, 9}, Bytes{1, 0, 2, 3, 0, 4, 0, 0, 1, 3, 2, 12, 0, 1, 1, 0, 0, 3}}));
}

Bytes zip(bool with_macro) {
  Bytes out(64 * 1024);
  std::size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_set_format_zip(writer);
  archive_write_open_memory(writer, out.data(), out.size(), &used);
  for (const char* name : {"[Content_Types].xml", with_macro ? "word/vbaProject.bin" : "word/document.xml"}) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, 300);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_write_header(writer, entry);
    archive_write_data(writer, std::string(300, 'x').data(), 300);
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  out.resize(used);
  return out;
}

void attachments() {
  seed("inspection", "pdf",
       with_mode(0, bytes_of("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count "
                             "0>>endobj\ntrailer<</Root 1 0 R/Size 3>>\n%%EOF\n")));
  seed(
      "inspection", "pdf-script",
      with_mode(0, bytes_of("%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(x)>>/Pages 2 0 R>>endobj\n2 "
                            "0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R/Size 3>>\n%%EOF\n")));
  seed("inspection", "zip", with_mode(1, zip(false)));
  seed("inspection", "docx-macro", with_mode(3, zip(true)));
  seed("inspection", "png",
       with_mode(2, from_hex("89504e470d0a1a0a0000000d4948445200000001000000010806000000").value()));
}

}  // namespace
}  // namespace jindu::fuzz

int main(int count, char** words) {
  using namespace jindu::fuzz;
  if (count != 2) {
    std::cerr << "usage: fuzz-seeds FOLDER\n";
    return 2;
  }
  folder = words[1];
  seals();
  bundles();
  statements();
  dossiers();
  catalogues();
  payloads();
  certificates();
  pdfs();
  texts();
  datagrams();
  attachments();
  return 0;
}
