#pragma once
// How everything that the world can do to us is told: a value or one Error. Assertions are for our own mistakes.
#include <boost/system/result.hpp>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>

namespace jindu {

// What kind of failure it is; decides the HTTP status and whether trying again can help.
enum class Fault {
  invalid,       // the input breaks a rule: 400/422
  unauthorised,  // who are you: 401
  forbidden,     // you may not: 403
  not_found,     // 404
  conflict,      // the state has moved on: 409
  too_large,     // over a stated limit: 413
  limited,       // too often: 429
  integrity,     // a signature, digest or seal does not hold: 422
  unsupported,   // unknown suite, version or type: 415
  expired,       // was valid once: 410
  unavailable,   // something we need is away; try again later: 503
  internal,      // 500
};

// `code` is stable and dotted ("seal.unknown_suite"); interfaces translate by it. `detail` is for a technical reader,
// in English, without personal data. `field` is an RFC 6901 pointer or a key, where one input is to blame.
struct Error {
  Fault fault = Fault::internal;
  std::string code;
  std::string detail;
  std::string field = {};
};

struct ErrorException : std::runtime_error {
  explicit ErrorException(Error e) : std::runtime_error(e.code + ": " + e.detail), error(std::move(e)) {}
  Error error;
};

[[noreturn]] inline void throw_exception_from_error(const Error& e, const boost::source_location&) {
  throw ErrorException(e);
}

template <class T>
using result = boost::system::result<T, Error>;

// For logs and test messages: what went wrong, or that nothing did. Boost's own wants every T to be printable.
inline std::ostream& operator<<(std::ostream& out, const Error& e) {
  return out << e.code << ": " << e.detail << ' ' << e.field;
}
template <class T>
std::ostream& operator<<(std::ostream& out, const boost::system::result<T, Error>& r) {
  return r ? out << "a value" : out << r.error();
}

}  // namespace jindu
