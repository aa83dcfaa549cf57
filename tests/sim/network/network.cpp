#include "tests/sim/network/network.hpp"

namespace jindu::sim {
namespace {
Network* the_network = nullptr;
}

Network::Network(Kernel& kernel) : kernel_(kernel) { the_network = this; }
Network::~Network() { the_network = nullptr; }
Network& Network::active() { return *the_network; }

void Network::cut(const std::string& a, const std::string& b) {
  kernel_.trace("no way between " + a + " and " + b);
  cut_.insert(std::minmax(a, b));
}

void Network::silence(const std::string& from, const std::string& to) {
  kernel_.trace("nothing from " + from + " reaches " + to);
  silent_.emplace(from, to);
}

void Network::heal_all() {
  cut_.clear();
  silent_.clear();
  const auto clogged = std::exchange(clogged_, {});
  kernel_.wake(&clogged_, true);
  kernel_.trace("the network is whole");
}

bool Network::cut_off(const std::string& a, const std::string& b) const { return cut_.contains(std::minmax(a, b)); }

void Network::free(const std::string& process) {
  clogged_.erase(process);
  kernel_.wake(&clogged_, true);
}

const Bytes* Network::certificate(const std::string& file) const {
  const auto found = certificates_.find(file);
  return found == certificates_.end() ? nullptr : &found->second;
}

void Network::pass(const std::string& from, const std::string& to) {
  auto& random = kernel_.random();
  // Mostly near the mean, sometimes far behind: messages overtake each other.
  const auto mean = static_cast<std::uint64_t>(faults.slow.count()) * 1'000'000;
  const auto delay = random.below(2 * mean + 1) * (random.chance(0.05) ? 20 : 1);
  kernel_.sleep(std::chrono::nanoseconds(delay));
  while (clogged_.contains(from) || clogged_.contains(to)) kernel_.park(&clogged_);
}

}  // namespace jindu::sim
