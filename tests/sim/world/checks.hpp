#pragma once
// The promise, held against what the services and the units have in the end: once accepted, a bundle is applied exactly
// once, in order per subject, or its sender has a signed receipt why not; nothing is invented and nothing was opened.
#include "tests/sim/world/deployment.hpp"

namespace jindu::sim {

class Checks {
 public:
  explicit Checks(Deployment& deployment) : d_(deployment) {}
  void of_promise();  // after the accounts were taken
  void of_confidentiality();
  bool units_agree();
  void tell_open();  // into the trace  // within a fiber: asks both consoles
  void tell_journals();

 private:
  void of_direction(const std::string& sender, const Ledger& sent, const Ledger& received);
  void of_applied(const std::string& receiver, const Ledger& sent, const Ledger& received);
  void of_ends(const std::string& sender, const Ledger& sent, const Ledger& received);
  bool is_reason(const Message& m, const std::string& code) const;
  void of_receipts(const std::string& sender, const Ledger& sent);
  void require(bool holds, const std::string& what);

  Deployment& d_;
};

}  // namespace jindu::sim
