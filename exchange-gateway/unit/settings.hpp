#pragma once
// The unit's configuration: docs/operations.md, "Gateway". Reading it is also how --check-config checks it.
#include "common/http/client.hpp"
#include "common/http/server.hpp"
#include "common/mail/smtp.hpp"
#include "exchange-gateway/carriers/carrier.hpp"

namespace jindu::gateway {

struct Operator {
  std::string fingerprint;  // of the certificate, hex
  std::string name;
  std::vector<std::string> roles;
};

struct Settings {
  bool outer = true;
  UnitOptions unit;
  evidence::NodeSigner signer;
  evidence::NodeTrust trust;
  http::ServerOptions services, console, operations;
  bool has_console = false;
  std::string carrier;  // "link", "ferry" or "diode"
  http::ServerOptions link_listener;
  http::ClientOptions link_outer;
  FerryOptions ferry;
  DiodeOptions diode;
  std::vector<Operator> operators;
  std::string log_level;
  std::optional<mail::Server> mail;  // by which contacts are warned
};

result<Settings> read_settings(const std::string& path, std::string_view side);
result<Policy> read_policy(const std::string& path);

}  // namespace jindu::gateway
