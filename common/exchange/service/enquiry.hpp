#pragma once
// Where everything about one declaration is, as far as a service knows it. The units see no declaration numbers: who
// asks at their consoles searches by the pseudonym or by a bundle's id, and both are told here.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/exchange/service/sent_anew.hpp"
#include "common/runtime/clock.hpp"
#include "common/runtime/command_line.hpp"
#include "common/runtime/language.hpp"
#include "common/runtime/result.hpp"
#include "common/storage/database.hpp"

namespace jindu::exchange {

struct Passage {
  std::string bundle;  // id
  std::string kind;
  bool out = false;   // sent by this service; otherwise it came to it
  std::string rung;   // the newest that somebody has signed; empty: nobody has yet
  std::string party;  // who
  Instant at{};       // when; without a rung, when the bundle was made
  std::string code;
  bool can_be_sent_anew = false;  // it ended without being applied, and its payload is here (sent_anew.hpp)
  std::optional<SentAnew> anew = {};
  bool needless = false;  // it ended so, and would be of no use
};

struct Enquiry {
  std::string subject;              // under which this service sends, in hex digits; empty: it has never sent anything
  std::vector<std::string> theirs;  // under which the other side does; as a rule one, empty until something has come
  std::uint64_t not_built = 0;      // messages that are no bundle yet
  std::vector<Passage> passages = {};  // what went out in the order of its channel, then what came by time
};

// `about` as it was given to `enqueue` and `note_about`. Changes nothing.
Enquiry enquire(storage::Transaction& transaction, const std::string& about);

// What somebody has asked for by number or id.
struct Asked {
  std::string id;
  std::string number;  // empty: the service does not know it
};
using Ask = std::function<std::optional<Asked>(storage::Transaction&, const std::string&)>;

std::string as_text(const Asked& asked, const Enquiry& enquiry, Language language);
std::string as_json(const Asked& asked, const Enquiry& enquiry);

// What a service changes of its own in the transaction in which something about a declaration is sent anew.
using OnSentAnew = std::function<void(storage::Transaction&, const std::string& about, Instant now)>;

// `exchange find NUMBER` and `exchange resend NUMBER_OR_BUNDLE --reason TEXT` of a service's program, beside the
// running service or while it is stopped. The first prints what stands above and writes nothing. The second has sent
// anew what has ended without being applied, all about the declaration or the one bundle; the service builds it and
// says so in its log.
class ExchangeCommand {
 public:
  ExchangeCommand(Command& program, Language language);
  ExchangeCommand(const ExchangeCommand&) = delete;
  ExchangeCommand& operator=(const ExchangeCommand&) = delete;
  bool chosen() const { return finds_ || resends_; }
  // Exit code 0: found, or sent anew. 1: there is no such declaration or bundle here, or nothing about it can be sent
  // anew, which is said with its code. 2: the database cannot be read or written.
  int run(const std::string& database_url, const Ask& ask, const OnSentAnew& on_sent_anew = {}) const;

 private:
  int find(const std::string& database_url, const Ask& ask) const;
  int resend(const std::string& database_url, const Ask& ask, const OnSentAnew& on_sent_anew) const;
  int unreadable(const Error& error) const;

  std::string number_, number_or_bundle_, reason_;
  Language language_;
  bool as_json_ = false, finds_ = false, resends_ = false;
};

}  // namespace jindu::exchange
