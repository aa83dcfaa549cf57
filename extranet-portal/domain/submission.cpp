#include "extranet-portal/domain/submission.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "common/dossier/dossier.hpp"

namespace jindu::portal {
namespace {

using jindu::v1::SubmissionStatement;

Error refused(Fault fault, std::string code, std::string detail, std::string field = {}) {
  return {fault, std::move(code), std::move(detail), std::move(field)};
}

bool same(const std::string& bytes, const crypto::Digest& digest) {
  return bytes_of(bytes).size() == digest.size() && std::equal(digest.begin(), digest.end(), bytes_of(bytes).begin());
}

result<void> check_recipients(const SubmissionStatement& statement, const SubmissionCase& facts) {
  // Exactly the department and the applicant: a third reader would be one nobody told the applicant about.
  const auto wrong = [](std::string detail) {
    return refused(Fault::integrity, "submission.recipients", std::move(detail), "/recipients");
  };
  if (statement.recipients_size() != 2) return wrong("recipients are the department and the applicant");
  bool department = false;
  bool applicant = false;
  for (const auto& key : statement.recipients()) {
    department |= same(key, facts.rules->department_key);
    applicant |= same(key, facts.signer_key);
  }
  if (!department) return wrong("the department's present certificate is not among the recipients");
  if (!applicant) return wrong("the applicant is not among the recipients");
  return {};
}

result<void> check_turn(const SubmissionStatement& statement, const SubmissionCase& facts) {
  const bool supplement = statement.kind() == jindu::v1::SUBMISSION_KIND_SUPPLEMENT;
  if (!supplement && statement.kind() != jindu::v1::SUBMISSION_KIND_APPLICATION)
    return refused(Fault::invalid, "dossier.malformed", "unknown kind of submission", "/kind");
  if (!facts.standing) {
    if (supplement)
      return refused(Fault::conflict, "submission.no_supplement", "there is nothing submitted to add a supplement to");
    if (statement.item_version() != facts.rules->version)
      return refused(Fault::conflict, "submission.item_version",
                     "the item's version is " + std::to_string(facts.rules->version) + " now", "/item_version");
    return {};
  }
  if (!supplement)
    return refused(Fault::conflict, "submission.exists", "another content was submitted for this declaration");
  if (!awaits_supplement(facts.standing->progress))
    return refused(Fault::conflict, "submission.no_supplement", "no supplement notice waits for an answer");
  if (statement.item_id() != facts.standing->item_id || statement.item_version() != facts.standing->item_version)
    return refused(Fault::conflict, "submission.item_version", "a supplement is for the item and version applied for",
                   "/item_version");
  return {};
}

const StoredUpload* find_upload(const std::vector<StoredUpload>& uploads, const std::string& upload_id) {
  const auto found =
      std::find_if(uploads.begin(), uploads.end(), [&](const StoredUpload& u) { return u.upload_id == upload_id; });
  return found == uploads.end() ? nullptr : &*found;
}

result<void> check_parts(const SubmissionStatement& statement, const SubmissionCase& facts) {
  std::map<std::string, std::uint64_t> count;
  std::set<std::string> seen;
  for (const auto& part : statement.parts()) {
    const auto rule = std::find_if(facts.rules->materials.begin(), facts.rules->materials.end(),
                                   [&](const MaterialRule& r) { return r.code == part.material_code(); });
    const std::string field = "/materials/" + part.material_code();
    if (rule == facts.rules->materials.end())
      return refused(Fault::invalid, "submission.material_unknown", "the item has no such material", field);
    if (++count[rule->code] > rule->max_files)
      return refused(Fault::invalid, "submission.material_count", "more files than the item allows", field);
    if (part.size() > seal::sealed_size(rule->max_bytes, kSealPrefixAllowance))
      return refused(Fault::too_large, "submission.material_size", "larger than the item allows", field);
    if (!seen.insert(part.upload_id()).second)
      return refused(Fault::invalid, "dossier.malformed", "an upload is named twice", "/parts");
    const auto* upload = find_upload(facts.uploads, part.upload_id());
    if (upload == nullptr) upload = find_upload(facts.earlier, part.upload_id());
    if (upload == nullptr)
      return refused(Fault::conflict, "submission.upload_missing", "a material was not uploaded", field);
    if (!upload->complete)
      return refused(Fault::conflict, "submission.upload_incomplete", "a material is not uploaded to its end", field);
    if (const auto held = dossier::check_part(statement, part.upload_id(), upload->sealed_size, upload->sealed_sha256);
        !held)
      return held.error();
  }
  if (statement.kind() == jindu::v1::SUBMISSION_KIND_APPLICATION)
    for (const auto& rule : facts.rules->materials)
      if (rule.always_required && count[rule.code] == 0)
        return refused(Fault::invalid, "submission.material_missing", "a required material is missing",
                       "/materials/" + rule.code);
  return {};
}

}  // namespace

result<void> check_submission(const SubmissionStatement& statement, const SubmissionCase& facts) {
  if (statement.declaration_id() != facts.declaration_id)
    return refused(Fault::invalid, "submission.other_declaration", "the statement is about another declaration",
                   "/declaration_id");
  const auto apart = from_unix_ms(statement.signed_at_ms()) - facts.now;
  if (apart > kClockTolerance || apart < -kClockTolerance)
    return refused(Fault::invalid, "submission.clock", "the applicant's clock is more than two days off",
                   "/signed_at_ms");
  if (!facts.rules || facts.rules->id != statement.item_id())
    return refused(Fault::not_found, "submission.item_unknown", "the item is not in the catalogue", "/item_id");
  if (!facts.rules->open_to(facts.account_kind))
    return refused(Fault::forbidden, "submission.audience", "the item is not for this kind of applicant", "/item_id");
  if (const auto turn = check_turn(statement, facts); !turn) return turn.error();
  if (const auto recipients = check_recipients(statement, facts); !recipients) return recipients.error();
  return check_parts(statement, facts);
}

result<void> check_content_seal(const SubmissionStatement& statement, const seal::SealInfo& seal) {
  if (seal.binding != dossier::content_binding(statement.declaration_id()))
    return refused(Fault::integrity, "submission.seal", "the content is sealed for another place");
  if (static_cast<std::size_t>(statement.recipients_size()) != seal.recipients.size())
    return refused(Fault::integrity, "submission.recipients", "the seal has other recipients than are signed for");
  for (std::size_t i = 0; i < seal.recipients.size(); ++i)
    if (!same(statement.recipients(static_cast<int>(i)), seal.recipients[i]))
      return refused(Fault::integrity, "submission.recipients", "the seal has other recipients than are signed for");
  return {};
}

result<void> check_material_seal(std::string_view declaration_id, std::string_view upload_id,
                                 const seal::SealInfo& seal) {
  if (seal.binding != dossier::material_binding(declaration_id, upload_id) || !seal.recipients.empty())
    return refused(Fault::integrity, "upload.seal", "what was uploaded is not the seal of this material");
  return {};
}

result<void> check_draft_seal(std::string_view account_id, std::string_view declaration_id,
                              const std::vector<crypto::Digest>& own_keys, const seal::SealInfo& seal) {
  const std::string binding = "draft/" + std::string(account_id) + "/" + std::string(declaration_id);
  const bool own = seal.recipients.size() == 1 &&
                   std::find(own_keys.begin(), own_keys.end(), seal.recipients.front()) != own_keys.end();
  if (seal.binding != binding || !own)
    return refused(Fault::integrity, "draft.seal", "a draft is sealed to the applicant alone, for this declaration",
                   "/sealed");
  return {};
}

}  // namespace jindu::portal
