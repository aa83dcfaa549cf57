#include "extranet-portal/api/body.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "common/runtime/ids.hpp"

namespace jindu::portal::api {

Body::Body(const http::Request& request) {
  const auto type = request.header("content-type");
  if (!(type == "application/json" || type.starts_with("application/json;"))) {
    error_ = Error{Fault::unsupported, "http.content_type", "the body is application/json"};
    return;
  }
  auto value = request.json();
  if (!value) {
    error_ = value.error();
  } else if (auto* object = value->if_object()) {
    members_ = std::move(*object);
  } else {
    error_ = Error{Fault::invalid, "http.json", "the body is a JSON object"};
  }
}

Body::Body(boost::json::object members, std::string pointer)
    : members_(std::move(members)), pointer_(std::move(pointer)) {}

const boost::json::value* Body::member(const std::string& name) {
  read_.insert(name);
  const auto* value = members_.if_contains(name);
  if (value == nullptr) fail(name, "is missing");
  return value;
}

void Body::fail(const std::string& name, std::string detail, Fault fault) {
  if (!error_) error_ = Error{fault, "http.member", name + " " + std::move(detail), pointer_ + "/" + name};
}

std::string Body::text(const std::string& name, std::size_t least, std::size_t most) {
  const auto* value = member(name);
  if (value == nullptr) return {};
  if (!value->is_string()) return fail(name, "is a string"), std::string();
  const auto& text = value->get_string();
  if (text.size() < least || text.size() > most) return fail(name, "is too short or too long"), std::string();
  return std::string(text);
}

Bytes Body::base64(const std::string& name, std::size_t least, std::size_t most) {
  const auto* value = member(name);
  if (value == nullptr || error_) return {};
  if (!value->is_string()) return fail(name, "is a string"), Bytes();
  const std::string_view text = value->get_string();
  if (text.size() > most / 3 * 4 + 8) return fail(name, "is too short or too long"), Bytes();
  auto bytes = from_base64(text);
  if (!bytes) return fail(name, "is base64"), Bytes();
  if (bytes->size() < least || bytes->size() > most) return fail(name, "is too short or too long"), Bytes();
  return std::move(*bytes);
}

std::uint64_t Body::natural(const std::string& name, std::uint64_t least, std::uint64_t most) {
  const auto* value = member(name);
  if (value == nullptr) return 0;
  const auto number = value->is_int64() && value->get_int64() >= 0 ? static_cast<std::uint64_t>(value->get_int64())
                      : value->is_uint64()                         ? value->get_uint64()
                                                                   : most + 1;
  if (number < least || number > most) return fail(name, "is a whole number within its limits"), std::uint64_t{0};
  return number;
}

std::vector<Bytes> Body::base64_list(const std::string& name, std::size_t count_most, std::size_t most) {
  const auto* value = member(name);
  if (value == nullptr) return {};
  std::vector<Bytes> list;
  const auto* array = value->if_array();
  if (array == nullptr || array->empty() || array->size() > count_most) return fail(name, "is a list"), list;
  for (const auto& entry : *array) {
    auto bytes = entry.is_string() ? from_base64(entry.get_string()) : result<Bytes>(Error{});
    if (!bytes || bytes->size() > most) return fail(name, "is a list of base64"), list;
    list.push_back(std::move(*bytes));
  }
  return list;
}

bool Body::has(const std::string& name) { return members_.contains(name); }

Body Body::object(const std::string& name) {
  const auto* value = member(name);
  if (value != nullptr && !value->is_object()) fail(name, "is an object");
  Body inner(value != nullptr && value->is_object() ? value->get_object() : boost::json::object(),
             pointer_ + "/" + name);
  inner.error_ = error_;
  return inner;
}

result<void> Body::finish() const {
  if (error_) return *error_;
  for (const auto& entry : members_)
    if (!read_.contains(std::string(entry.key())))
      return Error{Fault::invalid, "http.unknown_member", "there is no such member",
                   pointer_ + "/" + std::string(entry.key())};
  return {};
}

result<std::string> uuid_parameter(const http::Request& request, std::string_view name, std::string unknown) {
  const auto value = request.parameter(name);
  if (!is_uuid(value)) return Error{Fault::not_found, std::move(unknown), "there is no such id"};
  return std::string(value);
}

http::Response private_json(const boost::json::value& value, int status) {
  return http::Response::json(value, status).with("Cache-Control", "no-store");
}

}  // namespace jindu::portal::api
