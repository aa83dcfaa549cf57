#pragma once
// The tables of the approval service. Invariants are constraints here, not hopes in code. Forward only.
#include <vector>

#include "common/storage/database.hpp"

namespace jindu::approval::store {

const std::vector<storage::Migration>& migrations();

}  // namespace jindu::approval::store
