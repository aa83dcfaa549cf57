#include "common/runtime/local_person.hpp"

#include <pwd.h>
#include <unistd.h>

#include <fstream>
#include <limits>
#include <vector>

#include "common/runtime/terminal.hpp"

namespace jindu {

std::optional<std::string> account_name(std::uint32_t user) {
  passwd entry{}, *found = nullptr;
  std::vector<char> buffer(16 * 1024);
  ::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found);
  return found ? std::optional<std::string>(found->pw_name) : std::nullopt;
}

std::string local_person() {
  // The kernel keeps who logged in; who never did has the highest number.
  auto user = static_cast<std::uint32_t>(::getuid()), logged_in = std::numeric_limits<std::uint32_t>::max();
  if (std::ifstream("/proc/self/loginuid") >> logged_in && logged_in != std::numeric_limits<std::uint32_t>::max())
    user = logged_in;
  return printable(account_name(user).value_or("?")) + " uid:" + std::to_string(user);
}

}  // namespace jindu
