#pragma once
// Two services and two units as processes of one simulation, composed as the programs that ship compose them.
#include "exchange-gateway/unit_process.hpp"
#include "tests/sim/world/keys.hpp"
#include "tests/sim/world/ledger.hpp"
#include "tests/sim/world/plan.hpp"

namespace jindu::sim {

class Deployment {
 public:
  Deployment(Kernel& kernel, Network& network, const Keys& keys, const Plan& plan, std::string folder);

  Kernel& kernel;
  Network& network;
  const Keys& keys;
  const Plan& plan;
  std::string folder;
  Volume outer_disk, inner_disk, portal_disk, approval_disk, medium;
  Process *outside, *outer, *inner, *portal, *approval;
  Ledger from_portal, from_approval;
  bool poison_is_gone = false;
  bool working = true;  // the services go on sending

  std::vector<Process*> processes() { return {outer, inner, portal, approval}; }
  Volume& disk_of(const Process& process) { return *process.volume; }
  std::string port_of(const Process& unit) const { return folder + "/" + unit.name + "-port"; }
  void start_all();
  // Writes down what the services have now; run() until both have answered.
  void take_accounts();
  http::ClientOptions operator_client(const Process& unit, bool second) const;

 private:
  gateway::Settings settings_of(bool is_outer) const;
  gateway::Policy policy() const;
  void run_unit(bool is_outer);
  void run_service(bool is_portal);
};

}  // namespace jindu::sim
