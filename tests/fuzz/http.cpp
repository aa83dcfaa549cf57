// What the server reads out of a request: path, query, cookies, range, JSON, and the file that a path leads to.
#include <unistd.h>

#include <filesystem>

#include "common/http/range.hpp"
#include "common/http/router.hpp"
#include "common/http/static_files.hpp"
#include "tests/fuzz/world.hpp"

namespace jindu::fuzz {
namespace {

const http::Router& router() {
  static const http::Router made([] {
    std::vector<http::Route> routes;
    for (const char* path :
         {"/api/v1/items", "/api/v1/items/{id}", "/api/v1/items/{id}/guide", "/files/{rest...}", "/"})
      routes.push_back(
          {http::Method::get, path, http::anyone(), 0, [](http::Request&) { return http::Response::empty(); }});
    routes.push_back({http::Method::post, "/api/v1/items/{id}", http::anyone(), 0,
                      [](http::Request&) { return http::Response::empty(); }});
    return routes;
  }());
  return made;
}

// A front-end of one page and one picture, in a folder that goes away with the process.
const std::string& front_end() {
  struct Folder {
    std::string path;
    Folder() {
      char name[] = "/tmp/jindu-fuzz-XXXXXX";
      path = ::mkdtemp(name);
      std::filesystem::create_directories(path + "/assets");
      for (const char* file : {"/index.html", "/assets/logo.svg"}) std::fclose(std::fopen((path + file).c_str(), "w"));
    }
    ~Folder() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
  };
  static const Folder folder;
  return folder.path;
}

void take_path(std::string_view raw) {
  const auto decoded = http::percent_decoded(raw);
  if (!decoded || !raw.starts_with('/')) return;
  promise(decoded->find('\0') == std::string::npos || raw.find('\0') != std::string_view::npos,
          "no NUL comes out of an escape");
  const auto match = router().find(http::Method::get, raw);
  if (match.route != nullptr)
    for (const auto& [name, value] : match.parameters)
      promise(!name.empty() && !value.empty(), "a parameter has a value");
  const auto file = http::static_file(front_end(), *decoded, "gzip");
  if (const auto* body = std::get_if<http::FileBody>(&file.body)) {
    const auto real = std::filesystem::weakly_canonical(body->path).string();
    promise(real.starts_with(std::filesystem::canonical(front_end()).string() + "/"),
            "only files of the front-end are served");
  }
}

}  // namespace
}  // namespace jindu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu;
  using namespace jindu::fuzz;
  Input input(data, size);
  const auto target = input.line();
  const auto question = target.find('?');
  take_path(target.substr(0, question));
  http::Request request;
  if (question != std::string_view::npos) request.query = http::parse_query(target.substr(question + 1));
  for (const auto& [name, value] : request.query)
    promise(!name.empty() && !request.query_value(name).empty() == !request.query.find(name)->second.empty(),
            "a query is found by its name");
  request.headers["cookie"] = input.line();
  if (const auto session = request.cookie("__Host-session"))
    promise(session->find(';') == std::string::npos, "a cookie ends at its sign");
  const std::uint64_t length = input.byte() * 251;
  const auto range = http::parse_range(input.line(), length);
  if (range.satisfiable)
    promise(range.asked && range.first <= range.last && range.last < length, "a range is within its file");
  const auto rest = input.rest();
  request.body.assign(rest.begin(), rest.end());
  (void)request.json();
  return 0;
}
