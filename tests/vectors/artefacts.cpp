#include "tests/vectors/artefacts.hpp"

#include <jindu/v1/dossier.pb.h>
#include <jindu/v1/event.pb.h>
#include <jindu/v1/payload.pb.h>
#include <jindu/v1/reconciliation.pb.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "common/crypto/cms.hpp"
#include "common/dossier/dossier.hpp"
#include "common/exchange/codec/bundle.hpp"
#include "common/exchange/codec/receipt.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/messages.hpp"

namespace jindu::vectors {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::string_view kDeclaration = "019a0000-0000-7000-8000-000000000001";
const Instant kNow = from_unix_ms(1'780'000'000'000);

class Artefacts {
 public:
  Artefacts(const Keyring& keys, fs::path folder) : keys_(keys), folder_(std::move(folder)) {
    files::make_folder(folder_).value();
  }

  void write(const std::string& name, BytesView bytes) const { files::write_durably(folder_ / name, bytes).value(); }
  void write(const std::string& name, std::string_view text) const { write(name, bytes_of(text)); }

  void trust(const fs::path& vectors) const {
    const auto all = json::parse(files::read_text(vectors / "keys.json").value()).as_object();
    for (const char* name : {"root", "issuing", "crls"})
      write(std::string(name) + ".pem", std::string_view(all.at(name).as_string()));
    write("foreign.pem", keys_.of("foreign").certificate.pem());
    for (const char* name : {"department", "applicant-ec", "approval", "stranger-ec"})
      write(std::string(name) + ".key", keys_.of(name).key.to_pem());
    for (const char* name : {"portal", "gateway-outer"})
      write(std::string(name) + ".pem", keys_.of(name).certificate.pem());
  }

  void dossier() {
    dossier::DossierDraft draft;
    draft.declaration_id = kDeclaration;
    draft.item_id = "food-business-licence";
    draft.applicant.set_kind(jindu::v1::PARTY_KIND_COMPANY);
    draft.applicant.set_name("测试餐饮有限公司");
    draft.form_json = R"({"shop":"渡口"})";
    draft.materials = {{"lease", "../../lease.pdf", "application/pdf", Bytes(20'000, 7)},
                       {"plan", "plan.png", "image/png", Bytes(1, 1)}};
    draft.signed_at = kNow;
    const auto made =
        dossier::make_dossier(draft, keys_.of("applicant-ec"), keys_.of("department").key.public_key()).value();
    write("statement.jdd", made.signed_statement);
    write("content.jds", made.sealed_content);
    for (std::size_t i = 0; i < made.materials.size(); ++i)
      write("material-" + std::to_string(i + 1) + ".jds", made.materials[i].sealed);
    content_sha256_ = to_hex(crypto::sha256(made.sealed_content));

    jindu::v1::SignedStatement outer;
    jindu::v1::SubmissionStatement statement;
    parse_message(made.signed_statement, outer).value();
    parse_message(bytes_of(outer.statement()), statement).value();
    jindu::v1::SubmissionReceipt receipt;
    receipt.set_version(1);
    receipt.set_declaration_id(std::string(kDeclaration));
    receipt.set_declaration_number("JD20260528000017");
    const auto digest = crypto::sha256(bytes_of(outer.statement()));
    receipt.set_statement_sha256(digest.data(), 32);
    receipt.set_content_sha256(statement.content_sha256());
    *receipt.mutable_parts() = statement.parts();
    receipt.set_received_at_ms(to_unix_ms(kNow) + 5'000);
    receipt.set_item_id(statement.item_id());
    receipt.set_item_version(1);
    for (const char* who : {"portal", "foreign-portal", "expired-portal", "revoked-portal"})
      write(std::string("receipt-") + who + ".jds",
            evidence::sign_statement(evidence::kSubmissionReceiptType, encode(receipt), node(who)));
  }

  void bundle_and_receipts() const {
    exchange::BundleDraft draft;
    draft.id = exchange::bundle_id_from_text(kDeclaration).value();
    draft.from = "portal";
    draft.to = "approval";
    draft.kind = "dossier";
    draft.subject = Bytes(16, 1);
    draft.created = kNow;
    draft.expires = kNow + std::chrono::days(30);
    draft.place.sequence = draft.place.subject_sequence = 1;
    const auto bundle = exchange::build_bundle(draft, bytes_of("what is carried"), keys_.of("portal").key,
                                               keys_.of("approval").key.public_key())
                            .value();
    write("bundle.jdb", bundle.bytes);
    draft.id[15] = 2;
    write(
        "other-bundle.jdb",
        exchange::build_bundle(draft, {}, keys_.of("portal").key, keys_.of("approval").key.public_key()).value().bytes);
    draft.id[15] = 1;
    json::array list;
    const auto tell = [&](const std::string& name, jindu::v1::Rung rung, const char* who, int seconds,
                          bool listed = false) {
      exchange::Receipt receipt;
      receipt.bundle = draft.id;
      receipt.manifest_digest = bundle.manifest_digest;
      receipt.rung = rung;
      receipt.at = kNow + std::chrono::seconds(seconds);
      if (rung == jindu::v1::RUNG_REFUSED) receipt.code = "policy.kind_forbidden";
      const auto signed_bytes = exchange::sign_receipt(receipt, node(who));
      write(name + ".jds", signed_bytes);
      if (listed) list.push_back({{"rung", exchange::to_text(rung)}, {"receipt", to_base64(signed_bytes)}});
    };
    using namespace jindu::v1;
    tell("1-stored", RUNG_STORED, "gateway-outer", 1, true);
    tell("2-verified", RUNG_VERIFIED, "gateway-outer", 2, true);
    tell("3-carried", RUNG_CARRIED, "gateway-inner", 3, true);
    tell("4-delivered", RUNG_DELIVERED, "gateway-inner", 4, true);
    tell("5-applied", RUNG_APPLIED, "approval", 5, true);
    tell("stored-again", RUNG_STORED, "gateway-outer", 9);
    tell("verified-early", RUNG_VERIFIED, "gateway-outer", 0);
    tell("carried-by-outer", RUNG_CARRIED, "gateway-outer", 3);
    tell("applied-by-unit", RUNG_APPLIED, "gateway-inner", 5);
    tell("applied-early", RUNG_APPLIED, "approval", 2);
    tell("refused", RUNG_REFUSED, "approval", 6);
    tell("held", RUNG_HELD, "gateway-inner", 3);
    tell("released", RUNG_RELEASED, "gateway-inner", 3);
    write("timeline.json", json::serialize(json::object{{"id", kDeclaration}, {"receipts", list}}));
  }

  // What both units say of a stretch, and what one of them has put away.
  void reconciliation_and_records() const {
    const auto say = [&](const char* unit, std::uint64_t applied, BytesView answers, const char* signer,
                         std::uint64_t log_number = 7, std::uint64_t open = 0) {
      jindu::v1::Reconciliation said;
      said.set_version(1);
      said.set_unit(unit);
      said.set_day("2026-05-28");
      said.set_made_ms(to_unix_ms(kNow));
      auto& count = *said.mutable_count();
      count.set_channel("portal>approval");
      count.set_epoch(1);
      count.set_first(1);
      count.set_last(3);
      count.set_bundles(3);
      count.set_applied(applied);
      count.set_open(open);
      count.set_merkle_root(std::string(32, static_cast<char>(applied)));
      said.set_answers(answers.data(), answers.size());
      said.set_log_number(log_number);
      if (log_number > 0) said.set_log_digest(std::string(32, 'd'));
      return evidence::sign_statement(evidence::kReconciliationType, encode(said), node(signer));
    };
    const auto question = say("gateway-outer", 3, {}, "gateway-outer");
    const auto to_it = crypto::sha256(question);
    const auto answer = say("gateway-inner", 3, to_it, "gateway-inner");
    write("count-outer.jds", question);
    write("count-inner.jds", answer);
    write("count-inner-open.jds", say("gateway-inner", 2, to_it, "gateway-inner", 7, 1));
    write("count-inner-differs.jds", say("gateway-inner", 2, to_it, "gateway-inner"));
    write("count-of-old.jds", say("gateway-inner", 3, to_it, "gateway-inner", 0));
    write("count-by-portal.jds", say("gateway-outer", 3, {}, "portal"));
    json::array list;
    for (const auto* one : {&question, &answer}) list.push_back(json::object{{"signed", to_base64(*one)}});
    const auto issuing = crypto::Certificate::all_from_pem_file((folder_ / "issuing.pem").string()).value().front();
    write("counts.json", json::serialize(json::object{{"statements", list},
                                                      {"intermediates", json::array{to_base64(issuing.der())}}}));
    write("counts-with-rubbish.json",
          json::serialize(json::object{{"statements", list}, {"intermediates", json::array{"AAAA"}}}));

    const std::string bytes = "what was set aside";
    json::object said{{"record", "dismissed"},
                      {"unit", "gateway-inner"},
                      {"bundle", kDeclaration},
                      {"manifest_digest", to_hex(crypto::sha256(bytes_of("manifest")))},
                      {"bundle_sha256", to_hex(crypto::sha256(bytes_of(bytes)))},
                      {"code", "bundle.signature"},
                      {"says_it_is_from", "portal"},
                      {"signed_by", ""},
                      {"quarantined_at_ms", to_unix_ms(kNow)},
                      {"at_ms", to_unix_ms(kNow) + 60'000},
                      {"who", "谢运 0123456789abcdef"},
                      {"reason", "a forgery \x1b[31m"}};
    const auto record = [&](const std::string& name, const char* signer) {
      write(name + ".jds",
            evidence::sign_statement(evidence::kRecordType, bytes_of(json::serialize(said)), node(signer)));
    };
    write("set-aside.bin", bytes);
    record("record-dismissed", "gateway-inner");
    record("record-by-portal", "portal");
    said["record"] = "replaced";
    record("record-replaced", "gateway-inner");
    said["record"] = "invented";
    record("record-of-no-kind", "gateway-inner");
    said.erase("record");
    said["id"] = kDeclaration;
    said["exported_by"] = "钱审 0123456789abcdef";
    said["exported_at_ms"] = to_unix_ms(kNow) + 90'000;
    said["manifest_bytes"] = to_base64(bytes_of("manifest"));
    said["bundle"] = to_base64(Bytes(200'000, 7));  // more than other statements may have
    record("record-evidence", "gateway-inner");
    said["manifest_bytes"] = to_base64(bytes_of("another manifest"));
    record("record-evidence-odd", "gateway-inner");
  }

  // The smallest PDF with a signature over the whole of it.
  void decision() const {
    const std::size_t room = 16'000;
    std::string before =
        "%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] "
        "/Count 0 >>\nendobj\n3 0 obj\n<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter "
        "/ETSI.CAdES.detached /ByteRange [";
    const std::string after = " >>\nendobj\ntrailer << /Root 1 0 R /Size 4 >>\n%%EOF\n";
    const auto first = before.size() + 60;
    auto range = "0 " + std::to_string(first) + " " + std::to_string(first + room + 2) + " " +
                 std::to_string(after.size()) + "]";
    range += std::string(49 - range.size(), ' ') + " /Contents ";
    before += range;
    const auto& seal = keys_.of("department");
    const auto cms = crypto::cms_sign(bytes_of(before + after), seal.key, seal.certificate, seal.chain).value();
    auto hex = to_hex(cms);
    hex.resize(room, '0');
    const auto pdf = before + "<" + hex + ">" + after;
    write("decision.pdf", pdf);
    jindu::v1::DocumentRecord record;
    record.set_check_code("00000000000000000000000000");
    record.set_document_number("测食许〔2026〕1号");
    record.set_document_kind("grant");
    const auto digest = crypto::sha256(bytes_of(pdf));
    record.set_document_sha256(digest.data(), 32);
    for (const char* state : {"valid", "revoked"}) {
      record.set_state(state);
      write(std::string("record-") + state + ".bin", encode(record));
    }
    write("check.json", json::serialize(json::object{{"document_number", record.document_number()},
                                                     {"sha256", to_hex(digest)},
                                                     {"state", "valid"},
                                                     {"valid_until", "2031-05-28"}}));
    record.set_state("valid");
    record.set_document_sha256(std::string(32, 'x'));
    write("record-other.bin", encode(record));
  }

  // A case from its dossier to its end, with the determining official's own signature.
  void history() {
    const auto& official = keys_.of("applicant-rsa");
    const auto fingerprint = to_hex(official.certificate.fingerprint());
    add("received", json::object{{"content_sha256", content_sha256_}}, {});
    add("accepted", json::object{{"acceptance_number", "SL2026-1"}, {"opinion", ""}}, {});
    add("stage_entered", json::object{{"stage", "determination"}}, {});
    const auto record = json::serialize(json::object{{"type", "jindu/decision-record/v1"},
                                                     {"case_id", kDeclaration},
                                                     {"sequence", 3},
                                                     {"item_id", "food-business-licence"},
                                                     {"item_version", 1},
                                                     {"acceptance_number", "SL2026-1"},
                                                     {"department", "market-supervision"},
                                                     {"applicant_name", "测试餐饮有限公司"},
                                                     {"content_sha256", json::array{content_sha256_}},
                                                     {"outcome", "grant"},
                                                     {"opinion", "同意"},
                                                     {"reasons", ""},
                                                     {"official", fingerprint}});
    const json::object fact{{"outcome", "grant"},
                            {"opinion", "同意"},
                            {"reasons", ""},
                            {"record_sha256", to_hex(crypto::sha256(bytes_of(record)))}};
    const auto before = previous_;
    const auto events = list_;
    auto refused = fact;
    refused["outcome"] = "refuse";
    add("determined", refused, record, fingerprint, "history-other-outcome");
    previous_ = before;
    list_ = events;
    add("determined", fact, record, fingerprint);
    add("notified", json::object{{"opinion", "已送达"}}, {});
    write("history.json", json::serialize(json::object{{"history", list_}}));
    auto gap = list_;
    gap.erase(gap.begin() + 1);
    write("history-gap.json", json::serialize(json::object{{"history", gap}}));
    auto open = list_;
    open.pop_back();
    write("history-open.json", json::serialize(open));
  }

 private:
  evidence::NodeSigner node(std::string_view who) const {
    const auto& identity = keys_.of(who);
    return {identity.certificate.common_name(), identity.key, identity.certificate, identity.chain};
  }

  void add(const char* type, const json::object& fact, std::string_view record, std::string fingerprint = {},
           const char* alone = nullptr) {
    const auto sequence = list_.size() + 1;
    jindu::v1::CaseEvent event;
    event.set_version(1);
    event.set_case_id(std::string(kDeclaration));
    event.set_sequence(sequence);
    event.set_previous_digest(previous_.data(), 32);
    event.set_type(type);
    event.set_at_ms(to_unix_ms(kNow) + static_cast<std::int64_t>(sequence) * 60'000);
    event.set_actor_kind(fingerprint.empty() ? "system" : "official");
    event.set_actor_fingerprint(fingerprint);
    event.set_fact_json(json::serialize(fact));
    if (!record.empty()) {
      const auto& official = keys_.of("applicant-rsa");
      const auto signature =
          crypto::cms_sign(bytes_of(record), official.key, official.certificate, official.chain).value();
      event.set_record(std::string(record));
      event.set_record_signature(std::string(text_of(signature)));
    }
    const auto encoded = evidence::sign_statement(evidence::kCaseEventType, encode(event), node("approval"));
    previous_ = crypto::sha256(encoded);
    list_.push_back(json::value(to_base64(encoded)));
    if (alone) write(std::string(alone) + ".json", json::serialize(list_));
  }

  const Keyring& keys_;
  fs::path folder_;
  std::string content_sha256_;
  crypto::Digest previous_{};
  json::array list_;
};

}  // namespace

void write_artefacts(const Keyring& keys, const fs::path& vectors, const fs::path& folder) {
  Artefacts artefacts(keys, folder);
  artefacts.trust(vectors);
  artefacts.dossier();
  artefacts.bundle_and_receipts();
  artefacts.reconciliation_and_records();
  artefacts.decision();
  artefacts.history();
}

}  // namespace jindu::vectors
