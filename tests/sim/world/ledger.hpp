#pragma once
// What is known from outside about the messages of a schedule, to be held against what the services have in the end.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/runtime/bytes.hpp"

namespace jindu::sim {

// What a message does when it arrives. Its text says so, because only its receiver can read it.
enum class Conduct { plain, refused, refused_late, later, poison };

struct Message {
  int number = 0;
  int subject = 0;
  int place = 0;  // within the subject
  Conduct conduct = Conduct::plain;
  std::string kind;
  std::size_t size = 0;

  std::string text() const;
  static std::optional<Message> from_text(std::string_view text);
};

// No unit and no medium may ever have it: every message says it.
inline constexpr std::string_view kSecret = "what only the receiver may read";

// One service, as it says itself.
struct Account {
  struct Sent {
    Message message;
    std::string bundle;
    std::int64_t rung = 0;
    bool ended = false;
    std::string code;
  };
  struct Applied {
    Message message;
    std::string digest;
  };
  struct Receipt {
    std::string bundle;
    std::int64_t rung = 0;
    std::string party;
    Bytes bytes;
  };
  std::vector<Sent> sent;
  std::vector<Applied> applied;
  std::vector<Receipt> receipts;
  std::size_t waiting = 0;  // in the outbox
};

struct Ledger {
  // Whether it is poisoned, or comes behind something about its subject that is.
  bool stands_behind_poison(int number) const;
  std::map<int, Message> planned;
  std::set<int> committed;                    // the service said so
  std::map<int, int> attempts;                // to apply
  std::map<std::string, std::int64_t> rungs;  // highest seen of each bundle
  bool all_sent = false;
  std::size_t waiting = 0;  // in the outbox
  std::set<int> open;       // sent, and no end known
  Account account;          // at the end
  bool accounted = false;
};

}  // namespace jindu::sim
