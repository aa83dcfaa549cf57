#include "tests/sim/world/chaos.hpp"

#include <boost/json/parse.hpp>

#include <filesystem>
#include <fstream>

#include "common/http/client.hpp"

namespace jindu::sim {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
constexpr milliseconds kTick{100};

std::vector<std::string> sorted(const fs::path& folder, bool recursive) {
  std::vector<std::string> paths;
  std::error_code code;
  if (recursive) {
    for (const auto& entry : fs::recursive_directory_iterator(folder, code)) paths.push_back(entry.path());
  } else {
    for (const auto& entry : fs::directory_iterator(folder, code)) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

Bytes contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write(const std::string& path, const Bytes& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

Chaos::Chaos(Deployment& deployment) : d_(deployment), stored_(deployment.medium.folder()) {}

void Chaos::begin() {
  auto& kernel = d_.kernel;
  d_.network.faults = d_.plan.network;
  for (auto* process : d_.processes()) process->volume->faults = d_.plan.disk;
  // Only a unit's disk lets writes go astray: what the services must promise then is another matter.
  d_.portal_disk.faults.write_goes_astray = d_.approval_disk.faults.write_goes_astray = 0;
  d_.medium.faults = d_.plan.medium;
  kernel.spawn(*d_.outside, "chaos", [this] { disturb(); });
  kernel.spawn(*d_.outside, "supervisor", [this] { supervise(); });
  kernel.spawn(*d_.outside, "operators", [this] { operate(); });
  if (d_.plan.carrier == "ferry") kernel.spawn(*d_.outside, "porter", [this] { carry_medium(); });
}

void Chaos::calm_down() {
  disturbed_ = false;
  d_.kernel.trace("---- no faults from here on");
  d_.network.faults = {};
  d_.network.heal_all();
  if (d_.plan.long_outage.count() > 0) stay_silent();
  for (auto* process : d_.processes()) {
    process->volume->faults = {};
    process->clock_ms = 0;
    process->steps_left = 0;
  }
  d_.medium.faults = {};
}

void Chaos::disturb() {
  while (disturbed_) {
    d_.kernel.sleep(kTick);
    if (!disturbed_) return;
    disturb_processes();
    disturb_network();
    disturb_diodes();
    disturb_disks();
    std::erase_if(later_, [&](auto& one) {
      if (one.first > d_.kernel.now_ns()) return false;
      one.second();
      return true;
    });
  }
}

void Chaos::disturb_processes() {
  auto& random = d_.kernel.random();
  auto all = d_.processes();
  if (happens(d_.plan.crashes)) {
    auto* victim = random.pick(all);
    if (victim->alive && victim->steps_left == 0) {
      victim->loses_power = random.chance(d_.plan.power_cuts);
      victim->steps_left = random.between(1, random.chance(0.5) ? 30 : 300);
    }
  }
  if (happens(d_.plan.stops)) d_.kernel.ask_to_stop(*random.pick(all));
  if (happens(d_.plan.clock_jumps)) {
    auto* one = random.pick(all);
    one->clock_ms = random.chance(0.3) ? 0 : random.between(-36, 36) * 3'600'000 + random.between(-60'000, 60'000);
    d_.kernel.trace("the clock of " + one->name + " is off by " + std::to_string(one->clock_ms) + " ms");
  }
}

void Chaos::disturb_network() {
  auto& random = d_.kernel.random();
  const std::vector<std::pair<std::string, std::string>> ways{
      {"gateway-outer", "gateway-inner"}, {"portal", "gateway-outer"}, {"approval", "gateway-inner"}};
  if (happens(d_.plan.partitions)) {
    const auto& [a, b] = ways[random.below(ways.size())];
    d_.network.cut(a, b);
    later_.emplace_back(d_.kernel.now_ns() + random.below(10'000'000'000), [this] { d_.network.heal_all(); });
  }
  // Some of the processes are clogged one after the other, and are free again in another order.
  if (happens(d_.plan.clogs))
    for (auto* process : d_.processes())
      if (random.chance(0.5)) {
        d_.kernel.trace(process->name + " is clogged");
        later_.emplace_back(d_.kernel.now_ns() + random.below(2'000'000'000),
                            [this, name = process->name] { d_.network.clog(name); });
        later_.emplace_back(d_.kernel.now_ns() + 2'000'000'000 + random.below(6'000'000'000),
                            [this, name = process->name] { d_.network.free(name); });
      }
}

void Chaos::disturb_diodes() {
  auto& random = d_.kernel.random();
  for (const auto& [from, to] :
       {std::pair(d_.outer->name, d_.inner->name), std::pair(d_.inner->name, d_.outer->name)}) {
    const bool burst = happens(d_.plan.bursts), outage = happens(d_.plan.outages);
    if ((!burst && !outage) || d_.network.is_silent(from, to)) continue;
    d_.network.silence(from, to);
    later_.emplace_back(d_.kernel.now_ns() + random.below(outage ? 30'000'000'000 : 500'000'000),
                        [this, from = from, to = to] { d_.network.let_speak(from, to); });
  }
}

void Chaos::stay_silent() {
  const bool outward = d_.kernel.random().chance(0.5);
  const auto from = (outward ? d_.inner : d_.outer)->name, to = (outward ? d_.outer : d_.inner)->name;
  d_.network.silence(from, to);
  d_.kernel.spawn(*d_.outside, "the end of an outage", [this, from, to] {
    d_.kernel.sleep(d_.plan.long_outage);
    d_.network.let_speak(from, to);
  });
}

void Chaos::disturb_disks() {
  auto& random = d_.kernel.random();
  auto all = d_.processes();
  if (happens(d_.plan.disk_full)) {
    auto* disk = random.pick(all)->volume;
    d_.kernel.trace("the disk of " + disk->name() + " is full");
    disk->faults.full = true;
    later_.emplace_back(d_.kernel.now_ns() + random.below(8'000'000'000), [disk] { disk->faults.full = false; });
  }
  if (d_.plan.restores == 0) return;
  auto* unit = (d_.plan.restores_both ? random.chance(0.5) : d_.plan.restores_outer) ? d_.outer : d_.inner;
  if (happens(0.3)) backups_.insert_or_assign(unit->name, unit->volume->back_up());
  if (!happens(d_.plan.restores) || !backups_.contains(unit->name)) return;
  d_.kernel.crash(*unit, false);
  unit->volume->faults.full = false;  // it is another disk
  unit->volume->restore(backups_.at(unit->name));
}

// Starts again what ended, as the service manager of the machine does.
void Chaos::supervise() {
  for (;;) {
    d_.kernel.sleep(kTick);
    for (auto* process : d_.processes())
      if (!process->alive && (!disturbed_ || d_.kernel.random().chance(0.2))) d_.kernel.start(*process);
  }
}

// ---- the medium

void Chaos::attach(const Process& side) {
  const auto there = d_.port_of(side) + "/medium";
  fs::rename(stored_, there);
  d_.medium.moved(there);
  d_.kernel.trace("the medium is with " + side.name);
}

void Chaos::detach() {
  if (!fs::exists(medium_now())) return;
  // What was not synced when it was pulled is lost or torn.
  d_.medium.cut_power_of_folder();
  fs::rename(medium_now(), stored_);
  d_.medium.moved(stored_);
}

bool Chaos::finished() const {
  for (const auto& path : sorted(medium_now(), false))
    if (fs::path(path).filename().string().starts_with("finished-")) return true;
  return false;
}

void Chaos::carry_medium() {
  auto& random = d_.kernel.random();
  for (int visit = 0;; ++visit) {
    for (const auto& path : sorted(stored_, false))
      if (fs::path(path).filename().string().starts_with("finished-")) fs::remove_all(path);
    if (disturbed_) {
      keep_copy_of_voyages();
      if (random.chance(d_.plan.medium_damaged)) damage_medium();
      if (random.chance(d_.plan.medium_repeated)) repeat_old_voyage();
      if (random.chance(d_.plan.medium_lost)) lose_medium();
    }
    attach(visit % 2 == 0 ? *d_.outer : *d_.inner);
    const bool pulled = disturbed_ && random.chance(d_.plan.medium_pulled);
    const auto patience = d_.kernel.now_ns() + (pulled ? random.below(400'000'000) : 5'000'000'000ULL);
    while (d_.kernel.now_ns() < patience && (pulled || !finished()))
      d_.kernel.sleep(std::chrono::microseconds(pulled ? 500 : 20'000));
    detach();
    d_.kernel.sleep(milliseconds(random.between(50, 1'500)));
  }
}

void Chaos::damage_medium() {
  auto& random = d_.kernel.random();
  std::vector<std::string> files;
  for (const auto& path : sorted(stored_, true))
    if (fs::is_regular_file(path)) files.push_back(path);
  if (files.empty()) return;
  const auto path = random.pick(files);
  auto bytes = contents(path);
  const auto kind = random.below(5);
  const char* const kinds[] = {"cut", "changed", "removed", "doubled under another name", "another's bytes in"};
  d_.kernel.trace(std::string(kinds[kind]) + " on the medium: " + path.substr(stored_.size()));
  if (kind == 0) bytes.resize(random.below(bytes.size() + 1));
  if (kind == 1 && !bytes.empty()) bytes[random.below(bytes.size())] ^= 0x40;
  if (kind == 4) bytes = contents(random.pick(files));
  if (kind == 2)
    fs::remove(path);
  else if (kind == 3)
    write(path + ".copy", bytes);
  else
    write(path, bytes);
}

void Chaos::keep_copy_of_voyages() {
  for (const auto& folder : sorted(stored_, false)) {
    if (!fs::is_directory(folder) || !d_.kernel.random().chance(0.3) || old_voyages_.size() > 20) continue;
    std::map<std::string, Bytes> files;
    for (const auto& path : sorted(folder, false))
      if (fs::is_regular_file(path)) files[fs::path(path).filename()] = contents(path);
    old_voyages_.emplace_back(fs::path(folder).filename(), std::move(files));
  }
}

void Chaos::repeat_old_voyage() {
  if (old_voyages_.empty()) return;
  const auto& [name, files] = d_.kernel.random().pick(old_voyages_);
  const auto folder = stored_ + "/" + name;
  if (fs::exists(folder)) return;
  d_.kernel.trace("an old voyage is there again: " + name);
  fs::create_directories(folder);
  for (const auto& [file, bytes] : files) write(folder + "/" + file, bytes);
}

void Chaos::lose_medium() {
  d_.kernel.trace("the medium is lost; an empty one takes its place");
  for (const auto& path : sorted(stored_, false)) fs::remove_all(path);
}

// ---- operators

void Chaos::operate() {
  for (;;) {
    d_.kernel.sleep(milliseconds(d_.kernel.random().between(500, 4'000)));
    for (auto* unit : {d_.outer, d_.inner}) {
      if (unit->alive && d_.plan.holds) decide_about_held(*unit);
      if (unit->alive && d_.plan.changes_disks()) approve_epoch(*unit);
    }
  }
}

// Two people look at what a unit says of having been restored, and let it go on.
void Chaos::approve_epoch(const Process& unit) {
  http::Client first(d_.operator_client(unit, false)), second(d_.operator_client(unit, true));
  auto told = first.send("GET", "/api/v1/epoch");
  if (!told || told->status != 200) return;
  if (boost::json::parse(text_of(told->body)).at("state").as_string() != "halted") return;
  for (auto* client : {&first, &second}) {
    auto done =
        client->send("POST", "/api/v1/epoch", bytes_of(R"({"reason": "its disk is an old one"})"), "application/json");
    if (done) d_.kernel.trace(unit.name + ": approval of a new epoch answers " + std::to_string(done->status));
  }
}

void Chaos::decide_about_held(const Process& unit) {
  auto& random = d_.kernel.random();
  http::Client first(d_.operator_client(unit, false)), second(d_.operator_client(unit, true));
  auto held = first.send("GET", "/api/v1/bundles?state=held");
  if (!held || held->status != 200) return;
  const auto value = boost::json::parse(text_of(held->body));
  for (const auto& bundle : value.at("bundles").as_array()) {
    const std::string id(bundle.at("id").as_string());
    const auto verb = random.chance(0.2) ? "/refuse" : "/release";
    for (auto* client : {&first, &second}) {
      auto done = client->send("POST", "/api/v1/bundles/" + id + verb,
                               bytes_of(R"({"reason": "as the simulation wants"})"), "application/json");
      if (done) d_.kernel.trace(unit.name + verb + " of " + id + " answers " + std::to_string(done->status));
    }
  }
}

}  // namespace jindu::sim
