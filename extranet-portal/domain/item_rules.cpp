#include "extranet-portal/domain/item_rules.hpp"

namespace jindu::portal {

ItemRules item_rules(const catalogue::Item& item, const crypto::Certificate& department) {
  ItemRules rules{item.id,
                  static_cast<std::uint32_t>(item.version),
                  item.for_citizens,
                  item.for_companies,
                  {},
                  department.key_id()};
  for (const auto& material : item.materials)
    rules.materials.push_back(
        {material.code, material.required && !material.when, material.max_bytes, material.max_files});
  return rules;
}

}  // namespace jindu::portal
