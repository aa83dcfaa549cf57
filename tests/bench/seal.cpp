// How fast seals are made and opened, in memory, by one thread. usage: jindu-bench-seal SECONDS
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "common/crypto/key.hpp"
#include "common/seal/seal.hpp"

namespace {

using namespace jindu;
using Clock = std::chrono::steady_clock;

template <class Work>
double per_second(double seconds, Work work) {
  const auto begin = Clock::now();
  long calls = 0;
  double passed = 0;
  do {
    if (!work()) {
      std::fprintf(stderr, "jindu-bench-seal: a seal was not made or opened\n");
      std::exit(1);
    }
    ++calls;
    passed = std::chrono::duration<double>(Clock::now() - begin).count();
  } while (passed < seconds);
  return static_cast<double>(calls) / passed;
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::strtod(argv[1], nullptr) : 2;
  const auto key = crypto::PrivateKey::generate_p256();
  const std::vector<crypto::PublicKey> recipients{key.public_key()};
  for (const std::size_t size : {1024u, 16384u, 1048576u, 67108864u}) {
    const Bytes plain(size, 0x6a);
    const auto sealed = seal::seal_to(recipients, "bench", plain);
    if (!sealed) return 1;
    const auto mega = static_cast<double>(size) / 1e6;
    const double made = per_second(seconds, [&] { return seal::seal_to(recipients, "bench", plain).has_value(); });
    const double opened = per_second(seconds, [&] { return seal::open_seal(*sealed, &key, "bench").has_value(); });
    std::printf("seal %zu %.1f %.1f\nopen %zu %.1f %.1f\n", size, made, made * mega, size, opened, opened * mega);
  }
  return 0;
}
