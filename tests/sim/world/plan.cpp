#include "tests/sim/world/plan.hpp"

#include <sstream>
#include <vector>

namespace jindu::sim {

Plan plan_of(std::uint64_t seed, Random& random, const std::string& only) {
  Plan p;
  p.carrier = std::vector<const char*>{"link", "ferry", "diode"}[random.below(3)];
  p.messages = static_cast<int>(random.between(2, 9));
  p.subjects = static_cast<int>(random.between(1, 4));
  p.poison = random.chance(0.2);
  p.refusals = random.chance(0.4);
  p.holds = random.chance(0.25);
  p.large = random.chance(0.2);
  p.limited = random.chance(0.2);
  p.short_lived = random.chance(0.15);
  // Of the seed and not drawn: what else a seed draws stays as it was.
  p.shared_files = seed % 2 == 0;
  p.swept_early = seed % 3 == 0;
  p.packed_voyages = seed / 2 % 2 == 0;
  p.disturbed = std::chrono::milliseconds(random.between(3'000, 20'000));

  p.network.slow = std::chrono::milliseconds(random.between(1, 30));
  if (random.chance(0.4)) {
    p.network.request_lost = 0.02 * static_cast<double>(random.between(0, 5));
    p.network.answer_lost = 0.02 * static_cast<double>(random.between(0, 5));
  }
  if (random.chance(0.3)) p.network.doubled = 0.1;
  if (random.chance(0.15)) p.network.damaged = 0.1;
  if (random.chance(0.3)) p.partitions = 0.1;
  if (random.chance(0.2)) p.clogs = 0.1;
  if (random.chance(0.6)) p.crashes = 0.1 * static_cast<double>(random.between(1, 5));
  if (p.crashes > 0 && random.chance(0.7)) p.power_cuts = random.chance(0.5) ? 1 : 0.5;
  if (random.chance(0.2)) p.stops = 0.1;
  if (random.chance(0.25)) p.clock_jumps = 0.1;
  if (random.chance(0.15)) p.disk.write_fails = 0.003;
  if (random.chance(0.15)) p.disk.sync_fails = 0.01;
  if (random.chance(0.1)) p.disk_full = 0.1;
  if (random.chance(0.06)) p.restores = 0.1;
  if (random.chance(0.05)) p.disk.write_goes_astray = 0.002;
  if (p.carrier == "ferry") {
    if (random.chance(0.3)) p.medium_pulled = 0.2;
    if (random.chance(0.2)) p.medium_lost = 0.1;
    if (random.chance(0.25)) p.medium_damaged = 0.2;
    if (random.chance(0.25)) p.medium_repeated = 0.3;
    if (random.chance(0.15)) p.medium.write_fails = 0.02;
    if (random.chance(0.15)) p.medium.sync_fails = 0.02;
  }
  if (p.carrier == "diode") {
    if (random.chance(0.5)) p.network.datagram_lost = 0.05 * static_cast<double>(random.between(1, 6));
    if (random.chance(0.3)) p.bursts = 0.5;
    if (random.chance(0.3)) p.outages = 0.1;
    if (random.chance(0.1)) p.long_outage = std::chrono::seconds(random.between(20, 400));
  }
  if (only == "restored") {
    p.restores = 0.2;
    p.disk.write_goes_astray = 0;
  }
  if (only == "expiring") {
    p.short_lived = true;
    p.clock_jumps = 0.5;
    p.restores = p.disk.write_goes_astray = 0;
  }
  if (p.restores > 0) {
    p.restores_both = random.chance(0.3);
    p.restores_outer = random.chance(0.5);
  }
  if (only == "calm") {
    Plan calm;
    calm.carrier = p.carrier;
    calm.messages = p.messages;
    calm.subjects = p.subjects;
    calm.disturbed = p.disturbed;
    return calm;
  }
  return p;
}

std::string Plan::text() const {
  std::ostringstream out;
  out << carrier << ", " << messages << " messages each way about " << subjects << " subjects, disturbed for "
      << disturbed.count() / 1000 << " s";
  const auto flag = [&](const char* name, bool is) {
    if (is) out << ", " << name;
  };
  const auto rate = [&](const char* name, double value) {
    if (value > 0) out << ", " << name << ' ' << value;
  };
  flag("poison", poison);
  flag("refusals", refusals);
  flag("holds", holds);
  flag("large", large);
  flag("limited", limited);
  flag("short lived", short_lived);
  flag("shared files", shared_files);
  flag("swept early", swept_early);
  if (carrier == "ferry") flag("packed voyages", packed_voyages);
  rate("requests lost", network.request_lost);
  rate("answers lost", network.answer_lost);
  rate("doubled", network.doubled);
  rate("damaged", network.damaged);
  rate("partitions", partitions);
  rate("datagrams lost", network.datagram_lost);
  rate("bursts", bursts);
  rate("outages", outages);
  rate("and a long one of seconds", static_cast<double>(long_outage.count()));
  rate("clogs", clogs);
  rate("crashes", crashes);
  rate("of them power cuts", power_cuts);
  rate("stops", stops);
  rate("clock jumps", clock_jumps);
  rate("writes fail", disk.write_fails);
  rate("syncs fail", disk.sync_fails);
  rate("writes go astray", disk.write_goes_astray);
  rate("disk full", disk_full);
  rate("restores", restores);
  flag("of both", restores_both);
  rate("medium pulled", medium_pulled);
  rate("medium lost", medium_lost);
  rate("medium damaged", medium_damaged);
  rate("medium repeated", medium_repeated);
  rate("medium writes fail", medium.write_fails);
  rate("medium syncs fail", medium.sync_fails);
  return out.str();
}

}  // namespace jindu::sim
