#pragma once
// Catalogue releases as published, and every item version ever published: dossiers are pinned to theirs.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/runtime/clock.hpp"
#include "common/storage/database.hpp"

namespace jindu::approval::store {

struct Release {
  std::uint64_t serial = 0;
  Instant published_at{};
  std::string editor;  // fingerprint
  Bytes catalogue;     // the exact bytes signed
  Bytes signature;     // CMS
};

struct ItemBody {
  std::string item_id;
  int version = 0;
  Bytes sha256;
  Bytes body;  // UTF-8 JSON of the item as in the catalogue
};

// Fault::conflict "catalogue.version_changed" (thrown) when a version that was published before has another body now:
// what dossiers are pinned to never changes. A serial that exists is a "storage.unique" conflict.
void put_release(storage::Transaction& tx, const Release& release, const std::vector<ItemBody>& items);

std::optional<Release> latest_release(storage::Transaction& tx);
std::optional<ItemBody> find_item(storage::Transaction& tx, const std::string& item_id, int version);

}  // namespace jindu::approval::store
