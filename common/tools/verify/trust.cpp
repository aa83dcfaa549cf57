#include <fstream>

#include "common/runtime/files.hpp"
#include "common/tools/verify/checks.hpp"

namespace jindu::verify {
namespace {

constexpr std::size_t kPemMax = 4 * 1024 * 1024;

result<std::string> joined(const std::vector<fs::path>& paths) {
  std::string all;
  for (const auto& path : paths) {
    auto text = files::read_text(path, kPemMax);
    if (!text) return text.error();
    all += *text + "\n";
  }
  return all;
}

}  // namespace

result<Trust> read_trust(const std::vector<fs::path>& roots, const std::vector<fs::path>& intermediates,
                         const std::vector<fs::path>& crls) {
  auto root_pem = joined(roots), crl_pem = joined(crls), between_pem = joined(intermediates);
  for (const auto* text : {&root_pem, &crl_pem, &between_pem})
    if (!*text) return text->error();
  auto store = crypto::TrustStore::from_pem(*root_pem, *crl_pem);
  if (!store) return store.error();
  Trust trust{{std::move(*store), {}}, !crls.empty(), {}, {}};
  if (!intermediates.empty()) {
    auto all = crypto::Certificate::all_from_pem(*between_pem);
    if (!all) return all.error();
    trust.nodes.intermediates = std::move(*all);
  }
  return trust;
}

result<crypto::PrivateKey> read_key(const fs::path& file, const std::string& passphrase) {
  auto bytes = files::read(file, kPemMax);
  if (!bytes) return bytes.error();
  if (text_of(*bytes).starts_with("-----BEGIN")) return crypto::PrivateKey::from_pem(text_of(*bytes), passphrase);
  auto identity = crypto::identity_from_pkcs12(*bytes, passphrase);
  if (!identity) return identity.error();
  return identity->key;
}

result<Measured> measure(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return Error{Fault::not_found, "file.unreadable", "cannot read " + file.string()};
  Measured measured;
  crypto::Sha256 hash;
  std::vector<char> buffer(256 * 1024);
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const auto count = static_cast<std::size_t>(in.gcount());
    hash.update(bytes_of({buffer.data(), count}));
    measured.size += count;
  }
  if (!in.eof()) return Error{Fault::unavailable, "file.unreadable", "cannot read " + file.string()};
  measured.sha256 = hash.finish();
  return measured;
}

void tell_signer(Report& report, const crypto::Certificate& signer, Instant moment, const Trust& trust) {
  report.fact("signer", signer.common_name());
  if (!signer.organisation().empty()) report.fact("organisation", signer.organisation());
  report.fact("issuer", signer.issuer_common_name());
  report.fact("certificate", to_hex(signer.fingerprint()));
  const Values values{{"name", signer.common_name()}, {"time", utc_text(moment)}};
  report.prove("chain", values);
  if (trust.with_crls)
    report.prove("not_revoked", values);
  else
    report.leave_open("not_revoked", values);
  if (!trust.at) report.leave_open("clock", values);
  if (signer.not_after() < trust.now)
    report.leave_open("expired_since", {{"name", signer.common_name()}, {"time", utc_text(signer.not_after())}});
}

}  // namespace jindu::verify
