// What is given to the sending socket arrives one by one, as it was, however the kernel is given it.
#include <catch2/catch.hpp>

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <future>
#include <numeric>

#include "exchange-gateway/carriers/diode/sockets.hpp"
#include "tests/unit/exchange-gateway/carriers/diode/free_address.hpp"

namespace jindu::gateway::test {
namespace {

using namespace diode;

std::vector<Bytes> datagrams_of(std::initializer_list<std::size_t> sizes) {
  std::vector<Bytes> datagrams;
  for (const auto size : sizes) {
    auto& one = datagrams.emplace_back(size);
    std::iota(one.begin(), one.end(), static_cast<std::uint8_t>(datagrams.size()));
  }
  return datagrams;
}

void check_arrives(SendingSocket& out, ReceivingSocket& in, const std::vector<Bytes>& datagrams) {
  REQUIRE(out.send(datagrams));
  std::vector<Bytes> come;
  while (come.size() < datagrams.size()) {
    const auto some = in.receive(std::chrono::seconds(5)).value();
    REQUIRE_FALSE(some.empty());
    for (const auto one : some) come.emplace_back(one.begin(), one.end());
  }
  CHECK(come == datagrams);
  CHECK(in.receive(std::chrono::milliseconds(0)).value().empty());
}

// In a network of its own, as packets of this one may be of any size: true where that may be made.
bool with_packets_of(int bytes) {
  if (::unshare(CLONE_NEWNET) != 0) return false;
  const Descriptor any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_mtu = bytes;
  REQUIRE(::ioctl(any, SIOCSIFMTU, &request) == 0);
  request.ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK;
  REQUIRE(::ioctl(any, SIOCSIFFLAGS, &request) == 0);
  return true;
}

}  // namespace

TEST_CASE("datagrams of any sizes arrive one by one and in order") {
  const auto address = free_address();
  auto in = ReceivingSocket::open(address, 1 << 20).value();
  auto out = SendingSocket::open(address).value();
  check_arrives(out, in, datagrams_of({1200, 1200, 1200, 300, 1200, 50, 50, 51, 1, 1400, 1400}));
  check_arrives(out, in, datagrams_of({700}));
  check_arrives(out, in, std::vector<Bytes>(SendingSocket::kBatch, Bytes(1472, 'x')));
  // More than one datagram's worth of bytes.
  check_arrives(out, in, std::vector<Bytes>(SendingSocket::kBatch, Bytes(8972, 'x')));
}

TEST_CASE("where the kernel cannot cut what it is given, each goes by itself") {
  // Of its own thread: a network is a thread's.
  std::async(std::launch::async, [] {
    if (!with_packets_of(1500)) {
      WARN("needs the right to make a network");
      return;
    }
    const auto address = free_address();
    auto in = ReceivingSocket::open(address, 1 << 20).value();
    auto out = SendingSocket::open(address).value();
    // Larger than a packet: these are cut by the network protocol, which runs are not.
    for (int i = 0; i < 2; ++i) check_arrives(out, in, std::vector<Bytes>(6, Bytes(4000, 'x')));
    check_arrives(out, in, datagrams_of({900, 900, 900}));
  }).get();
}

}  // namespace jindu::gateway::test
