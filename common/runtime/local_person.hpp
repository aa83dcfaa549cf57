#pragma once
#include <string>

namespace jindu {

// Who does something at this machine, for a record of it: the name and number of who logged in, also behind sudo or su;
// where nobody has logged in, of whose process this is. Such as "alice uid:1000".
std::string local_person();

}  // namespace jindu
