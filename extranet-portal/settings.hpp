#pragma once
// The configuration of the portal (deploy/config/portal.toml.in), read and checked as a whole before anything starts.
#include <string>
#include <vector>

#include "common/http/server.hpp"
#include "common/runtime/config.hpp"
#include "extranet-portal/api/portal.hpp"

namespace jindu::portal {

struct Settings {
  struct Listen {
    std::string address;
    std::uint16_t port = 0;
    http::TlsOptions tls;
    std::string static_directory;
    int io_threads = 2;
    int workers = 16;
  } listen;
  struct Operations {
    bool enabled = false;
    std::string address;
    std::uint16_t port = 0;
  } operations;
  std::string database_url;
  int database_connections = 8;
  std::string data_directory;
  struct Node {
    std::string name, approval, certificate, private_key, passphrase_file, peer_certificate, trust_root, crl;
    std::string other_certificate, other_key, other_passphrase_file;  // during a rollover
  } node;
  std::string unit_url, unit_name;
  std::string applicants_ca, applicants_crl;
  struct RegistrationAuthority {
    std::string certificate, key, passphrase_file;
  } registration;
  std::string editors_ca, editors_crl;
  std::vector<std::string> editor_names;
  api::Limits limits;
  std::uint64_t disk_reserve = 0;
  std::string log_level;
};

// Codes of Config; the first mistake with its line.
result<Settings> read_settings(const std::string& path);

}  // namespace jindu::portal
