#include "extranet-portal/settings.hpp"

namespace jindu::portal {
namespace {

constexpr std::uint64_t kMebibyte = 1024 * 1024;

api::Limits limits_of(ConfigTable table, std::uint64_t& disk_reserve) {
  api::Limits limits;
  const auto seconds = [&](std::string_view key, std::int64_t fallback) {
    return std::chrono::seconds(table.integer_or(key, fallback, 1, 86'400));
  };
  const auto count = [&](std::string_view key, std::int64_t fallback, std::int64_t most = 1'000'000) {
    return table.integer_or(key, fallback, 1, most);
  };
  limits.session.idle = std::chrono::minutes(count("session_idle_minutes", 30, 1440));
  limits.session.whole = std::chrono::hours(count("session_hours", 12, 168));
  limits.login = {static_cast<int>(count("login_attempts", 10)), seconds("login_attempt_each_seconds", 60)};
  limits.address = {static_cast<int>(count("address_attempts", 60)), seconds("address_attempt_each_seconds", 2)};
  limits.registration = {static_cast<int>(count("registrations", 20)), seconds("registration_each_seconds", 180)};
  limits.check = {static_cast<int>(count("checks", 60)), seconds("check_each_seconds", 1)};
  limits.submission = {static_cast<int>(count("submissions", 20)), seconds("submission_each_seconds", 60)};
  limits.drafts = static_cast<std::uint64_t>(count("drafts_per_account", 100, 200));
  limits.uploads = static_cast<std::uint64_t>(count("uploads_per_account", 256));
  limits.upload_bytes = static_cast<std::uint64_t>(count("upload_mib_per_account", 8192, 1 << 30)) * kMebibyte;
  limits.stale_upload = std::chrono::hours(24 * count("upload_kept_days", 30, 365));
  disk_reserve = static_cast<std::uint64_t>(count("disk_reserve_mib", 1024, 1 << 30)) * kMebibyte;
  return limits;
}

}  // namespace

result<Settings> read_settings(const std::string& path) {
  auto config = Config::from_file(path);
  if (!config) return config.error();
  Settings s;

  auto listen = config->table("listen");
  s.listen.address = listen.text("address");
  s.listen.port = listen.port("port");
  s.listen.tls.certificate_chain_file = listen.existing_file("certificate");
  s.listen.tls.private_key_file = listen.existing_file("private_key");
  s.listen.tls.private_key_passphrase_file = listen.existing_file_or_none("private_key_passphrase_file");
  s.listen.static_directory = listen.path_or("static_directory", "");
  s.listen.io_threads = static_cast<int>(listen.integer_or("io_threads", 2, 1, 64));
  s.listen.workers = static_cast<int>(listen.integer_or("workers", 16, 1, 512));

  auto operations = config->table("operations");
  s.operations.enabled = operations.present();
  if (s.operations.enabled) {
    s.operations.address = operations.text("address");
    s.operations.port = operations.port("port");
  }

  auto database = config->table("database");
  s.database_url = database.text("url");
  s.database_connections = static_cast<int>(database.integer_or("connections", 8, 1, 200));
  s.data_directory = config->table("data").path("directory");

  auto node = config->table("node");
  s.node.name = node.text("name");
  s.node.approval = node.text("approval");
  s.node.certificate = node.existing_file("certificate");
  s.node.private_key = node.existing_file("private_key");
  s.node.passphrase_file = node.existing_file_or_none("private_key_passphrase_file");
  s.node.peer_certificate = node.existing_file("peer_certificate");
  s.node.other_certificate = node.existing_file_or_none("other_certificate");
  s.node.other_key = node.existing_file_or_none("other_private_key");
  s.node.other_passphrase_file = node.existing_file_or_none("other_private_key_passphrase_file");
  s.node.trust_root = node.existing_file("trust_root");
  s.node.crl = node.existing_file_or_none("crl");

  auto gateway = config->table("gateway");
  s.unit_url = gateway.text("unit_url");
  s.unit_name = gateway.text("unit_name");

  auto applicants = config->table("applicants");
  s.applicants_ca = applicants.existing_file("ca");
  s.applicants_crl = applicants.existing_file_or_none("crl");

  auto registration = config->table("registration");
  s.registration.certificate = registration.existing_file("ca_certificate");
  s.registration.key = registration.existing_file("ca_key");
  s.registration.passphrase_file = registration.existing_file_or_none("ca_key_passphrase_file");

  auto editors = config->table("editors");
  s.editors_ca = editors.existing_file("ca");
  s.editors_crl = editors.existing_file_or_none("crl");
  s.editor_names = editors.texts("names");

  s.limits = limits_of(config->table("limits"), s.disk_reserve);
  s.log_level = config->table("log").text_or("level", "info");
  if (const auto read = config->finish(); !read) return read.error();
  return s;
}

}  // namespace jindu::portal
