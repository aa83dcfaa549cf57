#pragma once
// Who works on a unit's directory. Many may at once, since every step is a transaction of the journal; but while a unit
// starts and removes what a crash left, nobody else may just be writing it.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "common/runtime/result.hpp"

namespace jindu::gateway {

class UnitLock {
 public:
  static result<UnitLock> shared(const std::string& directory) { return take(directory, LOCK_SH); }
  static result<UnitLock> alone(const std::string& directory) { return take(directory, LOCK_EX); }  // waits
  UnitLock(UnitLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  UnitLock& operator=(UnitLock&&) = delete;
  ~UnitLock() {
    if (file_ >= 0) ::close(file_);
  }

 private:
  explicit UnitLock(int file) : file_(file) {}
  static result<UnitLock> take(const std::string& directory, int how) {
    UnitLock lock(::open((directory + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (lock.file_ < 0 || ::flock(lock.file_, how) != 0)
      return Error{Fault::unavailable, "unit.lock", directory + "/lock cannot be locked"};
    return lock;
  }
  int file_;
};

}  // namespace jindu::gateway
