// What an applicant submits: as it is; with a statement of the fuzzer's signed well; and with a content of the fuzzer's
// signed well, held against a good statement.
#include "common/dossier/dossier.hpp"

#include "common/runtime/messages.hpp"
#include "tests/fuzz/world.hpp"

namespace jindu::fuzz {
namespace {

Bytes signature_over(BytesView content) {
  const auto& applicant = node("applicant");
  return crypto::cms_sign(content, applicant.key, applicant.certificate).value();
}

void take(BytesView signed_statement, BytesView sealed_content) {
  const auto checked = dossier::check_statement(signed_statement, sealed_content, trust().store, kNow);
  if (!checked) {
    promise(!checked.error().code.empty(), "a dossier is refused by name");
    return;
  }
  for (const auto& part : checked->statement.parts()) {
    const auto digest = crypto::digest_from(bytes_of(part.sha256()));
    promise(digest && dossier::check_part(checked->statement, part.upload_id(), part.size(), *digest).has_value(),
            "a part fits its own statement");
  }
  static const auto department = key_of("department");
  (void)dossier::open_content(*checked, sealed_content, department);
}

// A statement in which everything is right, from the last good content on; the target's own.
const dossier::CheckedStatement& good_statement() {
  static const auto checked = [] {
    const auto& applicant = node("applicant");
    dossier::DossierDraft draft;
    draft.declaration_id = "0197f2a0-0000-7000-8000-000000000001";
    draft.item_id = "food-business-licence";
    draft.applicant.set_kind(jindu::v1::PARTY_KIND_CITIZEN);
    draft.applicant.set_name("applicant");
    draft.form_json = "{}";
    draft.signed_at = kNow;
    const auto made =
        dossier::make_dossier(draft, {applicant.key, applicant.certificate, {}}, key_of("department").public_key())
            .value();
    return dossier::check_statement(made.signed_statement, made.sealed_content, trust().store, kNow).value();
  }();
  return checked;
}

void take_content(BytesView content) {
  jindu::v1::DossierContent message;
  const auto certificate = node("applicant").certificate.der();
  Bytes bytes(content.begin(), content.end());
  // The certificate is another in each process; with it in place the checks behind it are reached.
  if (parse_message(content, message)) {
    message.mutable_applicant()->set_certificate(certificate.data(), certificate.size());
    bytes = encode(message);
  }
  const auto signature = signature_over(bytes);
  jindu::v1::SignedContent outer;
  outer.set_content(bytes.data(), bytes.size());
  outer.set_signature(signature.data(), signature.size());
  const auto opened = dossier::check_content(good_statement(), encode(outer));
  if (opened)
    promise(opened->content.declaration_id() == good_statement().statement.declaration_id(),
            "content and statement agree");
}

}  // namespace
}  // namespace jindu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu;
  using namespace jindu::fuzz;
  Input input(data, size);
  const auto mode = input.byte() % 3;
  if (mode == 2) {
    take_content(input.rest());
    return 0;
  }
  const auto statement = input.part();
  const auto content = input.rest();
  if (mode == 0) {
    take(statement, content);
    return 0;
  }
  v1::SubmissionStatement message;
  Bytes bytes(statement.begin(), statement.end());
  if (parse_message(statement, message)) {
    const auto digest = crypto::sha256(content);
    message.set_content_sha256(digest.data(), digest.size());
    message.set_content_size(content.size());
    bytes = encode(message);
  }
  const auto signature = signature_over(bytes);
  v1::SignedStatement outer;
  outer.set_statement(bytes.data(), bytes.size());
  outer.set_signature(signature.data(), signature.size());
  take(encode(outer), content);
  return 0;
}
