#pragma once
// What goes wrong while a schedule is disturbed, and what people and machines around the units do: restart what ended,
// carry the medium, release what is held.
#include "tests/sim/world/deployment.hpp"

namespace jindu::sim {

class Chaos {
 public:
  explicit Chaos(Deployment& deployment);
  void begin();
  void calm_down();  // no faults any more; what is broken is put right

 private:
  void disturb();
  void disturb_processes();
  void disturb_network();
  void disturb_diodes();
  void stay_silent();
  void disturb_disks();
  void supervise();
  void carry_medium();
  void operate();

  void attach(const Process& side);
  void detach();
  bool finished() const;
  std::string medium_now() const { return d_.medium.folder(); }
  void damage_medium();
  void repeat_old_voyage();
  void keep_copy_of_voyages();
  void lose_medium();
  void approve_epoch(const Process& unit);
  void decide_about_held(const Process& unit);

  bool happens(double a_second) { return d_.kernel.random().chance(a_second / 10); }

  Deployment& d_;
  bool disturbed_ = true;
  std::string stored_;  // where the medium lies between two visits
  std::map<std::string, Volume::Backup> backups_;
  std::vector<std::pair<std::string, std::map<std::string, Bytes>>> old_voyages_;
  std::vector<std::pair<std::uint64_t, std::function<void()>>> later_;
};

}  // namespace jindu::sim
