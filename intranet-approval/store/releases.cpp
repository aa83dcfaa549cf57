#include "intranet-approval/store/releases.hpp"

namespace jindu::approval::store {
namespace {

constexpr std::string_view kPutRelease =
    "INSERT INTO catalogue_release (serial, published_at_ms, editor, catalogue, signature) VALUES ($1, $2, $3, $4, $5)";
constexpr std::string_view kPutItem =
    "INSERT INTO item_version (item_id, version, serial, sha256, body) VALUES ($1, $2, $3, $4, $5)";
constexpr std::string_view kLatest =
    "SELECT serial, published_at_ms, editor, catalogue, signature FROM catalogue_release ORDER BY serial DESC LIMIT 1";
constexpr std::string_view kFindItem =
    "SELECT item_id, version, sha256, body FROM item_version WHERE item_id = $1 AND version = $2";

}  // namespace

void put_release(storage::Transaction& tx, const Release& release, const std::vector<ItemBody>& items) {
  const auto serial = static_cast<std::int64_t>(release.serial);
  tx.execute(kPutRelease,
             {serial, to_unix_ms(release.published_at), release.editor, release.catalogue, release.signature});
  for (const auto& item : items) {
    if (const auto known = find_item(tx, item.item_id, item.version)) {
      if (known->sha256 != item.sha256)
        throw ErrorException{Error{
            Fault::conflict, "catalogue.version_changed",
            item.item_id + " version " + std::to_string(item.version) + " was published with other content", "/items"}};
      continue;
    }
    tx.execute(kPutItem, {item.item_id, std::int64_t{item.version}, serial, item.sha256, item.body});
  }
}

std::optional<Release> latest_release(storage::Transaction& tx) {
  const auto row = tx.query_one(kLatest);
  if (!row) return std::nullopt;
  return Release{static_cast<std::uint64_t>(row->integer(0)), from_unix_ms(row->integer(1)), row->text(2), row->blob(3),
                 row->blob(4)};
}

std::optional<ItemBody> find_item(storage::Transaction& tx, const std::string& item_id, int version) {
  const auto row = tx.query_one(kFindItem, {item_id, std::int64_t{version}});
  if (!row) return std::nullopt;
  return ItemBody{row->text(0), static_cast<int>(row->integer(1)), row->blob(2), row->blob(3)};
}

}  // namespace jindu::approval::store
