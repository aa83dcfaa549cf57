#include "common/http/static_files.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace jindu::http {
namespace {

namespace fs = std::filesystem;

// A built front-end, and a secret beside it.
class FrontEnd {
 public:
  FrontEnd() {
    char name[] = "/tmp/jindu-static-XXXXXX";
    root_ = ::mkdtemp(name);
    put("site/index.html", "the page");
    put("site/assets/app-1a2b.js", "code");
    put("site/assets/app-1a2b.js.gz", "packed code");
    put("site/logo.svg", "picture");
    put("site/.hidden", "secret");
    put("secret.txt", "secret");
  }
  ~FrontEnd() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  std::string folder() const { return root_ + "/site"; }
  const std::string& root() const { return root_; }
  Response ask(std::string_view path, std::string_view accepts = "") const {
    return static_file(folder(), path, accepts);
  }
  // What is served for a path: the bytes of the file.
  std::string served(std::string_view path) const {
    const auto response = ask(path);
    const auto* body = std::get_if<FileBody>(&response.body);
    if (body == nullptr) return "status " + std::to_string(response.status);
    std::ifstream in(body->path);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  void put(const std::string& name, const char* text) {
    fs::create_directories(fs::path(root_ + "/" + name).parent_path());
    std::ofstream(root_ + "/" + name) << text;
  }
  std::string root_;
};

std::string served_header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return {};
}

}  // namespace

TEST_CASE("a file of the front-end is served with its type, and its pages for every other path") {
  const FrontEnd site;
  CHECK(site.served("/assets/app-1a2b.js") == "code");
  CHECK(site.served("/logo.svg") == "picture");
  for (const char* page : {"/", "/items/food", "/index.html", "/assets"}) CHECK(site.served(page) == "the page");
  CHECK(served_header(site.ask("/logo.svg"), "Content-Type") == "image/svg+xml");
  CHECK(served_header(site.ask("/assets/app-1a2b.js"), "Content-Type") == "text/javascript; charset=utf-8");
  CHECK(served_header(site.ask("/anything"), "Content-Type") == "text/html; charset=utf-8");
}

TEST_CASE("names with a digest are kept for ever, pages are asked for each time, and a lost asset is not a page") {
  const FrontEnd site;
  CHECK(served_header(site.ask("/assets/app-1a2b.js"), "Cache-Control") == "public, max-age=31536000, immutable");
  CHECK(served_header(site.ask("/"), "Cache-Control") == "no-cache");
  CHECK(site.served("/assets/app-old.js") == "status 404");
}

TEST_CASE("what was packed when it was built is sent packed to whom can unpack it") {
  const FrontEnd site;
  const auto packed = site.ask("/assets/app-1a2b.js", "br, gzip");
  CHECK(std::get<FileBody>(packed.body).path == site.folder() + "/assets/app-1a2b.js.gz");
  CHECK(served_header(packed, "Content-Encoding") == "gzip");
  CHECK(served_header(packed, "Vary") == "Accept-Encoding");
  CHECK(served_header(site.ask("/assets/app-1a2b.js"), "Content-Encoding").empty());
  CHECK(served_header(site.ask("/logo.svg", "gzip"), "Content-Encoding").empty());
}

TEST_CASE("no path leads out of the front-end's folder") {
  const FrontEnd site;
  const std::string absolute = "/" + site.root() + "/secret.txt";  // "//tmp/…": an absolute path behind the first slash
  for (const std::string& path :
       {absolute, std::string("/../secret.txt"), std::string("/assets/../../secret.txt"),
        std::string("/assets/../.hidden"), std::string("/.hidden"), std::string("/./.hidden"),
        std::string("/..\\secret.txt"), std::string("//etc/passwd"), std::string("/assets//etc/passwd")}) {
    INFO(path);
    const auto served = site.served(path);
    CHECK((served == "the page" || served == "status 404"));
  }
}

}  // namespace jindu::http
