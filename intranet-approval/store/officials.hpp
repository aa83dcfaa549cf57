#pragma once
// The register of officials: whose certificate may come in, for which department, in which roles.
#include <optional>
#include <string>
#include <vector>

#include "common/storage/database.hpp"
#include "intranet-approval/domain/people/official.hpp"

namespace jindu::approval::store {

struct RegisteredOfficial {
  Official official;
  Bytes certificate;  // DER
};

// Makes the register exactly this list: who is not in it any more stays known by name but may not come in.
void replace_officials(storage::Transaction& tx, const std::vector<RegisteredOfficial>& officials);

// An active official by certificate fingerprint.
std::optional<RegisteredOfficial> find_official(storage::Transaction& tx, const std::string& fingerprint);

}  // namespace jindu::approval::store
