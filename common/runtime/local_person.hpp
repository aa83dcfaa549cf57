#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace jindu {

// The name of an account of this machine; nothing where it has none.
std::optional<std::string> account_name(std::uint32_t user);

// Who does something at this machine, for a record of it: the name and number of who logged in, also behind sudo or su;
// where nobody has logged in, of whose process this is. Such as "alice uid:1000".
std::string local_person();

}  // namespace jindu
