#pragma once
// TLS 1.2 and 1.3 with sound ciphers for servers and the check of a peer's certificate. The only place that configures
// it.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/crypto/digest.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace jindu::crypto {

struct TlsServerFiles {
  std::string certificate_chain;
  std::string private_key;
  std::string passphrase_file = {};
  std::string client_ca = {};  // empty: no client certificates asked for
  std::string crl = {};
  bool client_certificate_required = false;
};
// Codes: tls.certificate, tls.key, tls.client_ca.
result<std::shared_ptr<ssl_ctx_st>> tls_server_context(const TlsServerFiles& files);

// DER of the peer's verified certificate; nothing when it gave none.
std::optional<Bytes> verified_peer_certificate(ssl_st* connection);

struct ExpectedPeer {
  std::string name = {};          // Common Name
  std::vector<Digest> keys = {};  // key ids of which it has one; empty: any
};
// Makes a client's SSL_CTX refuse, within the handshake, every server with another name or key: nothing is sent to a
// node that is not the one we mean. `peer` must outlive the context.
void expect_peer(void* ssl_context, const ExpectedPeer* peer);

}  // namespace jindu::crypto
