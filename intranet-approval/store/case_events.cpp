#include "intranet-approval/store/case_events.hpp"

#include <boost/json.hpp>

#include "common/crypto/digest.hpp"
#include "intranet-approval/domain/cases/fact_json.hpp"
#include "jindu/v1/event.pb.h"
#include "jindu/v1/signed.pb.h"

namespace jindu::approval::store {
namespace {

constexpr std::string_view kAppend =
    "INSERT INTO case_event (case_id, sequence, type, at_ms, command_id, signed, digest) VALUES ($1, $2, $3, $4, $5, "
    "$6, $7)";
constexpr std::string_view kLoad =
    "SELECT sequence, type, command_id, signed, digest FROM case_event WHERE case_id = $1 ORDER BY sequence";
constexpr std::string_view kLastDigest =
    "SELECT digest, sequence FROM case_event WHERE case_id = $1 ORDER BY sequence DESC LIMIT 1";
constexpr std::string_view kFindCommand =
    "SELECT request_sha256, sequence FROM case_command WHERE case_id = $1 AND command_id = $2";
constexpr std::string_view kPutCommand =
    "INSERT INTO case_command (case_id, command_id, request_sha256, sequence, at_ms) VALUES ($1, $2, $3, $4, $5)";

[[noreturn]] void broken(const char* code, const std::string& case_id, std::int64_t sequence, std::string detail) {
  throw ErrorException{Error{Fault::integrity, code,
                             "case " + case_id + " event " + std::to_string(sequence) + ": " + std::move(detail)}};
}

Bytes digest_of(BytesView bytes) {
  const auto digest = crypto::sha256(bytes);
  return {digest.begin(), digest.end()};
}

std::string encode(const std::string& case_id, const Event& event, const std::string& command_id, const Bytes& previous,
                   const std::optional<OfficialSignature>& signature) {
  v1::CaseEvent message;
  message.set_version(1);
  message.set_case_id(case_id);
  message.set_sequence(event.sequence);
  message.set_previous_digest(previous.data(), previous.size());
  message.set_type(std::string{type_of(event.fact)});
  message.set_at_ms(to_unix_ms(event.at));
  message.set_actor_kind(std::string{to_text(event.actor.kind)});
  message.set_actor_fingerprint(event.actor.fingerprint);
  message.set_actor_name(event.actor.name);
  message.set_actor_department(event.actor.department);
  message.set_command_id(command_id);
  message.set_fact_json(boost::json::serialize(to_json(event.fact)));
  if (signature && std::holds_alternative<Determined>(event.fact)) {
    message.set_record(signature->record.data(), signature->record.size());
    message.set_record_signature(signature->signature.data(), signature->signature.size());
  }
  return message.SerializeAsString();
}

StoredEvent decode(const std::string& case_id, const storage::Row& row, const Bytes& previous) {
  const auto sequence = row.integer(0);
  StoredEvent stored;
  stored.command_id = row.text(2);
  stored.signed_bytes = row.blob(3);
  stored.digest = row.blob(4);
  v1::Signed envelope;
  v1::CaseEvent message;
  if (!envelope.ParseFromArray(stored.signed_bytes.data(), static_cast<int>(stored.signed_bytes.size())) ||
      envelope.type() != kCaseEventType || !message.ParseFromString(envelope.body()))
    broken("history.malformed", case_id, sequence, "does not decode");
  if (digest_of(stored.signed_bytes) != stored.digest)
    broken("history.digest", case_id, sequence, "its bytes have another digest");
  if (message.previous_digest() != text_of(previous))
    broken("history.chain", case_id, sequence, "does not follow the event before it");
  if (message.case_id() != case_id || message.sequence() != static_cast<std::uint64_t>(sequence) ||
      message.type() != row.text(1))
    broken("history.misplaced", case_id, sequence, "stands in another event's row");
  boost::system::error_code error;
  const auto json = boost::json::parse(message.fact_json(), error);
  if (error || !json.is_object()) broken("history.malformed", case_id, sequence, "its fact is no JSON object");
  auto fact = fact_from_json(message.type(), json.get_object());
  auto kind = actor_kind_from_text(message.actor_kind());
  if (!fact) broken("history.malformed", case_id, sequence, fact.error().detail);
  if (!kind) broken("history.malformed", case_id, sequence, kind.error().detail);
  stored.event = {message.sequence(),
                  from_unix_ms(message.at_ms()),
                  {*kind, message.actor_fingerprint(), message.actor_name(), message.actor_department()},
                  std::move(*fact)};
  stored.signed_by_official = !message.record_signature().empty();
  return stored;
}

}  // namespace

void append_events(storage::Transaction& tx, const std::string& case_id, const std::vector<Event>& events,
                   const std::string& command_id, const std::optional<OfficialSignature>& signature,
                   const SignEvent& sign) {
  Bytes previous(32, 0);
  std::int64_t last = 0;
  if (const auto row = tx.query_one(kLastDigest, {case_id})) {
    previous = row->blob(0);
    last = row->integer(1);
  }
  for (const auto& event : events) {
    const auto sequence = static_cast<std::int64_t>(event.sequence);
    if (sequence != ++last)
      throw ErrorException{
          Error{Fault::conflict, "case.moved_on", "the case is at " + std::to_string(last - 1) + " now"}};
    const auto body = encode(case_id, event, command_id, previous, signature);
    const auto signed_bytes = sign(bytes_of(body));
    previous = digest_of(signed_bytes);
    tx.execute(kAppend, {case_id, sequence, std::string{type_of(event.fact)}, to_unix_ms(event.at), command_id,
                         signed_bytes, previous});
  }
}

std::vector<StoredEvent> load_events(storage::Transaction& tx, const std::string& case_id) {
  std::vector<StoredEvent> history;
  Bytes previous(32, 0);
  for (const auto& row : tx.query(kLoad, {case_id})) {
    if (row.integer(0) != static_cast<std::int64_t>(history.size()) + 1)
      broken("history.gap", case_id, row.integer(0), "an event before it is missing");
    history.push_back(decode(case_id, row, previous));
    previous = history.back().digest;
  }
  return history;
}

std::vector<Event> events_of(const std::vector<StoredEvent>& stored) {
  std::vector<Event> events;
  events.reserve(stored.size());
  for (const auto& one : stored) events.push_back(one.event);
  return events;
}

std::optional<PastCommand> find_command(storage::Transaction& tx, const std::string& case_id,
                                        const std::string& command_id) {
  const auto row = tx.query_one(kFindCommand, {case_id, command_id});
  if (!row) return std::nullopt;
  return PastCommand{row->blob(0), static_cast<std::uint64_t>(row->integer(1))};
}

void put_command(storage::Transaction& tx, const std::string& case_id, const std::string& command_id,
                 const PastCommand& command, Instant at) {
  tx.execute(kPutCommand, {case_id, command_id, command.request_sha256, static_cast<std::int64_t>(command.sequence),
                           to_unix_ms(at)});
}

}  // namespace jindu::approval::store
