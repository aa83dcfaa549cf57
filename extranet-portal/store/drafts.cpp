#include "extranet-portal/store/drafts.hpp"

#include "extranet-portal/store/values.hpp"

namespace jindu::portal::store {
namespace {

constexpr std::string_view kListDrafts =
    "SELECT declaration_id, version, item_id, CAST(LENGTH(sealed) AS BIGINT), updated_ms FROM draft WHERE account_id = "
    "$1 ORDER BY updated_ms DESC, declaration_id LIMIT 200";
constexpr std::string_view kFindDraft =
    "SELECT declaration_id, version, item_id, CAST(LENGTH(sealed) AS BIGINT), updated_ms, sealed FROM draft WHERE "
    "account_id = $1 AND declaration_id = $2";
constexpr std::string_view kInsert =
    "INSERT INTO draft (account_id, declaration_id, version, item_id, sealed, updated_ms) VALUES ($1, $2, 1, $3, $4, "
    "$5) ON CONFLICT (account_id, declaration_id) DO NOTHING";
constexpr std::string_view kReplace =
    "UPDATE draft SET version = version + 1, item_id = $4, sealed = $5, updated_ms = $6 WHERE account_id = $1 AND "
    "declaration_id = $2 AND version = $3";
constexpr std::string_view kDelete = "DELETE FROM draft WHERE account_id = $1 AND declaration_id = $2";
constexpr std::string_view kCount = "SELECT COUNT(*) FROM draft WHERE account_id = $1";

Draft draft_of(const storage::Row& row) {
  Draft draft{row.text(0), natural(row.integer(1)), row.text(2), natural(row.integer(3)), from_unix_ms(row.integer(4))};
  if (row.size() > 5) draft.sealed = row.blob(5);
  return draft;
}

}  // namespace

std::vector<Draft> drafts_of(storage::Transaction& tx, const std::string& account_id) {
  std::vector<Draft> drafts;
  for (const auto& row : tx.query(kListDrafts, {account_id})) drafts.push_back(draft_of(row));
  return drafts;
}

std::optional<Draft> find_draft(storage::Transaction& tx, const std::string& account_id,
                                const std::string& declaration_id) {
  const auto row = tx.query_one(kFindDraft, {account_id, declaration_id});
  if (!row) return std::nullopt;
  return draft_of(*row);
}

std::optional<std::uint64_t> put_draft(storage::Transaction& tx, const std::string& account_id,
                                       const std::string& declaration_id, std::uint64_t replaces,
                                       const std::string& item_id, const Bytes& sealed, Instant now) {
  const std::int64_t changed =
      replaces == 0
          ? tx.execute(kInsert, {account_id, declaration_id, item_id, sealed, to_unix_ms(now)})
          : tx.execute(kReplace, {account_id, declaration_id, integer(replaces), item_id, sealed, to_unix_ms(now)});
  if (changed != 1) return std::nullopt;
  return replaces + 1;
}

void delete_draft(storage::Transaction& tx, const std::string& account_id, const std::string& declaration_id) {
  tx.execute(kDelete, {account_id, declaration_id});
}

std::uint64_t count_drafts(storage::Transaction& tx, const std::string& account_id) {
  return natural(tx.query_one(kCount, {account_id})->integer(0));
}

}  // namespace jindu::portal::store
