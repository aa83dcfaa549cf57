#include "common/runtime/worker.hpp"

#include <csignal>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "common/runtime/log.hpp"

namespace jindu {

namespace {
constexpr std::chrono::milliseconds kPauseAfterFailure{5'000};
}

struct Worker::State {
  std::string name;
  std::function<std::chrono::milliseconds()> work;
  std::function<void()> failed;
  std::mutex mutex = {};
  std::condition_variable changed = {};
  bool woken = false;
  std::atomic<bool> stop = false;
  std::thread thread = {};

  // Apart from `run`, with a return on each way: in one function, GCC 12 calls "5 s, unless the work says otherwise" a
  // dead store and leaves it out, and a worker that fails then runs without a pause.
  std::chrono::milliseconds run_once() {
    try {
      return work();
    } catch (const std::exception& e) {
      log::error("worker.failed", {{"worker", name}, {"detail", e.what()}});
      if (failed) failed();
      return kPauseAfterFailure;
    }
  }

  void run() {
    while (!stop) {
      const auto pause = run_once();
      std::unique_lock lock(mutex);
      changed.wait_for(lock, pause, [&] { return woken || stop; });
      woken = false;
    }
  }
};

Worker::Worker(std::string name, std::function<std::chrono::milliseconds()> work, std::function<void()> failed)
    : state_(new State{std::move(name), std::move(work), std::move(failed)}) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

Worker::~Worker() { stop(); }

void Worker::wake() {
  const std::lock_guard lock(state_->mutex);
  state_->woken = true;
  state_->changed.notify_one();
}

void Worker::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop = true;
    state_->changed.notify_one();
  }
  if (state_->thread.joinable()) state_->thread.join();
}

bool Worker::stopping() const { return state_->stop; }

namespace {
sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}
}  // namespace

void block_stop_signals() {
  const auto set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void wait_for_stop_signal() {
  const auto set = stop_signals();
  int signal = 0;
  sigwait(&set, &signal);
}

}  // namespace jindu
