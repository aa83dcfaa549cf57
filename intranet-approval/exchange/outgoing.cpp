#include "intranet-approval/exchange/outgoing.hpp"

#include "common/dossier/dossier.hpp"
#include "common/runtime/messages.hpp"

namespace jindu::approval {
namespace {

// Decisions and status before everything but receipts (docs/formats.md, "Bundle": priority).
constexpr std::uint32_t kPriority = 1;

std::string date_or_empty(const std::string& date) { return date == store::kNoDate ? std::string{} : date; }

}  // namespace

void send_status(storage::Transaction& t, const store::CaseRow& row, Instant at, int working_days_left) {
  jindu::v1::StatusUpdate update;
  update.set_declaration_id(row.case_id);
  update.set_case_sequence(row.sequence);
  update.set_status(row.status);
  update.set_stage(row.stage);
  update.set_at_ms(to_unix_ms(at));
  update.set_acceptance_number(row.acceptance_number);
  update.set_due_date(date_or_empty(row.due_date));
  update.set_statutory_due_date(date_or_empty(row.statutory_due_date));
  update.set_provisional(row.provisional);
  update.set_working_days_left(static_cast<std::uint32_t>(std::max(0, working_days_left)));
  exchange::enqueue(t, {"status", row.case_id, kPriority, encode(update)}, at);
}

void send_notice(storage::Transaction& t, const crypto::PublicKey& applicant, jindu::v1::NoticeContent content,
                 Instant at) {
  content.set_at_ms(to_unix_ms(at));
  auto sealed = seal::seal_to({applicant}, dossier::notice_binding(content.declaration_id(), content.notice_id()),
                              encode(content));
  if (!sealed) throw ErrorException(sealed.error());
  store::put_notice(t, {content.notice_id(), content.declaration_id(), content.kind(), at, *sealed});
  jindu::v1::SealedNotice notice;
  notice.set_declaration_id(content.declaration_id());
  notice.set_notice_id(content.notice_id());
  notice.set_kind(content.kind());
  notice.set_at_ms(to_unix_ms(at));
  notice.set_sealed(sealed->data(), sealed->size());
  exchange::enqueue(t, {"notice", content.declaration_id(), kPriority, encode(notice)}, at);
}

void send_document_record(storage::Transaction& t, const store::Document& document, const std::string& case_id,
                          const std::string& item_id, const catalogue::Localised& department) {
  jindu::v1::DocumentRecord record;
  record.set_check_code(document.check_code);
  record.set_document_number(document.document_number);
  record.set_document_kind(document.kind);
  record.set_department_zh(department.zh);
  record.set_department_en(department.en);
  record.set_item_id(item_id);
  record.set_issued_at_ms(to_unix_ms(document.issued_at));
  record.set_valid_until(document.valid_until);
  record.set_document_sha256(document.sha256.data(), document.sha256.size());
  record.set_state("valid");
  exchange::enqueue(t, {"document", case_id, kPriority, encode(record)}, document.issued_at);
}

void send_catalogue(storage::Transaction& t, const store::Release& release, const catalogue::Catalogue& catalogue) {
  jindu::v1::CatalogueRelease message;
  message.set_serial(release.serial);
  message.set_published_at_ms(to_unix_ms(release.published_at));
  message.set_catalogue_json(release.catalogue.data(), release.catalogue.size());
  message.set_signature(release.signature.data(), release.signature.size());
  for (const auto& department : catalogue.departments)
    message.add_department_certificates(department.certificate.data(), department.certificate.size());
  exchange::enqueue(t, {"catalogue", "catalogue", kPriority, encode(message)}, release.published_at);
}

}  // namespace jindu::approval
