#pragma once
// Reading the JSON bodies of requests: members by name, each with its kind and its limit.
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "common/http/server.hpp"

namespace jindu::approval::api {

result<boost::json::object> body_object(const http::Request& request);
// A member that must be a text; `needed`: not empty. Code request.member, field: pointer.
result<std::string> text_member(const boost::json::object& body, std::string_view name, bool needed,
                                std::size_t most = 16'000);
result<Bytes> base64_member(const boost::json::object& body, std::string_view name, std::size_t most);

}  // namespace jindu::approval::api
