#pragma once
// A built front-end from a folder: hashed names are cached for ever, the rest is asked for again each time.
#include "common/http/server.hpp"

namespace jindu::http {

// Unknown paths answer index.html, since the front-end has routes of its own. `decoded_path` starts with '/'.
Response static_file(const std::string& folder, std::string_view decoded_path, std::string_view accept_encoding);

}  // namespace jindu::http
