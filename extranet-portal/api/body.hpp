#pragma once
// Reading a JSON body: exactly the members that are described, each of its kind.
#include <boost/json/object.hpp>
#include <set>
#include <string>

#include "common/http/server.hpp"
#include "common/storage/database.hpp"

namespace jindu::portal::api {

// Errors are collected, so that a handler reads straight down and asks `finish` once.
class Body {
 public:
  explicit Body(const http::Request& request);
  std::string text(const std::string& name, std::size_t least, std::size_t most);  // in bytes
  Bytes base64(const std::string& name, std::size_t least, std::size_t most);      // of decoded bytes
  std::uint64_t natural(const std::string& name, std::uint64_t least, std::uint64_t most);
  std::vector<Bytes> base64_list(const std::string& name, std::size_t count_most, std::size_t most);
  bool has(const std::string& name);
  Body object(const std::string& name);  // its `finish` is separate
  // http.content_type, http.json, http.member (with its pointer), http.unknown_member.
  result<void> finish() const;

 private:
  explicit Body(boost::json::object members, std::string pointer);
  const boost::json::value* member(const std::string& name);
  void fail(const std::string& name, std::string detail, Fault fault = Fault::invalid);
  boost::json::object members_;
  std::string pointer_;
  std::set<std::string> read_;
  std::optional<Error> error_;
};

// The id in a path; code `unknown` where it is no UUID.
result<std::string> uuid_parameter(const http::Request& request, std::string_view name, std::string unknown);

// An answer for one person's eyes: never kept by caches.
http::Response private_json(const boost::json::value& value, int status = 200);

// Runs a transaction whose work returns a result; an error rolls it back.
template <class T>
result<T> in_transaction(storage::Database& database, const std::function<T(storage::Transaction&)>& work,
                         bool writing = true) {
  std::optional<T> value;
  const auto run = [&](storage::Transaction& tx) { value = work(tx); };
  const auto done = writing ? database.write(run) : database.read(run);
  if (!done) return done.error();
  return std::move(*value);
}

[[noreturn]] inline void fail(Fault fault, std::string code, std::string detail, std::string field = {}) {
  throw ErrorException{Error{fault, std::move(code), std::move(detail), std::move(field)}};
}
inline void demand(const result<void>& outcome) {
  if (!outcome) throw ErrorException{outcome.error()};
}

}  // namespace jindu::portal::api
