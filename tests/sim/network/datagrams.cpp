// Stands in the place of exchange-gateway/carriers/diode/sockets.cpp: one-way datagrams over the simulated network are
// lost, doubled, damaged, late and out of order, and nothing is told of it.
#include <map>
#include <memory>

#include "exchange-gateway/carriers/diode/sockets.hpp"
#include "tests/sim/network/network.hpp"

namespace jindu::gateway::diode {
namespace {

using namespace jindu::sim;
constexpr std::size_t kReadAtOnce = 64;
constexpr std::size_t kRoom = 4096;  // datagrams; what comes beyond is gone, as in a kernel's buffer

Error no_address(const std::string& text) {
  return {Fault::invalid, "diode.address", "'" + text + "' is no PROCESS:PORT of the simulation"};
}
bool is_address(const std::string& text) {
  const auto colon = text.find(':');
  return colon != std::string::npos && Network::active().kernel().knows(text.substr(0, colon));
}

struct Inbox {
  std::string owner;
  std::multimap<std::uint64_t, Bytes> due;
  bool woken = false;
};
std::vector<std::shared_ptr<Inbox>> inboxes;           // by the number of the socket
std::map<std::string, std::shared_ptr<Inbox>> places;  // who listens where now

void send_one(Network& network, const std::string& from, const std::string& place, Bytes datagram) {
  auto& random = network.kernel().random();
  const auto found = places.find(place);
  if (found == places.end() || found->second->due.size() >= kRoom) return;
  auto& inbox = *found->second;
  if (network.cut_off(from, inbox.owner) || network.is_silent(from, inbox.owner)) return;
  if (random.chance(2 * network.faults.request_lost) || random.chance(network.faults.datagram_lost)) return;
  if (random.chance(network.faults.damaged) && !datagram.empty())
    datagram[random.below(datagram.size())] ^= static_cast<std::uint8_t>(1u << random.below(8));
  const auto mean = static_cast<std::uint64_t>(network.faults.slow.count()) * 1'000'000;
  for (int copies = random.chance(network.faults.doubled) ? 2 : 1; copies > 0; --copies)
    inbox.due.emplace(network.kernel().now_ns() + random.below(2 * mean + 1) * (random.chance(0.02) ? 20 : 1),
                      datagram);
  network.kernel().wake(&inbox, true);
}

}  // namespace

Descriptor::~Descriptor() = default;

result<SendingSocket> SendingSocket::open(const std::string& target) {
  if (!is_address(target)) return no_address(target);
  SendingSocket s;
  s.address_.assign(target.begin(), target.end());
  return s;
}

result<void> SendingSocket::send(const std::vector<Bytes>& datagrams) {
  auto& network = Network::active();
  network.kernel().step("datagrams");
  for (const auto& one : datagrams)
    network.kernel().look(one.data(), one.size(), "a datagram of", network.kernel().current()->name);
  for (const auto& one : datagrams)
    send_one(network, network.kernel().current()->name, std::string(text_of(address_)), one);
  return {};
}

result<ReceivingSocket> ReceivingSocket::open(const std::string& listen, std::size_t) {
  if (!is_address(listen)) return no_address(listen);
  auto inbox = std::make_shared<Inbox>();
  inbox->owner = Network::active().kernel().current()->name;
  places[listen] = inbox;
  inboxes.push_back(std::move(inbox));
  ReceivingSocket s;
  s.socket_ = Descriptor(static_cast<int>(inboxes.size()) - 1);
  return s;
}

result<std::vector<BytesView>> ReceivingSocket::receive(std::chrono::milliseconds most) {
  auto& kernel = Network::active().kernel();
  const auto inbox = inboxes[static_cast<std::size_t>(static_cast<int>(socket_))];
  kernel.step("a look for datagrams");
  const auto until = kernel.now_ns() + static_cast<std::uint64_t>(most.count()) * 1'000'000;
  while (!inbox->woken && kernel.now_ns() < until &&
         (inbox->due.empty() || inbox->due.begin()->first > kernel.now_ns())) {
    const auto next = inbox->due.empty() ? until : std::min(until, inbox->due.begin()->first);
    kernel.park(inbox.get(), std::chrono::nanoseconds(next - kernel.now_ns()));
  }
  inbox->woken = false;
  buffers_.clear();
  while (buffers_.size() < kReadAtOnce && !inbox->due.empty() && inbox->due.begin()->first <= kernel.now_ns())
    buffers_.push_back(std::move(inbox->due.extract(inbox->due.begin()).mapped()));
  return std::vector<BytesView>(buffers_.begin(), buffers_.end());
}

bool ReceivingSocket::crowded() const { return false; }

void ReceivingSocket::wake() {
  auto& inbox = *inboxes[static_cast<std::size_t>(static_cast<int>(socket_))];
  inbox.woken = true;
  Network::active().kernel().wake(&inbox, true);
}

}  // namespace jindu::gateway::diode
