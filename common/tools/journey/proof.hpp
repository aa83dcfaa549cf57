#pragma once
// What the applicant holds in the end, checked as anybody can check it: by jindu-verify, which knows nothing of the
// running system, and by programs of others.
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "common/runtime/result.hpp"

namespace jindu::journey {

// Files of one journey, as it kept them.
struct Held {
  std::filesystem::path folder;
  std::filesystem::path pki;  // root.pem, issuing.pem, crl.pem, passphrase
  std::string prefix;         // of the files of the newest submission
  std::vector<std::string> parts;
  std::string applicant_p12;  // in pki; empty where the key is in no file
  bool decided = false;       // decision.pdf and check.json are there
};

// Tells each check and what the program said; the first that does not pass ends it. Code journey.proof.
result<void> prove(const Held& held, const std::function<void(const std::string&, const std::string&)>& say);

}  // namespace jindu::journey
