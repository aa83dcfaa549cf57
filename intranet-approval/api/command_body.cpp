#include "intranet-approval/api/command_body.hpp"

#include "common/crypto/digest.hpp"
#include "common/runtime/ids.hpp"
#include "intranet-approval/api/body.hpp"

namespace jindu::approval::api {
namespace {

namespace json = boost::json;

result<std::vector<CaseFinding>> items_member(const json::object& body) {
  const auto* items = body.if_contains("items");
  if (!items || !items->is_array())
    return Error{Fault::invalid, "case.items_required", "a supplement notice lists what is missing", "/items"};
  std::vector<CaseFinding> list;
  for (const auto& entry : items->as_array()) {
    if (!entry.is_object()) return Error{Fault::invalid, "request.member", "items are objects", "/items"};
    auto pointer = text_member(entry.as_object(), "pointer", false, 1000),
         zh = text_member(entry.as_object(), "message_zh", true, 8000),
         en = text_member(entry.as_object(), "message_en", false, 8000);
    for (const auto* part : {&pointer, &zh, &en})
      if (!*part)
        return Error{part->error().fault, part->error().code, part->error().detail,
                     "/items/" + std::to_string(list.size()) + part->error().field};
    list.push_back({*pointer, "official", *zh, *en});
  }
  return list;
}

}  // namespace

result<Outcome> outcome_member(const json::object& body, std::string_view name) {
  auto text = text_member(body, name, true, 20);
  if (!text) return text.error();
  if (*text == "grant") return Outcome::grant;
  if (*text == "refuse") return Outcome::refuse;
  return Error{Fault::invalid, "request.member", std::string(name) + " is grant or refuse", "/" + std::string(name)};
}

result<Asked> read_command(const http::Request& request) {
  auto read = body_object(request);
  if (!read) return read.error();
  const auto& body = *read;
  Asked asked;
  auto name = text_member(body, "command", true, 40), command_id = text_member(body, "command_id", true, 36);
  auto opinion = text_member(body, "opinion", false), reasons = text_member(body, "reasons", false),
       leader = text_member(body, "leader_reason", false, 8000);
  for (const auto* part : {&name, &command_id, &opinion, &reasons, &leader})
    if (!*part) return part->error();
  if (!is_uuid(*command_id)) return Error{Fault::invalid, "request.member", "command_id is a UUID", "/command_id"};
  const auto* sequence = body.if_contains("expected_sequence");
  if (!sequence || !sequence->is_int64() || sequence->as_int64() < 0)
    return Error{Fault::invalid, "request.member", "expected_sequence is a whole number", "/expected_sequence"};
  asked.name = *name;
  asked.command_id = *command_id;
  asked.expected_sequence = static_cast<std::uint64_t>(sequence->as_int64());
  if (*name == "accept")
    asked.command = Accept{*opinion};
  else if (*name == "not_accept")
    asked.command = NotAccept{*reasons};
  else if (*name == "send_back")
    asked.command = SendBack{*reasons};
  else if (*name == "recuse")
    asked.command = Recuse{*reasons};
  else if (*name == "notify")
    asked.command = Notify{*opinion, {}};
  else if (*name == "request_supplement") {
    auto items = items_member(body);
    if (!items) return items.error();
    asked.command = RequestSupplement{std::move(*items), *leader};
  } else if (*name == "review") {
    auto recommendation = outcome_member(body, "recommendation");
    if (!recommendation) return recommendation.error();
    asked.command = Review{*opinion, *recommendation};
  } else if (*name == "determine") {
    auto outcome = outcome_member(body, "outcome");
    auto record = base64_member(body, "record", 64 * 1024), signature = base64_member(body, "signature", 64 * 1024);
    if (!outcome) return outcome.error();
    if (!record) return record.error();
    if (!signature) return signature.error();
    const auto digest = crypto::sha256(*record);
    asked.command = Determine{*outcome, *opinion, *reasons, Bytes(digest.begin(), digest.end())};
    asked.record = std::move(*record);
    asked.signature = std::move(*signature);
  } else {
    return Error{Fault::invalid, "request.member", "there is no command '" + *name + "'", "/command"};
  }
  return asked;
}

}  // namespace jindu::approval::api
