#include "exchange-gateway/carriers/diode/sockets.hpp"

#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>

#include "common/runtime/log.hpp"
#include "exchange-gateway/carriers/diode/frame.hpp"

namespace jindu::gateway::diode {
namespace {

constexpr std::size_t kReadAtOnce = 64;
// One byte more than any good datagram: longer ones are cut there and turned away.
constexpr std::size_t kReadMax = kDatagramMax + 1;

Error failed(const char* code, const std::string& what) {
  return {Fault::unavailable, code, what + ": " + std::strerror(errno)};
}

// "ADDRESS:PORT", IPv4.
result<sockaddr_in> address_of(const std::string& text) {
  const auto colon = text.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  std::uint16_t port = 0;
  const auto* end = text.data() + text.size();
  if (colon == std::string::npos || ::inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) != 1 ||
      std::from_chars(text.data() + colon + 1, end, port).ptr != end || port == 0)
    return Error{Fault::invalid, "diode.address", "'" + text + "' is not an IPv4 ADDRESS:PORT"};
  address.sin_port = htons(port);
  return address;
}

constexpr std::size_t kRunMax = 65'507;  // bytes: what one UDP datagram can have

// Of one size from `begin` on, but for the last, which may be smaller.
std::size_t end_of_run(const std::vector<Bytes>& datagrams, std::size_t begin, std::size_t end) {
  const auto size = datagrams[begin].size();
  std::size_t bytes = size, at = begin + 1;
  while (at < end && datagrams[at].size() <= size && bytes + datagrams[at].size() <= kRunMax) {
    bytes += datagrams[at].size();
    if (datagrams[at++].size() < size) break;
  }
  return at;
}

// What a kernel, a device or a route says that cannot cut a run into datagrams.
bool cannot_cut(int reason) {
  return reason == EINVAL || reason == EIO || reason == EMSGSIZE || reason == EOPNOTSUPP || reason == ENOPROTOOPT;
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

result<SendingSocket> SendingSocket::open(const std::string& target) {
  auto address = address_of(target);
  if (!address) return address.error();
  SendingSocket s;
  s.socket_ = Descriptor(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (s.socket_ < 0) return failed("diode.socket", "the sending socket");
  const auto* raw = reinterpret_cast<const std::uint8_t*>(&*address);
  s.address_.assign(raw, raw + sizeof *address);
  return s;
}

// Not connected: what the network says about undelivered datagrams would come back as errors of this socket.
result<void> SendingSocket::send(const std::vector<Bytes>& datagrams) {
  using Size = std::uint16_t;
  struct Control {
    alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(Size))> bytes{};
  };
  std::array<iovec, kBatch> parts{};
  std::array<mmsghdr, kBatch> messages{};
  std::array<Control, kBatch> controls{};
  std::array<std::size_t, kBatch> ends{};  // of each message, among the datagrams
  const auto count = std::min(datagrams.size(), kBatch);
  for (std::size_t i = 0; i < count; ++i)
    parts[i] = {const_cast<std::uint8_t*>(datagrams[i].data()), datagrams[i].size()};
  result<void> told{};
  for (std::size_t done = 0; done < count;) {
    std::size_t number = 0;
    for (std::size_t at = done; at < count; at = ends[number++]) {
      ends[number] = in_runs_ ? end_of_run(datagrams, at, count) : at + 1;
      auto& header = messages[number].msg_hdr = {};
      header.msg_name = address_.data();
      header.msg_namelen = static_cast<socklen_t>(address_.size());
      header.msg_iov = &parts[at];
      header.msg_iovlen = ends[number] - at;
      if (header.msg_iovlen == 1) continue;
      header.msg_control = controls[number].bytes.data();
      header.msg_controllen = controls[number].bytes.size();
      auto* const c = CMSG_FIRSTHDR(&header);
      c->cmsg_level = IPPROTO_UDP;
      c->cmsg_type = UDP_SEGMENT;
      c->cmsg_len = CMSG_LEN(sizeof(Size));
      const auto size = static_cast<Size>(datagrams[at].size());
      std::memcpy(CMSG_DATA(c), &size, sizeof size);
    }
    const int sent = ::sendmmsg(socket_, messages.data(), static_cast<unsigned>(number), 0);
    if (sent < 0 && errno == EINTR) continue;
    if (sent > 0) {
      done = ends[static_cast<std::size_t>(sent) - 1];
    } else if (ends[0] - done > 1 && cannot_cut(errno)) {
      in_runs_ = false;
      log::info("diode.each_by_itself", {{"detail", std::strerror(errno)}});
    } else {
      // What cannot leave is as what is lost on the way.
      told = failed("diode.send", "a datagram did not leave");
      done = ends[0];
    }
  }
  return told;
}

result<ReceivingSocket> ReceivingSocket::open(const std::string& listen, std::size_t buffer) {
  auto address = address_of(listen);
  if (!address) return address.error();
  ReceivingSocket s;
  s.socket_ = Descriptor(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  s.wake_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (s.socket_ < 0 || s.wake_ < 0) return failed("diode.socket", "the receiving socket");
  const int wanted = static_cast<int>(buffer), on = 1;
  // The first needs CAP_NET_ADMIN; the second goes up to net.core.rmem_max. The kernel doubles what it is asked for.
  if (::setsockopt(s.socket_, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) != 0)
    ::setsockopt(s.socket_, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
  int given = 0;
  socklen_t size = sizeof given;
  ::getsockopt(s.socket_, SOL_SOCKET, SO_RCVBUF, &given, &size);
  if (given / 2 < wanted)
    log::warn("diode.receive_buffer_small",
              {{"wanted", wanted},
               {"given", given / 2},
               {"do", "raise net.core.rmem_max, or give the unit CAP_NET_ADMIN: bursts are lost otherwise"}});
  ::setsockopt(s.socket_, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
  if (::bind(s.socket_, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
    return failed("diode.socket", "listening on " + listen);
  s.buffers_.assign(kReadAtOnce, Bytes(kReadMax));
  return s;
}

bool ReceivingSocket::crowded() const {
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t size = sizeof memory;
  if (::getsockopt(socket_, SOL_SOCKET, SO_MEMINFO, memory.data(), &size) != 0) return false;
  return memory[SK_MEMINFO_RMEM_ALLOC] > memory[SK_MEMINFO_RCVBUF] / 2;
}

void ReceivingSocket::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto count = ::write(wake_, &one, sizeof one);
}

result<std::vector<BytesView>> ReceivingSocket::receive(std::chrono::milliseconds most) {
  std::array<pollfd, 2> watched{pollfd{socket_, POLLIN, 0}, pollfd{wake_, POLLIN, 0}};
  if (::poll(watched.data(), watched.size(), static_cast<int>(most.count())) < 0 && errno != EINTR)
    return failed("diode.receive", "poll");
  std::array<mmsghdr, kReadAtOnce> messages{};
  std::array<iovec, kReadAtOnce> parts{};
  std::array<std::array<char, CMSG_SPACE(sizeof(std::uint32_t))>, kReadAtOnce> controls{};
  for (std::size_t i = 0; i < kReadAtOnce; ++i) {
    parts[i] = {buffers_[i].data(), buffers_[i].size()};
    auto& header = messages[i].msg_hdr;
    header.msg_iov = &parts[i];
    header.msg_iovlen = 1;
    header.msg_control = controls[i].data();
    header.msg_controllen = controls[i].size();
  }
  std::vector<BytesView> datagrams;
  const int count = ::recvmmsg(socket_, messages.data(), kReadAtOnce, MSG_DONTWAIT, nullptr);
  if (count < 0) {
    if (errno == EAGAIN || errno == EINTR || errno == ECONNREFUSED) return datagrams;
    return failed("diode.receive", "recvmmsg");
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    datagrams.emplace_back(buffers_[i].data(), messages[i].msg_len);
    for (auto* c = CMSG_FIRSTHDR(&messages[i].msg_hdr); c != nullptr; c = CMSG_NXTHDR(&messages[i].msg_hdr, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL) continue;
      std::uint32_t dropped = 0;
      std::memcpy(&dropped, CMSG_DATA(c), sizeof dropped);
      overflowed_ += static_cast<std::uint32_t>(dropped - overflow_seen_);
      overflow_seen_ = dropped;
    }
  }
  return datagrams;
}

}  // namespace jindu::gateway::diode
