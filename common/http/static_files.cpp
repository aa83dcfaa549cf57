#include "common/http/static_files.hpp"

#include <filesystem>

namespace jindu::http {
namespace {

std::string_view type_of(std::string_view path) {
  constexpr std::pair<std::string_view, std::string_view> types[]{{".html", "text/html; charset=utf-8"},
                                                                  {".js", "text/javascript; charset=utf-8"},
                                                                  {".mjs", "text/javascript; charset=utf-8"},
                                                                  {".css", "text/css; charset=utf-8"},
                                                                  {".json", "application/json"},
                                                                  {".svg", "image/svg+xml"},
                                                                  {".png", "image/png"},
                                                                  {".ico", "image/x-icon"},
                                                                  {".woff2", "font/woff2"},
                                                                  {".wasm", "application/wasm"},
                                                                  {".txt", "text/plain; charset=utf-8"},
                                                                  {".webmanifest", "application/manifest+json"}};
  for (const auto& [ending, type] : types)
    if (path.ends_with(ending)) return type;
  return "application/octet-stream";
}

// Whether a path names something in the folder it is put behind. Every part has a name: an empty first one would make
// the path absolute, and an absolute path replaces the folder.
bool stays_below(std::string_view relative) {
  if (relative.find('\\') != std::string_view::npos) return false;
  for (;;) {
    const auto slash = relative.find('/');
    const auto part = relative.substr(0, slash);
    if (part.empty() || part.front() == '.') return false;
    if (slash == std::string_view::npos) return true;
    relative.remove_prefix(slash + 1);
  }
}

}  // namespace

Response static_file(const std::string& folder, std::string_view decoded_path, std::string_view accept_encoding) {
  namespace fs = std::filesystem;
  std::string relative(decoded_path.substr(1));
  std::error_code code;
  fs::path file = fs::path(folder) / relative;
  if (!stays_below(relative) || !fs::is_regular_file(file, code)) {
    if (relative.starts_with("assets/"))
      return problem({Fault::not_found, "http.no_such_file", "the file is not there"}, "");
    file = fs::path(folder) / "index.html";
    relative = "index.html";
  }
  Response response = Response::file(file.string(), std::string(type_of(relative)));
  response.headers.emplace_back("Cache-Control",
                                relative.starts_with("assets/") ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (accept_encoding.find("gzip") != std::string_view::npos && fs::is_regular_file(file.string() + ".gz", code)) {
    std::get<FileBody>(response.body).path += ".gz";
    response.headers.emplace_back("Content-Encoding", "gzip");
  }
  return response;
}

}  // namespace jindu::http
