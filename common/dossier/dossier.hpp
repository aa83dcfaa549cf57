#pragma once
// What an applicant submits. docs/formats.md, "Dossier": the order of checks there is the order of the functions here.
#include <jindu/v1/dossier.pb.h>

#include <filesystem>
#include <string>

#include "common/crypto/cms.hpp"
#include "common/evidence/signed.hpp"
#include "common/seal/seal.hpp"

namespace jindu::dossier {

inline constexpr std::size_t kStatementMax = 256 * 1024;
inline constexpr std::size_t kContentMax = 8 * 1024 * 1024;
inline constexpr std::size_t kFormMax = 2 * 1024 * 1024;
inline constexpr std::size_t kMaterialsMax = 64;
inline constexpr std::uint64_t kMaterialMax = 2ull * 1024 * 1024 * 1024;

std::string content_binding(std::string_view declaration_id);
std::string material_binding(std::string_view declaration_id, std::string_view upload_id);
std::string notice_binding(std::string_view declaration_id, std::string_view notice_id);

struct CheckedStatement {
  jindu::v1::SubmissionStatement statement;
  Bytes statement_bytes;
  crypto::Certificate signer;
};
// Shape, limits, CMS and chain. `sealed_content` must be what the statement says. Codes: dossier.too_large,
// dossier.malformed, dossier.version, dossier.content_digest, cms.*, certificate.*.
result<CheckedStatement> check_statement(BytesView signed_statement, BytesView sealed_content,
                                         const crypto::TrustStore& trust, Instant at);
// One sealed part against the statement; codes dossier.part_unknown, dossier.part_size, dossier.part_digest.
result<void> check_part(const jindu::v1::SubmissionStatement& statement, std::string_view upload_id, std::uint64_t size,
                        const crypto::Digest& sha256);

struct OpenedDossier {
  jindu::v1::DossierContent content;
  Bytes signed_content;  // SignedContent, the plaintext of the seal
  crypto::Certificate signer;
};
// Opens with a recipient's key and checks everything against the statement. Codes: seal.*, cms.*, dossier.malformed,
// dossier.disagreement (field names what differs), dossier.signer, dossier.recipients.
result<OpenedDossier> open_content(const CheckedStatement& statement, BytesView sealed_content,
                                   const crypto::PrivateKey& recipient);
// The same checks on a SignedContent that is open already (kept at rest).
result<OpenedDossier> check_content(const CheckedStatement& statement, BytesView signed_content);

// Opens one material into `target`; codes seal.*, and those of check_part.
result<void> open_material(const jindu::v1::DossierContent& content, const jindu::v1::Material& material,
                           const std::filesystem::path& sealed, const std::filesystem::path& target);

// What a dossier is made of, for tools and tests that submit without a browser.
struct MaterialFile {
  std::string code;
  std::string file_name;
  std::string media_type;
  Bytes bytes;
};
struct DossierDraft {
  jindu::v1::SubmissionKind kind = jindu::v1::SUBMISSION_KIND_APPLICATION;
  std::string declaration_id;
  std::string item_id;
  std::uint32_t item_version = 1;
  jindu::v1::Party applicant;  // certificate is filled in
  std::string form_json;
  std::vector<MaterialFile> materials;
  std::string answers_notice_id = {};
  Instant signed_at{};
};
struct SealedMaterial {
  std::string upload_id;
  Bytes sealed;
};
struct MadeDossier {
  Bytes signed_statement;
  Bytes sealed_content;
  std::vector<SealedMaterial> materials;
};
result<MadeDossier> make_dossier(const DossierDraft& draft, const crypto::Identity& applicant,
                                 const crypto::PublicKey& department);

}  // namespace jindu::dossier
