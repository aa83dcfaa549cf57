#pragma once
// Whether a submission may be taken, by all that the portal can know without opening it. Its signature, digests and
// shape are checked before (common/dossier); here are the rules about whose it is, for what, and when.
#include <jindu/v1/dossier.pb.h>

#include <optional>
#include <vector>

#include "common/seal/seal.hpp"
#include "extranet-portal/domain/item_rules.hpp"
#include "extranet-portal/domain/status.hpp"

namespace jindu::portal {

struct StoredUpload {
  std::string upload_id;
  std::uint64_t sealed_size = 0;
  bool complete = false;
  crypto::Digest sealed_sha256{};
};

// The declaration as it stands, when it was submitted before.
struct Standing {
  std::string item_id;
  std::uint32_t item_version = 0;
  Progress progress;
};

struct SubmissionCase {
  std::string declaration_id;  // of the address it was sent to
  AccountKind account_kind = AccountKind::citizen;
  crypto::Digest signer_key{};        // key id of the certificate that signed the statement
  std::optional<ItemRules> rules;     // nothing when the item is not in the catalogue
  std::optional<Standing> standing;   // nothing for a first submission
  std::vector<StoredUpload> uploads;  // of this account for this declaration, not submitted before
  std::vector<StoredUpload> earlier;  // parts of its earlier submissions: on their way or there, and not sent again
  Instant now{};
};

inline constexpr std::chrono::hours kClockTolerance{48};
inline constexpr std::size_t kSealPrefixAllowance = 64 * 1024;

// Codes are those of extranet-portal/api/openapi.json, "submit".
result<void> check_submission(const jindu::v1::SubmissionStatement& statement, const SubmissionCase& facts);
// The header of the sealed content: what it belongs to, and the same recipients in the same order as are signed for.
result<void> check_content_seal(const jindu::v1::SubmissionStatement& statement, const seal::SealInfo& seal);

// The header of an uploaded material: bound to its place, without recipients. Code upload.seal.
result<void> check_material_seal(std::string_view declaration_id, std::string_view upload_id,
                                 const seal::SealInfo& seal);
// The header of a draft: for the applicant alone. Code draft.seal.
result<void> check_draft_seal(std::string_view account_id, std::string_view declaration_id,
                              const std::vector<crypto::Digest>& own_keys, const seal::SealInfo& seal);

}  // namespace jindu::portal
