#pragma once
// Revocation lists by another program (openssl ca).
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "common/crypto/certificate.hpp"
#include "common/runtime/files.hpp"

namespace jindu {

// Of `issuer`, in PEM. `revoked` may be null; the times are as openssl takes them: 20260601000000Z.
inline std::string revocation_list(const crypto::PrivateKey& key, const crypto::Certificate& issuer,
                                   const crypto::Certificate* revoked, const std::string& issued,
                                   const std::string& next) {
  char place[] = "/tmp/jindu-crl-XXXXXX";
  const std::filesystem::path folder = ::mkdtemp(place);
  const auto put = [&](const char* file, const std::string& text) { std::ofstream(folder / file) << text; };
  put("root.pem", issuer.pem());
  put("key.pem", key.to_pem());
  if (revoked != nullptr) put("revoked.pem", revoked->pem());
  put("index", "");
  put("number", "01\n");
  put("ca.cnf",
      "[ca]\ndefault_ca = own\n[own]\ndatabase = index\ncrlnumber = number\ncertificate = root.pem\n"
      "private_key = key.pem\ndefault_md = sha256\ncrl_extensions = more\n"
      "[more]\nauthorityKeyIdentifier = keyid\n");
  const std::string revoke = revoked != nullptr ? "openssl ca -config ca.cnf -revoke revoked.pem 2>/dev/null && " : "";
  const int code =
      std::system(("cd " + folder.string() + " && " + revoke + "openssl ca -config ca.cnf -gencrl -crl_lastupdate " +
                   issued + " -crl_nextupdate " + next + " -out list.pem 2>/dev/null")
                      .c_str());
  const auto text = code == 0 ? files::read_text(folder / "list.pem") : result<std::string>(std::string{});
  std::filesystem::remove_all(folder);
  return text.value();
}

}  // namespace jindu
