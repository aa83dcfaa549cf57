#pragma once
// Finds the route of a request.
#include "common/http/server.hpp"

namespace jindu::http {

// Decodes percent escapes; nothing when they are malformed or hide a NUL.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space = false);
std::multimap<std::string, std::string> parse_query(std::string_view query);

class Router {
 public:
  explicit Router(std::vector<Route> routes);
  struct Match {
    const Route* route = nullptr;  // null: no such path
    std::map<std::string, std::string> parameters;
    std::string allowed;  // methods of the path, when only the method is wrong
  };
  // `raw_path` without query, not decoded: segments are split before they are decoded.
  Match find(Method method, std::string_view raw_path) const;

 private:
  struct Entry {
    Route route;
    std::vector<std::string> segments;
  };
  std::vector<Entry> entries_;
};

}  // namespace jindu::http
