#pragma once
// A thread that does a piece of work again and again, sleeps between, wakes early, and ends at once when asked.
#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace jindu {

class Worker {
 public:
  // `work` returns how long to wait until it runs again, unless woken. Exceptions are logged and told to `failed`,
  // which throws none; then it waits 5 s.
  Worker(std::string name, std::function<std::chrono::milliseconds()> work, std::function<void()> failed = {});
  ~Worker();  // stops
  void wake();
  void stop();  // after the current run
  bool stopping() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Blocks until SIGTERM or SIGINT; call before any thread is started so that all inherit the mask.
void block_stop_signals();
void wait_for_stop_signal();

}  // namespace jindu
