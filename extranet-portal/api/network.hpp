#pragma once
// Addresses as limits count them.
#include <string>
#include <string_view>

namespace jindu::portal::api {

// The part of an address that one party holds: IPv4 whole, IPv6 the first 64 bits.
std::string network_of(std::string_view address);

}  // namespace jindu::portal::api
