#pragma once
// What a unit told of a block in which the two differ, until the other one's word of it is here. That word is compared
// with what was told, not with what is known by then: meanwhile bundles may have crossed.
#include "exchange-gateway/store/journal.hpp"

namespace jindu::gateway::store {

void put_told_block(storage::Transaction& t, const Stretch& stretch, std::int64_t first, BytesView detail);
std::optional<Bytes> take_told_block(storage::Transaction& t, const Stretch& stretch, std::int64_t first);
void forget_told_blocks(storage::Transaction& t, const Stretch& stretch);

}  // namespace jindu::gateway::store
