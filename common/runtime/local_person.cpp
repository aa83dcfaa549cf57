#include "common/runtime/local_person.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <limits>
#include <vector>

#include "common/runtime/terminal.hpp"

namespace jindu {

std::string local_person() {
  // The kernel keeps who logged in; who never did has the highest number.
  auto user = static_cast<std::uint32_t>(::getuid()), logged_in = std::numeric_limits<std::uint32_t>::max();
  if (std::ifstream("/proc/self/loginuid") >> logged_in && logged_in != std::numeric_limits<std::uint32_t>::max())
    user = logged_in;
  passwd entry{}, *found = nullptr;
  std::vector<char> buffer(16 * 1024);
  ::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found);
  return (found ? printable(found->pw_name) : std::string("?")) + " uid:" + std::to_string(user);
}

}  // namespace jindu
