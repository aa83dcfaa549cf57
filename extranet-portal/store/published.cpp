#include "extranet-portal/store/published.hpp"

#include "extranet-portal/store/values.hpp"

namespace jindu::portal::store {
namespace {

#define JINDU_DOCUMENT                                                                                             \
  "check_code, document_number, document_kind, department_zh, department_en, item_id, issued_at_ms, valid_until, " \
  "sha256, state"

constexpr std::string_view kSerial = "SELECT COALESCE(MAX(serial), 0) FROM catalogue_release";
constexpr std::string_view kLatest =
    "SELECT serial, published_ms, editor, catalogue, signature FROM catalogue_release ORDER BY serial DESC LIMIT 1";
constexpr std::string_view kPutPublished =
    "INSERT INTO catalogue_release (serial, published_ms, editor, catalogue, signature) VALUES ($1, $2, $3, $4, $5)";
constexpr std::string_view kFindItem =
    "SELECT item_id, version, body FROM item_version WHERE item_id = $1 AND version = $2";
constexpr std::string_view kPutItem =
    "INSERT INTO item_version (item_id, version, serial, body) VALUES ($1, $2, $3, $4) ON CONFLICT (item_id, version) "
    "DO UPDATE SET serial = excluded.serial";
constexpr std::string_view kPutDocument = "INSERT INTO document (" JINDU_DOCUMENT
                                          ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (check_code) "
                                          "DO UPDATE SET valid_until = excluded.valid_until, state = excluded.state";
constexpr std::string_view kByCode = "SELECT " JINDU_DOCUMENT " FROM document WHERE check_code = $1";
constexpr std::string_view kByDigest =
    "SELECT " JINDU_DOCUMENT " FROM document WHERE sha256 = $1 ORDER BY issued_at_ms DESC LIMIT 1";

#undef JINDU_DOCUMENT

std::optional<Document> document_of(const std::optional<storage::Row>& row) {
  if (!row) return std::nullopt;
  return Document{row->text(0),
                  row->text(1),
                  row->text(2),
                  row->text(3),
                  row->text(4),
                  row->text(5),
                  from_unix_ms(row->integer(6)),
                  row->text(7),
                  digest(row->blob(8)),
                  row->text(9)};
}

}  // namespace

std::uint64_t latest_serial(storage::Transaction& tx) { return natural(tx.query_one(kSerial)->integer(0)); }

std::optional<Release> latest_release(storage::Transaction& tx) {
  const auto row = tx.query_one(kLatest);
  if (!row) return std::nullopt;
  return Release{natural(row->integer(0)), from_unix_ms(row->integer(1)), row->text(2), row->blob(3), row->blob(4)};
}

void put_release(storage::Transaction& tx, const Release& release, const std::vector<ItemBody>& items) {
  const auto serial = integer(release.serial);
  tx.execute(kPutPublished,
             {serial, to_unix_ms(release.published), release.editor, release.catalogue, release.signature});
  for (const auto& item : items) {
    const auto known = find_item_version(tx, item.item_id, item.version);
    if (known && known->body != item.body)
      throw ErrorException{Error{
          Fault::conflict, "catalogue.version_changed",
          item.item_id + " version " + std::to_string(item.version) + " was published with another content before",
          "/items"}};
    tx.execute(kPutItem, {item.item_id, std::int64_t{item.version}, serial, item.body});
  }
}

std::optional<ItemBody> find_item_version(storage::Transaction& tx, const std::string& item_id, std::uint32_t version) {
  const auto row = tx.query_one(kFindItem, {item_id, std::int64_t{version}});
  if (!row) return std::nullopt;
  return ItemBody{row->text(0), static_cast<std::uint32_t>(row->integer(1)), row->text(2)};
}

void put_document(storage::Transaction& tx, const Document& d) {
  tx.execute(kPutDocument, {d.check_code, d.document_number, d.document_kind, d.department_zh, d.department_en,
                            d.item_id, to_unix_ms(d.issued_at), d.valid_until, blob(d.sha256), d.state});
}

std::optional<Document> document_by_code(storage::Transaction& tx, const std::string& check_code) {
  return document_of(tx.query_one(kByCode, {check_code}));
}

std::optional<Document> document_by_digest(storage::Transaction& tx, const crypto::Digest& sha256) {
  return document_of(tx.query_one(kByDigest, {blob(sha256)}));
}

}  // namespace jindu::portal::store
