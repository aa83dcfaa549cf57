#pragma once
// The record of who read personal data: kept for the data subject and the auditor, never shown in a worklist.
#include <string>

#include "common/runtime/clock.hpp"
#include "common/storage/database.hpp"

namespace jindu::approval::store {

struct Reading {
  Instant at{};
  std::string official;  // fingerprint
  std::string case_id;
  std::string what;  // "case", "material/3", "document/1", "decision-preview"
  std::string request_id;
};

void put_reading(storage::Transaction& tx, const Reading& reading);

}  // namespace jindu::approval::store
