#pragma once
// What can be asked of a case, by officials and by the service itself.
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "intranet-approval/domain/cases/event.hpp"

namespace jindu::approval {

inline constexpr std::size_t kOpinionBytesMax = 16'000;  // 4,000 Chinese characters and some
inline constexpr std::size_t kSupplementItemsMax = 100;

// By officials.
struct Accept {
  std::string opinion;
};
struct NotAccept {
  std::string reasons;
};
struct RequestSupplement {
  std::vector<CaseFinding> items;
  std::string leader_reason;
};
struct Review {
  std::string opinion;
  Outcome recommendation = Outcome::grant;
};
struct SendBack {
  std::string reasons;
};
struct Recuse {
  std::string reasons;
};
struct Determine {
  Outcome outcome = Outcome::grant;
  std::string opinion;
  std::string reasons;
  Bytes record_sha256;  // of the decision record that the official signed
};
struct Notify {
  std::string opinion;
  Bytes document_sha256;
};

using OfficialCommand = std::variant<Accept, NotAccept, RequestSupplement, Review, SendBack, Recuse, Determine, Notify>;

// By the service itself: what arrives, and what time brings about.
struct Receive {
  Received fact;
};
struct Return {
  Returned fact;
};
struct ReceiveSupplement {
  SupplementReceived fact;
};
struct ReturnSupplement {
  SupplementReturned fact;
};
struct DeemAccepted {};

using SystemCommand = std::variant<Receive, Return, ReceiveSupplement, ReturnSupplement, DeemAccepted>;

// The name in the API and in permissions, such as "request_supplement".
std::string_view name_of(const OfficialCommand& command);

}  // namespace jindu::approval
