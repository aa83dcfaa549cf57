#include "common/crypto/tls.hpp"

#include <openssl/ssl.h>

#include <algorithm>

#include "common/crypto/certificate.hpp"
#include "common/crypto/openssl.hpp"
#include "common/runtime/files.hpp"

namespace jindu::crypto {
namespace {

Error tls_error(const char* code, const std::string& what) {
  return {Fault::invalid, code, what + ": " + openssl_reason()};
}

result<void> trust_clients(SSL_CTX* context, const TlsServerFiles& files) {
  auto roots = Certificate::all_from_pem_file(files.client_ca);
  if (!roots) return roots.error();
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const auto& root : *roots) {
    X509_STORE_add_cert(store, root.native());
    SSL_CTX_add_client_CA(context, root.native());
  }
  if (!files.crl.empty()) {
    auto text = files::read_text(files.crl);
    if (!text) return text.error();
    auto bio = bio_of(bytes_of(*text));
    int lists = 0;
    while (X509_CRL* crl = PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr)) {
      X509_STORE_add_crl(store, crl);
      X509_CRL_free(crl);
      ++lists;
    }
    ERR_clear_error();
    if (lists == 0) return Error{Fault::invalid, "tls.client_ca", "no revocation list in " + files.crl};
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  }
  const int mode = SSL_VERIFY_PEER | (files.client_certificate_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);
  SSL_CTX_set_verify(context, mode, nullptr);
  return {};
}

int expected_peer_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

bool is(const Certificate& certificate, const ExpectedPeer& expected) {
  if (certificate.common_name() != expected.name) return false;
  return expected.keys.empty() ||
         std::find(expected.keys.begin(), expected.keys.end(), certificate.key_id()) != expected.keys.end();
}

// Called for each certificate of the chain, root first; the leaf is at depth 0.
int check_peer(int verified, X509_STORE_CTX* chain) {
  if (verified != 1 || X509_STORE_CTX_get_error_depth(chain) != 0) return verified;
  auto* connection = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto* expected =
      static_cast<const ExpectedPeer*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), expected_peer_index()));
  X509* leaf = X509_STORE_CTX_get_current_cert(chain);
  X509_up_ref(leaf);
  const Certificate certificate(std::shared_ptr<x509_st>(leaf, X509_free));
  if (expected != nullptr && is(certificate, *expected)) return 1;
  X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

}  // namespace

void expect_peer(void* ssl_context, const ExpectedPeer* peer) {
  auto* context = static_cast<SSL_CTX*>(ssl_context);
  SSL_CTX_set_ex_data(context, expected_peer_index(), const_cast<ExpectedPeer*>(peer));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, check_peer);
}

result<std::shared_ptr<ssl_ctx_st>> tls_server_context(const TlsServerFiles& files) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  must(context != nullptr, "SSL_CTX_new");
  const std::shared_ptr<SSL_CTX> made(context, SSL_CTX_free);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context,
                          "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:"
                          "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305");
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("jindu"), 5);
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate_chain.c_str()) != 1)
    return tls_error("tls.certificate", files.certificate_chain);
  auto key = PrivateKey::from_pem_file(files.private_key, files.passphrase_file);
  if (!key) return key.error();
  if (SSL_CTX_use_PrivateKey(context, key->native()) != 1 || SSL_CTX_check_private_key(context) != 1)
    return tls_error("tls.key", files.private_key);
  if (!files.client_ca.empty())
    if (auto ok = trust_clients(context, files); !ok) return ok.error();
  return made;
}

std::optional<Bytes> verified_peer_certificate(ssl_st* connection) {
  if (SSL_get_verify_result(connection) != X509_V_OK) return {};
  OwnedX509 certificate(SSL_get1_peer_certificate(connection));
  if (!certificate) return {};
  return der_of(certificate.get(), i2d_X509);
}

}  // namespace jindu::crypto
