// Who may speak with whom: handshakes that hold, and each way in which one must fail.
#include <catch2/catch.hpp>
#include <fstream>

#include "certificates.hpp"
#include "common/crypto/certificate.hpp"
#include "common/http/client.hpp"
#include "common/http/server.hpp"
#include "connection.hpp"

namespace jindu::http {
namespace {

using test::Certificates;

const Certificates& pki() { return Certificates::all(); }

TlsOptions mutual() {
  return {pki().pem("server"), pki().key("server"), {}, pki().pem("ca"), pki().file("ca.crl"), true};
}

std::unique_ptr<Server> serve(TlsOptions tls) {
  ServerOptions options;
  options.name = "tls-test";
  options.tls = std::move(tls);
  options.limits.header_timeout = std::chrono::seconds(2);
  return Server::start(
             std::move(options),
             {{Method::get, "/who", anyone(), 0,
               [](Request& request) -> result<Response> {
                 if (!request.client_certificate) return Response::json({{"who", "nobody"}});
                 return Response::json(
                     {{"who", crypto::Certificate::from_der(*request.client_certificate).value().common_name()}});
               }}})
      .value();
}

ClientOptions client(const Server& server, const std::string& name) {
  ClientOptions options{"https://127.0.0.1:" + std::to_string(server.port()), pki().pem("ca")};
  if (!name.empty()) {
    options.certificate_file = pki().pem(name);
    options.private_key_file = pki().key(name);
  }
  return options;
}

std::string who(ClientOptions options) {
  auto answer = Client(std::move(options)).send("GET", "/who");
  if (!answer) {
    CHECK(answer.error().fault == Fault::unavailable);
    return answer.error().code;
  }
  return std::string(boost::json::parse(text_of(answer->body)).at("who").as_string());
}

std::string refusal(TlsOptions tls) {
  ServerOptions options;
  options.tls = std::move(tls);
  auto server = Server::start(std::move(options), {});
  return server ? "" : server.error().code;
}

}  // namespace

TEST_CASE("a client with a certificate of the right authority is let in under its name") {
  const auto server = serve(mutual());
  CHECK(who(client(*server, "client")) == "client");
  auto named = client(*server, "client");
  named.expected_peer.name = "server";
  CHECK(who(named) == "client");
}

TEST_CASE("a client without certificate, of another authority, for another purpose, or revoked, gets no answer") {
  const auto server = serve(mutual());
  for (const char* name : {"", "stranger", "wrong-purpose", "revoked"}) {
    INFO(name);
    const auto told = who(client(*server, name));
    CHECK((told == "http.tls" || told == "http.unreachable"));
  }
  CHECK(who(client(*server, "client")) == "client");
}

TEST_CASE("a client that is not trusted learns that it is its certificate, and why, unless the line is gone before") {
  const auto server = serve(mutual());
  for (const auto& [name, why] :
       {std::pair{"revoked", "certificate revoked"}, std::pair{"expired", "certificate expired"}}) {
    INFO(name);
    // Who has sent a question may lose the answer with the connection.
    std::optional<Error> told;
    for (int attempt = 0; attempt < 20 && !(told && told->code == "http.tls"); ++attempt)
      told = Client(client(*server, name)).send("GET", "/who").error();
    CHECK(told->code == "http.tls");
    CHECK(told->detail.find(why) != std::string::npos);
  }
}

TEST_CASE("where certificates are not required, nobody is nobody, and a wrong one is still refused") {
  auto tls = mutual();
  tls.client_certificate_required = false;
  const auto server = serve(tls);
  CHECK(who(client(*server, "")) == "nobody");
  CHECK(who(client(*server, "client")) == "client");
  CHECK(who(client(*server, "stranger")) != "stranger");
}

TEST_CASE(
    "a client refuses a server of another authority, of another name or key, or whose time is over, before it says "
    "anything") {
  const auto server = serve(mutual());
  auto other = client(*server, "client");
  other.ca_file = pki().pem("other-ca");
  CHECK(who(other) == "http.tls");
  auto misnamed = client(*server, "client");
  misnamed.expected_peer.name = "somebody-else";
  CHECK(who(misnamed) == "http.tls");
  auto other_key = client(*server, "client");
  const auto key_of = [](const char* name) {
    return crypto::Certificate::all_from_pem_file(pki().pem(name)).value().front().key_id();
  };
  other_key.expected_peer = {"server", {key_of("client")}};
  CHECK(who(other_key) == "http.tls");
  other_key.expected_peer.keys.push_back(key_of("server"));
  CHECK(who(other_key) == "client");
  auto elsewhere = client(*server, "client");
  elsewhere.base_url = "https://localhost:" + std::to_string(server->port());  // not in the certificate
  CHECK(who(elsewhere) == "http.tls");
  auto late = mutual();
  late.certificate_chain_file = pki().pem("expired");
  late.private_key_file = pki().key("expired");
  const auto expired = serve(late);
  CHECK(who(client(*expired, "client")) == "http.tls");
}

TEST_CASE("a client that has the revocation list refuses a server that is on it, and any while the list is not there") {
  auto tls = mutual();
  tls.certificate_chain_file = pki().pem("revoked");
  tls.private_key_file = pki().key("revoked");
  const auto revoked = serve(tls), good = serve(mutual());
  auto to_revoked = client(*revoked, "client"), to_good = client(*good, "client");
  CHECK(who(to_revoked) == "client");  // what it does not know it cannot refuse
  to_revoked.crl_file = to_good.crl_file = pki().file("ca.crl");
  CHECK(who(to_revoked) == "http.tls");
  CHECK(who(to_good) == "client");
  to_good.crl_file = pki().file("not-there.crl");
  CHECK(who(to_good) == "http.tls");
}

TEST_CASE("who does not speak TLS to a TLS listener, or stops in its handshake, is hung up on") {
  const auto server = serve(mutual());
  test::Connection plain(server->port());
  plain.say("GET /who HTTP/1.1\r\nHost: t\r\n\r\n");
  std::string rest;
  CHECK(plain.answer().status == 0);
  test::Connection silent(server->port());
  silent.say("\x16\x03\x01");
  CHECK(silent.ends());
  CHECK(who(client(*server, "client")) == "client");
}

TEST_CASE("a key with a passphrase is opened with the file that holds it") {
  auto tls = mutual();
  tls.private_key_file = pki().file("server-encrypted.key");
  tls.private_key_passphrase_file = pki().file("passphrase");
  CHECK(who(client(*serve(tls), "client")) == "client");
  auto caller = client(*serve(mutual()), "server");
  caller.private_key_file = pki().file("server-encrypted.key");
  caller.private_key_passphrase_file = pki().file("passphrase");
  const auto server = serve(mutual());
  caller.base_url = "https://127.0.0.1:" + std::to_string(server->port());
  CHECK(who(caller) == "server");
  caller.private_key_passphrase_file = pki().file("not-there");
  Client broken(caller);
  CHECK(broken.send("GET", "/who").error().code == "file.unreadable");
}

TEST_CASE("a listener whose certificate, key or authorities are wrong does not start") {
  const auto with = [](auto change) {
    auto tls = mutual();
    change(tls);
    return refusal(tls);
  };
  CHECK(with([](TlsOptions& t) { t.certificate_chain_file = pki().file("gone.pem"); }) == "tls.certificate");
  CHECK(with([](TlsOptions& t) { t.private_key_file = pki().key("client"); }) == "tls.key");
  CHECK(with([](TlsOptions& t) { t.private_key_file = pki().file("gone.key"); }) == "key.file");
  CHECK(with([](TlsOptions& t) { t.private_key_file = pki().file("server-encrypted.key"); }) == "key.unreadable");
  CHECK(with([](TlsOptions& t) { t.client_ca_file = pki().file("gone.pem"); }) == "certificate.file");
  CHECK(with([](TlsOptions& t) { t.crl_file = pki().pem("ca"); }) == "tls.client_ca");
  CHECK(with([](TlsOptions& t) { t.crl_file = pki().file("gone.crl"); }) == "file.unreadable");
}

}  // namespace jindu::http
