#pragma once
// The tables of the portal. Invariants are constraints here, not hopes in code. Forward only.
#include <vector>

#include "common/storage/database.hpp"

namespace jindu::portal::store {

const std::vector<storage::Migration>& migrations();

}  // namespace jindu::portal::store
