#include "exchange-gateway/unit/unit.hpp"

namespace jindu::gateway {

std::uint64_t News::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

void News::tell() {
  const std::lock_guard lock(mutex_);
  ++count_;
  changed_.notify_all();
}

void News::wait(std::uint64_t seen, std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, most, [&] { return count_ != seen || closed_; });
}

void News::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

bool News::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace jindu::gateway
