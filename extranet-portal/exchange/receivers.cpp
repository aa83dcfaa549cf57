#include "extranet-portal/exchange/receivers.hpp"

#include <jindu/v1/payload.pb.h>

#include <algorithm>
#include <array>

#include "common/catalogue/calendar.hpp"
#include "common/exchange/service/sent_anew.hpp"
#include "common/runtime/ids.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/messages.hpp"
#include "common/seal/seal.hpp"
#include "extranet-portal/domain/catalogue_view.hpp"
#include "extranet-portal/domain/status.hpp"
#include "extranet-portal/store/declarations.hpp"
#include "extranet-portal/store/notices.hpp"
#include "extranet-portal/store/published.hpp"
#include "extranet-portal/store/uploads.hpp"

namespace jindu::portal::exchange {
namespace {

using jindu::exchange::Effects;
using jindu::exchange::Incoming;

Error refused(Fault fault, std::string code, std::string detail) { return {fault, std::move(code), std::move(detail)}; }

bool is_date_or_empty(const std::string& text) { return text.empty() || catalogue::day_from_iso(text).has_value(); }

bool is_check_code(std::string_view text) {
  return text.size() == 26 && text.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ") == std::string_view::npos;
}

store::Declaration declaration_of(storage::Transaction& tx, const std::string& id) {
  auto declaration = store::find_declaration(tx, id);
  if (!declaration)
    throw ErrorException{refused(Fault::not_found, "declaration.unknown", "no such declaration was submitted here")};
  return std::move(*declaration);
}

// The editor signed it, and everybody dossiers would be sealed to is certified by the deployment.
result<std::string> check_editor(const EditorTrust& trust, const jindu::v1::CatalogueRelease& release, Instant now,
                                 std::vector<crypto::Certificate>& intermediates) {
  const auto by = crypto::cms_verify(bytes_of(release.signature()), bytes_of(release.catalogue_json()));
  if (!by) return by.error();
  intermediates = trust.intermediates;
  intermediates.insert(intermediates.end(), by->others.begin(), by->others.end());
  if (const auto trusted = trust.editors.verify(by->signer, intermediates, now); !trusted) return trusted.error();
  const std::string name = by->signer.common_name();
  if (!trust.names.empty() && std::find(trust.names.begin(), trust.names.end(), name) == trust.names.end())
    return refused(Fault::forbidden, "catalogue.editor", "the signer is no catalogue editor");
  return name;
}

result<void> check_departments(const EditorTrust& trust, const jindu::v1::CatalogueRelease& release,
                               const CatalogueView& view, const std::vector<crypto::Certificate>& intermediates,
                               Instant now) {
  for (const auto& [id, department] : view.departments) {
    const auto der = department.certificate.der();
    const bool listed = std::any_of(release.department_certificates().begin(), release.department_certificates().end(),
                                    [&](const std::string& listed_der) { return listed_der == text_of(der); });
    if (!listed)
      return refused(Fault::integrity, "catalogue.department_certificate",
                     "the certificate of " + id + " is not among the release's");
    if (const auto held = trust.departments.verify(department.certificate, intermediates, now); !held)
      return Error{held.error().fault, held.error().code, "department " + id + ": " + held.error().detail};
  }
  return {};
}

}  // namespace

result<Effects> receive_catalogue(const EditorTrust& trust, const Incoming& incoming, Instant now) {
  jindu::v1::CatalogueRelease message;
  if (const auto parsed = parse_message(incoming.payload, message); !parsed) return parsed.error();
  std::vector<crypto::Certificate> intermediates;
  const auto editor = check_editor(trust, message, now, intermediates);
  if (!editor) return editor.error();
  const auto view = catalogue_view(bytes_of(message.catalogue_json()), from_unix_ms(message.published_at_ms()));
  if (!view) return view.error();
  if (view->serial != message.serial())
    return refused(Fault::integrity, "catalogue.serial", "the release and the signed catalogue have different serials");
  if (const auto held = check_departments(trust, message, *view, intermediates, now); !held) return held.error();

  const BytesView catalogue = bytes_of(message.catalogue_json());
  const BytesView signature = bytes_of(message.signature());
  store::Release release{view->serial,
                         view->published_at,
                         *editor,
                         {catalogue.begin(), catalogue.end()},
                         {signature.begin(), signature.end()}};
  std::vector<store::ItemBody> items;
  for (const auto& [id, item] : view->items) items.push_back({id, item.version, item.published});
  return Effects([release = std::move(release), items = std::move(items)](storage::Transaction& tx) {
    const auto latest = store::latest_release(tx);
    if (latest && latest->serial == release.serial && latest->catalogue == release.catalogue) return;
    if (latest && latest->serial >= release.serial)
      throw ErrorException{refused(Fault::conflict, "catalogue.older",
                                   "release " + std::to_string(latest->serial) + " is here already")};
    store::put_release(tx, release, items);
  });
}

result<Effects> receive_status(const Incoming& incoming, Instant now) {
  jindu::v1::StatusUpdate message;
  if (const auto parsed = parse_message(incoming.payload, message); !parsed) return parsed.error();
  if (!is_uuid(message.declaration_id()) || message.case_sequence() == 0 || !is_intranet_status(message.status()) ||
      !is_date_or_empty(message.due_date()) || !is_date_or_empty(message.statutory_due_date()) ||
      message.stage().size() > 100 || message.acceptance_number().size() > 100)
    return refused(Fault::invalid, "status.malformed", "a status update that says nothing the portal knows");
  Progress update{message.status(),        message.stage(),
                  message.case_sequence(), message.acceptance_number(),
                  message.due_date(),      message.statutory_due_date(),
                  message.provisional(),   message.working_days_left()};
  return Effects([id = message.declaration_id(), at = from_unix_ms(message.at_ms()), update = std::move(update),
                  subject = incoming.subject, now](storage::Transaction& tx) {
    auto declaration = declaration_of(tx, id);
    jindu::exchange::note_about(tx, subject, id);
    const auto before = declaration.progress;
    if (!merge(declaration.progress, update)) return;
    store::put_progress(tx, id, declaration.progress, now);
    // Updates of deadlines alone are no steps of their own.
    if (before.status != update.status || before.stage != update.stage)
      store::add_step(tx, id, update.case_sequence, {update.status, update.stage, at});
  });
}

result<Effects> receive_notice(const Incoming& incoming) {
  static constexpr std::array<std::string_view, 5> kinds{"returned", "supplement", "not_accepted", "accepted",
                                                         "decision"};
  jindu::v1::SealedNotice message;
  if (const auto parsed = parse_message(incoming.payload, message); !parsed) return parsed.error();
  const auto seal = seal::inspect_seal(bytes_of(message.sealed()));
  if (!is_uuid(message.declaration_id()) || !is_uuid(message.notice_id()) || !seal ||
      std::find(kinds.begin(), kinds.end(), message.kind()) == kinds.end())
    return refused(Fault::invalid, "notice.malformed", "not a sealed notice of a known kind");
  if (seal->binding != "notice/" + message.declaration_id() + "/" + message.notice_id())
    return refused(Fault::integrity, "notice.seal", "the notice is sealed for another place");
  const BytesView sealed = bytes_of(message.sealed());
  store::Notice notice{
      message.notice_id(), message.declaration_id(),      message.kind(), from_unix_ms(message.at_ms()), false,
      sealed.size(),       {sealed.begin(), sealed.end()}};
  return Effects([notice = std::move(notice), subject = incoming.subject](storage::Transaction& tx) {
    declaration_of(tx, notice.declaration_id);
    jindu::exchange::note_about(tx, subject, notice.declaration_id);
    store::add_notice(tx, notice);
  });
}

result<Effects> receive_document(const Incoming& incoming) {
  jindu::v1::DocumentRecord message;
  if (const auto parsed = parse_message(incoming.payload, message); !parsed) return parsed.error();
  const auto sha256 = crypto::digest_from(bytes_of(message.document_sha256()));
  const bool known_state = message.state() == "valid" || message.state() == "revoked" || message.state() == "replaced";
  if (!is_check_code(message.check_code()) || !sha256 || !known_state || !is_date_or_empty(message.valid_until()))
    return refused(Fault::invalid, "document.malformed", "a document record without code, digest or known state");
  store::Document document{message.check_code(),
                           message.document_number(),
                           message.document_kind(),
                           message.department_zh(),
                           message.department_en(),
                           message.item_id(),
                           from_unix_ms(message.issued_at_ms()),
                           message.valid_until(),
                           *sha256,
                           message.state()};
  return Effects([document = std::move(document)](storage::Transaction& tx) {
    const auto known = store::document_by_code(tx, document.check_code);
    if (known && known->sha256 != document.sha256)
      throw ErrorException{
          refused(Fault::conflict, "document.other_digest", "another document was issued under this code")};
    // A record that was stopped on its way and sent anew comes late: what does not hold any more stays so.
    if (known && known->state != "valid" && document.state == "valid") return;
    store::put_document(tx, document);
  });
}

std::map<std::string, jindu::exchange::Receiver> receivers(const EditorTrust& trust, const Clock& clock) {
  return {
      {"catalogue", [&](const Incoming& incoming) { return receive_catalogue(trust, incoming, clock.now()); }},
      {"status", [&](const Incoming& incoming) { return receive_status(incoming, clock.now()); }},
      {"notice", [](const Incoming& incoming) { return receive_notice(incoming); }},
      {"document", [](const Incoming& incoming) { return receive_document(incoming); }},
  };
}

namespace {

void keep_step(storage::Transaction& tx, const std::string& declaration_id, const Progress& now_known, Instant at) {
  store::put_progress(tx, declaration_id, now_known, at);
  store::add_step(tx, declaration_id, now_known.case_sequence, {now_known.status, now_known.stage, at});
}

}  // namespace

void note_progress(storage::Transaction& tx, const jindu::exchange::Progress& progress) {
  const auto rung = progress.receipt.rung;
  const bool ended_badly =
      rung == jindu::v1::RUNG_REFUSED || rung == jindu::v1::RUNG_EXPIRED || rung == jindu::v1::RUNG_QUARANTINED;
  if (ended_badly)
    log::error("dossier.stopped", {{"declaration", progress.subject},
                                   {"kind", progress.kind},
                                   {"rung", std::string(jindu::exchange::to_text(rung))},
                                   {"code", progress.receipt.code}});
  if (progress.kind != "dossier" && !ended_badly) return;
  auto declaration = store::find_declaration(tx, progress.subject);
  if (!declaration) return;
  // Receipts come by another way than status updates: what the intranet says itself is never taken back.
  auto& known = declaration->progress;
  const bool moving = rung >= jindu::v1::RUNG_STORED && rung <= jindu::v1::RUNG_APPLIED;
  // A second party's word of what was sent anew meanwhile stops nothing.
  const bool stops = ended_badly && !jindu::exchange::stopped(tx, progress.subject).empty();
  if ((moving && handed_over(known)) || (stops && stopped(known)))
    keep_step(tx, progress.subject, known, progress.receipt.at);
  if (rung != jindu::v1::RUNG_APPLIED) return;
  // A dossier comes behind its materials; when every submission's is applied, no file is needed any more.
  // (One that was applied after all, and sent anew, counts once.)
  const auto anew = jindu::exchange::sent_anew(tx, progress.subject);
  std::uint64_t applied = 0;
  for (const auto& step : jindu::exchange::timeline(tx, progress.subject))
    applied += step.kind == "dossier" && step.rung == jindu::exchange::to_text(jindu::v1::RUNG_APPLIED) &&
               !anew.contains(step.bundle);
  if (applied == store::count_submissions(tx, progress.subject))
    store::mark_delivered(tx, progress.subject, progress.receipt.at);
}

void note_sent_anew(storage::Transaction& tx, const std::string& declaration_id, Instant now) {
  auto declaration = store::find_declaration(tx, declaration_id);
  if (!declaration || !jindu::exchange::stopped(tx, declaration_id).empty()) return;
  if (sent_anew(declaration->progress)) keep_step(tx, declaration_id, declaration->progress, now);
}

}  // namespace jindu::portal::exchange
