#pragma once
// Identifiers: UUIDv7 (RFC 9562) and unguessable codes people can type (Crockford base32).
#include <array>
#include <string>

#include "common/runtime/clock.hpp"

namespace jindu {

std::array<std::uint8_t, 16> uuid_v7(Instant now);
std::string uuid_text(const std::array<std::uint8_t, 16>& id);
std::string new_uuid(Instant now);
bool is_uuid(std::string_view text);              // canonical lower case
std::string random_code(std::size_t characters);  // Crockford base32, 5 bits each, from the operating system

}  // namespace jindu
