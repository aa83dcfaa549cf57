#pragma once
// What a seed stands for: which carrier, how much work, which faults. Each schedule has only some kinds of faults, so
// that one does not hide another.
#include <chrono>
#include <string>

#include "tests/sim/disk/volume.hpp"
#include "tests/sim/network/network.hpp"

namespace jindu::sim {

constexpr std::chrono::hours kShortLife{1};

struct Plan {
  std::string carrier;  // "link", "ferry" or "diode"
  int messages = 0;     // each way
  int subjects = 0;
  bool poison = false;          // one subject cannot be applied until the very end
  bool refusals = false;        // some messages are refused by policy or by their receiver
  bool holds = false;           // some kinds wait for a releaser
  bool large = false;           // some messages are larger than what lives in the journal
  bool limited = false;         // a kind has a rate
  bool short_lived = false;     // bundles live for kShortLife only
  bool shared_files = false;    // bundles that come together always share a file
  bool packed_voyages = false;  // the bundles of a voyage always share a file
  bool swept_early = false;     // the bytes of what has ended go at once
  std::chrono::milliseconds disturbed{0};

  NetworkFaults network;
  double partitions = 0;                // a second
  double bursts = 0;                    // one path of a diode loses everything for up to half a second
  double outages = 0;                   // and for up to half a minute
  std::chrono::seconds long_outage{0};  // one path alone stays silent so long after everything else is well
  double clogs = 0;
  double crashes = 0;
  double power_cuts = 0;  // share of the crashes that lose what was not synced
  double stops = 0;       // orderly stops and starts
  double clock_jumps = 0;
  DiskFaults disk;              // of units and services
  double disk_full = 0;         // a second
  double restores = 0;          // a unit gets an old backup of its disk
  bool restores_both = false;   // first the one, then the other: what both had alone is gone then
  bool restores_outer = false;  // else which one
  DiskFaults medium;
  double medium_pulled = 0;    // in the middle of work, each visit
  double medium_lost = 0;      // for ever, each trip
  double medium_damaged = 0;   // a file of it is cut, changed, removed or doubled, each trip
  double medium_repeated = 0;  // an old copy of a voyage is put there again, each trip

  // What may be promised: after the restoration of both units, or an astray write of a unit's disk, custody that it had
  // signed may be gone.
  bool forgets() const { return (restores > 0 && restores_both) || disk.write_goes_astray > 0; }
  // Whether the disk of a unit may become another than it has written: an old one, or one with writes that went astray.
  bool changes_disks() const { return restores > 0 || forgets(); }
  std::string text() const;
};

Plan plan_of(std::uint64_t seed, Random& random, const std::string& only);

}  // namespace jindu::sim
