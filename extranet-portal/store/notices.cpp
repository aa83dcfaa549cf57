#include "extranet-portal/store/notices.hpp"

#include "extranet-portal/store/values.hpp"

namespace jindu::portal::store {
namespace {

constexpr std::string_view kAddNotice =
    "INSERT INTO notice (notice_id, declaration_id, kind, at_ms, sealed, fetched_ms) VALUES ($1, $2, $3, $4, $5, 0) ON "
    "CONFLICT (notice_id) DO NOTHING";
constexpr std::string_view kListNotices =
    "SELECT notice_id, declaration_id, kind, at_ms, fetched_ms, CAST(LENGTH(sealed) AS BIGINT) FROM notice WHERE "
    "declaration_id = $1 ORDER BY at_ms, notice_id";
constexpr std::string_view kFindNotice =
    "SELECT notice_id, declaration_id, kind, at_ms, fetched_ms, CAST(LENGTH(sealed) AS BIGINT), sealed FROM notice "
    "WHERE declaration_id = $1 AND notice_id = $2";
constexpr std::string_view kUnread = "SELECT COUNT(*) FROM notice WHERE declaration_id = $1 AND fetched_ms = 0";
constexpr std::string_view kFetched = "UPDATE notice SET fetched_ms = $2 WHERE notice_id = $1 AND fetched_ms = 0";

Notice notice_of(const storage::Row& row) {
  Notice notice{row.text(0),         row.text(1),
                row.text(2),         from_unix_ms(row.integer(3)),
                row.integer(4) != 0, natural(row.integer(5))};
  if (row.size() > 6) notice.sealed = row.blob(6);
  return notice;
}

}  // namespace

void add_notice(storage::Transaction& tx, const Notice& notice) {
  tx.execute(kAddNotice, {notice.notice_id, notice.declaration_id, notice.kind, to_unix_ms(notice.at), notice.sealed});
}

std::vector<Notice> notices_of(storage::Transaction& tx, const std::string& declaration_id) {
  std::vector<Notice> notices;
  for (const auto& row : tx.query(kListNotices, {declaration_id})) notices.push_back(notice_of(row));
  return notices;
}

std::optional<Notice> find_notice(storage::Transaction& tx, const std::string& declaration_id,
                                  const std::string& notice_id) {
  const auto row = tx.query_one(kFindNotice, {declaration_id, notice_id});
  if (!row) return std::nullopt;
  return notice_of(*row);
}

std::uint64_t count_unread(storage::Transaction& tx, const std::string& declaration_id) {
  return natural(tx.query_one(kUnread, {declaration_id})->integer(0));
}

void mark_fetched(storage::Transaction& tx, const std::string& notice_id, Instant now) {
  tx.execute(kFetched, {notice_id, to_unix_ms(now)});
}

}  // namespace jindu::portal::store
