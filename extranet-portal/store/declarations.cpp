#include "extranet-portal/store/declarations.hpp"

#include <charconv>

#include "extranet-portal/store/values.hpp"

namespace jindu::portal::store {
namespace {

#define JINDU_COLUMNS                                                                                        \
  "declaration_id, account_id, declaration_number, item_id, item_version, received_ms, updated_ms, status, " \
  "stage, case_sequence, acceptance_number, due_date, statutory_due_date, provisional, working_days_left"

constexpr std::string_view kNextNumber =
    "INSERT INTO number_counter (day, last) VALUES ($1, 1) ON CONFLICT (day) DO UPDATE SET last = number_counter.last "
    "+ 1";
constexpr std::string_view kReadNumber = "SELECT last FROM number_counter WHERE day = $1";
constexpr std::string_view kAddDeclaration =
    "INSERT INTO declaration (" JINDU_COLUMNS
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
constexpr std::string_view kPutDeclaration =
    "UPDATE declaration SET updated_ms = $2, status = $3, stage = $4, case_sequence = $5, acceptance_number = $6, "
    "due_date = $7, statutory_due_date = $8, provisional = $9, working_days_left = $10 WHERE declaration_id = $1";
constexpr std::string_view kFindDeclaration = "SELECT " JINDU_COLUMNS " FROM declaration WHERE declaration_id = $1";
constexpr std::string_view kFindByNumber = "SELECT " JINDU_COLUMNS " FROM declaration WHERE declaration_number = $1";
constexpr std::string_view kPage = "SELECT " JINDU_COLUMNS
                                   " FROM declaration WHERE account_id = $1 AND (received_ms < $2 OR (received_ms = $2 "
                                   "AND declaration_id < $3)) ORDER BY received_ms DESC, declaration_id DESC LIMIT $4";
constexpr std::string_view kLastStep =
    "SELECT COALESCE(MAX(number), 0) FROM declaration_step WHERE declaration_id = $1";
constexpr std::string_view kAddStep =
    "INSERT INTO declaration_step (declaration_id, number, case_sequence, status, stage, at_ms) VALUES ($1, $2, $3, "
    "$4, $5, $6)";
constexpr std::string_view kSteps =
    "SELECT status, stage, at_ms FROM declaration_step WHERE declaration_id = $1 ORDER BY number";
constexpr std::string_view kAddSubmission =
    "INSERT INTO submission (declaration_id, number, kind, signed_statement, sealed_content, receipt, content_sha256, "
    "parts, received_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
constexpr std::string_view kSubmissions =
    "SELECT number, kind, content_sha256, parts, received_ms, receipt FROM submission WHERE declaration_id = $1 ORDER "
    "BY number";
constexpr std::string_view kSubmissionWith =
    "SELECT number, kind, content_sha256, parts, received_ms, receipt FROM submission WHERE declaration_id = $1 AND "
    "content_sha256 = $2";
constexpr std::string_view kSealedContent =
    "SELECT sealed_content FROM submission WHERE declaration_id = $1 AND number = $2";
constexpr std::string_view kStatements =
    "SELECT signed_statement FROM submission WHERE declaration_id = $1 ORDER BY number";
constexpr std::string_view kCountSubmissions = "SELECT COUNT(*) FROM submission WHERE declaration_id = $1";

#undef JINDU_COLUMNS

Declaration declaration_of(const storage::Row& row) {
  Declaration d;
  d.declaration_id = row.text(0);
  d.account_id = row.text(1);
  d.declaration_number = row.text(2);
  d.item_id = row.text(3);
  d.item_version = static_cast<std::uint32_t>(row.integer(4));
  d.received = from_unix_ms(row.integer(5));
  d.updated = from_unix_ms(row.integer(6));
  d.progress.status = row.text(7);
  d.progress.stage = row.text(8);
  d.progress.case_sequence = natural(row.integer(9));
  d.progress.acceptance_number = row.text(10);
  d.progress.due_date = row.text(11);
  d.progress.statutory_due_date = row.text(12);
  d.progress.provisional = row.integer(13) != 0;
  d.progress.working_days_left = static_cast<std::uint32_t>(row.integer(14));
  return d;
}

Submission submission_of(const storage::Row& row) {
  Submission s;
  s.number = natural(row.integer(0));
  s.kind = row.text(1);
  s.content_sha256 = digest(row.blob(2));
  s.parts = natural(row.integer(3));
  s.received = from_unix_ms(row.integer(4));
  s.receipt = row.blob(5);
  return s;
}

// "<received_ms>.<declaration_id>" of the last entry shown.
std::pair<std::int64_t, std::string> place_of(const std::string& cursor) {
  if (cursor.empty()) return {std::int64_t{0x7fffffffffffffff}, ""};
  std::int64_t at = 0;
  const auto dot = cursor.find('.');
  const char* end = cursor.data() + (dot == std::string::npos ? 0 : dot);
  const auto [stopped, error] = std::from_chars(cursor.data(), end, at);
  if (dot == std::string::npos || error != std::errc{} || stopped != end)
    throw ErrorException{Error{Fault::invalid, "cursor.malformed", "not a cursor of this list", "cursor"}};
  return {at, cursor.substr(dot + 1)};
}

}  // namespace

std::uint64_t next_number(storage::Transaction& tx, const std::string& day) {
  tx.execute(kNextNumber, {day});
  return natural(tx.query_one(kReadNumber, {day})->integer(0));
}

void add_declaration(storage::Transaction& tx, const Declaration& d) {
  tx.execute(kAddDeclaration, {d.declaration_id, d.account_id, d.declaration_number, d.item_id,
                               std::int64_t{d.item_version}, to_unix_ms(d.received), to_unix_ms(d.updated),
                               d.progress.status, d.progress.stage, integer(d.progress.case_sequence),
                               d.progress.acceptance_number, d.progress.due_date, d.progress.statutory_due_date,
                               std::int64_t{d.progress.provisional}, std::int64_t{d.progress.working_days_left}});
}

void put_progress(storage::Transaction& tx, const std::string& declaration_id, const Progress& p, Instant updated) {
  tx.execute(kPutDeclaration,
             {declaration_id, to_unix_ms(updated), p.status, p.stage, integer(p.case_sequence), p.acceptance_number,
              p.due_date, p.statutory_due_date, std::int64_t{p.provisional}, std::int64_t{p.working_days_left}});
}

std::optional<Declaration> find_declaration(storage::Transaction& tx, const std::string& declaration_id) {
  const auto row = tx.query_one(kFindDeclaration, {declaration_id});
  if (!row) return std::nullopt;
  return declaration_of(*row);
}

std::optional<Declaration> declaration_with_number(storage::Transaction& tx, const std::string& declaration_number) {
  const auto row = tx.query_one(kFindByNumber, {declaration_number});
  if (!row) return std::nullopt;
  return declaration_of(*row);
}

Page declarations_of(storage::Transaction& tx, const std::string& account_id, const std::string& cursor, int limit) {
  const auto [at, id] = place_of(cursor);
  Page page;
  for (const auto& row : tx.query(kPage, {account_id, at, id, std::int64_t{limit} + 1}))
    page.declarations.push_back(declaration_of(row));
  if (page.declarations.size() > static_cast<std::size_t>(limit)) {
    page.declarations.pop_back();
    const auto& last = page.declarations.back();
    page.next_cursor = std::to_string(to_unix_ms(last.received)) + "." + last.declaration_id;
  }
  return page;
}

void add_step(storage::Transaction& tx, const std::string& declaration_id, std::uint64_t case_sequence,
              const Step& step) {
  const auto last = tx.query_one(kLastStep, {declaration_id})->integer(0);
  tx.execute(kAddStep,
             {declaration_id, last + 1, integer(case_sequence), step.status, step.stage, to_unix_ms(step.at)});
}

std::vector<Step> steps_of(storage::Transaction& tx, const std::string& declaration_id) {
  std::vector<Step> steps;
  for (const auto& row : tx.query(kSteps, {declaration_id}))
    steps.push_back({row.text(0), row.text(1), from_unix_ms(row.integer(2))});
  return steps;
}

void add_submission(storage::Transaction& tx, const std::string& declaration_id, const Submission& s) {
  tx.execute(kAddSubmission, {declaration_id, integer(s.number), s.kind, s.signed_statement, s.sealed_content,
                              s.receipt, blob(s.content_sha256), integer(s.parts), to_unix_ms(s.received)});
}

std::vector<Submission> submissions_of(storage::Transaction& tx, const std::string& declaration_id) {
  std::vector<Submission> submissions;
  for (const auto& row : tx.query(kSubmissions, {declaration_id})) submissions.push_back(submission_of(row));
  return submissions;
}

std::optional<Submission> submission_with(storage::Transaction& tx, const std::string& declaration_id,
                                          const crypto::Digest& content_sha256) {
  const auto row = tx.query_one(kSubmissionWith, {declaration_id, blob(content_sha256)});
  if (!row) return std::nullopt;
  return submission_of(*row);
}

std::optional<Bytes> sealed_content_of(storage::Transaction& tx, const std::string& declaration_id,
                                       std::uint64_t number) {
  const auto row = tx.query_one(kSealedContent, {declaration_id, integer(number)});
  if (!row) return std::nullopt;
  return row->blob(0);
}

std::vector<Bytes> statements_of(storage::Transaction& tx, const std::string& declaration_id) {
  std::vector<Bytes> statements;
  for (const auto& row : tx.query(kStatements, {declaration_id})) statements.push_back(row.blob(0));
  return statements;
}

std::uint64_t count_submissions(storage::Transaction& tx, const std::string& declaration_id) {
  return natural(tx.query_one(kCountSubmissions, {declaration_id})->integer(0));
}

}  // namespace jindu::portal::store
