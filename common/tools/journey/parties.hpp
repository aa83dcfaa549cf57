#pragma once
// The people of a journey, as programs: applicants, and officials that handle. They do what browsers do, by the same
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

result<boost::json::value> ask(http::Client& client, std::string_view method, const std::string& path,
                               const boost::json::value* body = nullptr);

struct Submitted {
  std::string declaration_id;
  std::string declaration_number;
  Bytes receipt;
};

// What a supplement answers; empty for an application.
struct Answering {
  std::string notice_id = {};
};

class Applicant {
 public:
  // A company, by signed challenge. `p12`: "ec" or "rsa" of pki/companies.
  static result<Applicant> enter(const Access& access, const std::string& p12);
  // A citizen, who registers with a key made here and logs in. `phone` is the account.
  static result<Applicant> register_citizen(const Access& access, const std::string& name, const std::string& phone);

  result<dossier::MadeDossier> make(const std::string& item_id, const std::string& form_json,
                                    const std::vector<dossier::MaterialFile>& materials,
                                    const std::string& declaration_id, Instant now, const Answering& answering = {});
  // Uploads what is not there yet, and submits. The same again gives the same declaration.
  result<Submitted> submit(const std::string& declaration_id, const dossier::MadeDossier& made);
  result<boost::json::object> declaration(const std::string& declaration_id);
  // Opened with the applicant's key.
  result<Bytes> open_notice(const std::string& declaration_id, const std::string& notice_id);
  result<boost::json::value> check_document(const std::string& code);
  const crypto::Identity& identity() const { return identity_; }
  http::Client& client() { return client_; }

 private:
  Applicant(http::Client client, crypto::Identity identity, jindu::v1::Party party)
      : client_(std::move(client)), identity_(std::move(identity)), party_(std::move(party)) {}
  http::Client client_;
  crypto::Identity identity_;
  jindu::v1::Party party_;
};

using Company = Applicant;

// What an official wants of a case. Made once and carried out until it is answered, so that a lost answer is no
// second command.
struct Command {
  boost::json::object body;
};

class Official {
 public:
  // `name`: of the files in pki/officials, such as "market-supervision-acceptor".
  static result<Official> enter(const Access& access, const std::string& name);
  result<boost::json::object> read(const std::string& case_id);
  // At the state that the official has before him.
  result<Command> intend(const std::string& case_id, boost::json::object command);
  // Drafts the decision record and signs it with the official's own key.
  result<Command> intend_to_determine(const std::string& case_id, const std::string& outcome,
                                      const std::string& opinion, const std::string& reasons);
  result<boost::json::object> give(const std::string& case_id, const Command& command);

 private:
  Official(http::Client client, crypto::Identity identity)
      : client_(std::move(client)), identity_(std::move(identity)) {}
  http::Client client_;
  crypto::Identity identity_;
};

// Harmless files of the types that catalogues ask for; a PDF is longer by `padding`.
Bytes sample_file(std::string_view media_type, std::string_view text, std::size_t padding = 0);
// What the item demands for such a form; the first PDF is padded.
std::vector<dossier::MaterialFile> sample_materials(const boost::json::object& item, const boost::json::value& form,
                                                    std::size_t padding = 0);

}  // namespace jindu::journey
