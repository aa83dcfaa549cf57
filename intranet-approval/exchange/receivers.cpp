#include "intranet-approval/exchange/receivers.hpp"

#include <jindu/v1/payload.pb.h>

#include <fcntl.h>
#include <unistd.h>
#include <boost/json/parse.hpp>

#include "common/catalogue/identifiers.hpp"
#include "common/dossier/dossier.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/ids.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/messages.hpp"
#include "intranet-approval/domain/cases/decide.hpp"
#include "intranet-approval/exchange/history.hpp"
#include "intranet-approval/exchange/outgoing.hpp"
#include "intranet-approval/store/dossiers.hpp"
#include "intranet-approval/store/uploads.hpp"

namespace jindu::approval {
namespace {

using exchange::Effects;
using exchange::Incoming;
namespace fs = std::filesystem;

Error malformed(const std::string& detail) { return {Fault::invalid, "payload.malformed", detail}; }

result<Effects> receive_slice(Office& office, const Incoming& incoming) {
  jindu::v1::MaterialSlice slice;
  if (auto ok = parse_message(incoming.payload, slice); !ok) return malformed(ok.error().detail);
  // The names become part of a path: nothing but a UUID is taken.
  if (!is_uuid(slice.declaration_id()) || !is_uuid(slice.upload_id()))
    return malformed("a slice names a declaration and an upload by UUID");
  const auto most = seal::sealed_size(dossier::kMaterialMax, seal::kHeaderMax);
  if (slice.data().empty() || slice.total() > most || slice.offset() > slice.total() ||
      slice.data().size() > slice.total() - slice.offset())
    return malformed("a slice lies within its material");
  const auto path = office.upload_path(slice.declaration_id(), slice.upload_id());
  if (auto ok = files::write_at(path, slice.offset(), bytes_of(slice.data()), true); !ok) return ok.error();
  const store::Slice row{slice.declaration_id(), slice.upload_id(), slice.offset(), slice.data().size(), slice.total()};
  return Effects([row, subject = incoming.subject, now = office.now()](storage::Transaction& t) {
    exchange::note_about(t, subject, row.declaration_id);
    store::put_slice(t, row, now);
  });
}

result<crypto::Digest> digest_of_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Error{Fault::not_found, "material.missing", "the sealed bytes are not here"};
  crypto::Sha256 hash;
  Bytes buffer(1 << 20);
  for (;;) {
    const auto count = ::read(file, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    hash.update(BytesView(buffer).first(static_cast<std::size_t>(count)));
  }
  ::close(file);
  return hash.finish();
}

// A dossier on its way from bytes to a case.
class Intake {
 public:
  Intake(Office& office, const Incoming& incoming) : office_(office), incoming_(incoming) {}

  result<Effects> prepare() {
    if (auto ok = parse_message(incoming_.payload, delivery_); !ok) return malformed(ok.error().detail);
    if (auto ok = check_receipt(); !ok) return ok.error();
    if (auto ok = open(); !ok) return ok.error();
    check_applicant();
    check_form();
    if (auto ok = check_materials(); !ok) return ok.error();
    return Effects([self = std::make_shared<Intake>(std::move(*this))](storage::Transaction& t) { self->apply(t); });
  }

 private:
  result<void> check_receipt() {
    auto receipt = evidence::open_signed(bytes_of(delivery_.submission_receipt()), evidence::kSubmissionReceiptType,
                                         office_.trust, office_.now(), incoming_.from);
    if (!receipt) return receipt.error();
    if (auto ok = parse_message(receipt->body, receipt_); !ok) return malformed(ok.error().detail);
    return {};
  }

  result<void> open() {
    const auto sealed = bytes_of(delivery_.sealed_content());
    received_outside_ = from_unix_ms(receipt_.received_at_ms());
    // The applicant's certificate had to be good when the portal took the dossier in.
    auto statement =
        dossier::check_statement(bytes_of(delivery_.signed_statement()), sealed, office_.applicants, received_outside_);
    if (!statement) return statement.error();
    const auto& s = statement->statement;
    if (receipt_.declaration_id() != s.declaration_id() || receipt_.item_id() != s.item_id() ||
        receipt_.item_version() != s.item_version() || receipt_.content_sha256() != s.content_sha256())
      return Error{Fault::integrity, "dossier.receipt", "the portal's receipt is of another dossier"};
    statement_ = s;
    bool known = false;
    if (auto ok = office_.database.read([&](storage::Transaction& t) {
          item_ = office_.item(t, s.item_id(), static_cast<int>(s.item_version()));
          known = office_.catalogue(t) != nullptr;
        });
        !ok)
      return ok;
    if (!known) return Error{Fault::unavailable, "catalogue.none", "no catalogue is published yet"};
    if (!item_) return Error{Fault::invalid, "dossier.unknown_item", "the item's version was never published"};
    const auto department = office_.departments.find(item_->department);
    if (department == office_.departments.end())
      return Error{Fault::unavailable, "department.no_key", "the key of " + item_->department + " is not configured"};
    auto opened = dossier::open_content(*statement, sealed, department->second.key);
    if (!opened) return opened.error();
    content_ = opened->content;
    opened_bytes_ = opened->signed_content;
    signer_ = opened->signer;
    return {};
  }

  void find(std::string pointer, std::string rule) { findings_.push_back({std::move(pointer), std::move(rule)}); }

  // Who applies must be who signed, as far as the certificate says it.
  void check_applicant() {
    const auto& party = content_.applicant();
    const bool company = party.kind() == jindu::v1::PARTY_KIND_COMPANY;
    if (company ? !item_->for_companies : !item_->for_citizens) find("/applicant/kind", "applicant.audience");
    if (!company) {
      if (signer_->common_name() != party.name()) find("/applicant/name", "applicant.certificate");
      if (!party.id_number().empty() && !catalogue::has_format("resident-id", party.id_number()))
        find("/applicant/id_number", "format.resident-id");
      return;
    }
    const auto code = signer_->serial_number_attribute();
    if (!code.empty() && code != party.id_number()) find("/applicant/id_number", "applicant.certificate");
    if (signer_->common_name() != party.name() && signer_->organisation() != party.name())
      find("/applicant/name", "applicant.certificate");
  }

  void check_form() {
    boost::json::parse_options options;
    options.max_depth = 32;
    boost::system::error_code code;
    form_ = boost::json::parse(content_.form_json(), code, {}, options);
    if (code) {
      find("", "type");
      return;
    }
    for (const auto& f : item_->form.check(form_)) find(f.pointer, f.rule);
    std::vector<catalogue::MaterialFacts> facts;
    for (const auto& m : content_.materials()) facts.push_back({m.code(), m.file_name(), m.media_type(), m.size()});
    for (const auto& f : catalogue::check_materials(*item_, form_, facts)) find(f.pointer, f.rule);
  }

  result<void> check_materials() {
    for (const auto& m : content_.materials()) {
      store::MaterialRow row;
      row.code = m.code();
      row.upload_id = m.upload_id();
      row.file_name = m.file_name();
      row.media_type = m.media_type();
      row.size = m.size();
      row.sha256.assign(m.sha256().begin(), m.sha256().end());
      row.file_key.assign(m.file_key().begin(), m.file_key().end());
      row.sealed_size = m.sealed_size();
      row.sealed_sha256.assign(m.sealed_sha256().begin(), m.sealed_sha256().end());
      auto verdict = inspect(m);
      if (!verdict) {
        if (verdict.error().fault == Fault::unavailable || verdict.error().fault == Fault::internal)
          return verdict.error();
        row.verdict = verdict.error().code;
        find("/materials/" + m.code(), verdict.error().code);
      } else {
        row.verdict = verdict->code;
        row.detected_type = verdict->detected_type;
        if (!verdict->clean) find("/materials/" + m.code(), verdict->code);
      }
      row.inspected_at = office_.now();
      materials_.push_back(std::move(row));
    }
    return {};
  }

  // Complete, the very bytes that were signed, openable, and harmless. The opened file lives only while it is looked
  // at.
  result<inspection::Verdict> inspect(const jindu::v1::Material& m) {
    store::Progress progress;
    if (auto ok = office_.database.read([&](storage::Transaction& t) {
          progress = store::upload_progress(t, content_.declaration_id(), m.upload_id());
        });
        !ok)
      return ok.error();
    // All slices come before the dossier, about the same subject: what is not here by now will not come.
    if (!progress.complete() && progress.total > 0)
      return Error{Fault::invalid, "material.incomplete", "parts of the material did not arrive"};
    const auto sealed = office_.upload_path(content_.declaration_id(), m.upload_id());
    auto digest = digest_of_file(sealed);
    if (!digest) return Error{Fault::invalid, "material.missing", digest.error().detail};
    std::error_code code;
    if (auto ok = dossier::check_part(statement_, m.upload_id(), fs::file_size(sealed, code), *digest); !ok)
      return ok.error();
    const auto opened = office_.scratch_path();
    const std::shared_ptr<void> gone(nullptr, [&](void*) { fs::remove(opened, code); });
    if (auto ok = dossier::open_material(content_, m, sealed, opened); !ok) return ok.error();
    return office_.inspector.inspect(opened, m.media_type(), m.file_name());
  }

  // What is added to a case comes from the one who began it, about the same item: the portal keeps accounts apart, but
  // it is not trusted with that.
  void check_continuity(storage::Transaction& t, const CaseState& state) const {
    const auto differs = [](const char* what) {
      throw ErrorException(
          {Fault::integrity, "dossier.other_case", std::string("another ") + what + " than the case has"});
    };
    if (state.item_id != item_->id || state.item_version != item_->version) differs("item");
    const auto first = applicant_of(store::submissions(t, content_.declaration_id()).at(0).opened_content);
    if (!first) throw ErrorException(first.error());
    const auto& party = content_.applicant();
    if (first->summary.name != party.name() || first->id_number != party.id_number()) differs("applicant");
    // A company may renew its certificate, which names it by its credit code; a citizen is known by the key.
    const bool same_company = first->summary.kind == "company" && !signer_->serial_number_attribute().empty() &&
                              signer_->serial_number_attribute() == first->certificate.serial_number_attribute();
    if (!same_company && signer_->key_id() != first->certificate.key_id()) differs("applicant");
  }

  void apply(storage::Transaction& t) {
    const auto& id = content_.declaration_id();
    exchange::note_about(t, incoming_.subject, id);
    const Bytes digest(statement_.content_sha256().begin(), statement_.content_sha256().end());
    if (store::has_submission(t, id, digest)) return;  // the same dossier, sent again
    const auto history = load_history(t, id);
    if (history.state.exists()) check_continuity(t, history.state);
    const bool supplement = content_.kind() == jindu::v1::SUBMISSION_KIND_SUPPLEMENT;
    const bool valid = findings_.empty();
    const auto now = office_.now();
    store::Submission submission{0,
                                 supplement ? "supplement" : "application",
                                 Bytes(delivery_.signed_statement().begin(), delivery_.signed_statement().end()),
                                 Bytes(delivery_.sealed_content().begin(), delivery_.sealed_content().end()),
                                 Bytes(delivery_.submission_receipt().begin(), delivery_.submission_receipt().end()),
                                 opened_bytes_,
                                 digest,
                                 valid,
                                 received_outside_,
                                 now,
                                 from_unix_ms(content_.signed_at_ms())};
    store::put_submission(t, id, submission, materials_);
    for (const auto& m : materials_) store::forget_slices(t, id, m.upload_id);

    const auto procedure = procedure_of(*item_);
    const Actor actor{ActorKind::applicant, to_hex(signer_->fingerprint()), content_.applicant().name(), {}};
    SystemFacts facts{procedure, now, {}, actor};
    const auto notice_id = new_uuid(now);
    SystemCommand command;
    if (supplement && valid)
      command = ReceiveSupplement{{content_.answers_notice_id(), received_outside_, digest}};
    else if (supplement)
      command = ReturnSupplement{{notice_id, received_outside_, findings_}};
    else if (valid)
      command = Receive{
          {receipt_.declaration_number(), item_->id, item_->version, item_->department, received_outside_, digest}};
    else
      command = Return{{receipt_.declaration_number(), item_->id, item_->version, item_->department, received_outside_,
                        notice_id, findings_}};
    auto events = decide(history.state, command, facts);
    if (!events) throw ErrorException(events.error());
    const store::ApplicantSummary applicant{
        content_.applicant().name(),
        content_.applicant().kind() == jindu::v1::PARTY_KIND_COMPANY ? "company" : "citizen"};
    commit_change(office_, t, history, {id, *events}, *item_, applicant);
    store::clear_intake_problem(t, id);
    if (valid) return;
    jindu::v1::NoticeContent notice;
    notice.set_declaration_id(id);
    notice.set_notice_id(notice_id);
    notice.set_kind("returned");
    for (const auto& f : findings_) {
      auto& one = *notice.add_findings();
      one.set_pointer(f.pointer);
      one.set_rule(f.rule);
    }
    send_notice(t, signer_->public_key(), std::move(notice), now);
  }

  Office& office_;
  Incoming incoming_;
  jindu::v1::DossierDelivery delivery_;
  jindu::v1::SubmissionReceipt receipt_;
  jindu::v1::SubmissionStatement statement_;
  jindu::v1::DossierContent content_;
  Bytes opened_bytes_;
  std::optional<crypto::Certificate> signer_;
  std::shared_ptr<const catalogue::Item> item_;
  Instant received_outside_{};
  boost::json::value form_;
  std::vector<CaseFinding> findings_;
  std::vector<store::MaterialRow> materials_;
};

result<Effects> receive_dossier(Office& office, const Incoming& incoming) {
  auto effects = Intake(office, incoming).prepare();
  if (effects) return effects;
  // For people to see: what waits, or was refused, and why.
  jindu::v1::DossierDelivery delivery;
  jindu::v1::SignedStatement outer;
  jindu::v1::SubmissionStatement statement;
  if (parse_message(incoming.payload, delivery) && parse_message(bytes_of(delivery.signed_statement()), outer) &&
      parse_message(bytes_of(outer.statement()), statement) && is_uuid(statement.declaration_id())) {
    auto ok = office.database.write([&](storage::Transaction& t) {
      store::put_intake_problem(t, statement.declaration_id(), office.now(), effects.error().code,
                                effects.error().detail);
      exchange::note_about(t, incoming.subject, statement.declaration_id());
    });
    if (!ok) log::error("intake.problem_not_kept", log::of(ok.error()));
  }
  return effects;
}

}  // namespace

std::map<std::string, exchange::Receiver> receivers(Office& office) {
  return {{"material", [&office](const Incoming& incoming) { return receive_slice(office, incoming); }},
          {"dossier", [&office](const Incoming& incoming) { return receive_dossier(office, incoming); }}};
}

}  // namespace jindu::approval
