#include "intranet-approval/domain/cases/fact_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>
#include <optional>

namespace jindu::approval {
namespace {

namespace json = boost::json;

// Writes and reads share one description of each fact: `fields(fact, visitor)` names every member once.
void fields(auto& f, auto&& v) requires requires {
  f.declaration_number;
  f.content_sha256;
}
{
  v("declaration_number", f.declaration_number);
  v("item_id", f.item_id);
  v("item_version", f.item_version);
  v("department", f.department);
  v("received_outside", f.received_outside);
  v("content_sha256", f.content_sha256);
}
void fields(auto& f, auto&& v) requires requires {
  f.declaration_number;
  f.findings;
}
{
  v("declaration_number", f.declaration_number);
  v("item_id", f.item_id);
  v("item_version", f.item_version);
  v("department", f.department);
  v("received_outside", f.received_outside);
  v("notice_id", f.notice_id);
  v("findings", f.findings);
}
template <class T, class U>
concept Is = std::same_as<std::remove_cv_t<T>, U>;

void fields(Is<SupplementRequested> auto& f, auto&& v) {
  v("notice_id", f.notice_id);
  v("findings", f.findings);
  v("leader_reason", f.leader_reason);
}
void fields(Is<SupplementReceived> auto& f, auto&& v) {
  v("answers_notice_id", f.answers_notice_id);
  v("received_outside", f.received_outside);
  v("content_sha256", f.content_sha256);
}
void fields(Is<SupplementReturned> auto& f, auto&& v) {
  v("notice_id", f.notice_id);
  v("received_outside", f.received_outside);
  v("findings", f.findings);
}
void fields(Is<Accepted> auto& f, auto&& v) {
  v("acceptance_number", f.acceptance_number);
  v("opinion", f.opinion);
}
void fields(Is<DeemedAccepted> auto& f, auto&& v) {
  v("acceptance_number", f.acceptance_number);
  v("accepted_from", f.accepted_from);
}
void fields(Is<NotAccepted> auto& f, auto&& v) {
  v("reasons", f.reasons);
  v("notice_number", f.notice_number);
}
void fields(Is<StageEntered> auto& f, auto&& v) { v("stage", f.stage); }
void fields(Is<Reviewed> auto& f, auto&& v) {
  v("stage", f.stage);
  v("opinion", f.opinion);
  v("recommendation", f.recommendation);
}
void fields(Is<SentBack> auto& f, auto&& v) {
  v("stage", f.stage);
  v("to_stage", f.to_stage);
  v("reasons", f.reasons);
}
void fields(Is<Recused> auto& f, auto&& v) {
  v("stage", f.stage);
  v("reasons", f.reasons);
}
void fields(Is<Determined> auto& f, auto&& v) {
  v("outcome", f.outcome);
  v("opinion", f.opinion);
  v("reasons", f.reasons);
  v("document_number", f.document_number);
  v("check_code", f.check_code);
  v("record_sha256", f.record_sha256);
}
void fields(Is<Notified> auto& f, auto&& v) {
  v("opinion", f.opinion);
  v("document_sha256", f.document_sha256);
}
void fields(Is<SentAnew> auto& f, auto&& v) {
  v("bundle_id", f.bundle_id);
  v("bundle_kind", f.bundle_kind);
  v("reasons", f.reasons);
}

struct Writer {
  json::object& out;
  void operator()(const char* name, const std::string& value) { out[name] = value; }
  void operator()(const char* name, int value) { out[name] = value; }
  void operator()(const char* name, Instant value) { out[name] = to_unix_ms(value); }
  void operator()(const char* name, const Bytes& value) { out[name] = to_hex(value); }
  void operator()(const char* name, Outcome value) { out[name] = to_text(value); }
  void operator()(const char* name, const std::vector<CaseFinding>& value) { out[name] = to_json(value); }
};

// Throws ErrorException on anything unexpected; caught in fact_from_json.
struct Reader {
  const json::object& in;
  std::size_t read = 0;

  [[noreturn]] static void malformed(std::string detail) {
    throw ErrorException{Error{Fault::integrity, "event.malformed", std::move(detail)}};
  }
  const json::value& member(const char* name) {
    const auto* value = in.if_contains(name);
    if (!value) malformed(std::string{"no member "} + name);
    ++read;
    return *value;
  }
  std::string string(const char* name) {
    const auto& value = member(name);
    if (!value.is_string()) malformed(std::string{name} + " is no string");
    return std::string{value.get_string()};
  }
  std::int64_t integer(const char* name) {
    const auto& value = member(name);
    if (!value.is_int64()) malformed(std::string{name} + " is no integer");
    return value.get_int64();
  }
  void operator()(const char* name, std::string& to) { to = string(name); }
  void operator()(const char* name, int& to) {
    const auto value = integer(name);
    if (value != static_cast<int>(value)) malformed(std::string{name} + " is out of bounds");
    to = static_cast<int>(value);
  }
  void operator()(const char* name, Instant& to) { to = from_unix_ms(integer(name)); }
  void operator()(const char* name, Bytes& to) {
    auto bytes = from_hex(string(name));
    if (!bytes) malformed(std::string{name} + " is no hex");
    to = std::move(*bytes);
  }
  void operator()(const char* name, Outcome& to) {
    const auto text = string(name);
    if (text != "grant" && text != "refuse") malformed(std::string{name} + " is no outcome");
    to = text == "grant" ? Outcome::grant : Outcome::refuse;
  }
  void operator()(const char* name, std::vector<CaseFinding>& to) {
    const auto& value = member(name);
    if (!value.is_array()) malformed(std::string{name} + " is no list");
    for (const auto& entry : value.get_array()) {
      if (!entry.is_object()) malformed("a finding is no object");
      Reader finding{entry.get_object()};
      to.push_back({finding.string("pointer"), finding.string("rule"), finding.string("message_zh"),
                    finding.string("message_en")});
    }
  }
};

template <std::size_t I = 0>
std::optional<Fact> empty_of(std::string_view type) {
  if constexpr (I == std::variant_size_v<Fact>) {
    return std::nullopt;
  } else {
    Fact fact{std::in_place_index<I>};
    if (type_of(fact) == type) return fact;
    return empty_of<I + 1>(type);
  }
}

}  // namespace

json::array to_json(const std::vector<CaseFinding>& findings) {
  json::array list;
  for (const auto& finding : findings)
    list.push_back(json::object{{"pointer", finding.pointer},
                                {"rule", finding.rule},
                                {"message_zh", finding.message_zh},
                                {"message_en", finding.message_en}});
  return list;
}

json::object to_json(const Fact& fact) {
  json::object out;
  std::visit([&](const auto& f) { fields(f, Writer{out}); }, fact);
  return out;
}

result<Fact> fact_from_json(std::string_view type, const json::object& in) {
  auto fact = empty_of(type);
  if (!fact) return Error{Fault::unsupported, "event.unknown_type", "no event is called " + std::string{type}};
  try {
    Reader reader{in};
    std::visit([&](auto& f) { fields(f, reader); }, *fact);
    if (reader.read != in.size()) return Error{Fault::integrity, "event.malformed", "unknown members"};
    return std::move(*fact);
  } catch (const ErrorException& failure) {
    return failure.error;
  }
}

std::string_view to_text(ActorKind kind) {
  switch (kind) {
    case ActorKind::system:
      return "system";
    case ActorKind::official:
      return "official";
    case ActorKind::applicant:
      return "applicant";
  }
  return "system";
}

result<ActorKind> actor_kind_from_text(std::string_view text) {
  for (const auto kind : {ActorKind::system, ActorKind::official, ActorKind::applicant})
    if (to_text(kind) == text) return kind;
  return Error{Fault::integrity, "event.malformed", "no actor is a " + std::string{text}};
}

}  // namespace jindu::approval
