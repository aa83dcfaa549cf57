#pragma once
// The steps in a case's history. Each is a fact that was true when it was written and is never changed afterwards;
// state, clocks, worklists and statistics are derived from them and from nothing else.
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/runtime/bytes.hpp"
#include "common/runtime/clock.hpp"

namespace jindu::approval {

enum class Outcome { grant, refuse };
std::string_view to_text(Outcome outcome);

enum class ActorKind { system, official, applicant };

struct Actor {
  ActorKind kind = ActorKind::system;
  std::string fingerprint = {};  // of the certificate; empty for the system
  std::string name = {};
  std::string department = {};
  bool operator==(const Actor&) const = default;
};

// Something that is missing or wrong. `pointer` is an RFC 6901 pointer into the form or "/materials/<code>".
struct CaseFinding {
  std::string pointer;
  std::string rule;  // stable code; "official" where a person wrote it
  std::string message_zh = {};
  std::string message_en = {};
  bool operator==(const CaseFinding&) const = default;
};

// The dossier was opened, is valid, and waits for an official.
struct Received {
  std::string declaration_number;
  std::string item_id;
  int item_version = 0;
  std::string department;
  Instant received_outside{};  // by the portal's signed receipt: the legal clock starts here
  Bytes content_sha256;        // of the sealed content
  bool operator==(const Received&) const = default;
};

// The dossier was not valid and went back by itself; no official sees it in a worklist.
struct Returned {
  std::string declaration_number;
  std::string item_id;
  int item_version = 0;
  std::string department;
  Instant received_outside{};
  std::string notice_id;
  std::vector<CaseFinding> findings;
  bool operator==(const Returned&) const = default;
};

struct SupplementRequested {  // 补正告知
  std::string notice_id;
  std::vector<CaseFinding> findings;
  std::string leader_reason;  // for every notice but the first
  bool operator==(const SupplementRequested&) const = default;
};

struct SupplementReceived {
  std::string answers_notice_id;
  Instant received_outside{};
  Bytes content_sha256;
  bool operator==(const SupplementReceived&) const = default;
};

// The answer to a supplement notice was not valid; the notice stays open and a list of what is wrong went out.
struct SupplementReturned {
  std::string notice_id;
  Instant received_outside{};
  std::vector<CaseFinding> findings;
  bool operator==(const SupplementReturned&) const = default;
};

struct Accepted {  // 受理
  std::string acceptance_number;
  std::string opinion;
  bool operator==(const Accepted&) const = default;
};

// 视为受理: no answer within the time for checking, so accepted by law from the day the materials were received.
struct DeemedAccepted {
  std::string acceptance_number;
  Instant accepted_from{};
  bool operator==(const DeemedAccepted&) const = default;
};

struct NotAccepted {  // 不予受理
  std::string reasons;
  std::string notice_number;
  bool operator==(const NotAccepted&) const = default;
};

struct StageEntered {
  std::string stage;
  bool operator==(const StageEntered&) const = default;
};

struct Reviewed {
  std::string stage;
  std::string opinion;
  Outcome recommendation = Outcome::grant;
  bool operator==(const Reviewed&) const = default;
};

struct SentBack {
  std::string stage;
  std::string to_stage;
  std::string reasons;
  bool operator==(const SentBack&) const = default;
};

struct Recused {  // 回避
  std::string stage;
  std::string reasons;
  bool operator==(const Recused&) const = default;
};

// The official's own signature over `record_sha256`'s preimage is stored beside the event.
struct Determined {  // 审定
  Outcome outcome = Outcome::grant;
  std::string opinion;
  std::string reasons;
  std::string document_number;
  std::string check_code;
  Bytes record_sha256;
  bool operator==(const Determined&) const = default;
};

// 告知: the signed document is on its way to the applicant and the case is closed.
struct Notified {
  std::string opinion;
  Bytes document_sha256;
  bool operator==(const Notified&) const = default;
};

// What was stopped on its way to the applicant goes once more, under the same content. Says nothing about the case
// itself, and may follow its end.
struct SentAnew {
  std::string bundle_id;    // that ended without being applied
  std::string bundle_kind;  // "notice", "document", "status"
  std::string reasons;
  bool operator==(const SentAnew&) const = default;
};

using Fact = std::variant<Received, Returned, SupplementRequested, SupplementReceived, SupplementReturned, Accepted,
                          DeemedAccepted, NotAccepted, StageEntered, Reviewed, SentBack, Recused, Determined, Notified,
                          SentAnew>;

// The stable name of a fact, such as "stage_entered"; stored and shown.
std::string_view type_of(const Fact& fact);

struct Event {
  std::uint64_t sequence = 0;  // 1, 2, 3 … within the case
  Instant at{};
  Actor actor;
  Fact fact;
  bool operator==(const Event&) const = default;
};

}  // namespace jindu::approval
