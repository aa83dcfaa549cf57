// Runs schedules of the exchange, each in a process of its own: jindu-sim [--seeds N] [--first SEED] [--seconds S].
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "common/runtime/command_line.hpp"
#include "tests/sim/machine/system_calls.hpp"
#include "tests/sim/world/chaos.hpp"
#include "tests/sim/world/checks.hpp"

namespace {

using namespace jindu;
using namespace jindu::sim;
using std::chrono::minutes;

struct Options {
  std::uint64_t first = 1, seeds = 2000;
  int seconds = 0, jobs = 0;
  bool again = false, verbose = false, until_failure = false;
  std::string only, traces = "build/sim";
};

// What a schedule tells its parent.
struct Outcome {
  bool good = false;
  std::uint64_t digest = 0;
  std::uint64_t switches = 0;
  double simulated_seconds = 0;
  int crashes = 0;
  bool forgetful = false;
  char why[400] = {};
};

void write_trace(const std::string& path, const Kernel& kernel, const Plan& plan) {
  std::ofstream out(path);
  out << plan.text() << '\n';
  for (const auto& line : kernel.lines()) out << line << '\n';
}

// Everything has ended, except what is poisoned and what comes behind that, as long as it is poisoned.
bool settled(const Deployment& d) {
  for (const auto* ledger : {&d.from_portal, &d.from_approval}) {
    if (!ledger->all_sent) return false;
    if (ledger->waiting > 0) return false;
    for (const int number : ledger->open)
      if (d.poison_is_gone || !ledger->stands_behind_poison(number)) return false;
  }
  return true;
}

// What is open when it should not be, and what both units know.
void trace_open(Deployment& d, const std::function<void()>& tell) {
  bool told = false;
  d.take_accounts();
  d.kernel.spawn(*d.outside, "what is open", [&] {
    d.kernel.sleep(std::chrono::seconds(5));
    tell();
    told = true;
  });
  d.kernel.run(minutes(1), [&] { return told; });
}

void run_schedule(Deployment& d) {
  auto& kernel = d.kernel;
  Chaos chaos(d);
  Checks checks(d);
  d.start_all();
  chaos.begin();
  kernel.run(d.plan.disturbed, [] { return false; });
  if (!kernel.failure().empty()) return;
  chaos.calm_down();
  // A forgetful disk may leave something open for ever: then only the other promises hold.
  const auto patience = d.plan.forgets() ? minutes(1) : minutes(40);
  const bool first = kernel.run(patience, [&] { return settled(d); });
  if (!first && !d.plan.forgets()) trace_open(d, [&] { checks.tell_open(); });
  if (!first && !d.plan.forgets()) kernel.fail(d.plan.poison ? "not settled beside a poisoned subject" : "not settled");
  d.poison_is_gone = true;
  kernel.trace("---- nothing is poisoned any more");
  if (!kernel.run(patience, [&] { return settled(d); }) && !d.plan.forgets()) {
    trace_open(d, [&] { checks.tell_open(); });
    kernel.fail("not settled");
  }
  if (!kernel.failure().empty()) return;
  d.take_accounts();
  if (!kernel.run(minutes(5), [&] { return d.from_portal.accounted && d.from_approval.accounted; }))
    kernel.fail("the services do not answer");
  if (!kernel.failure().empty()) return;
  checks.of_promise();
  checks.of_confidentiality();
  bool agree = d.plan.forgets();
  kernel.spawn(*d.outside, "reconciliation", [&] {
    while (!agree) {
      agree = checks.units_agree();
      kernel.sleep(std::chrono::seconds(1));
    }
  });
  if (!kernel.run(minutes(20), [&] { return agree; })) {
    trace_open(d, [&] { checks.tell_journals(); });
    kernel.fail("the units do not agree on what has ended");
  }
}

Kernel* failing_kernel = nullptr;
const Plan* failing_plan = nullptr;
std::string failing_path;
void on_fault(int number) {
  if (failing_kernel != nullptr) {
    auto* kernel = std::exchange(failing_kernel, nullptr);
    kernel->trace("signal " + std::to_string(number));
    write_trace(failing_path, *kernel, *failing_plan);
  }
  ::signal(number, SIG_DFL);
  ::raise(number);
}

Outcome run_seed(std::uint64_t seed, const Keys& keys, const Options& options) {
  Outcome outcome;
  const auto folder = "/dev/shm/jindu-sim-" + std::to_string(::getpid());
  Kernel kernel(seed, folder);
  simulate_random_numbers();
  Plan plan = plan_of(seed, kernel.random(), options.only);
  failing_kernel = &kernel;
  failing_plan = &plan;
  failing_path = options.traces + "/" + std::to_string(seed) + ".trace";
  {
    Network network(kernel);
    Deployment deployment(kernel, network, keys, plan, folder);
    run_schedule(deployment);
    for (auto* process : deployment.processes()) outcome.crashes += process->starts - 1;
  }
  outcome.good = kernel.failure().empty();
  outcome.digest = kernel.digest();
  outcome.switches = kernel.switches();
  outcome.forgetful = plan.changes_disks();
  outcome.simulated_seconds = static_cast<double>(kernel.now_ns()) / 1e9;
  std::strncpy(outcome.why, kernel.failure().c_str(), sizeof outcome.why - 1);
  if (!outcome.good || options.verbose) write_trace(failing_path, kernel, plan);
  return outcome;
}

// The same ones in every run, since the length of a signature depends on its key, and the schedule on lengths.
Keys make_keys() {
  Kernel kernel(0, "");
  simulate_random_numbers();
  return Keys();
}

struct Child {
  pid_t process;
  int pipe;
  std::uint64_t seed;
  std::chrono::steady_clock::time_point started;
};

Child launch(std::uint64_t seed, const Keys& keys, const Options& options) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    // Of processor time: however busy the machine is, a schedule that needs more runs in circles.
    const rlimit time{120, 150};
    ::setrlimit(RLIMIT_CPU, &time);
    static char stack[64 * 1024];
    const stack_t other{stack, 0, sizeof stack};
    ::sigaltstack(&other, nullptr);
    for (const int number : {SIGSEGV, SIGABRT, SIGXCPU, SIGFPE, SIGBUS}) {
      struct sigaction action {};
      action.sa_handler = on_fault;
      action.sa_flags = SA_ONSTACK;
      ::sigaction(number, &action, nullptr);
    }
    const auto outcome = run_seed(seed, keys, options);
    if (::write(ends[1], &outcome, sizeof outcome) < 0) ::_exit(1);
    ::_exit(0);
  }
  ::close(ends[1]);
  return {child, ends[0], seed, std::chrono::steady_clock::now()};
}

Outcome collect(const Child& child) {
  Outcome outcome;
  if (::read(child.pipe, &outcome, sizeof outcome) != sizeof outcome) outcome = {};
  ::close(child.pipe);
  int status = 0;
  ::waitpid(child.process, &status, 0);
  if (WIFSIGNALED(status))
    std::snprintf(outcome.why, sizeof outcome.why, "the program died by signal %d", WTERMSIG(status));
  std::error_code code;
  std::filesystem::remove_all("/dev/shm/jindu-sim-" + std::to_string(child.process), code);
  return outcome;
}

class Runner {
 public:
  explicit Runner(const Options& options) : options_(options), keys_(make_keys()) {}

  int run() {
    const auto start = std::chrono::steady_clock::now();
    std::vector<Child> children;
    std::uint64_t next = options_.first;
    const auto more = [&] {
      if (options_.until_failure && failed_ > 0) return false;
      if (options_.seconds > 0)
        return std::chrono::steady_clock::now() - start < std::chrono::seconds(options_.seconds);
      return next < options_.first + options_.seeds;
    };
    while (more() || !children.empty()) {
      while (more() && static_cast<int>(children.size()) < options_.jobs)
        children.push_back(launch(next++, keys_, options_));
      std::vector<pollfd> waiting;
      for (const auto& child : children) waiting.push_back({child.pipe, POLLIN, 0});
      ::poll(waiting.data(), waiting.size(), -1);
      for (std::size_t i = children.size(); i-- > 0;) {
        if (waiting[i].revents == 0) continue;
        judge(children[i]);
        children.erase(children.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf(
        "%llu schedules (%llu of them with restored or astray disks), %.0f simulated hours, %llu crashes and stops, "
        "%.1f s\n",
        static_cast<unsigned long long>(passed_ + failed_), static_cast<unsigned long long>(forgetful_),
        simulated_ / 3600, static_cast<unsigned long long>(crashes_), took);
    std::printf("%llu passed, %llu failed, 0 skipped\n", static_cast<unsigned long long>(passed_),
                static_cast<unsigned long long>(failed_));
    return failed_ == 0 && passed_ > 0 ? 0 : 1;
  }

 private:
  void judge(const Child& child) {
    const auto outcome = collect(child);
    simulated_ += outcome.simulated_seconds;
    crashes_ += static_cast<std::uint64_t>(outcome.crashes);
    forgetful_ += outcome.forgetful ? 1 : 0;
    bool same = true;
    if (options_.again && outcome.good) same = collect(launch(child.seed, keys_, options_)).digest == outcome.digest;
    if (outcome.good && same) {
      ++passed_;
      if (options_.verbose)
        std::printf(
            "ok   seed %llu: digest %016llx, %.0f s simulated, %llu switches, %d crashes, %.0f ms\n",
            static_cast<unsigned long long>(child.seed), static_cast<unsigned long long>(outcome.digest),
            outcome.simulated_seconds, static_cast<unsigned long long>(outcome.switches), outcome.crashes,
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - child.started).count());
      return;
    }
    ++failed_;
    const auto seed = std::to_string(child.seed);
    std::printf("FAIL seed %s: %s\n     again: tests/sim/run --first %s --seeds 1    trace: %s/%s.trace\n",
                seed.c_str(), same ? outcome.why : "it does not replay identically", seed.c_str(),
                options_.traces.c_str(), seed.c_str());
    std::fflush(stdout);
  }

  const Options& options_;
  Keys keys_;
  std::uint64_t passed_ = 0, failed_ = 0, crashes_ = 0, forgetful_ = 0;
  double simulated_ = 0;
};

// Memory that was used once stays: giving it back and getting it again costs more than the schedule. Every schedule has
// a process of its own that touches all its memory anew: in large pages that is a tenth of the faults.
void prepare_memory() {
  constexpr std::size_t kHeap = 256u << 20, kPage = 2u << 20;
  ::mallopt(M_MMAP_THRESHOLD, 1 << 30);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
  ::mallopt(M_TOP_PAD, 16 << 20);
  auto* const heap = std::malloc(kHeap);
  if (heap == nullptr) return;
  const auto at = (reinterpret_cast<std::uintptr_t>(heap) + kPage - 1) / kPage * kPage;
  ::madvise(reinterpret_cast<void*>(at), kHeap - kPage, MADV_HUGEPAGE);
  std::free(heap);
}

}  // namespace

int main(int argc, char** argv) {
  jindu::CommandLine app("Runs the exchange on a simulated clock, disk and network, one schedule for each seed.");
  Options options;
  options.jobs = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
  app.option("--seeds", options.seeds, "How many schedules");
  app.option("--first", options.first, "The first seed");
  app.option("--seconds", options.seconds, "As many schedules as fit into so many seconds");
  app.option("--jobs", options.jobs, "How many at once").between(1, 64);
  app.flag("--again", options.again, "Run each schedule twice and compare every step");
  app.flag("--until-failure", options.until_failure, "Stop at the first schedule that fails");
  app.option("--only", options.only,
             "calm: no faults at all; restored: in each a unit gets an old disk; expiring: "
             "in each bundles live for an hour, and clocks jump often");
  app.option("--traces", options.traces, "Where the traces of failures go");
  app.flag("--verbose", options.verbose, "One line and a trace for every schedule");
  if (const auto ended = app.read(argc, argv)) return *ended;
  std::filesystem::create_directories(options.traces);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  prepare_memory();
  jindu::sim::simulate_databases();
  return Runner(options).run();
}
