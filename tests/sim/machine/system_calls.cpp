// The C library's threads, clocks, signals and random numbers, as the product sees them inside a simulation. Outside of
// one every call goes to the real library.
#include <dlfcn.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "tests/sim/machine/kernel.hpp"
#include "tests/sim/machine/system_calls.hpp"

namespace {

using jindu::sim::Kernel;
using std::chrono::nanoseconds;

template <class F>
F real(F, const char* name, const char* version = nullptr) {
  void* found = version == nullptr ? ::dlsym(RTLD_NEXT, name) : ::dlvsym(RTLD_NEXT, name, version);
  if (found == nullptr) std::abort();
  return reinterpret_cast<F>(found);
}

#define REAL(name) (real(&::name, #name))
#define REAL_VERSION(name, version) (real(&::name, #name, version))

Kernel* simulated() {
  auto* kernel = Kernel::active();
  return kernel != nullptr && kernel->in_fiber() ? kernel : nullptr;
}

nanoseconds until(const Kernel& kernel, clockid_t clock, const timespec& time) {
  const auto ns = static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
  const auto now = clock == CLOCK_MONOTONIC ? static_cast<std::int64_t>(kernel.now_ns()) : kernel.wall_ms() * 1'000'000;
  return nanoseconds(std::max<std::int64_t>(ns - now, 0));
}

int real_trylock(pthread_mutex_t* mutex) {
  static const auto call = REAL(pthread_mutex_trylock);
  return call(mutex);
}
int real_unlock(pthread_mutex_t* mutex) {
  static const auto call = REAL(pthread_mutex_unlock);
  return call(mutex);
}

void lock(Kernel& kernel, pthread_mutex_t* mutex) {
  while (real_trylock(mutex) == EBUSY) kernel.park(mutex);
  kernel.took_lock();
}

int wait(Kernel& kernel, pthread_cond_t* condition, pthread_mutex_t* mutex, nanoseconds most) {
  real_unlock(mutex);
  kernel.left_lock();
  kernel.wake(mutex, false);
  const bool woken = kernel.park(condition, most);
  lock(kernel, mutex);
  return woken ? 0 : ETIMEDOUT;
}

int random_of_simulation(unsigned char* out, int count) {
  for (int i = 0; i < count; ++i) out[i] = static_cast<unsigned char>(Kernel::active()->random().next() >> 24);
  return 1;
}
int add_nothing(const void*, int, double) { return 1; }
int seed_nothing(const void*, int) { return 1; }
int ready() { return 1; }

}  // namespace

namespace jindu::sim {

void simulate_random_numbers() {
  static const RAND_METHOD method{seed_nothing, random_of_simulation, nullptr,
                                  add_nothing,  random_of_simulation, ready};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  RAND_set_rand_method(&method);
#pragma GCC diagnostic pop
}

}  // namespace jindu::sim

extern "C" {

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*work)(void*), void* argument) noexcept {
  auto* kernel = simulated();
  if (kernel == nullptr) return REAL(pthread_create)(thread, attributes, work, argument);
  kernel->step("thread start");
  *thread = kernel->start_thread([work, argument] { work(argument); });
  return 0;
}

int pthread_join(pthread_t thread, void** value) {
  auto* kernel = simulated();
  if (kernel == nullptr) return REAL(pthread_join)(thread, value);
  return kernel->join(thread) ? 0 : ESRCH;
}

int pthread_detach(pthread_t thread) noexcept { return simulated() == nullptr ? REAL(pthread_detach)(thread) : 0; }

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  auto* kernel = simulated();
  if (kernel == nullptr) {
    static const auto call = REAL(pthread_mutex_lock);
    return call(mutex);
  }
  lock(*kernel, mutex);
  return 0;
}

int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  const int code = real_trylock(mutex);
  if (code == 0 && simulated() != nullptr) simulated()->took_lock();
  return code;
}

int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  const int code = real_unlock(mutex);
  if (auto* kernel = simulated()) {
    kernel->left_lock();
    kernel->wake(mutex, false);
  }
  return code;
}

int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  auto* kernel = simulated();
  if (kernel == nullptr) return REAL_VERSION(pthread_cond_wait, "GLIBC_2.3.2")(condition, mutex);
  return wait(*kernel, condition, mutex, nanoseconds(-1));
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* time) {
  auto* kernel = simulated();
  if (kernel == nullptr) return REAL_VERSION(pthread_cond_timedwait, "GLIBC_2.3.2")(condition, mutex, time);
  return wait(*kernel, condition, mutex, until(*kernel, CLOCK_REALTIME, *time));
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock, const timespec* time) {
  auto* kernel = simulated();
  if (kernel == nullptr) return REAL(pthread_cond_clockwait)(condition, mutex, clock, time);
  return wait(*kernel, condition, mutex, until(*kernel, clock, *time));
}

int pthread_cond_signal(pthread_cond_t* condition) noexcept {
  auto* kernel = simulated();
  if (kernel == nullptr) return REAL_VERSION(pthread_cond_signal, "GLIBC_2.3.2")(condition);
  kernel->wake(condition, false);
  return 0;
}

int pthread_cond_broadcast(pthread_cond_t* condition) noexcept {
  auto* kernel = simulated();
  if (kernel == nullptr) return REAL_VERSION(pthread_cond_broadcast, "GLIBC_2.3.2")(condition);
  kernel->wake(condition, true);
  return 0;
}

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  auto* kernel = simulated();
  if (kernel == nullptr) {
    static const auto call = REAL(clock_gettime);
    return call(clock, time);
  }
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) {
    const auto ms = kernel->wall_ms();
    *time = {ms / 1000, (ms % 1000) * 1'000'000};
  } else {
    const auto ns = kernel->now_ns();
    *time = {static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
  }
  return 0;
}

int gettimeofday(timeval* time, void* zone) noexcept {
  auto* kernel = simulated();
  if (kernel == nullptr) return REAL(gettimeofday)(time, zone);
  const auto ms = kernel->wall_ms();
  *time = {ms / 1000, (ms % 1000) * 1000};
  return 0;
}

time_t time(time_t* out) noexcept {
  auto* kernel = simulated();
  const auto seconds = kernel == nullptr ? REAL(time)(nullptr) : static_cast<time_t>(kernel->wall_ms() / 1000);
  if (out != nullptr) *out = seconds;
  return seconds;
}

int clock_nanosleep(clockid_t clock, int flags, const timespec* time, timespec* left) {
  auto* kernel = simulated();
  if (kernel == nullptr) return REAL(clock_nanosleep)(clock, flags, time, left);
  kernel->sleep((flags & TIMER_ABSTIME) != 0
                    ? until(*kernel, clock, *time)
                    : nanoseconds(static_cast<std::int64_t>(time->tv_sec) * 1'000'000'000 + time->tv_nsec));
  return 0;
}

int nanosleep(const timespec* time, timespec* left) { return clock_nanosleep(CLOCK_REALTIME, 0, time, left); }

int usleep(useconds_t microseconds) {
  const timespec time{microseconds / 1'000'000, static_cast<long>(microseconds % 1'000'000) * 1000};
  return clock_nanosleep(CLOCK_REALTIME, 0, &time, nullptr);
}

// The stop signal of the process.
int sigwait(const sigset_t* set, int* signal) {
  auto* kernel = simulated();
  if (kernel == nullptr) return REAL(sigwait)(set, signal);
  auto& process = *kernel->current();
  while (!process.stop_asked) kernel->park(&process.stop_asked);
  *signal = SIGTERM;
  return 0;
}

int sigtimedwait(const sigset_t* set, siginfo_t* info, const timespec* time) {
  auto* kernel = simulated();
  if (kernel == nullptr) return REAL(sigtimedwait)(set, info, time);
  auto& process = *kernel->current();
  if (!process.stop_asked)
    kernel->park(&process.stop_asked,
                 nanoseconds(static_cast<std::int64_t>(time->tv_sec) * 1'000'000'000 + time->tv_nsec));
  if (process.stop_asked) return SIGTERM;
  errno = EAGAIN;
  return -1;
}

// Part of some file names: the same in every run.
pid_t getpid() noexcept {
  auto* kernel = simulated();
  return kernel == nullptr ? static_cast<pid_t>(::syscall(SYS_getpid)) : 1'000 + kernel->current()->starts;
}

ssize_t getrandom(void* out, std::size_t count, unsigned flags) {
  auto* kernel = simulated();
  if (kernel == nullptr) return REAL(getrandom)(out, count, flags);
  random_of_simulation(static_cast<unsigned char*>(out), static_cast<int>(count));
  return static_cast<ssize_t>(count);
}

}  // extern "C"
