#pragma once
// Forward-only migrations, numbered per component; what was applied is remembered with its digest, so that an edited
// one is noticed.
#include "common/storage/database.hpp"

namespace jindu::storage {

result<void> apply_migrations(Database& database, std::string_view component, const std::vector<Migration>& migrations);

// Replaces $BLOB, $SERIAL and $KEY by the dialect's words and splits into statements at ';' outside of quotes and
// comments.
std::vector<std::string> statements_of(std::string_view sql, std::string_view dialect);

}  // namespace jindu::storage
