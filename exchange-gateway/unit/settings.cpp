#include "exchange-gateway/unit/settings.hpp"

#include "common/runtime/config.hpp"

namespace jindu::gateway {
namespace {

// Each long poll holds one: several processes of the service, and the lanes of the link.
constexpr int kPollingWorkers = 24;

http::ServerOptions listener(ConfigTable table, const std::string& name, const std::string& client_ca,
                             const std::string& crl) {
  http::ServerOptions options;
  options.name = name;
  options.address = table.text("address");
  options.port = table.port("port");
  http::TlsOptions tls;
  tls.certificate_chain_file = table.existing_file("certificate");
  tls.private_key_file = table.existing_file("private_key");
  tls.private_key_passphrase_file = table.existing_file_or_none("private_key_passphrase_file");
  tls.client_ca_file = client_ca;
  tls.crl_file = crl;
  tls.client_certificate_required = true;
  options.tls = tls;
  return options;
}

result<std::vector<Operator>> read_operators(const std::string& path) {
  auto config = Config::from_file(path);
  if (!config) return config.error();
  std::vector<Operator> operators;
  for (auto& table : config->tables("official")) {
    Operator one;
    const auto file = table.existing_file("certificate");
    one.name = table.text("name");
    table.text_or("department", "");
    one.roles = table.texts("roles");
    if (file.empty()) continue;
    auto certificates = crypto::Certificate::all_from_pem_file(file);
    if (!certificates) return certificates.error();
    one.fingerprint = to_hex(certificates->front().fingerprint());
    operators.push_back(std::move(one));
  }
  if (auto ok = config->finish(); !ok) return ok.error();
  return operators;
}

DiodeOptions read_diode(ConfigTable& table) {
  DiodeOptions diode;
  diode.listen = table.text("listen");
  diode.send_to = table.text("send_to");
  auto& s = diode.shape;
  const auto number = [&](const char* key, auto fallback, std::int64_t least, std::int64_t most) {
    return table.integer_or(key, static_cast<std::int64_t>(fallback), least, most);
  };
  s.bytes_per_second = static_cast<std::uint64_t>(number("rate_kbit", 100'000, 100, 40'000'000)) * 125;
  s.datagram = static_cast<std::size_t>(number("datagram_bytes", s.datagram, 256, 8'972));
  s.data = static_cast<int>(number("data_symbols", s.data, 1, diode::kDataMax));
  s.repair = static_cast<int>(number("repair_symbols", s.repair, 1, 254));
  s.rounds = static_cast<int>(number("rounds", s.rounds, 1, 10));
  s.burst = std::chrono::milliseconds(number("burst_ms", s.burst.count(), 0, 10'000));
  s.flush = std::chrono::milliseconds(number("flush_ms", s.flush.count(), 0, 1'000));
  s.memory = static_cast<std::size_t>(number("memory_bytes", s.memory, 1 << 20, std::int64_t{4} << 30));
  diode.receive_buffer =
      static_cast<std::size_t>(number("receive_buffer_bytes", diode.receive_buffer, 65'536, 1 << 30));
  diode.resend_after = std::chrono::seconds(number("resend_after_seconds", diode.resend_after.count(), 1, 3'600));
  return diode;
}

// Who is warned, of which channel, and by which server. A mistake is told by `wrong`.
result<void> read_contacts(Config& config, UnitOptions& unit, std::optional<mail::Server>& server) {
  const auto wrong = [](const char* key, const std::string& what) {
    return Error{Fault::invalid, "config.key", std::string(key) + ": " + what, key};
  };
  auto table = config.table("mail");
  if (table.present()) {
    auto& s = server.emplace();
    s.url = table.text("server");
    const auto security = table.text_or("security", "starttls");
    s.tls_required = security != "none";
    s.ca_file = table.existing_file_or_none("ca");
    s.user = table.text_or("user", "");
    s.password_file = table.existing_file_or_none("password_file");
    s.from = unit.mail_from = table.text("from");
    if (!s.url.starts_with("smtp://") && !s.url.starts_with("smtps://"))
      return wrong("mail.server", "is smtp://HOST:PORT, or smtps:// for TLS from the first byte");
    if (security != "starttls" && security != "none")
      return wrong("mail.security", "is starttls, or none within a protected network");
    if (!mail::is_address(s.from)) return wrong("mail.from", "is no mail address");
  }
  for (auto& one : config.tables("contact")) {
    Contact contact;
    contact.channel = one.text("channel");
    contact.mail = one.texts("mail");
    contact.after = std::chrono::seconds(one.integer_or("after_seconds", contact.after.count(), 1, 86'400 * 30));
    contact.again = std::chrono::seconds(one.integer_or("again_seconds", contact.again.count(), 1, 86'400 * 30));
    if (!server) return wrong("contact", "there is no [mail] by whose server they could be warned");
    if (contact.mail.empty()) return wrong("contact.mail", "names at least one address");
    for (const auto& address : contact.mail)
      if (!mail::is_address(address)) return wrong("contact.mail", "'" + address + "' is no mail address");
    for (const auto& other : unit.contacts)
      if (other.channel == contact.channel) return wrong("contact.channel", contact.channel + " is named twice");
    unit.contacts.push_back(std::move(contact));
  }
  return {};
}

// Of a register, whatever the order of its entries: a line each, which anybody can make again.
std::string digest_of_lines(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return to_hex(crypto::sha256(bytes_of(text)));
}

std::string digest_of_nodes(const UnitOptions& unit) {
  std::vector<std::string> lines;
  for (const auto& [name, certificate] : unit.nodes) lines.push_back(name + " " + to_hex(certificate.fingerprint()));
  return digest_of_lines(std::move(lines));
}

std::string digest_of_operators(const std::vector<Operator>& operators) {
  std::vector<std::string> lines;
  for (const auto& one : operators) {
    auto line = one.fingerprint + " " + one.name;
    auto roles = one.roles;
    std::sort(roles.begin(), roles.end());
    for (const auto& role : roles) line += " " + role;
    lines.push_back(std::move(line));
  }
  return digest_of_lines(std::move(lines));
}

result<Policy> policy_of(Config& config, const std::string& path) {
  Policy policy;
  const auto offset =
      static_cast<int>(config.table("time").integer_or("utc_offset_minutes", 8 * 60, -12 * 60, 14 * 60));
  for (auto& table : config.tables("allow")) {
    PolicyRule rule;
    rule.from = table.text("from");
    rule.to = table.text("to");
    rule.kind = table.text("kind");
    rule.max_bytes = static_cast<std::uint64_t>(table.integer("max_bytes", 1, std::int64_t{4} << 30));
    rule.per_minute = static_cast<std::uint32_t>(table.integer_or("per_minute", 0, 0, 1'000'000));
    rule.burst = static_cast<std::uint32_t>(
        table.integer_or("burst", std::max<std::int64_t>(rule.per_minute, 1), 1, 10'000'000));
    rule.hold = table.flag_or("hold", false);
    rule.releasers = static_cast<std::uint32_t>(table.integer_or("releasers", 1, 1, 5));
    rule.hours.utc_offset_minutes = offset;
    const auto newer = newer_fields_from_text(table.text_or("unknown_fields", ""));
    if (!newer)
      return Error{Fault::invalid, "policy.unknown_fields", path + ": unknown_fields is \"carry\" or \"refuse\"",
                   "allow.unknown_fields"};
    rule.newer = *newer;
    for (const auto& text : table.texts("hours")) {
      auto opening = parse_opening(text);
      if (!opening) return Error{Fault::invalid, "policy.hours", path + ": " + opening.error().detail, "allow.hours"};
      rule.hours.openings.push_back(*opening);
    }
    policy.rules.push_back(std::move(rule));
  }
  for (auto& table : config.tables("quota")) {
    Quota quota;
    quota.sender = table.text("sender");
    quota.max_bundles = static_cast<std::uint64_t>(table.integer_or("max_bundles", 0, 0, std::int64_t{1} << 40));
    quota.max_bytes = static_cast<std::uint64_t>(table.integer_or("max_bytes", 0, 0, std::int64_t{1} << 50));
    policy.quotas.push_back(std::move(quota));
  }
  if (auto ok = config.finish(); !ok) return ok.error();
  if (auto ok = check_policy(policy); !ok)
    return Error{ok.error().fault, ok.error().code, path + ": " + ok.error().detail};
  return policy;
}

}  // namespace

result<Policy> read_policy(const std::string& path) {
  auto config = Config::from_file(path);
  if (!config) return config.error();
  return policy_of(*config, path);
}

result<Settings> read_settings(const std::string& path, std::string_view side) {
  auto read = Config::from_file(path);
  if (!read) return read.error();
  auto& config = *read;

  auto trust_table = config.table("trust");
  const auto root = trust_table.existing_file("root"), crl = trust_table.existing_file_or_none("crl");

  auto unit_table = config.table("unit");
  UnitOptions unit;
  unit.name = unit_table.text("name");
  unit.peer = unit_table.text("peer");
  const auto wrong = [&](const char* key_name, const std::string& what) {
    return Error{Fault::invalid, "config.key", path + ": " + key_name + ": " + what, key_name};
  };
  const auto stated_side = unit_table.text("side");
  // Before anything else: the other keys of another side's file would be told as mistakes.
  if (!stated_side.empty() && stated_side != side)
    return wrong("unit.side", "this is the configuration of the " + stated_side + " unit");
  const auto certificate = unit_table.existing_file("certificate"), key = unit_table.existing_file("private_key");
  const auto passphrase = unit_table.existing_file_or_none("private_key_passphrase_file");

  auto service_table = config.table("service");
  unit.service = service_table.text("name");
  unit.inner = side == "inner";

  auto journal_table = config.table("journal");
  unit.directory = journal_table.path("directory");
  unit.minimum_free_bytes =
      static_cast<std::uint64_t>(journal_table.integer_or("minimum_free_bytes", 256 << 20, 0, std::int64_t{1} << 50));

  unit.keep_finished = std::chrono::hours(journal_table.integer_or("keep_finished_hours", 24, 0, 24 * 366));

  const auto policy_file = config.table("policy").existing_file("file");
  std::vector<std::pair<std::string, std::string>> nodes;
  for (auto& node : config.tables("nodes")) {
    auto name = node.text("name");
    nodes.emplace_back(std::move(name), node.existing_file("certificate"));
  }

  struct KeyFiles {
    std::string certificate, key, passphrase;
  };
  std::vector<KeyFiles> other_keys;
  for (auto& other : config.tables("other_key"))
    other_keys.push_back({other.existing_file("certificate"), other.existing_file("private_key"),
                          other.existing_file_or_none("private_key_passphrase_file")});

  auto services = listener(config.table("listen"), "services", root, crl);
  services.workers = kPollingWorkers;
  auto operations_table = config.table("operations");
  http::ServerOptions operations;
  operations.name = "operations";
  operations.address = operations_table.text("address");
  operations.port = operations_table.port("port");

  auto console_table = config.table("console");
  http::ServerOptions console;
  std::string operators_file, officials, console_crl;
  const bool has_console = console_table.present();
  if (has_console) {
    officials = console_table.existing_file("officials_ca");
    console_crl = console_table.existing_file_or_none("crl");
    console = listener(console_table, "console", officials, console_crl);
    console.static_directory = console_table.path_or("static_directory", "");
    console.headers = http::browser_headers();
    operators_file = console_table.existing_file("register");
  }

  // Whoever meets them is stopped when they end, so their end is announced with that of the nodes.
  std::vector<std::pair<std::string, std::string>> interfaces{{"services", services.tls->certificate_chain_file}};
  if (has_console) interfaces.emplace_back("console", console.tls->certificate_chain_file);

  auto alarms_table = config.table("alarms");
  const auto after = [&](const char* name, std::chrono::seconds& value) {
    value = std::chrono::seconds(alarms_table.integer_or(name, value.count(), 1, 86'400 * 366));
  };
  after("oldest_yellow_seconds", unit.alarms.oldest_yellow);
  after("oldest_red_seconds", unit.alarms.oldest_red);
  after("silent_yellow_seconds", unit.alarms.silent_yellow);
  after("silent_red_seconds", unit.alarms.silent_red);
  after("held_red_seconds", unit.alarms.held_red);
  after("gap_seconds", unit.alarms.gap);

  auto carrier_table = config.table("carrier");
  const auto carrier = carrier_table.text("kind");
  http::ServerOptions link_listener;
  http::ClientOptions link_outer;
  FerryOptions ferry;
  DiodeOptions diode;
  if (carrier == "link" && side == "outer") {
    link_listener.name = "link";
    link_listener.address = carrier_table.text("address");
    link_listener.port = carrier_table.port("port");
    link_listener.workers = kPollingWorkers;
    link_listener.tls = http::TlsOptions{certificate, key, passphrase, root, crl, true};
  } else if (carrier == "link") {
    link_outer = {carrier_table.text("outer_url"), root, certificate, key, passphrase};
    link_outer.crl_file = crl;
  } else if (carrier == "ferry") {
    ferry.attachment = carrier_table.path("directory") + "/medium";
    ferry.voyage_bytes =
        static_cast<std::size_t>(carrier_table.integer_or("voyage_bytes", 64 << 20, 1 << 20, std::int64_t{1} << 40));
    ferry.must_be_mount = carrier_table.flag_or("must_be_mount", false);
    ferry.tell_after = std::max<std::chrono::seconds>(unit.alarms.silent_yellow / 3, std::chrono::seconds(1));
    ferry.lost_after = std::chrono::seconds(carrier_table.integer_or("lost_after_seconds", 600, 1, 86'400 * 30));
  } else if (carrier == "diode") {
    diode = read_diode(carrier_table);
  }
  const auto level = config.table("log").text_or("level", "info");
  std::optional<mail::Server> mail;
  const auto contacts = read_contacts(config, unit, mail);

  if (auto ok = config.finish(); !ok) return ok.error();
  if (!contacts) return wrong(contacts.error().field.c_str(), contacts.error().detail);
  if (carrier != "link" && carrier != "ferry" && carrier != "diode")
    return wrong("carrier.kind", "is link, ferry or diode");
  if (carrier == "diode")
    if (auto ok = diode::check(diode.shape); !ok) return wrong(ok.error().field.c_str(), ok.error().detail);

  auto signer = evidence::node_signer_from_files(certificate, key, passphrase, unit.name);
  if (!signer) return signer.error();
  auto trust = evidence::node_trust_from_files(root, crl, certificate);
  if (!trust) return trust.error();
  for (const auto& files : other_keys) {
    auto identity = crypto::identity_from_files(files.certificate, files.key, files.passphrase);
    if (!identity) return identity.error();
    if (identity->certificate.common_name() != unit.name)
      return wrong("other_key.certificate", "is of '" + identity->certificate.common_name() + "', not of this unit");
    unit.other_keys.push_back(std::move(*identity));
  }
  for (const auto& [name, file] : nodes) {
    auto certificates = crypto::Certificate::all_from_pem_file(file);
    if (!certificates) return certificates.error();
    if (certificates->front().common_name() != name)
      return wrong("nodes.name", "the certificate is of '" + certificates->front().common_name() + "'");
    unit.nodes.emplace(name, certificates->front());
  }
  for (const auto& [name, file] : interfaces) {
    if (file.empty()) continue;
    auto certificates = crypto::Certificate::all_from_pem_file(file);
    if (!certificates) return certificates.error();
    unit.other_certificates.emplace_back(name, certificates->front().not_after());
  }
  if (!console_crl.empty()) {
    auto store = crypto::TrustStore::from_files(officials, console_crl);
    if (!store) return store.error();
    unit.other_lists = store->lists();
  }
  for (const auto& name : {unit.peer, unit.service})
    if (!unit.nodes.contains(name)) return wrong("nodes", "'" + name + "' is not among the nodes");
  auto rules = Config::from_file(policy_file);
  if (!rules) return rules.error();
  auto policy = policy_of(*rules, policy_file);
  if (!policy) return policy.error();
  unit.policy = std::move(*policy);
  // Of the very bytes that were read, so that the log never names a file that came after them.
  unit.rules = {{"policy", to_hex(crypto::sha256(bytes_of(rules->text())))}, {"nodes", digest_of_nodes(unit)}};
  for (const auto& contact : unit.contacts)
    if (std::none_of(unit.policy.rules.begin(), unit.policy.rules.end(), [&](const PolicyRule& rule) {
          return exchange::channel_of(rule.from, rule.to) == contact.channel;
        }))
      return wrong("contact.channel", "the policy knows no channel '" + contact.channel + "'");
  std::vector<Operator> operators;
  if (has_console) {
    auto list = read_operators(operators_file);
    if (!list) return list.error();
    operators = std::move(*list);
    unit.rules["operators"] = digest_of_operators(operators);
  }
  return Settings{side == "outer",          std::move(unit),       std::move(*signer),
                  std::move(*trust),        std::move(services),   std::move(console),
                  std::move(operations),    has_console,           carrier,
                  std::move(link_listener), std::move(link_outer), std::move(ferry),
                  std::move(diode),         std::move(operators),  level,
                  std::move(mail)};
}

}  // namespace jindu::gateway
