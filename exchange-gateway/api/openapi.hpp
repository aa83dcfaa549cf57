#pragma once
// The description of the console's API, built into the program from openapi.json.
#include <string_view>

namespace jindu::gateway {

std::string_view openapi();

}  // namespace jindu::gateway
