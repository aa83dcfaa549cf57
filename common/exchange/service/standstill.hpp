#pragma once
// Work that stands still until somebody does something. It is tried again and again; the log is told when it begins to
// stand, when it stands for another reason, and when it goes on, and health and metrics that it stands.
#include <mutex>

#include "common/exchange/service/exchange.hpp"

namespace jindu::exchange {

// Safe for several threads.
class Standstill {
 public:
  explicit Standstill(std::string what) : what_(std::move(what)) {}
  void stands(const Error& reason, Instant now);
  void goes_on();
  std::optional<Trouble> trouble() const;

 private:
  const std::string what_;
  mutable std::mutex mutex_;
  std::optional<Trouble> trouble_;
};

}  // namespace jindu::exchange
