#include "common/runtime/worker.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

namespace jindu {
namespace {

using namespace std::chrono_literals;

// Counts, and lets a test wait for a count.
class Counter {
 public:
  int add() {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
    return ++count_;
  }
  bool reaches(int count, std::chrono::seconds most = 20s) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, most, [&] { return count_ >= count; });
  }
  int now() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

}  // namespace

TEST_CASE("a worker runs at once, then again after its pause") {
  Counter runs;
  Worker worker("test", [&] {
    runs.add();
    return 1ms;
  });
  CHECK(runs.reaches(5));
}

TEST_CASE("a worker that sleeps long wakes when it is told to, also when told while it works") {
  Counter runs;
  Worker worker("test", [&] {
    runs.add();
    return std::chrono::milliseconds(1h);
  });
  REQUIRE(runs.reaches(1));
  worker.wake();
  REQUIRE(runs.reaches(2));
  worker.wake();
  CHECK(runs.reaches(3));
}

TEST_CASE("stopping ends a long sleep at once and waits for the work under way") {
  Counter begun;
  std::atomic<bool> ended = false;
  const auto start = std::chrono::steady_clock::now();
  {
    Worker worker("test", [&] {
      begun.add();
      std::this_thread::sleep_for(50ms);
      ended = true;
      return std::chrono::milliseconds(1h);
    });
    REQUIRE(begun.reaches(1));
    CHECK_FALSE(worker.stopping());
    worker.stop();
    CHECK(ended);
    CHECK(worker.stopping());
    worker.stop();
  }
  CHECK(std::chrono::steady_clock::now() - start < 30s);
  CHECK(begun.now() == 1);
}

TEST_CASE("work that throws does not end its worker, which tells of it") {
  Counter runs, failures;
  Worker worker(
      "test",
      [&]() -> std::chrono::milliseconds {
        if (runs.add() == 1) throw std::runtime_error("once");
        return 1ms;
      },
      [&] { failures.add(); });
  REQUIRE(failures.reaches(1));
  worker.wake();
  CHECK(runs.reaches(3));
  CHECK(failures.now() == 1);
}

TEST_CASE("work that always throws is not tried again at once") {
  Counter runs;
  Worker worker("test", [&]() -> std::chrono::milliseconds {
    runs.add();
    throw std::runtime_error("always");
  });
  REQUIRE(runs.reaches(1));
  CHECK_FALSE(runs.reaches(20, 2s));
}

}  // namespace jindu
