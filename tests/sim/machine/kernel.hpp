#pragma once
// One machine room in one thread: threads of the product run as fibers, time passes only when nothing is left to do,
// and every choice comes from one seed, so that a schedule can be run again exactly. Crashing a process abandons its
// fibers where they stand, as a power cut does.
#include <boost/context/detail/fcontext.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace jindu::sim {

class Volume;

// xoshiro-like quality is not needed, only that it is the same everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t next() { return engine_(); }
  std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : next() % limit; }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least + 1)));
  }
  bool chance(double p) { return p > 0 && static_cast<double>(next() >> 11) * 0x1.0p-53 < p; }
  template <class T>
  T& pick(std::vector<T>& from) {
    return from[below(from.size())];
  }

 private:
  std::mt19937_64 engine_;
};

struct Process {
  std::string name;
  Volume* volume = nullptr;   // its disk
  std::int64_t clock_ms = 0;  // how far its wall clock is off
  bool alive = false;
  int starts = 0;
  bool stop_asked = false;      // a stop signal is pending
  std::int64_t steps_left = 0;  // steps until it crashes; 0: it does not
  bool loses_power = false;     // at that crash
  std::function<void()> main;
};

class Fiber;

class Kernel {
 public:
  // `folder`: where the schedule's files lie; the trace names them below it, since each run has another.
  Kernel(std::uint64_t seed, std::string folder);
  ~Kernel();
  static Kernel* active();  // none outside of a simulation

  Process& add_process(const std::string& name, Volume* volume, std::function<void()> main);
  void start(Process& process);
  // Abandons every fiber of it. `power`: what was not synced on its volume may be lost, torn or kept.
  void crash(Process& process, bool power);
  void ask_to_stop(Process& process);
  bool knows(const std::string& name) const;

  Fiber* spawn(Process& process, std::string name, std::function<void()> work);
  std::uint64_t start_thread(std::function<void()> work);  // in the current process
  // Runs fibers until `end` holds or the time is over; false when the time was over.
  bool run(std::chrono::milliseconds most, const std::function<bool()>& end);

  // Within a fiber.
  Process* current() const;
  bool in_fiber() const { return fiber_ != nullptr; }
  void sleep(std::chrono::nanoseconds time);
  // Until `wake` of the same key, at most so long; false when the time was over. A negative time is for ever.
  bool park(const void* key, std::chrono::nanoseconds most = std::chrono::nanoseconds(-1));
  void wake(const void* key, bool all);
  bool join(std::uint64_t fiber);
  void yield();
  // A point at which the process may crash and others may come first. `what` is for the trace.
  void step(const char* what);
  void took_lock();
  void left_lock();
  bool holds_locks() const;

  std::uint64_t now_ns() const { return now_ns_; }
  std::int64_t wall_ms() const;  // as the current process sees it
  Random& random() { return random_; }

  void trace(const std::string& line);
  std::uint64_t digest() const { return digest_; }
  const std::vector<std::string>& lines() const { return lines_; }
  void fail(const std::string& why);
  // From here on the schedule fails as soon as `text` is looked at: what only receivers may read.
  void keep_secret(std::string_view text) { secret_ = text; }
  std::string_view secret() const { return secret_; }
  // `what` and `whose` are for the failure: "a write to the disk of", "gateway-outer".
  void look(const void* bytes, std::size_t size, const char* what, const std::string& whose);
  const std::string& failure() const { return failure_; }
  std::uint64_t switches() const { return switches_; }
  std::function<void(Process&)> on_exit;  // a process ended by itself

 private:
  friend class Fiber;
  static void enter(boost::context::detail::transfer_t from);
  void resume(Fiber& fiber);
  void leave();  // back to `run`
  void make_runnable(Fiber& fiber);
  void forget(Fiber& fiber);

  Random random_;
  const std::string folder_;
  std::uint64_t now_ns_ = 0;
  std::uint64_t next_fiber_ = 1;
  std::uint64_t next_order_ = 1;
  std::vector<std::unique_ptr<Process>> processes_;
  std::map<std::uint64_t, std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> runnable_;
  std::set<std::pair<std::pair<std::uint64_t, std::uint64_t>, Fiber*>> timers_;
  std::map<const void*, std::vector<Fiber*>> parked_;
  std::vector<void*> stacks_;  // free ones
  Fiber* fiber_ = nullptr;
  boost::context::detail::fcontext_t loop_ = nullptr;
  std::uint64_t digest_ = 14695981039346656037ULL;
  std::uint64_t switches_ = 0;
  std::vector<std::string> lines_;
  std::string failure_;
  std::string secret_;
};

inline constexpr std::int64_t kStartMs = 1'780'000'000'000;  // when every simulation begins

}  // namespace jindu::sim
