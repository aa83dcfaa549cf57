#pragma once
// Who works on a unit's directory. Many may at once, since every step is a transaction of the journal; but while a unit
// starts and removes what a crash left, nobody else may just be writing it.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "common/runtime/result.hpp"

namespace jindu::gateway {

class UnitLock {
 public:
  // Both wait, at most `patience`. Codes: unit.lock, unit.busy.
  static result<UnitLock> shared(const std::string& directory, std::chrono::milliseconds patience = kPatience) {
    return take(directory, LOCK_SH, patience);
  }
  static result<UnitLock> alone(const std::string& directory, std::chrono::milliseconds patience = kPatience) {
    return take(directory, LOCK_EX, patience);
  }
  UnitLock(UnitLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  UnitLock& operator=(UnitLock&&) = delete;
  ~UnitLock() {
    if (file_ >= 0) ::close(file_);
  }

 private:
  explicit UnitLock(int file) : file_(file) {}
  static constexpr std::chrono::seconds kPatience{30};
  static constexpr std::chrono::milliseconds kLook{50};

  static result<UnitLock> take(const std::string& directory, int how, std::chrono::milliseconds patience) {
    UnitLock lock(::open((directory + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    const auto until = std::chrono::steady_clock::now() + patience;
    while (lock.file_ >= 0 && ::flock(lock.file_, how | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR)
        return Error{Fault::unavailable, "unit.lock", directory + "/lock cannot be locked"};
      if (std::chrono::steady_clock::now() >= until)
        return Error{Fault::unavailable, "unit.busy",
                     how == LOCK_EX ? "an export or import works on " + directory +
                                          "; wait for it to end, or end it if it hangs, and start the unit again"
                                    : "the unit of " + directory + " is just starting; try again in a moment"};
      std::this_thread::sleep_for(kLook);
    }
    if (lock.file_ < 0) return Error{Fault::unavailable, "unit.lock", directory + "/lock cannot be opened"};
    return lock;
  }
  int file_;
};

}  // namespace jindu::gateway
