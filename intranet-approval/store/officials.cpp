#include "intranet-approval/store/officials.hpp"

#include <sstream>

namespace jindu::approval::store {
namespace {

constexpr std::string_view kRetireAll = "UPDATE official SET active = 0";
constexpr std::string_view kPutOfficial =
    "INSERT INTO official (fingerprint, name, department, roles, certificate, active) VALUES ($1, $2, $3, $4, $5, 1) "
    "ON CONFLICT (fingerprint) DO UPDATE SET name = excluded.name, department = excluded.department, roles = "
    "excluded.roles, active = 1";
constexpr std::string_view kFindOfficial =
    "SELECT fingerprint, name, department, roles, certificate FROM official WHERE fingerprint = $1 AND active = 1";

}  // namespace

void replace_officials(storage::Transaction& tx, const std::vector<RegisteredOfficial>& officials) {
  tx.execute(kRetireAll);
  for (const auto& [official, certificate] : officials) {
    std::string roles;
    for (const auto& role : official.roles) roles += (roles.empty() ? "" : " ") + role;
    tx.execute(kPutOfficial, {official.fingerprint, official.name, official.department, roles, certificate});
  }
}

std::optional<RegisteredOfficial> find_official(storage::Transaction& tx, const std::string& fingerprint) {
  const auto row = tx.query_one(kFindOfficial, {fingerprint});
  if (!row) return std::nullopt;
  RegisteredOfficial found{{row->text(0), row->text(1), row->text(2), {}}, row->blob(4)};
  std::istringstream roles{row->text(3)};
  for (std::string role; roles >> role;) found.official.roles.insert(role);
  return found;
}

}  // namespace jindu::approval::store
