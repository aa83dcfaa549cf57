#pragma once
// The system of record: the append-only, signed, chained history of each case.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/storage/database.hpp"
#include "intranet-approval/domain/cases/event.hpp"

namespace jindu::approval::store {

struct StoredEvent {
  Event event;
  std::string command_id;  // empty for what the service did by itself
  Bytes digest;            // SHA-256 of `signed_bytes`; the next event holds it
  Bytes signed_bytes;      // Signed of type "jindu/case-event/v1"
  bool signed_by_official = false;
};

// An official's own signature that belongs to one event of a command (the determination).
struct OfficialSignature {
  Bytes record;
  Bytes signature;  // CMS, detached, over `record`
};

// Makes the encoded Signed of type "jindu/case-event/v1" over a CaseEvent body.
using SignEvent = std::function<Bytes(BytesView body)>;

inline constexpr const char* kCaseEventType = "jindu/case-event/v1";

// Appends events that continue the stored history exactly. A concurrent append is a "storage.unique" conflict.
void append_events(storage::Transaction& tx, const std::string& case_id, const std::vector<Event>& events,
                   const std::string& command_id, const std::optional<OfficialSignature>& signature,
                   const SignEvent& sign);

// The history in order. Throws Fault::integrity "history.*" when an event does not decode, does not hold the digest of
// the one before it, or is not the one that its row says.
std::vector<StoredEvent> load_events(storage::Transaction& tx, const std::string& case_id);
std::vector<Event> events_of(const std::vector<StoredEvent>& stored);

// What a command led to when it was carried out before.
struct PastCommand {
  Bytes request_sha256;
  std::uint64_t sequence = 0;
};
std::optional<PastCommand> find_command(storage::Transaction& tx, const std::string& case_id,
                                        const std::string& command_id);
void put_command(storage::Transaction& tx, const std::string& case_id, const std::string& command_id,
                 const PastCommand& command, Instant at);

}  // namespace jindu::approval::store
