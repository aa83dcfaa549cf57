#include "intranet-approval/store/dossiers.hpp"

namespace jindu::approval::store {
namespace {

constexpr std::string_view kNextSubmission = "SELECT COALESCE(MAX(number), 0) + 1 FROM submission WHERE case_id = $1";
constexpr std::string_view kPutSubmission =
    "INSERT INTO submission (case_id, number, kind, statement, sealed_content, receipt, opened_content, "
    "content_sha256, valid, "
    "received_outside_ms, received_inside_ms, signed_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
constexpr std::string_view kHasSubmission = "SELECT number FROM submission WHERE case_id = $1 AND content_sha256 = $2";
constexpr std::string_view kSubmissions =
    "SELECT number, kind, statement, sealed_content, receipt, opened_content, content_sha256, valid, "
    "received_outside_ms, "
    "received_inside_ms, signed_at_ms FROM submission WHERE case_id = $1 ORDER BY number";
constexpr std::string_view kNextMaterial = "SELECT COALESCE(MAX(number), 0) + 1 FROM material WHERE case_id = $1";
constexpr std::string_view kReplace =
    "UPDATE material SET current = 0 WHERE case_id = $1 AND code = $2 AND submission < $3";
constexpr std::string_view kPutMaterial =
    "INSERT INTO material (case_id, number, submission, code, upload_id, file_name, media_type, detected_type, size, "
    "sha256, file_key, "
    "sealed_size, sealed_sha256, verdict, inspected_at_ms, current) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
#define JINDU_MATERIAL_COLUMNS                                                                                       \
  "number, submission, code, upload_id, file_name, media_type, detected_type, size, sha256, file_key, sealed_size, " \
  "sealed_sha256, verdict, inspected_at_ms, current"
constexpr std::string_view kMaterials =
    "SELECT " JINDU_MATERIAL_COLUMNS " FROM material WHERE case_id = $1 ORDER BY number";
constexpr std::string_view kFindMaterial =
    "SELECT " JINDU_MATERIAL_COLUMNS " FROM material WHERE case_id = $1 AND number = $2";
#undef JINDU_MATERIAL_COLUMNS
constexpr std::string_view kPutProblem =
    "INSERT INTO intake_problem (declaration_id, at_ms, attempts, code, detail) VALUES ($1, $2, 1, $3, $4) "
    "ON CONFLICT (declaration_id) DO UPDATE SET at_ms = excluded.at_ms, attempts = intake_problem.attempts + 1, code = "
    "excluded.code, "
    "detail = excluded.detail";
constexpr std::string_view kClearProblem = "DELETE FROM intake_problem WHERE declaration_id = $1";
constexpr std::string_view kProblems =
    "SELECT declaration_id, at_ms, attempts, code, detail FROM intake_problem ORDER BY at_ms DESC LIMIT $1";

MaterialRow material_of(const storage::Row& row) {
  MaterialRow m;
  m.number = static_cast<int>(row.integer(0));
  m.submission = static_cast<int>(row.integer(1));
  m.code = row.text(2);
  m.upload_id = row.text(3);
  m.file_name = row.text(4);
  m.media_type = row.text(5);
  m.detected_type = row.text(6);
  m.size = static_cast<std::uint64_t>(row.integer(7));
  m.sha256 = row.blob(8);
  m.file_key = row.blob(9);
  m.sealed_size = static_cast<std::uint64_t>(row.integer(10));
  m.sealed_sha256 = row.blob(11);
  m.verdict = row.text(12);
  m.inspected_at = from_unix_ms(row.integer(13));
  m.current = row.integer(14) == 1;
  return m;
}

}  // namespace

int put_submission(storage::Transaction& tx, const std::string& case_id, const Submission& s,
                   const std::vector<MaterialRow>& materials) {
  const auto number = tx.query_one(kNextSubmission, {case_id})->integer(0);
  tx.execute(kPutSubmission, {case_id, number, s.kind, s.statement, s.sealed_content, s.receipt, s.opened_content,
                              s.content_sha256, std::int64_t{s.valid}, to_unix_ms(s.received_outside),
                              to_unix_ms(s.received_inside), to_unix_ms(s.signed_at)});
  auto material_number = tx.query_one(kNextMaterial, {case_id})->integer(0);
  for (const auto& m : materials) {
    if (s.valid) tx.execute(kReplace, {case_id, m.code, number});
    tx.execute(kPutMaterial,
               {case_id, material_number++, number, m.code, m.upload_id, m.file_name, m.media_type, m.detected_type,
                static_cast<std::int64_t>(m.size), m.sha256, m.file_key, static_cast<std::int64_t>(m.sealed_size),
                m.sealed_sha256, m.verdict, to_unix_ms(m.inspected_at), std::int64_t{s.valid}});
  }
  return static_cast<int>(number);
}

bool has_submission(storage::Transaction& tx, const std::string& case_id, const Bytes& content_sha256) {
  return tx.query_one(kHasSubmission, {case_id, content_sha256}).has_value();
}

std::vector<Submission> submissions(storage::Transaction& tx, const std::string& case_id) {
  std::vector<Submission> list;
  for (const auto& row : tx.query(kSubmissions, {case_id})) {
    Submission s;
    s.number = static_cast<int>(row.integer(0));
    s.kind = row.text(1);
    s.statement = row.blob(2);
    s.sealed_content = row.blob(3);
    s.receipt = row.blob(4);
    s.opened_content = row.blob(5);
    s.content_sha256 = row.blob(6);
    s.valid = row.integer(7) == 1;
    s.received_outside = from_unix_ms(row.integer(8));
    s.received_inside = from_unix_ms(row.integer(9));
    s.signed_at = from_unix_ms(row.integer(10));
    list.push_back(std::move(s));
  }
  return list;
}

std::vector<MaterialRow> materials(storage::Transaction& tx, const std::string& case_id) {
  std::vector<MaterialRow> list;
  for (const auto& row : tx.query(kMaterials, {case_id})) list.push_back(material_of(row));
  return list;
}

std::optional<MaterialRow> find_material(storage::Transaction& tx, const std::string& case_id, int number) {
  const auto row = tx.query_one(kFindMaterial, {case_id, std::int64_t{number}});
  if (!row) return std::nullopt;
  return material_of(*row);
}

void put_intake_problem(storage::Transaction& tx, const std::string& declaration_id, Instant at,
                        const std::string& code, const std::string& detail) {
  tx.execute(kPutProblem, {declaration_id, to_unix_ms(at), code, detail});
}

void clear_intake_problem(storage::Transaction& tx, const std::string& declaration_id) {
  tx.execute(kClearProblem, {declaration_id});
}

std::vector<IntakeProblem> intake_problems(storage::Transaction& tx, int limit) {
  std::vector<IntakeProblem> list;
  for (const auto& row : tx.query(kProblems, {std::int64_t{limit}}))
    list.push_back(
        {row.text(0), from_unix_ms(row.integer(1)), static_cast<int>(row.integer(2)), row.text(3), row.text(4)});
  return list;
}

std::int64_t bundles_applied(storage::Transaction& tx) {
  return tx.query_one("SELECT COUNT(*) FROM exchange_inbox WHERE outcome = 'applied'")->integer(0);
}

}  // namespace jindu::approval::store
