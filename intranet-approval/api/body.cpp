#include "intranet-approval/api/body.hpp"

namespace jindu::approval::api {

namespace json = boost::json;

result<json::object> body_object(const http::Request& request) {
  auto value = request.json();
  if (!value) return value.error();
  if (!value->is_object()) return Error{Fault::invalid, "request.member", "the body is a JSON object"};
  return std::move(value->as_object());
}

result<std::string> text_member(const json::object& body, std::string_view name, bool needed, std::size_t most) {
  const auto* value = body.if_contains(name);
  const auto pointer = "/" + std::string(name);
  if (!value || value->is_null()) {
    if (needed) return Error{Fault::invalid, "request.member", std::string(name) + " is missing", pointer};
    return std::string{};
  }
  if (!value->is_string() || (needed && value->as_string().empty()) || value->as_string().size() > most)
    return Error{Fault::invalid, "request.member",
                 std::string(name) + " is a text of at most " + std::to_string(most) + " bytes", pointer};
  return std::string(value->as_string());
}

result<Bytes> base64_member(const json::object& body, std::string_view name, std::size_t most) {
  auto text = text_member(body, name, true, most * 4 / 3 + 4);
  if (!text) return text.error();
  auto bytes = from_base64(*text);
  if (!bytes) return Error{Fault::invalid, "request.member", std::string(name) + " is base64", "/" + std::string(name)};
  return bytes;
}

}  // namespace jindu::approval::api
