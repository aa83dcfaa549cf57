#pragma once
// The vectors of proto/vectors: read, put together, and tried with this implementation. proto/vectors/README.md tells
// how they are written.
#include <boost/json/object.hpp>
#include <filesystem>
#include <map>
#include <string>

#include "common/crypto/certificate.hpp"
#include "common/evidence/signed.hpp"

namespace jindu::vectors {

struct Keyring {
  evidence::NodeTrust trust;          // without revocation lists
  evidence::NodeTrust trust_and_crl;  // with them
  std::map<std::string, crypto::Identity, std::less<>> people;
  const crypto::Identity& of(std::string_view name) const;
};
Keyring read_keyring(const std::filesystem::path& folder);

// One file of vectors; fields of a vector may be pieced together from those of others.
class Collection {
 public:
  Collection() = default;
  explicit Collection(const std::filesystem::path& file);
  void add(boost::json::object vector);
  const std::vector<boost::json::object>& all() const { return vectors_; }
  Bytes bytes(const boost::json::object& vector, std::string_view field) const;
  void write(const std::filesystem::path& file, std::string_view about, std::string_view made_by) const;

 private:
  Bytes put_together(const boost::json::value& pieces) const;
  const boost::json::object& named(std::string_view name) const;
  std::vector<boost::json::object> vectors_;
};

// What comes of a vector here, to be compared with its "expect": {"error": code}, or what was read.
boost::json::object outcome(const Keyring& keys, const Collection& collection, const boost::json::object& vector);

}  // namespace jindu::vectors
