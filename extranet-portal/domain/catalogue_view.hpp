#pragma once
// A catalogue release as the portal uses it: what the public reads, and the rules submissions are checked by.
#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/runtime/clock.hpp"
#include "extranet-portal/domain/item_rules.hpp"

namespace jindu::portal {

struct DepartmentView {
  boost::json::object body;  // id, code, name
  crypto::Certificate certificate;
};

struct ItemView {
  std::uint32_t version = 0;
  std::string published;  // the item as it stands in the release, JSON
  std::string answer;     // the item with its department in full, JSON
  std::string etag;
  boost::json::value name;
  ItemRules rules;
};

struct CatalogueView {
  std::uint64_t serial = 0;
  Instant published_at{};
  std::map<std::string, DepartmentView> departments;
  std::map<std::string, ItemView> items;
  std::string answer = R"({"serial":0,"published_at":0,"items":[]})";
  std::string etag = "0";
};

// Reads a whole release; a mistake anywhere refuses all of it. Codes of catalogue::parse_catalogue, and
// catalogue.department_certificate.
result<CatalogueView> catalogue_view(BytesView catalogue_json, Instant published_at);
// A version that is no longer the published one, as it is answered: with its department as it is now.
result<ItemView> view_of_version(const CatalogueView& view, std::string_view item_json);
// The rules of a version that is no longer the published one, with the department's present certificate.
result<ItemRules> rules_of_version(const CatalogueView& view, std::string_view item_json);

}  // namespace jindu::portal
