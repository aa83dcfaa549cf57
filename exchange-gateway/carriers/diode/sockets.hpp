#pragma once
// The two ends of one-way UDP. Nothing is ever read from the one or sent by the other, and what comes back as ICMP is
// ignored: there is no way back.
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "common/runtime/bytes.hpp"

namespace jindu::gateway::diode {

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();
  operator int() const { return number_; }

 private:
  int number_;
};

class SendingSocket {
 public:
  static constexpr std::size_t kBatch = 32;
  static result<SendingSocket> open(const std::string& target);  // "10.0.0.1:7444"; code diode.socket
  // At most kBatch. Neighbours of one size are given to the kernel as one, which it cuts again as late as it can, in
  // the network's hardware where that is able to; where it cannot, each by itself. Code diode.send.
  result<void> send(const std::vector<Bytes>& datagrams);

 private:
  Descriptor socket_;
  Bytes address_;
  bool in_runs_ = true;
};

class ReceivingSocket {
 public:
  // Asks for a receive buffer of so many bytes, beyond the system's limit where that is allowed, and warns when the
  // system gives less. Code diode.socket.
  static result<ReceivingSocket> open(const std::string& listen, std::size_t buffer);
  // What is there, or after `most` nothing. Views are good until the next call. Code diode.receive.
  result<std::vector<BytesView>> receive(std::chrono::milliseconds most);
  void wake();
  std::uint64_t overflowed() const { return overflowed_; }  // datagrams for which the kernel's buffer had no room
  bool crowded() const;                                     // more than half of the kernel's buffer is in use

 private:
  Descriptor socket_, wake_;
  std::vector<Bytes> buffers_;
  std::uint64_t overflowed_ = 0;
  std::uint32_t overflow_seen_ = 0;
};

}  // namespace jindu::gateway::diode
