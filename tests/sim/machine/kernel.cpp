#include "tests/sim/machine/kernel.hpp"

#include <cxxabi.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "tests/sim/disk/volume.hpp"

namespace jindu::sim {
namespace {

constexpr std::size_t kStackBytes = 512 * 1024;
constexpr std::uint64_t kSwitchesMax = 6'000'000;  // a schedule that needs more runs in circles
constexpr std::size_t kLinesMax = 400'000;
Kernel* the_kernel = nullptr;

}  // namespace

class Fiber {
 public:
  std::uint64_t number = 0;
  std::string name;
  Process* process = nullptr;
  std::function<void()> work;
  boost::context::detail::fcontext_t context = nullptr;
  void* stack = nullptr;
  const void* parked_on = nullptr;
  std::pair<std::uint64_t, std::uint64_t> timer = {};  // time and order; {} none
  bool timed_out = false, done = false, runnable = false, starting = true;
  int locks = 0;
  // Exceptions under way belong to the thread; a switch within a handler must not mix those of two fibers.
  struct Exceptions {
    void* caught = nullptr;
    unsigned uncaught = 0;
  } exceptions;
};

Kernel::Kernel(std::uint64_t seed, std::string folder) : random_(seed), folder_(std::move(folder)) {
  the_kernel = this;
}
// What crashed processes left behind is not taken down: the program that ran the simulation ends.
Kernel::~Kernel() { the_kernel = nullptr; }
Kernel* Kernel::active() { return the_kernel; }

Process& Kernel::add_process(const std::string& name, Volume* volume, std::function<void()> main) {
  processes_.push_back(std::make_unique<Process>());
  auto& process = *processes_.back();
  process.name = name;
  process.volume = volume;
  process.main = std::move(main);
  return process;
}

bool Kernel::knows(const std::string& name) const {
  return std::any_of(processes_.begin(), processes_.end(), [&](const auto& one) { return one->name == name; });
}

void Kernel::start(Process& process) {
  process.alive = true;
  process.stop_asked = false;
  process.steps_left = 0;
  ++process.starts;
  trace(process.name + " starts");
  spawn(process, "main", [this, &process] {
    process.main();
    trace(process.name + " ended");
    if (on_exit) on_exit(process);
    crash(process, false);  // what it left goes with it
  });
}

void Kernel::crash(Process& process, bool power) {
  if (!process.alive) return;
  process.alive = false;
  trace(process.name + (power ? " loses power" : " is gone"));
  std::vector<Fiber*> of_it;
  for (auto& [number, fiber] : fibers_)
    if (fiber->process == &process && !fiber->done) of_it.push_back(fiber.get());
  for (auto* fiber : of_it) {
    fiber->done = true;
    forget(*fiber);
  }
  close_files_of(process);
  if (process.volume != nullptr) process.volume->owner_gone(power);
  if (fiber_ != nullptr && fiber_->process == &process) leave();
}

void Kernel::ask_to_stop(Process& process) {
  process.stop_asked = true;
  wake(&process.stop_asked, true);
}

Fiber* Kernel::spawn(Process& process, std::string name, std::function<void()> work) {
  auto fiber = std::make_unique<Fiber>();
  auto* raw = fiber.get();
  raw->number = next_fiber_++;
  raw->name = std::move(name);
  raw->process = &process;
  raw->work = std::move(work);
  if (stacks_.empty()) {
    raw->stack = ::mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (raw->stack == MAP_FAILED) throw std::runtime_error("no memory for a stack");
  } else {
    raw->stack = stacks_.back();
    stacks_.pop_back();
  }
  raw->context =
      boost::context::detail::make_fcontext(static_cast<char*>(raw->stack) + kStackBytes, kStackBytes, &Kernel::enter);
  fibers_.emplace(raw->number, std::move(fiber));
  make_runnable(*raw);
  return raw;
}

std::uint64_t Kernel::start_thread(std::function<void()> work) {
  return spawn(*fiber_->process, "thread", std::move(work))->number;
}

void Kernel::enter(boost::context::detail::transfer_t from) {
  auto& fiber = *static_cast<Fiber*>(from.data);
  auto& kernel = *the_kernel;
  kernel.loop_ = from.fctx;
  try {
    fiber.work();
  } catch (const std::exception& e) {
    kernel.fail(fiber.process->name + "/" + fiber.name + " ended by an exception: " + e.what());
  }
  fiber.done = true;
  kernel.wake(&fiber, true);
  kernel.leave();
}

void Kernel::make_runnable(Fiber& fiber) {
  forget(fiber);
  fiber.runnable = true;
  runnable_.push_back(&fiber);
}

void Kernel::forget(Fiber& fiber) {
  if (fiber.runnable) std::erase(runnable_, &fiber);
  fiber.runnable = false;
  if (fiber.timer.second != 0) timers_.erase({fiber.timer, &fiber});
  fiber.timer = {};
  if (fiber.parked_on != nullptr) {
    auto found = parked_.find(fiber.parked_on);
    if (found != parked_.end()) {
      std::erase(found->second, &fiber);
      if (found->second.empty()) parked_.erase(found);
    }
  }
  fiber.parked_on = nullptr;
}

void Kernel::resume(Fiber& fiber) {
  forget(fiber);
  fiber_ = &fiber;
  ++switches_;
  auto* globals = reinterpret_cast<Fiber::Exceptions*>(abi::__cxa_get_globals());
  const auto outside = *globals;
  *globals = fiber.exceptions;
  fiber.context = boost::context::detail::jump_fcontext(fiber.context, &fiber).fctx;
  fiber.exceptions = *globals;
  *globals = outside;
  fiber_ = nullptr;
  if (!fiber.done) return;
  // One that was abandoned may still be named on the stack of another; its stack is not used again.
  if (fiber.process->alive) stacks_.push_back(fiber.stack);
  fiber.work = nullptr;
}

void Kernel::leave() { loop_ = boost::context::detail::jump_fcontext(loop_, nullptr).fctx; }

bool Kernel::run(std::chrono::milliseconds most, const std::function<bool()>& end) {
  const auto until = now_ns_ + static_cast<std::uint64_t>(most.count()) * 1'000'000;
  std::uint64_t next_look = now_ns_;
  for (;;) {
    if (!failure_.empty()) return true;
    if (now_ns_ >= next_look) {
      if (end()) return true;
      next_look = now_ns_ + 100'000'000;
    }
    if (now_ns_ >= until) return false;
    if (switches_ > kSwitchesMax) {
      fail("the schedule runs in circles");
      return true;
    }
    if (runnable_.empty()) {
      if (timers_.empty()) {
        now_ns_ = until;
        continue;
      }
      now_ns_ = std::max(now_ns_, timers_.begin()->first.first);
    }
    while (!timers_.empty() && timers_.begin()->first.first <= now_ns_) {
      auto* due = timers_.begin()->second;
      due->timed_out = true;
      make_runnable(*due);
    }
    auto& chosen = *runnable_[random_.below(runnable_.size())];
    now_ns_ += 1'000 + random_.below(20'000);  // nothing is for nothing
    resume(chosen);
  }
}

Process* Kernel::current() const { return fiber_ == nullptr ? nullptr : fiber_->process; }

void Kernel::sleep(std::chrono::nanoseconds time) {
  static const char nobody = 0;
  park(&nobody, std::max(time, std::chrono::nanoseconds(0)));
}

bool Kernel::park(const void* key, std::chrono::nanoseconds most) {
  auto& fiber = *fiber_;
  fiber.timed_out = false;
  fiber.parked_on = key;
  parked_[key].push_back(&fiber);
  if (most.count() >= 0) {
    fiber.timer = {now_ns_ + static_cast<std::uint64_t>(most.count()), next_order_++};
    timers_.insert({fiber.timer, &fiber});
  }
  leave();
  return !fiber.timed_out;
}

void Kernel::wake(const void* key, bool all) {
  auto found = parked_.find(key);
  if (found == parked_.end()) return;
  auto waiting = found->second;
  if (!all) waiting = {waiting[random_.below(waiting.size())]};
  for (auto* fiber : waiting) {
    fiber->timed_out = false;
    make_runnable(*fiber);
  }
}

bool Kernel::join(std::uint64_t number) {
  auto found = fibers_.find(number);
  if (found == fibers_.end()) return false;
  auto& other = *found->second;
  while (!other.done) park(&other);
  return true;
}

void Kernel::yield() {
  make_runnable(*fiber_);
  leave();
}

void Kernel::step(const char* what) {
  if (fiber_ == nullptr) return;
  auto& process = *fiber_->process;
  if (process.steps_left > 0 && --process.steps_left == 0) {
    trace(process.name + " crashes at " + what);
    crash(process, process.loses_power);
  }
  if (fiber_->locks == 0 && random_.chance(0.02)) yield();
}

void Kernel::took_lock() {
  if (fiber_ != nullptr) ++fiber_->locks;
}
void Kernel::left_lock() {
  if (fiber_ != nullptr) --fiber_->locks;
}
bool Kernel::holds_locks() const { return fiber_ != nullptr && fiber_->locks > 0; }

std::int64_t Kernel::wall_ms() const {
  return kStartMs + static_cast<std::int64_t>(now_ns_ / 1'000'000) +
         (fiber_ == nullptr ? 0 : fiber_->process->clock_ms);
}

void Kernel::trace(const std::string& line) {
  char time[40];
  std::snprintf(time, sizeof time, "%11.6f ", static_cast<double>(now_ns_) / 1e9);
  std::string whole = time + line;
  while (!folder_.empty()) {
    const auto at = whole.find(folder_);
    if (at == std::string::npos) break;
    whole.erase(at, folder_.size());
  }
  for (const char c : whole) digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  if (lines_.size() < kLinesMax) lines_.push_back(std::move(whole));
}

void Kernel::look(const void* bytes, std::size_t size, const char* what, const std::string& whose) {
  if (secret_.empty() || ::memmem(bytes, size, secret_.data(), secret_.size()) == nullptr) return;
  fail(std::string("the plain text of a message is in ") + what + " " + whose);
}

void Kernel::fail(const std::string& why) {
  trace("FAIL " + why);
  if (failure_.empty()) failure_ = why;
}

}  // namespace jindu::sim
