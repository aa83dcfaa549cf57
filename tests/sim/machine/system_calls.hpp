#pragma once
// What must be asked for: everything else is in place by being linked.

namespace jindu::sim {

// OpenSSL's random numbers come from the seed from now on, so that signatures and seals are the same again.
void simulate_random_numbers();

}  // namespace jindu::sim
