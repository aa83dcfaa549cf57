#include "common/http/router.hpp"

#include <catch2/catch.hpp>

#include "common/http/range.hpp"

namespace jindu::http {
namespace {

Route row(Method method, const char* path) {
  return {method, path, anyone(), 0, [](Request&) { return Response::empty(); }};
}

const Router& router() {
  static const Router made({row(Method::get, "/"), row(Method::get, "/items"), row(Method::get, "/items/{id}"),
                            row(Method::put, "/items/{id}"), row(Method::get, "/items/all"),
                            row(Method::get, "/items/{id}/guide"), row(Method::get, "/files/{rest...}")});
  return made;
}

std::string path_of(std::string_view path, Method method = Method::get) {
  const auto match = router().find(method, path);
  return match.route == nullptr ? "" : match.route->path;
}

}  // namespace

TEST_CASE("a path leads to the row that says it most exactly") {
  CHECK(path_of("/") == "/");
  CHECK(path_of("/items") == "/items");
  CHECK(path_of("/items/7") == "/items/{id}");
  CHECK(path_of("/items/all") == "/items/all");
  CHECK(path_of("/items/7/guide") == "/items/{id}/guide");
  CHECK(path_of("/files/a/b/c") == "/files/{rest...}");
  CHECK(path_of("/items/7", Method::put) == "/items/{id}");
  CHECK(path_of("/items/7", Method::head) == "/items/{id}");
  for (const char* none :
       {"/item", "/items/", "/items/7/", "/items/7/guide/x", "//items", "/files", "/files/", "/Items"}) {
    INFO(none);
    CHECK(path_of(none).empty());
  }
}

TEST_CASE("parameters are decoded after the path is cut, so that an escaped slash stays within its part") {
  CHECK(router().find(Method::get, "/items/a%2Fb").parameters.at("id") == "a/b");
  CHECK(router().find(Method::get, "/items/%E6%B4%A5").parameters.at("id") == "津");
  CHECK(router().find(Method::get, "/items/a+b").parameters.at("id") == "a+b");
  CHECK(router().find(Method::get, "/files/a/b%20c").parameters.at("rest") == "a/b c");
  CHECK(router().find(Method::get, "/items/%zz").route == nullptr);
  CHECK(router().find(Method::get, "/items/%00").route == nullptr);
}

TEST_CASE("a path with another method tells which methods it has") {
  const auto match = router().find(Method::del, "/items/7");
  CHECK(match.route == nullptr);
  CHECK(match.allowed == "GET, PUT");
  CHECK(router().find(Method::del, "/nowhere").allowed.empty());
}

TEST_CASE("escapes are decoded whole or not at all") {
  CHECK(percent_decoded("%41%e6%b4%a5") == "A津");
  CHECK(percent_decoded("a+b") == "a+b");
  CHECK(percent_decoded("a+b", true) == "a b");
  CHECK(percent_decoded("") == "");
  for (const char* text : {"%", "%4", "a%", "%4g", "%g4", "%00", "a%00b", "%-1"}) {
    INFO(text);
    CHECK_FALSE(percent_decoded(text));
  }
}

TEST_CASE("a query is read pair by pair, and what is malformed is as if it were not there") {
  const auto query = parse_query("a=1&b=&c&a=2&%E6%B4%A5=x+y&=n&d=%zz&&e=1=2");
  CHECK(query.count("a") == 2);
  CHECK(query.find("a")->second == "1");
  CHECK(query.find("b")->second.empty());
  CHECK(query.find("c")->second.empty());
  CHECK(query.find("津")->second == "x y");
  CHECK(query.find("e")->second == "1=2");
  CHECK(query.count("d") == 0);
  CHECK(query.count("") == 0);
  CHECK(parse_query("").empty());
}

TEST_CASE("a range of bytes is read as RFC 9110 says") {
  const auto told = [](std::string_view header, std::uint64_t size) {
    const auto r = parse_range(header, size);
    return !r.asked         ? std::string("whole")
           : !r.satisfiable ? "none"
                            : std::to_string(r.first) + "-" + std::to_string(r.last);
  };
  CHECK(told("bytes=0-9", 100) == "0-9");
  CHECK(told("bytes=90-", 100) == "90-99");
  CHECK(told("bytes=90-1000", 100) == "90-99");
  CHECK(told("bytes=-10", 100) == "90-99");
  CHECK(told("bytes=-1000", 100) == "0-99");
  CHECK(told("bytes=99-99", 100) == "99-99");
  CHECK(told("bytes=100-", 100) == "none");
  CHECK(told("bytes=9-0", 100) == "none");
  CHECK(told("bytes=-0", 100) == "none");
  CHECK(told("bytes=0-", 0) == "none");
  CHECK(told("bytes=-5", 0) == "none");
  for (const char* whole : {"", "bytes=", "bytes=-", "bytes=0-1,3-4", "items=0-1", "bytes=a-b", "bytes=1",
                            "bytes=0x1-2", "bytes= 0-1", "bytes=-1-2", "bytes=99999999999999999999-"}) {
    INFO(whole);
    CHECK(told(whole, 100) == "whole");
  }
}

}  // namespace jindu::http
