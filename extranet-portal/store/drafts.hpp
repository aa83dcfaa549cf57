#pragma once
// Drafts, sealed to their applicant. A save names the version it replaces, so that two windows do not overwrite each
// other.
#include <optional>
#include <string>
#include <vector>

#include "common/runtime/clock.hpp"
#include "common/storage/database.hpp"

namespace jindu::portal::store {

struct Draft {
  std::string declaration_id;
  std::uint64_t version = 0;
  std::string item_id;
  std::uint64_t size = 0;
  Instant updated{};
  Bytes sealed = {};  // not in lists
};

std::vector<Draft> drafts_of(storage::Transaction& tx, const std::string& account_id);
std::optional<Draft> find_draft(storage::Transaction& tx, const std::string& account_id,
                                const std::string& declaration_id);
// The new version; nothing when `replaces` is not what is there (0: nothing is).
std::optional<std::uint64_t> put_draft(storage::Transaction& tx, const std::string& account_id,
                                       const std::string& declaration_id, std::uint64_t replaces,
                                       const std::string& item_id, const Bytes& sealed, Instant now);
void delete_draft(storage::Transaction& tx, const std::string& account_id, const std::string& declaration_id);
std::uint64_t count_drafts(storage::Transaction& tx, const std::string& account_id);

}  // namespace jindu::portal::store
