#pragma once
// Notices, readable by their applicant alone.
#include <optional>
#include <string>
#include <vector>

#include "common/runtime/clock.hpp"
#include "common/storage/database.hpp"

namespace jindu::portal::store {

struct Notice {
  std::string notice_id;
  std::string declaration_id;
  std::string kind;
  Instant at{};
  bool fetched = false;
  std::uint64_t size = 0;
  Bytes sealed = {};  // not in lists
};

// What is there already is left alone.
void add_notice(storage::Transaction& tx, const Notice& notice);
std::vector<Notice> notices_of(storage::Transaction& tx, const std::string& declaration_id);
std::optional<Notice> find_notice(storage::Transaction& tx, const std::string& declaration_id,
                                  const std::string& notice_id);
std::uint64_t count_unread(storage::Transaction& tx, const std::string& declaration_id);
void mark_fetched(storage::Transaction& tx, const std::string& notice_id, Instant now);

}  // namespace jindu::portal::store
