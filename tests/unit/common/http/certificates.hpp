#pragma once
// A small PKI in files, made by the openssl program: what the servers and clients of a test show each other.
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace jindu::http::test {

class Certificates {
 public:
  Certificates() {
    char name[] = "/tmp/jindu-tls-XXXXXX";
    folder_ = ::mkdtemp(name);
    for (const char* ca : {"ca", "other-ca"})
      run(std::string("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=") + ca +
          " -keyout " + ca + ".key -out " + ca + ".pem");
    issue("server", "ca", "serverAuth,clientAuth");
    issue("client", "ca", "clientAuth");
    issue("revoked", "ca", "serverAuth,clientAuth");
    issue("stranger", "other-ca", "clientAuth");
    issue("wrong-purpose", "ca", "emailProtection");
    expired_server();
    revoke();
    std::ofstream(file("passphrase")) << "secret\n";
    run("ec -in server.key -aes256 -passout file:passphrase -out server-encrypted.key");
  }
  ~Certificates() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  std::string file(const std::string& name) const { return folder_ + "/" + name; }
  std::string pem(const std::string& name) const { return file(name + ".pem"); }
  std::string key(const std::string& name) const { return file(name + ".key"); }

  // Made once for the whole program: that takes a moment.
  static const Certificates& all() {
    static const Certificates made;
    return made;
  }

 private:
  void run(const std::string& words) const {
    const auto command = "cd " + folder_ + " && openssl " + words + " >>log 2>&1";
    if (std::system(command.c_str()) != 0) FAIL("failed: " << command);
  }
  void issue(const std::string& name, const std::string& ca, const std::string& purpose) const {
    std::ofstream(file(name + ".ext")) << "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=" << purpose
                                       << "\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n";
    run("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name + " -keyout " + name +
        ".key -out " + name + ".csr");
    run("x509 -req -in " + name + ".csr -CA " + ca + ".pem -CAkey " + ca + ".key -CAcreateserial -days 2 -extfile " +
        name + ".ext -out " + name + ".pem");
  }
  // `openssl ca` alone can date a certificate back.
  void expired_server() const {
    std::ofstream(file("ca.cnf"))
        << "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial.txt\nnew_certs_dir=.\ncertificate=ca."
           "pem\nprivate_key=ca.key\ndefault_md=sha256\npolicy=p\ndefault_crl_days=2\n[p]\ncommonName=supplied\n";
    std::ofstream(file("index.txt")) << "";
    std::ofstream(file("serial.txt")) << "7777\n";
    run("ca -batch -config ca.cnf -in server.csr -startdate 20200101000000Z -enddate 20200201000000Z -extfile "
        "server.ext -out expired.pem");
    std::filesystem::copy_file(key("server"), key("expired"));
  }
  void revoke() const {
    run("ca -batch -config ca.cnf -revoke revoked.pem");
    run("ca -batch -config ca.cnf -gencrl -out ca.crl");
  }
  std::string folder_;
};

}  // namespace jindu::http::test
