#include "extranet-portal/store/uploads.hpp"

#include "extranet-portal/store/values.hpp"

namespace jindu::portal::store {
namespace {

#define JINDU_COLUMNS "account_id, declaration_id, upload_id, sealed_size, received, sealed_sha256, state"
#define JINDU_THIS "account_id = $1 AND declaration_id = $2 AND upload_id = $3"

constexpr std::string_view kAddUpload =
    "INSERT INTO upload (account_id, declaration_id, upload_id, sealed_size, received, sealed_sha256, state, "
    "updated_ms) VALUES ($1, $2, $3, $4, 0, NULL, 'receiving', $5) ON CONFLICT (account_id, declaration_id, upload_id) "
    "DO NOTHING";
constexpr std::string_view kFindUpload = "SELECT " JINDU_COLUMNS " FROM upload WHERE " JINDU_THIS;
constexpr std::string_view kFor =
    "SELECT " JINDU_COLUMNS
    " FROM upload WHERE account_id = $1 AND declaration_id = $2 AND state IN ('receiving', "
    "'complete')";
constexpr std::string_view kAdvance =
    "UPDATE upload SET received = $5, updated_ms = $6 WHERE " JINDU_THIS " AND received = $4 AND state = 'receiving'";
constexpr std::string_view kComplete =
    "UPDATE upload SET received = $5, updated_ms = $6, sealed_sha256 = $7, state = 'complete' WHERE " JINDU_THIS
    " AND received = $4 AND state = 'receiving'";
constexpr std::string_view kRelease =
    "UPDATE upload SET state = 'deleted', updated_ms = $4 WHERE " JINDU_THIS " AND state IN ('receiving', 'complete')";
constexpr std::string_view kReleaseFor =
    "UPDATE upload SET state = 'deleted', updated_ms = $3 WHERE account_id = $1 AND declaration_id = $2 AND state IN "
    "('receiving', 'complete')";
constexpr std::string_view kSubmit =
    "UPDATE upload SET state = 'submitted', updated_ms = $4 WHERE " JINDU_THIS " AND state = 'complete'";
constexpr std::string_view kDelivered =
    "UPDATE upload SET state = 'delivered', updated_ms = $2 WHERE declaration_id = $1 AND state = 'submitted'";
constexpr std::string_view kHeld =
    "SELECT COUNT(*), CAST(COALESCE(SUM(sealed_size), 0) AS BIGINT) FROM upload WHERE account_id = $1 AND state IN "
    "('receiving', 'complete')";
constexpr std::string_view kUseless = "SELECT " JINDU_COLUMNS
                                      " FROM upload WHERE state IN ('delivered', 'deleted') OR (state IN ('receiving', "
                                      "'complete') AND updated_ms < $1) ORDER BY updated_ms LIMIT $2";
constexpr std::string_view kForget = "DELETE FROM upload WHERE " JINDU_THIS;

#undef JINDU_COLUMNS
#undef JINDU_THIS

Upload upload_of(const storage::Row& row) {
  Upload upload{
      {row.text(0), row.text(1), row.text(2)}, natural(row.integer(3)), natural(row.integer(4)), {}, row.text(6)};
  if (!row.is_null(5)) upload.sealed_sha256 = digest(row.blob(5));
  return upload;
}

std::vector<Upload> uploads_of(const std::vector<storage::Row>& rows) {
  std::vector<Upload> uploads;
  uploads.reserve(rows.size());
  for (const auto& row : rows) uploads.push_back(upload_of(row));
  return uploads;
}

}  // namespace

void add_upload(storage::Transaction& tx, const UploadKey& key, std::uint64_t sealed_size, Instant now) {
  tx.execute(kAddUpload, {key.account_id, key.declaration_id, key.upload_id, integer(sealed_size), to_unix_ms(now)});
}

std::optional<Upload> find_upload(storage::Transaction& tx, const UploadKey& key) {
  const auto row = tx.query_one(kFindUpload, {key.account_id, key.declaration_id, key.upload_id});
  if (!row) return std::nullopt;
  return upload_of(*row);
}

std::vector<Upload> uploads_for(storage::Transaction& tx, const std::string& account_id,
                                const std::string& declaration_id) {
  return uploads_of(tx.query(kFor, {account_id, declaration_id}));
}

bool advance_upload(storage::Transaction& tx, const UploadKey& key, std::uint64_t from, std::uint64_t to,
                    const std::optional<crypto::Digest>& sealed_sha256, Instant now) {
  std::vector<storage::Value> values{key.account_id, key.declaration_id, key.upload_id,
                                     integer(from),  integer(to),        to_unix_ms(now)};
  if (sealed_sha256) values.emplace_back(blob(*sealed_sha256));
  return tx.execute(sealed_sha256 ? kComplete : kAdvance, std::move(values)) == 1;
}

bool release_upload(storage::Transaction& tx, const UploadKey& key, Instant now) {
  return tx.execute(kRelease, {key.account_id, key.declaration_id, key.upload_id, to_unix_ms(now)}) == 1;
}

void release_uploads_for(storage::Transaction& tx, const std::string& account_id, const std::string& declaration_id,
                         Instant now) {
  tx.execute(kReleaseFor, {account_id, declaration_id, to_unix_ms(now)});
}

bool submit_upload(storage::Transaction& tx, const UploadKey& key, Instant now) {
  return tx.execute(kSubmit, {key.account_id, key.declaration_id, key.upload_id, to_unix_ms(now)}) == 1;
}

void mark_delivered(storage::Transaction& tx, const std::string& declaration_id, Instant now) {
  tx.execute(kDelivered, {declaration_id, to_unix_ms(now)});
}

Held held_by(storage::Transaction& tx, const std::string& account_id) {
  const auto row = tx.query_one(kHeld, {account_id});
  return {natural(row->integer(0)), natural(row->integer(1))};
}

std::vector<Upload> useless_uploads(storage::Transaction& tx, Instant before, int limit) {
  return uploads_of(tx.query(kUseless, {to_unix_ms(before), std::int64_t{limit}}));
}

void forget_upload(storage::Transaction& tx, const UploadKey& key) {
  tx.execute(kForget, {key.account_id, key.declaration_id, key.upload_id});
}

}  // namespace jindu::portal::store
