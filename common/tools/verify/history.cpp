#include <jindu/v1/event.pb.h>

#include <algorithm>
#include <boost/json/parse.hpp>

#include "common/crypto/cms.hpp"
#include "common/runtime/messages.hpp"
#include "common/tools/verify/checks.hpp"

namespace jindu::verify {
namespace {

namespace json = boost::json;
using jindu::v1::CaseEvent;

Error broken(const char* code, std::uint64_t sequence, const std::string& detail) {
  return {Fault::integrity, code, "event " + std::to_string(sequence) + ": " + detail,
          "/events/" + std::to_string(sequence - 1)};
}

result<json::object> object_in(std::string_view text, std::uint64_t sequence, const char* what) {
  boost::system::error_code code;
  auto value = json::parse(text, code);
  if (code || !value.is_object())
    return broken("history.malformed", sequence, std::string(what) + " is no JSON object");
  return std::move(value.as_object());
}

std::string text_at(const json::object& object, const char* name) {
  const auto* member = object.if_contains(name);
  return member && member->is_string() ? std::string(member->as_string()) : std::string{};
}

class Chain {
 public:
  Chain(const HistoryFiles& files, const Trust& trust) : files_(files), trust_(trust) {}

  result<void> add(const Bytes& encoded) {
    const auto expected = static_cast<std::uint64_t>(events_.size()) + 1;
    const auto read = evidence::read_signed(encoded, evidence::kCaseEventType);
    if (!read) return at(read.error(), expected);
    CaseEvent event;
    if (auto ok = parse_message(read->body, event); !ok)
      return broken("history.malformed", expected, ok.error().detail);
    if (event.version() != 1) return broken("history.malformed", expected, "its version is not known");
    const auto moment = trust_.moment(from_unix_ms(event.at_ms()));
    const auto statement =
        evidence::open_signed(encoded, evidence::kCaseEventType, trust_.nodes, moment, files_.signer);
    if (!statement) return at(statement.error(), expected);
    if (event.sequence() != expected)
      return broken("history.gap", expected, "it bears the number " + std::to_string(event.sequence()));
    if (event.previous_digest() != text_of(previous_))
      return broken("history.chain", expected, "it does not follow the event before it");
    if (!events_.empty() && event.case_id() != events_.front().case_id())
      return broken("history.another_case", expected, "it is of case " + event.case_id());
    if (!events_.empty() && event.at_ms() < events_.back().at_ms())
      return broken("history.not_monotone", expected, "it is dated before the event before it");
    if (auto ok = look_into(event, moment); !ok) return ok;
    certificate_ = statement->certificate;
    previous_ = crypto::sha256(encoded);
    events_.push_back(std::move(event));
    return {};
  }

  const std::vector<CaseEvent>& events() const { return events_; }
  const crypto::Certificate& certificate() const { return *certificate_; }
  const std::vector<std::string>& deciders() const { return deciders_; }
  crypto::Digest last_digest() const { return previous_; }

 private:
  static Error at(Error error, std::uint64_t sequence) {
    error.field = "/events/" + std::to_string(sequence - 1);
    return error;
  }

  result<void> look_into(const CaseEvent& event, Instant moment) {
    const auto fact = object_in(event.fact_json(), event.sequence(), "its fact");
    if (!fact) return fact.error();
    if (event.type() == "received" || event.type() == "supplement_received")
      contents_.push_back(json::value(text_at(*fact, "content_sha256")));
    if (event.type() == "accepted" || event.type() == "deemed_accepted")
      acceptance_number_ = text_at(*fact, "acceptance_number");
    if (event.type() != "determined") {
      if (event.record().empty() && event.record_signature().empty()) return {};
      return broken("history.record", event.sequence(), "only a determination carries a record");
    }
    return check_record(event, *fact, moment);
  }

  // The official's own signature: over the record, which says the same as the event and stands where it was made for.
  result<void> check_record(const CaseEvent& event, const json::object& fact, Instant moment) {
    const auto signature = crypto::cms_verify_trusted(bytes_of(event.record_signature()), bytes_of(event.record()),
                                                      trust_.nodes.store, moment);
    if (!signature) return at(signature.error(), event.sequence());
    const auto record = object_in(event.record(), event.sequence(), "its record");
    if (!record) return record.error();
    const auto differs = [&](const char* what) {
      return broken("history.record", event.sequence(), std::string("record and event differ in ") + what);
    };
    const auto fingerprint = to_hex(signature->signer.fingerprint());
    if (text_at(*record, "type") != "jindu/decision-record/v1") return differs("type");
    if (text_at(*record, "official") != fingerprint || event.actor_fingerprint() != fingerprint)
      return differs("the official");
    if (text_at(*record, "case_id") != event.case_id()) return differs("the case");
    const auto* sequence = record->if_contains("sequence");
    if (!sequence || *sequence != json::value(static_cast<std::int64_t>(event.sequence()) - 1))
      return differs("the place in the history");
    for (const char* name : {"outcome", "opinion", "reasons"})
      if (text_at(*record, name) != text_at(fact, name)) return differs(name);
    if (text_at(*record, "acceptance_number") != acceptance_number_) return differs("the acceptance number");
    if (text_at(fact, "record_sha256") != to_hex(crypto::sha256(bytes_of(event.record()))))
      return differs("the record's digest");
    const auto* contents = record->if_contains("content_sha256");
    if (!contents || *contents != json::value(contents_)) return differs("what was decided upon");
    deciders_.push_back(signature->signer.common_name());
    return {};
  }

  const HistoryFiles& files_;
  const Trust& trust_;
  std::vector<CaseEvent> events_;
  std::optional<crypto::Certificate> certificate_;
  crypto::Digest previous_{};
  json::array contents_;
  std::string acceptance_number_;
  std::vector<std::string> deciders_;
};

// After these nothing follows in a case but that something of it is sent anew.
bool closes(const std::string& type) { return type == "notified" || type == "not_accepted" || type == "returned"; }
bool is_closed(const std::vector<CaseEvent>& events) {
  const auto last = std::find_if(events.rbegin(), events.rend(), [](const auto& e) { return e.type() != "sent_anew"; });
  return last != events.rend() && closes(last->type());
}

}  // namespace

Report check_history(const HistoryFiles& files, const Trust& trust) {
  Report report{"history"};
  if (files.events.empty()) return report.fail({Fault::invalid, "history.empty", "no event was given"});
  Chain chain(files, trust);
  for (const auto& encoded : files.events)
    if (auto ok = chain.add(encoded); !ok) return report.fail(ok.error());
  const auto& events = chain.events();
  report.fact("case", events.front().case_id());
  for (const auto& event : events)
    report.fact("step", utc_text(from_unix_ms(event.at_ms())) + "  " + event.type() + "  " +
                            (event.actor_name().empty() ? event.actor_kind() : event.actor_name()));
  report.fact("last_digest", to_hex(chain.last_digest()));
  report.prove("history.signed", {{"count", std::to_string(events.size())}, {"name", files.signer}});
  report.prove("history.chained");
  for (const auto& name : chain.deciders()) report.prove("history.decided", {{"name", name}});
  tell_signer(report, chain.certificate(), trust.moment(from_unix_ms(events.back().at_ms())), trust);
  report.leave_open(is_closed(events) ? "history.end_closed" : "history.end");
  report.leave_open("history.other_acts");
  return report;
}

}  // namespace jindu::verify
