#pragma once
// The description of the API, built into the program from openapi.json.
#include <string_view>

namespace jindu::approval::api {

std::string_view openapi();

}  // namespace jindu::approval::api
