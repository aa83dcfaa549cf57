#pragma once
// What the intranet published for everybody: the catalogue, and records by which documents are checked.
#include <optional>
#include <string>
#include <vector>

#include "common/crypto/digest.hpp"
#include "common/runtime/clock.hpp"
#include "common/storage/database.hpp"

namespace jindu::portal::store {

struct Release {
  std::uint64_t serial = 0;
  Instant published{};
  std::string editor;
  Bytes catalogue;
  Bytes signature;
};
struct ItemBody {
  std::string item_id;
  std::uint32_t version = 0;
  std::string body;  // JSON
};
std::uint64_t latest_serial(storage::Transaction& tx);  // 0 before the first release
std::optional<Release> latest_release(storage::Transaction& tx);
// Thrown Fault::conflict "catalogue.version_changed" where a version was published with another content before.
void put_release(storage::Transaction& tx, const Release& release, const std::vector<ItemBody>& items);
std::optional<ItemBody> find_item_version(storage::Transaction& tx, const std::string& item_id, std::uint32_t version);

struct Document {
  std::string check_code;
  std::string document_number;
  std::string document_kind;
  std::string department_zh;
  std::string department_en;
  std::string item_id;
  Instant issued_at{};
  std::string valid_until;
  crypto::Digest sha256{};
  std::string state;  // valid, revoked, replaced
};
// A later record about the same code changes its state and how long it holds.
void put_document(storage::Transaction& tx, const Document& document);
std::optional<Document> document_by_code(storage::Transaction& tx, const std::string& check_code);
std::optional<Document> document_by_digest(storage::Transaction& tx, const crypto::Digest& sha256);

}  // namespace jindu::portal::store
