#include "common/http/router.hpp"

namespace jindu::http {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  for (;;) {
    const auto slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string_view name_of(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::del:
      return "DELETE";
  }
  return "";
}

bool is_parameter(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }
bool takes_rest(std::string_view segment) { return is_parameter(segment) && segment.ends_with("...}"); }

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return {};
      const int high = hex(text[i + 1]), low = hex(text[i + 2]);
      if (high < 0 || low < 0) return {};
      c = static_cast<char>(high << 4 | low);
      i += 2;
      if (c == '\0') return {};
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    out += c;
  }
  return out;
}

std::multimap<std::string, std::string> parse_query(std::string_view query) {
  std::multimap<std::string, std::string> values;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    const auto equals = pair.find('=');
    auto name = percent_decoded(pair.substr(0, equals), true);
    auto value = equals == std::string_view::npos ? std::string{} : percent_decoded(pair.substr(equals + 1), true);
    if (name && value && !name->empty()) values.emplace(std::move(*name), std::move(*value));
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return values;
}

Router::Router(std::vector<Route> routes) {
  for (auto& route : routes) {
    auto segments = split(route.path);
    entries_.push_back({std::move(route), std::move(segments)});
  }
}

Router::Match Router::find(Method method, std::string_view raw_path) const {
  const auto parts = split(raw_path);
  Match match;
  std::size_t best = 0;
  for (const auto& entry : entries_) {
    const bool rest = takes_rest(entry.segments.back());
    if (rest ? parts.size() < entry.segments.size() : parts.size() != entry.segments.size()) continue;
    std::map<std::string, std::string> parameters;
    std::size_t exact = 1;  // a fixed segment is better than a parameter
    bool fits = true;
    for (std::size_t i = 0; i < entry.segments.size() && fits; ++i) {
      const auto& segment = entry.segments[i];
      if (!is_parameter(segment)) {
        fits = parts[i] == segment;
        ++exact;
        continue;
      }
      std::string value = parts[i];
      if (takes_rest(segment))
        for (std::size_t j = i + 1; j < parts.size(); ++j) value += "/" + parts[j];
      auto decoded = percent_decoded(value);
      fits = decoded && !decoded->empty();
      if (fits) {
        const auto name = segment.substr(1, segment.size() - (takes_rest(segment) ? 5 : 2));
        parameters[name] = std::move(*decoded);
      }
    }
    if (!fits) continue;
    const bool right_method =
        entry.route.method == method || (method == Method::head && entry.route.method == Method::get);
    if (!right_method) {
      match.allowed += (match.allowed.empty() ? "" : ", ") + std::string(name_of(entry.route.method));
      continue;
    }
    if (exact <= best) continue;
    best = exact;
    match.route = &entry.route;
    match.parameters = std::move(parameters);
  }
  return match;
}

}  // namespace jindu::http
