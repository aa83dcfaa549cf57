#include "intranet-approval/store/papers.hpp"

namespace jindu::approval::store {
namespace {

constexpr std::string_view kNextDocument = "SELECT COALESCE(MAX(number), 0) + 1 FROM document WHERE case_id = $1";
constexpr std::string_view kPutDocument =
    "INSERT INTO document (case_id, number, kind, document_number, title_zh, title_en, issued_at_ms, valid_until, "
    "sha256, check_code, body) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
constexpr std::string_view kDocuments =
    "SELECT number, kind, document_number, title_zh, title_en, issued_at_ms, valid_until, sha256, check_code, "
    "LENGTH(body) "
    "FROM document WHERE case_id = $1 ORDER BY number";
constexpr std::string_view kFindDocument =
    "SELECT number, kind, document_number, title_zh, title_en, issued_at_ms, valid_until, sha256, check_code, "
    "LENGTH(body), body "
    "FROM document WHERE case_id = $1 AND number = $2";
constexpr std::string_view kPutNotice =
    "INSERT INTO notice (notice_id, case_id, kind, at_ms, sealed) VALUES ($1, $2, $3, $4, $5)";
constexpr std::string_view kFindReservation =
    "SELECT number, check_code FROM number_reservation WHERE case_id = $1 AND series = $2";
constexpr std::string_view kPutReservation =
    "INSERT INTO number_reservation (case_id, series, number, check_code) VALUES ($1, $2, $3, $4)";
constexpr std::string_view kCount =
    "INSERT INTO number_counter (department, series, year, last) VALUES ($1, $2, $3, 1) "
    "ON CONFLICT (department, series, year) DO UPDATE SET last = number_counter.last + 1";
constexpr std::string_view kCounted =
    "SELECT last FROM number_counter WHERE department = $1 AND series = $2 AND year = $3";

Document document_of(const storage::Row& row) {
  Document document;
  document.number = static_cast<int>(row.integer(0));
  document.kind = row.text(1);
  document.document_number = row.text(2);
  document.title_zh = row.text(3);
  document.title_en = row.text(4);
  document.issued_at = from_unix_ms(row.integer(5));
  document.valid_until = row.text(6);
  document.sha256 = row.blob(7);
  document.check_code = row.text(8);
  document.size = static_cast<std::uint64_t>(row.integer(9));
  return document;
}

}  // namespace

int put_document(storage::Transaction& tx, const std::string& case_id, const Document& document) {
  const auto number = tx.query_one(kNextDocument, {case_id})->integer(0);
  tx.execute(kPutDocument, {case_id, number, document.kind, document.document_number, document.title_zh,
                            document.title_en, to_unix_ms(document.issued_at), document.valid_until, document.sha256,
                            document.check_code, document.body});
  return static_cast<int>(number);
}

std::vector<Document> documents(storage::Transaction& tx, const std::string& case_id) {
  std::vector<Document> list;
  for (const auto& row : tx.query(kDocuments, {case_id})) list.push_back(document_of(row));
  return list;
}

std::optional<Document> find_document(storage::Transaction& tx, const std::string& case_id, int number) {
  const auto row = tx.query_one(kFindDocument, {case_id, std::int64_t{number}});
  if (!row) return std::nullopt;
  auto document = document_of(*row);
  document.body = row->blob(10);
  return document;
}

void put_notice(storage::Transaction& tx, const Notice& notice) {
  tx.execute(kPutNotice, {notice.notice_id, notice.case_id, notice.kind, to_unix_ms(notice.at), notice.sealed});
}

Reservation reserve_number(storage::Transaction& tx, const NumberRequest& request) {
  if (const auto row = tx.query_one(kFindReservation, {request.case_id, request.series}))
    return {row->text(0), row->text(1)};
  tx.execute(kCount, {request.department, request.series, std::int64_t{request.year}});
  const auto last =
      tx.query_one(kCounted, {request.department, request.series, std::int64_t{request.year}})->integer(0);
  const auto number = request.format(static_cast<std::uint64_t>(last));
  tx.execute(kPutReservation, {request.case_id, request.series, number, request.check_code});
  return {number, request.check_code};
}

}  // namespace jindu::approval::store
