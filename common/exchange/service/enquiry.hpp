#pragma once
// Where everything about one declaration is, as far as a service knows it. The units see no declaration numbers: who
// asks at their consoles searches by the pseudonym or by a bundle's id, and both are told here.
#include <functional>
#include <optional>
#include <string>
#include <vector>

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

// `exchange find NUMBER` of a service's program: prints what stands above from the database of a service that may be
// running, and writes nothing.
class FindCommand {
 public:
  FindCommand(Command& program, Language language);
  FindCommand(const FindCommand&) = delete;
  FindCommand& operator=(const FindCommand&) = delete;
  bool chosen() const { return chosen_; }
  // Exit code 0: found. 1: there is no such declaration here. 2: the database cannot be read.
  int run(const std::string& database_url, const Ask& ask) const;

 private:
  std::string number_;
  Language language_;
  bool as_json_ = false, chosen_ = false;
};

}  // namespace jindu::exchange
