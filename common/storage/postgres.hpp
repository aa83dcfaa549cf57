#pragma once
// PostgreSQL 15 through libpq: prepared statements, several hosts in the URI, serialisable writes with bounded retry.
#include "common/storage/database.hpp"

namespace jindu::storage {

// Opens at least one connection, so that a wrong URL is told at the start. Later losses are told per call
// (Fault::unavailable) and healed by the next one.
result<std::unique_ptr<Database>> open_postgres(const std::string& uri, int connections);

}  // namespace jindu::storage
