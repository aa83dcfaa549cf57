#include "common/dossier/dossier.hpp"

#include <fstream>
#include <set>

#include "common/runtime/files.hpp"
#include "common/runtime/messages.hpp"
#include "common/tools/verify/checks.hpp"

namespace jindu::verify {
namespace {

using dossier::CheckedStatement;

// The time that the statement claims, before anything of it is believed.
std::optional<Instant> claimed_time(BytesView signed_statement) {
  jindu::v1::SignedStatement outer;
  jindu::v1::SubmissionStatement statement;
  if (signed_statement.size() > dossier::kStatementMax || !parse_message(signed_statement, outer) ||
      !parse_message(bytes_of(outer.statement()), statement))
    return {};
  return from_unix_ms(statement.signed_at_ms());
}

void tell_statement(Report& report, const jindu::v1::SubmissionStatement& s) {
  report.fact("declaration", s.declaration_id());
  report.fact("item", s.item_id() + ", " + std::to_string(s.item_version()));
  report.fact("kind", s.kind() == jindu::v1::SUBMISSION_KIND_SUPPLEMENT ? "supplement" : "application");
  report.fact("signed_at", utc_text(from_unix_ms(s.signed_at_ms())));
  report.fact("content_sha256", to_hex(bytes_of(s.content_sha256())));
  report.fact("parts", std::to_string(s.parts_size()));
}

using PlacedParts = std::map<std::string, fs::path>;  // by upload id

// Parts are recognised by what they are, not by their names.
result<PlacedParts> place_parts(const jindu::v1::SubmissionStatement& statement, const std::vector<fs::path>& files) {
  PlacedParts placed;
  for (const auto& file : files) {
    const auto measured = measure(file);
    if (!measured) return measured.error();
    const auto found =
        std::find_if(statement.parts().begin(), statement.parts().end(), [&](const jindu::v1::SealedPart& part) {
          return dossier::check_part(statement, part.upload_id(), measured->size, measured->sha256).has_value();
        });
    if (found == statement.parts().end())
      return Error{Fault::integrity, "dossier.part_digest",
                   file.string() + " is none of the signed parts, or was changed"};
    placed[found->upload_id()] = file;
  }
  return placed;
}

// Reads a sealed material to its end and compares size and digest; keeps nothing.
result<void> try_material(const jindu::v1::DossierContent& content, const jindu::v1::Material& material,
                          const fs::path& file) {
  std::uint64_t size = 0;
  crypto::Sha256 digest;
  seal::FileKey key;
  std::copy(material.file_key().begin(), material.file_key().end(), key.begin());
  seal::SealReader reader(key, dossier::material_binding(content.declaration_id(), material.upload_id()),
                          [&](BytesView bytes) -> result<void> {
                            size += bytes.size();
                            digest.update(bytes);
                            return {};
                          });
  std::ifstream in(file, std::ios::binary);
  std::vector<char> buffer(256 * 1024);
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    if (auto ok = reader.write(bytes_of({buffer.data(), static_cast<std::size_t>(in.gcount())})); !ok) return ok;
  }
  if (!in.eof()) return Error{Fault::unavailable, "file.unreadable", "cannot read " + file.string()};
  if (auto ok = reader.finish(); !ok) return ok;
  if (size != material.size())
    return Error{Fault::integrity, "seal.size", "the plaintext has another size than declared"};
  if (text_of(digest.finish()) != material.sha256())
    return Error{Fault::integrity, "seal.digest", "the plaintext has another digest than declared"};
  return {};
}

result<void> check_materials(const jindu::v1::DossierContent& content, const PlacedParts& parts,
                             const std::optional<fs::path>& into) {
  int number = 0;
  for (const auto& material : content.materials()) {
    ++number;
    const auto part = parts.find(material.upload_id());
    if (part == parts.end()) continue;
    // Names come from the applicant and could point anywhere: files are numbered instead.
    auto ok =
        into ? dossier::open_material(content, material, part->second, *into / ("material-" + std::to_string(number)))
             : try_material(content, material, part->second);
    if (!ok) {
      Error error = ok.error();
      error.field = "/materials/" + material.code();
      return error;
    }
  }
  return {};
}

result<void> keep(const fs::path& folder, const char* name, std::string_view bytes) {
  return files::write_durably(folder / name, bytes_of(bytes));
}

// So that other programs can check the very signatures: docs/formats.md, "Signatures by people".
result<void> keep_statement(const fs::path& folder, BytesView signed_statement) {
  jindu::v1::SignedStatement outer;
  if (auto ok = parse_message(signed_statement, outer); !ok) return ok;
  if (auto ok = files::make_folder(folder); !ok) return ok;
  if (auto ok = keep(folder, "statement.bin", outer.statement()); !ok) return ok;
  return keep(folder, "statement.cms", outer.signature());
}
result<void> keep_content(const fs::path& folder, const dossier::OpenedDossier& opened) {
  jindu::v1::SignedContent outer;
  if (auto ok = parse_message(opened.signed_content, outer); !ok) return ok;
  if (auto ok = keep(folder, "content.bin", outer.content()); !ok) return ok;
  if (auto ok = keep(folder, "content.cms", outer.signature()); !ok) return ok;
  return keep(folder, "form.json", opened.content.form_json());
}

result<void> open_all(Report& report, const DossierFiles& files, const CheckedStatement& checked,
                      const PlacedParts& parts) {
  auto opened = dossier::open_content(checked, files.content, *files.key);
  if (!opened) return opened.error();
  if (files.into)
    if (auto ok = keep_content(*files.into, *opened); !ok) return ok;
  report.fact("applicant", opened->content.applicant().name());
  for (const auto& material : opened->content.materials())
    report.fact("material", material.code() + ", " + material.file_name() + ", " + std::to_string(material.size()) +
                                " B, SHA-256 " + to_hex(bytes_of(material.sha256())));
  report.prove("dossier.opened", {{"name", checked.signer.common_name()}});
  if (auto ok = check_materials(opened->content, parts, files.into); !ok) return ok;
  if (!parts.empty()) report.prove("dossier.materials_opened", {{"count", std::to_string(parts.size())}});
  return {};
}

}  // namespace

Report check_dossier(const DossierFiles& files, const Trust& trust) {
  Report report{"dossier"};
  const auto claimed = claimed_time(files.statement);
  const auto moment = trust.moment(claimed.value_or(trust.now));
  const auto checked = dossier::check_statement(files.statement, files.content, trust.nodes.store, moment);
  if (!checked) return report.fail(checked.error());
  tell_statement(report, checked->statement);
  const Values by{{"name", checked->signer.common_name()}, {"time", utc_text(*claimed)}};
  report.prove("dossier.statement", by);
  report.prove("dossier.content", by);
  report.prove("dossier.recipients", {{"count", std::to_string(checked->statement.recipients_size())}});
  tell_signer(report, checked->signer, moment, trust);

  const auto parts = place_parts(checked->statement, files.parts);
  if (!parts) return report.fail(parts.error());
  for (const auto& part : checked->statement.parts()) {
    if (parts->contains(part.upload_id())) continue;
    if (!files.partial)
      return report.fail({Fault::invalid, "dossier.part_missing", "give its file with --part, or say --partial",
                          "/materials/" + part.material_code() + " " + part.upload_id()});
    report.leave_open("dossier.part", {{"code", part.material_code()}, {"id", part.upload_id()}});
  }
  if (!parts->empty()) report.prove("dossier.parts", {{"count", std::to_string(parts->size())}});
  if (files.into)
    if (auto ok = keep_statement(*files.into, files.statement); !ok) return report.fail(ok.error());
  if (files.key) {
    if (auto ok = open_all(report, files, *checked, *parts); !ok) return report.fail(ok.error());
  } else {
    report.leave_open("dossier.inside");
  }
  report.leave_open("dossier.truth", by);
  report.leave_open("dossier.submitted");
  return report;
}

}  // namespace jindu::verify
