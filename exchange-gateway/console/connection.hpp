#pragma once
// Asks the console of a unit, with an operator's certificate from a PKCS#12 or from PEM files.
#include <boost/json/value.hpp>
#include <memory>
#include <optional>

#include "common/http/client.hpp"

namespace jindu::gateway {

struct ConsoleAddress {
  std::string url, ca, p12, passphrase_file, certificate, private_key;
};

class ConsoleConnection {
 public:
  // Codes: ctl.address, ctl.identity, and those of reading the files.
  static result<std::unique_ptr<ConsoleConnection>> open(const ConsoleAddress& address);

  result<boost::json::value> get(const std::string& path);
  result<Bytes> bytes(const std::string& path);
  result<boost::json::value> post(const std::string& path, const boost::json::object& body);

  // Keys out of a PKCS#12 live in memory files that nobody else can open; they go with the connection.
  class MemoryFile {
   public:
    explicit MemoryFile(std::string_view text);
    ~MemoryFile();
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    std::string path() const { return "/proc/self/fd/" + std::to_string(number_); }

   private:
    int number_;
  };

 private:
  ConsoleConnection() = default;
  std::unique_ptr<MemoryFile> certificate_, key_;
  std::optional<http::Client> client_;
};

std::string query_escaped(std::string_view text);

}  // namespace jindu::gateway
