#pragma once
// What the portal must know of an item to take a submission for it: whom it is sealed to, who may apply, and which
// materials there are. The form itself is sealed; the intranet checks it.
#include <string>
#include <vector>

#include "common/catalogue/catalogue.hpp"
#include "common/crypto/certificate.hpp"
#include "extranet-portal/domain/account.hpp"

namespace jindu::portal {

struct MaterialRule {
  std::string code;
  bool always_required = false;  // not those that depend on the form
  std::uint64_t max_bytes = 0;   // of plaintext
  std::uint64_t max_files = 1;
};

struct ItemRules {
  std::string id;
  std::uint32_t version = 0;
  bool for_citizens = false;
  bool for_companies = false;
  std::vector<MaterialRule> materials;
  crypto::Digest department_key{};  // key id of the certificate dossiers are sealed to
  bool open_to(AccountKind kind) const { return kind == AccountKind::citizen ? for_citizens : for_companies; }
};

ItemRules item_rules(const catalogue::Item& item, const crypto::Certificate& department);

}  // namespace jindu::portal
