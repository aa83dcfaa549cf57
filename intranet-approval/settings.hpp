#pragma once
// The approval service's configuration: docs/operations.md, "Approval".
#include <string>
#include <vector>

#include "common/runtime/result.hpp"

namespace jindu::approval {

struct ListenSettings {
  std::string address;
  std::uint16_t port = 0;
  std::string certificate, private_key, passphrase_file, static_directory;
};
struct DepartmentSettings {
  std::string id, certificate, private_key, passphrase_file;
};

struct Settings {
  ListenSettings listen;
  bool has_operations = false;
  std::string operations_address;
  std::uint16_t operations_port = 0;
  std::string officials_ca, officials_crl, officials_register;
  std::string applicants_ca, applicants_crl;
  std::string database_url;
  int database_connections = 8;
  std::string data_directory;
  std::string node_name, portal, node_certificate, node_key, node_passphrase_file, portal_certificate, trust_root,
      node_crl;
  std::string node_other_certificate, node_other_key, node_other_passphrase_file;  // during a rollover
  std::string unit_url, unit_name;
  std::vector<DepartmentSettings> departments;
  std::string clamd_socket;
  std::string portal_public_url;
  std::string log_level;
};

result<Settings> read_settings(const std::string& path);

}  // namespace jindu::approval
