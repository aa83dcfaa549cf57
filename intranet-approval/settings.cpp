#include "intranet-approval/settings.hpp"

#include "common/runtime/config.hpp"

namespace jindu::approval {

result<Settings> read_settings(const std::string& path) {
  auto config = Config::from_file(path);
  if (!config) return config.error();
  Settings s;
  auto listen = config->table("listen");
  s.listen = {listen.text("address"),
              listen.port("port"),
              listen.existing_file("certificate"),
              listen.existing_file("private_key"),
              listen.existing_file_or_none("private_key_passphrase_file"),
              listen.path_or("static_directory", "")};
  auto operations = config->table("operations");
  s.has_operations = operations.present();
  if (s.has_operations) {
    s.operations_address = operations.text("address");
    s.operations_port = operations.port("port");
  }
  auto officials = config->table("officials");
  s.officials_ca = officials.existing_file("ca");
  s.officials_crl = officials.existing_file_or_none("crl");
  s.officials_register = officials.existing_file("register");
  auto applicants = config->table("applicants");
  s.applicants_ca = applicants.existing_file("ca");
  s.applicants_crl = applicants.existing_file_or_none("crl");
  auto database = config->table("database");
  s.database_url = database.text("url");
  s.database_connections = static_cast<int>(database.integer_or("connections", 8, 1, 256));
  s.data_directory = config->table("data").path("directory");
  auto node = config->table("node");
  s.node_name = node.text("name");
  s.portal = node.text("portal");
  s.portal_certificate = node.existing_file("portal_certificate");
  s.node_certificate = node.existing_file("certificate");
  s.node_key = node.existing_file("private_key");
  s.node_passphrase_file = node.existing_file_or_none("private_key_passphrase_file");
  s.node_other_certificate = node.existing_file_or_none("other_certificate");
  s.node_other_key = node.existing_file_or_none("other_private_key");
  s.node_other_passphrase_file = node.existing_file_or_none("other_private_key_passphrase_file");
  s.trust_root = node.existing_file("trust_root");
  s.node_crl = node.existing_file_or_none("crl");
  auto gateway = config->table("gateway");
  s.unit_url = gateway.text("unit_url");
  s.unit_name = gateway.text("unit_name");
  s.clamd_socket = config->table("inspection").path_or("clamd_socket", "");
  s.portal_public_url = config->table("portal").text("public_url");
  s.log_level = config->table("log").text_or("level", "info");
  for (auto& table : config->tables("departments"))
    s.departments.push_back({table.text("id"), table.existing_file("certificate"), table.existing_file("private_key"),
                             table.existing_file_or_none("private_key_passphrase_file")});
  if (auto ok = config->finish(); !ok) return ok.error();
  return s;
}

}  // namespace jindu::approval
