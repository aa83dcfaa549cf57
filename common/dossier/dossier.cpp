#include "common/dossier/dossier.hpp"

#include "common/runtime/ids.hpp"
#include "common/runtime/messages.hpp"

namespace jindu::dossier {
namespace {

Error malformed(std::string detail, std::string field = {}) {
  return {Fault::invalid, "dossier.malformed", std::move(detail), std::move(field)};
}

result<void> check_kind(int kind) {
  if (kind == jindu::v1::SUBMISSION_KIND_APPLICATION || kind == jindu::v1::SUBMISSION_KIND_SUPPLEMENT) return {};
  return Error{Fault::unsupported, "dossier.version", "a kind of submission that is not known", "/kind"};
}

result<void> check_recipients(const google::protobuf::RepeatedPtrField<std::string>& recipients) {
  if (recipients.empty() || recipients.size() > static_cast<int>(seal::kRecipientsMax))
    return malformed("a dossier has 1 to 16 recipients", "/recipients");
  for (const auto& id : recipients)
    if (id.size() != 32) return malformed("a key id has 32 bytes", "/recipients");
  return {};
}

result<void> check_shape(const jindu::v1::SubmissionStatement& s) {
  if (s.version() != 1)
    return Error{Fault::unsupported, "dossier.version", "version " + std::to_string(s.version()) + " is not known"};
  if (auto ok = check_kind(s.kind()); !ok) return ok;
  if (!is_uuid(s.declaration_id())) return malformed("a declaration id is a UUID in lower case", "/declaration_id");
  if (s.item_id().empty() || s.item_id().size() > 100 || s.item_version() == 0)
    return malformed("the service item is missing", "/item_id");
  if (s.content_sha256().size() != 32) return malformed("a digest has 32 bytes", "/content_sha256");
  if (s.content_size() > kContentMax)
    return Error{Fault::too_large, "dossier.too_large", "the sealed content has at most 8 MiB", "/content_size"};
  if (s.parts_size() > static_cast<int>(kMaterialsMax))
    return Error{Fault::too_large, "dossier.too_large", "at most 64 materials", "/parts"};
  std::set<std::string> seen;
  for (const auto& part : s.parts()) {
    if (!is_uuid(part.upload_id()) || !seen.insert(part.upload_id()).second)
      return malformed("each part has an upload id of its own", "/parts");
    if (part.sha256().size() != 32 || part.material_code().empty() || part.material_code().size() > 100)
      return malformed("a part has a code and a digest", "/parts");
    if (part.size() == 0 || part.size() > seal::sealed_size(kMaterialMax, seal::kHeaderMax))
      return Error{Fault::too_large, "dossier.too_large", "a material has at most 2 GiB", "/parts"};
  }
  return check_recipients(s.recipients());
}

result<void> agree(const jindu::v1::SubmissionStatement& s, const jindu::v1::DossierContent& c) {
  const auto differs = [](const char* field) {
    return Error{Fault::integrity, "dossier.disagreement", "the sealed content and the statement in the clear differ",
                 field};
  };
  if (c.kind() != s.kind()) return differs("/kind");
  if (c.declaration_id() != s.declaration_id()) return differs("/declaration_id");
  if (c.item_id() != s.item_id()) return differs("/item_id");
  if (c.item_version() != s.item_version()) return differs("/item_version");
  if (c.signed_at_ms() != s.signed_at_ms()) return differs("/signed_at_ms");
  if (!std::equal(c.recipients().begin(), c.recipients().end(), s.recipients().begin(), s.recipients().end()))
    return differs("/recipients");
  if (c.materials_size() != s.parts_size()) return differs("/materials");
  for (int i = 0; i < c.materials_size(); ++i) {
    const auto& material = c.materials(i);
    const auto& part = s.parts(i);
    if (material.upload_id() != part.upload_id() || material.code() != part.material_code() ||
        material.sealed_size() != part.size() || material.sealed_sha256() != part.sha256())
      return differs("/materials");
  }
  return {};
}

result<void> check_content_shape(const jindu::v1::DossierContent& c) {
  if (c.version() != 1)
    return Error{Fault::unsupported, "dossier.version", "version " + std::to_string(c.version()) + " is not known"};
  if (c.form_json().size() > kFormMax)
    return Error{Fault::too_large, "dossier.too_large", "a form has at most 2 MiB", "/form"};
  if (c.applicant().kind() != jindu::v1::PARTY_KIND_CITIZEN && c.applicant().kind() != jindu::v1::PARTY_KIND_COMPANY)
    return malformed("an applicant is a citizen or a company", "/applicant/kind");
  if (c.applicant().name().empty() || c.applicant().name().size() > 800)
    return malformed("the applicant's name is missing or too long", "/applicant/name");
  for (const auto& material : c.materials()) {
    if (material.sha256().size() != 32 || material.file_key().size() != 32)
      return malformed("digests and keys have 32 bytes", "/materials");
    if (material.size() > kMaterialMax)
      return Error{Fault::too_large, "dossier.too_large", "a material has at most 2 GiB", "/materials"};
    if (material.file_name().empty() || material.file_name().size() > 1020)
      return malformed("a file name has 1 to 255 characters", "/materials");
  }
  return {};
}

crypto::Digest digest_of(const std::string& bytes) {
  crypto::Digest digest{};
  std::copy_n(bytes.begin(), std::min<std::size_t>(32, bytes.size()), reinterpret_cast<char*>(digest.data()));
  return digest;
}

}  // namespace

std::string content_binding(std::string_view declaration_id) { return "dossier/" + std::string(declaration_id); }
std::string material_binding(std::string_view declaration_id, std::string_view upload_id) {
  return "material/" + std::string(declaration_id) + "/" + std::string(upload_id);
}
std::string notice_binding(std::string_view declaration_id, std::string_view notice_id) {
  return "notice/" + std::string(declaration_id) + "/" + std::string(notice_id);
}

result<CheckedStatement> check_statement(BytesView signed_statement, BytesView sealed_content,
                                         const crypto::TrustStore& trust, Instant at) {
  if (signed_statement.size() > kStatementMax)
    return Error{Fault::too_large, "dossier.too_large", "a statement has at most 256 KiB", "/signed_statement"};
  if (sealed_content.size() > kContentMax)
    return Error{Fault::too_large, "dossier.too_large", "the sealed content has at most 8 MiB", "/sealed_content"};
  jindu::v1::SignedStatement outer;
  if (auto ok = parse_message(signed_statement, outer); !ok) return malformed(ok.error().detail, "/signed_statement");
  auto signature = crypto::cms_verify_trusted(bytes_of(outer.signature()), bytes_of(outer.statement()), trust, at);
  if (!signature) return signature.error();
  CheckedStatement checked{{}, Bytes(outer.statement().begin(), outer.statement().end()), signature->signer};
  if (auto ok = parse_message(checked.statement_bytes, checked.statement); !ok)
    return malformed(ok.error().detail, "/signed_statement");
  if (auto ok = check_shape(checked.statement); !ok) return ok.error();
  if (checked.statement.content_size() != sealed_content.size() ||
      !crypto::constant_time_equal(crypto::sha256(sealed_content), bytes_of(checked.statement.content_sha256())))
    return Error{Fault::integrity, "dossier.content_digest", "the sealed content is not the one that was signed",
                 "/sealed_content"};
  auto info = seal::inspect_seal(sealed_content);
  if (!info) return info.error();
  if (info->binding != content_binding(checked.statement.declaration_id()))
    return Error{Fault::integrity, "seal.binding", "this seal belongs to something else"};
  const auto same = [](const crypto::Digest& id, const std::string& bytes) { return text_of(id) == bytes; };
  if (!std::equal(info->recipients.begin(), info->recipients.end(), checked.statement.recipients().begin(),
                  checked.statement.recipients().end(), same))
    return Error{Fault::integrity, "dossier.recipients", "the seal has other recipients than the signed statement",
                 "/recipients"};
  return checked;
}

result<void> check_part(const jindu::v1::SubmissionStatement& statement, std::string_view upload_id, std::uint64_t size,
                        const crypto::Digest& sha256) {
  for (const auto& part : statement.parts()) {
    if (part.upload_id() != upload_id) continue;
    if (part.size() != size)
      return Error{Fault::integrity, "dossier.part_size", "the sealed material has another size than was signed",
                   "/materials/" + part.material_code()};
    if (!crypto::constant_time_equal(sha256, bytes_of(part.sha256())))
      return Error{Fault::integrity, "dossier.part_digest", "the sealed material is not the one that was signed",
                   "/materials/" + part.material_code()};
    return {};
  }
  return Error{Fault::invalid, "dossier.part_unknown", "the statement does not name this upload"};
}

result<OpenedDossier> check_content(const CheckedStatement& statement, BytesView signed_content) {
  jindu::v1::SignedContent outer;
  if (auto ok = parse_message(signed_content, outer); !ok) return malformed(ok.error().detail);
  auto signature = crypto::cms_verify(bytes_of(outer.signature()), bytes_of(outer.content()));
  if (!signature) return signature.error();
  OpenedDossier opened{{}, Bytes(signed_content.begin(), signed_content.end()), signature->signer};
  if (auto ok = parse_message(bytes_of(outer.content()), opened.content); !ok) return malformed(ok.error().detail);
  // Trust in the certificate was established with the statement; the same one must have signed here.
  const Bytes certificate = signature->signer.der();
  if (certificate != statement.signer.der() || text_of(certificate) != opened.content.applicant().certificate())
    return Error{Fault::integrity, "dossier.signer", "content, statement and applicant have different certificates"};
  if (auto ok = check_content_shape(opened.content); !ok) return ok.error();
  if (auto ok = agree(statement.statement, opened.content); !ok) return ok.error();
  return opened;
}

result<OpenedDossier> open_content(const CheckedStatement& statement, BytesView sealed_content,
                                   const crypto::PrivateKey& recipient) {
  auto plaintext = seal::open_seal(sealed_content, &recipient, content_binding(statement.statement.declaration_id()));
  if (!plaintext) return plaintext.error();
  return check_content(statement, *plaintext);
}

result<void> open_material(const jindu::v1::DossierContent& content, const jindu::v1::Material& material,
                           const std::filesystem::path& sealed, const std::filesystem::path& target) {
  const seal::Expected expected{material.size(), digest_of(material.sha256())};
  return seal::open_file(sealed, seal::FileKey(digest_of(material.file_key())),
                         material_binding(content.declaration_id(), material.upload_id()), target, expected);
}

result<MadeDossier> make_dossier(const DossierDraft& draft, const crypto::Identity& applicant,
                                 const crypto::PublicKey& department) {
  MadeDossier made;
  jindu::v1::DossierContent content;
  content.set_version(1);
  content.set_kind(draft.kind);
  content.set_declaration_id(draft.declaration_id);
  content.set_item_id(draft.item_id);
  content.set_item_version(draft.item_version);
  *content.mutable_applicant() = draft.applicant;
  const Bytes certificate = applicant.certificate.der();
  content.mutable_applicant()->set_certificate(certificate.data(), certificate.size());
  content.set_form_json(draft.form_json);
  content.set_signed_at_ms(to_unix_ms(draft.signed_at));
  content.set_answers_notice_id(draft.answers_notice_id);
  jindu::v1::SubmissionStatement statement;
  for (const auto& file : draft.materials) {
    const auto upload_id = new_uuid(draft.signed_at);
    const auto key = seal::new_file_key();
    Bytes sealed;
    auto writer = seal::SealWriter::start({}, material_binding(draft.declaration_id, upload_id), key,
                                          [&](BytesView bytes) -> result<void> {
                                            sealed.insert(sealed.end(), bytes.begin(), bytes.end());
                                            return {};
                                          });
    if (!writer) return writer.error();
    if (auto ok = writer->write(file.bytes); !ok) return ok.error();
    if (auto ok = writer->finish(); !ok) return ok.error();
    const auto plain_digest = crypto::sha256(file.bytes), sealed_digest = crypto::sha256(sealed);
    auto& material = *content.add_materials();
    material.set_code(file.code);
    material.set_upload_id(upload_id);
    material.set_file_name(file.file_name);
    material.set_media_type(file.media_type);
    material.set_size(file.bytes.size());
    material.set_sha256(plain_digest.data(), 32);
    material.set_file_key(key.data(), 32);
    material.set_sealed_size(sealed.size());
    material.set_sealed_sha256(sealed_digest.data(), 32);
    auto& part = *statement.add_parts();
    part.set_upload_id(upload_id);
    part.set_material_code(file.code);
    part.set_size(sealed.size());
    part.set_sha256(sealed_digest.data(), 32);
    made.materials.push_back({upload_id, std::move(sealed)});
  }
  const std::vector<crypto::PublicKey> recipients{department, applicant.certificate.public_key()};
  for (const auto& key : recipients) {
    const auto id = key.key_id();
    content.add_recipients(id.data(), id.size());
    statement.add_recipients(id.data(), id.size());
  }
  const Bytes content_bytes = encode(content);
  auto content_signature = crypto::cms_sign(content_bytes, applicant.key, applicant.certificate, applicant.chain);
  if (!content_signature) return content_signature.error();
  jindu::v1::SignedContent signed_content;
  signed_content.set_content(content_bytes.data(), content_bytes.size());
  signed_content.set_signature(content_signature->data(), content_signature->size());
  auto sealed = seal::seal_to(recipients, content_binding(draft.declaration_id), encode(signed_content));
  if (!sealed) return sealed.error();
  made.sealed_content = std::move(*sealed);
  const auto digest = crypto::sha256(made.sealed_content);
  statement.set_version(1);
  statement.set_kind(draft.kind);
  statement.set_declaration_id(draft.declaration_id);
  statement.set_item_id(draft.item_id);
  statement.set_item_version(draft.item_version);
  statement.set_content_sha256(digest.data(), 32);
  statement.set_content_size(made.sealed_content.size());
  statement.set_signed_at_ms(content.signed_at_ms());
  const Bytes statement_bytes = encode(statement);
  auto signature = crypto::cms_sign(statement_bytes, applicant.key, applicant.certificate, applicant.chain);
  if (!signature) return signature.error();
  jindu::v1::SignedStatement outer;
  outer.set_statement(statement_bytes.data(), statement_bytes.size());
  outer.set_signature(signature->data(), signature->size());
  made.signed_statement = encode(outer);
  return made;
}

}  // namespace jindu::dossier
