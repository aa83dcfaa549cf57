#pragma once
// Sealed material bytes that arrive in parts. The file grows first; then a row says how many bytes are durable.
#include <optional>
#include <string>
#include <vector>

#include "common/crypto/digest.hpp"
#include "common/runtime/clock.hpp"
#include "common/storage/database.hpp"

namespace jindu::portal::store {

struct UploadKey {
  std::string account_id;
  std::string declaration_id;
  std::string upload_id;
};

struct Upload {
  UploadKey key;
  std::uint64_t sealed_size = 0;
  std::uint64_t received = 0;
  std::optional<crypto::Digest> sealed_sha256;
  std::string state;  // receiving, complete, submitted, delivered, deleted
};

// Announces an upload; what is there already is left alone.
void add_upload(storage::Transaction& tx, const UploadKey& key, std::uint64_t sealed_size, Instant now);
std::optional<Upload> find_upload(storage::Transaction& tx, const UploadKey& key);
std::vector<Upload> uploads_for(storage::Transaction& tx, const std::string& account_id,
                                const std::string& declaration_id);
// False when `from` is not what is stored any more. With a digest the upload is complete.
bool advance_upload(storage::Transaction& tx, const UploadKey& key, std::uint64_t from, std::uint64_t to,
                    const std::optional<crypto::Digest>& sealed_sha256, Instant now);
// To "deleted", unless it is submitted already: then false.
bool release_upload(storage::Transaction& tx, const UploadKey& key, Instant now);
void release_uploads_for(storage::Transaction& tx, const std::string& account_id, const std::string& declaration_id,
                         Instant now);
bool submit_upload(storage::Transaction& tx, const UploadKey& key, Instant now);
void mark_delivered(storage::Transaction& tx, const std::string& declaration_id, Instant now);

struct Held {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
};
// What an account holds on the disk without having submitted it.
Held held_by(storage::Transaction& tx, const std::string& account_id);

// Uploads whose files are of no more use: delivered, deleted, or untouched since `before`.
std::vector<Upload> useless_uploads(storage::Transaction& tx, Instant before, int limit);
void forget_upload(storage::Transaction& tx, const UploadKey& key);

}  // namespace jindu::portal::store
