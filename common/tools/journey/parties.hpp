#pragma once
// The people of a journey, as programs: a company that applies, and officials that handle. They do what browsers do, by the same
// APIs and formats, so that a running system can be tried, tested and measured without one.
#include <boost/json/object.hpp>

#include "common/dossier/dossier.hpp"
#include "common/http/client.hpp"

namespace jindu::journey {

// Where a system is, and with what to enter it: the access.json that deploy/demo writes.
struct Access {
  std::string portal, approval, pki, root, passphrase;
};
result<Access> read_access(const std::string& path);

result<boost::json::value> ask(http::Client& client, std::string_view method, const std::string& path, const boost::json::value* body = nullptr);

struct Submitted {
  std::string declaration_id;
  std::string declaration_number;
  Bytes receipt;
};

class Company {
 public:
  // `p12`: "ec" or "rsa".
  static result<Company> enter(const Access& access, const std::string& p12);

  // Seals, uploads, signs and submits. The same draft again gives the same declaration.
  result<dossier::MadeDossier> make(const std::string& item_id, const std::string& form_json, const std::vector<dossier::MaterialFile>& materials, const std::string& declaration_id, Instant now);
  result<Submitted> submit(const std::string& declaration_id, const dossier::MadeDossier& made);
  result<boost::json::object> declaration(const std::string& declaration_id);
  // Opened with the company's key; the newest of the kind.
  result<Bytes> open_notice(const std::string& declaration_id, const std::string& notice_id);
  result<boost::json::value> check_document(const std::string& code);
  const crypto::Identity& identity() const { return identity_; }
  http::Client& client() { return client_; }

 private:
  Company(http::Client client, crypto::Identity identity) : client_(std::move(client)), identity_(std::move(identity)) {}
  http::Client client_;
  crypto::Identity identity_;
};

class Official {
 public:
  // `name`: of the files in pki/officials, such as "market-supervision-acceptor".
  static result<Official> enter(const Access& access, const std::string& name);
  result<boost::json::object> read(const std::string& case_id);
  result<boost::json::object> command(const std::string& case_id, boost::json::object command);
  // Draft, sign with the official's own key, and determine.
  result<boost::json::object> determine(const std::string& case_id, const std::string& outcome, const std::string& opinion, const std::string& reasons);

 private:
  Official(http::Client client, crypto::Identity identity) : client_(std::move(client)), identity_(std::move(identity)) {}
  http::Client client_;
  crypto::Identity identity_;
};

// Harmless files of the types that catalogues ask for.
Bytes sample_file(std::string_view media_type, std::string_view text);
std::vector<dossier::MaterialFile> sample_materials(const boost::json::object& item, const boost::json::value& form);

}  // namespace jindu::journey
