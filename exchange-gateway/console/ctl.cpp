// One verb for one thing. What a person reads is written here; --json gives the answer of the interface as it is.
#include <boost/json/serialize.hpp>

#include <ctime>
#include <iomanip>
#include <iostream>

#include "common/runtime/clock.hpp"
#include "common/runtime/command_line.hpp"
#include "common/runtime/files.hpp"
#include "exchange-gateway/console/commands.hpp"
#include "exchange-gateway/console/connection.hpp"
#include "exchange-gateway/console/log_check.hpp"

namespace jindu::gateway {
namespace {

namespace json = boost::json;
constexpr std::size_t kLogMax = 1024 * 1024 * 1024;
constexpr int kToLookAfter = 3;

struct Asked {
  ConsoleAddress address;
  bool as_json = false;
  std::string id, digest, reason, channel, day, file, of = "mine";
  std::string state, kind, subject, cursor, since;
  std::int64_t first = 0, last = 0, limit = 50;
  std::string from, to;
  std::int64_t size = 1;
};

// What to do, where the code alone does not say it.
std::string_view advice(const std::string& code) {
  static const std::map<std::string, std::string_view> list{
      {"http.unreachable", "Is the unit running, and is this the address of its console?"},
      {"http.tls", "The console was not trusted or did not trust you: check --ca, and that your certificate is valid."},
      {"console.not_registered", "Ask the security administrator to enter your certificate in the register."},
      {"console.role", "Ask a colleague who has it."},
      {"hold.said_already", "A second person with the role releaser must run the same command."},
      {"unit.just_begun", "Try again in a moment; when it stays so, the service is not running."},
      {"unit.may_have_passed",
       "Release it: the service recognises what it has applied. What must not pass, it can refuse."},
      {"bundle.not_held", "`ctl show` says where it stands."},
      {"bundle.unknown", "`ctl search` finds bundles by kind, state, subject and time; or ask the other unit."},
      {"channel.unknown", "`ctl overview` lists the channels."},
      {"epoch.said_already", "A second person with the role operator or releaser must run the same command."},
      {"epoch.not_due", "`ctl epoch show` says what is known."},
      {"unit.restored", "`ctl epoch show` says what was found and what to do."},
      {"voyage.no_ferry", "Voyages are for units whose carrier moves a medium; `ctl overview` names the carrier."},
      {"quarantine.told", "Ask its sender to send it anew; then `ctl quarantine dismiss`."},
      {"quarantine.unknown", "`ctl quarantine list` lists what is; `ctl show` says what became of it."},
      {"quarantine.several", "`ctl show ID` lists them."},
      {"bundle.signature", "The real one comes by itself when its sender's unit is in order; then retry, or dismiss."},
      {"quarantine.no_bytes", "`ctl request` asks the other unit to bring it again."},
      {"pkcs12.password", "Is the passphrase in --passphrase-file right?"}};
  const auto found = list.find(code);
  return found == list.end() ? std::string_view() : found->second;
}

int fail(const Error& error) {
  std::cerr << error.detail << " [" << error.code << "]\n";
  if (const auto what = advice(error.code); !what.empty()) std::cerr << what << "\n";
  return 1;
}

std::string text(const json::object& o, std::string_view name) {
  const auto* member = o.if_contains(name);
  return member && member->is_string() ? std::string(member->as_string()) : std::string();
}

std::int64_t number(const json::object& o, std::string_view name) {
  const auto* member = o.if_contains(name);
  if (!member) return 0;
  return member->is_int64()    ? member->as_int64()
         : member->is_uint64() ? static_cast<std::int64_t>(member->as_uint64())
                               : 0;
}

std::string time_of(std::int64_t ms) {
  if (ms <= 0) return "-";
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm local{};
  localtime_r(&seconds, &local);
  std::ostringstream out;
  out << std::put_time(&local, "%F %T");
  return out.str();
}

std::string age(std::int64_t ms) {
  const auto s = ms / 1000;
  if (s >= 2 * 86'400) return std::to_string(s / 86'400) + " days";
  if (s >= 2 * 3600) return std::to_string(s / 3600) + " hours";
  if (s >= 2 * 60) return std::to_string(s / 60) + " minutes";
  return std::to_string(s) + " seconds";
}

std::string size_of(std::int64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  std::ostringstream out;
  out << std::fixed << std::setprecision(unit == 0 ? 0 : 1) << value << " " << kUnits[unit];
  return out.str();
}

// "portal>approval 5 7" as a sentence with the command that asks for them, which a shell would misread without quotes.
std::string gap_words(const std::string& about, const std::string& since, const std::string& asked) {
  std::istringstream in(about);
  std::string channel, first, last;
  in >> channel >> first >> last;
  const auto which = first == last ? "number " + first + " has" : "numbers " + first + " to " + last + " have";
  const auto what = which + " not come on " + channel + ", and what is behind came " + since + " ago: ";
  if (!asked.empty())
    return what + "asked for again " + asked +
           " ago; what the other unit has comes with the next carrier, and what has ended there is told";
  return what + "see whether the other unit holds it; if not, `ctl request \"" + channel + "\" " + first + " " + last +
         " --reason …`";
}

// "damaged 0199…" as a sentence with what to do.
std::string not_taken_words(const std::string& about, std::int64_t n) {
  std::istringstream in(about);
  std::string here, id;
  in >> here >> id;
  const auto which = n > 1 ? std::to_string(n) + " bundles, the first of them " + id + "," : "bundle " + id;
  const auto what = "the other unit does not take " + which + " because the signature does not hold; ";
  if (here == "sound")
    return what +
           "our copy is sound, so it is changed on the way: look at the line or the medium and who had it, try another "
           "one; it is brought again by itself";
  if (here == "damaged")
    return what +
           "neither does that of our copy, so this unit's disk has changed it: have the disk looked at and restore the "
           "journal from a sound copy; what the copy does not have, the service hands over again";
  return what +
         "this unit has sent nothing like it: it was changed on the way, or somebody else has made it. Call the "
         "security office; the other unit keeps it as evidence until its operators dismiss it";
}

// What an alarm is about and what to do, in words.
std::string alarm_words(const json::object& a, std::int64_t now_ms) {
  const auto code = text(a, "code"), about = text(a, "about");
  const auto n = number(a, "number");
  const auto since = number(a, "since_ms") > 0 ? age(now_ms - number(a, "since_ms")) : "";
  if (code == "alarm.oldest_waiting" && !about.empty())
    return "something waits for " + age(n) + " and went on voyage " + about +
           ", which the other unit has not confirmed: `ctl voyages` says since when; move its medium, or attach "
           "another one and `ctl voyage start`";
  if (code == "alarm.oldest_waiting")
    return "something waits for " + age(n) +
           " to be carried and is on no voyage: look at the carrier, or attach a medium; `ctl search --state waiting` "
           "names it";
  if (code == "alarm.oldest_ready")
    return "something waits for " + age(n) + " for our service to fetch it: look whether the service runs";
  if (code == "alarm.other_side_silent")
    return "the other unit was not heard for " + age(n) +
           ": look at the carrier (`ctl voyages`, where it moves a medium) and whether that unit runs";
  if (code == "alarm.held") return std::to_string(n) + " held for a releaser, the oldest for " + since + ": `ctl held`";
  if (code == "alarm.quarantined")
    return std::to_string(n) + " in quarantine: `ctl quarantine list` says why, and what can be done";
  if (code == "alarm.gap")
    return gap_words(about, since, number(a, "asked_ms") > 0 ? age(now_ms - number(a, "asked_ms")) : "");
  if (code == "alarm.not_taken") return not_taken_words(about, n);
  if (code == "alarm.disk_low") return "only " + size_of(n) + " are free: make room before nothing is taken any more";
  if (code == "alarm.disk_full") return "only " + size_of(n) + " are free and nothing is taken any more: make room";
  if (code == "alarm.certificate_expires")
    return "the certificate of " + about + " ends in " + std::to_string(n) + " days: renew it";
  if (code == "alarm.certificate_expired") return "the certificate of " + about + " has ended: renew it now";
  if (code == "alarm.clock_skew") return "the other unit's clock is " + age(n) + " ahead of ours: set the clocks";
  if (code == "alarm.reconciliation_differs")
    return std::to_string(n) + " differences in " + about + ": `ctl reconcile show`";
  if (code == "alarm.channel_stopped") return about + " is stopped since " + since + ": `ctl resume` when it may go on";
  if (code == "alarm.restored" && about == "halted")
    return "this unit was restored from an older copy of its journal, " + since +
           " ago, and sends nothing: look at `ctl epoch show`; when it is so, two people run `ctl epoch approve` (" +
           std::to_string(n) + " of 2 so far)";
  if (code == "alarm.restored")
    return "a new epoch has begun; this unit waits for what the other one and its service remember: look that the "
           "carrier and the service run";
  if (code == "alarm.voyage_damaged")
    return (n > 1 ? std::to_string(n) + " voyages, the last of them " + about + "," : "voyage " + about) + " came " +
           since +
           " ago and not all of it could be taken: `ctl voyages` says why; see to the medium if it was damaged; what "
           "was lost is brought again by itself (this is said for a day)";
  if (code == "alarm.mail_failing")
    return "a warning could not be sent by mail for " + age(n) + ": see the unit's log and the mail server";
  if (code == "alarm.journal_damaged")
    return "the unit's journal is damaged, its disk gave back something else than was written: stop the unit, look at "
           "the disk, and restore it from a backup";
  if (code == "alarm.log_broken")
    return "the operators' log was changed: keep the journal as it is and call the auditor";
  return code + " " + about;
}

// Why something was set aside, as one would say it.
std::string_view why_aside(const std::string& code) {
  static const std::map<std::string, std::string_view> list{
      {"bundle.signature",
       "The signature does not hold: it was changed on the way, or somebody made it in that sender's name."},
      {"bundle.fork",
       "Its sender has signed something else for the same place, and that is here. Its service or unit has forgotten "
       "what it had signed, or somebody else has its key."},
      {"policy.forbidden", "No rule of this unit's policy lets this kind go this way."},
      {"policy.too_large", "It is larger than this unit's policy allows for its kind."},
      {"policy.newer_fields", "It has fields that this unit does not know, and the policy does not carry such."},
      {"policy.wrong_way", "It does not go this way: neither is it for our service, nor from the other one."},
      {"voyage.addressee", "It is not for this unit: the medium belongs elsewhere."},
      {"voyage.unreadable",
       "Its manifest is missing or cannot be read: the medium was taken away too early, or is damaged."},
      {"voyage.malformed", "Its manifest has not the shape that a unit gives it."},
      {"voyage.damaged", "A file of it is not as its manifest says."},
      {"signed.signature", "The signature of its manifest does not hold: it was changed, or somebody else made it."},
      {"certificate.unknown_issuer",
       "It is signed by a certificate of another deployment: the medium belongs elsewhere."},
      {"signed.signer", "Another one has signed it than the unit that such a voyage comes from."}};
  const auto found = list.find(code);
  if (found != list.end()) return found->second;
  if (code.starts_with("signed."))
    return "Its manifest is not a signed statement of a unit: it was changed, or is not of this gateway.";
  if (code.starts_with("certificate."))
    return "Nobody whom this gateway believes has signed it: the signer's certificate is not good (any more).";
  return "";
}

std::string sender_words(const json::object& o) {
  if (!text(o, "signed_by").empty()) return text(o, "signed_by");
  return text(o, "from").empty() ? "cannot be told" : text(o, "from") + "?";
}

class Table {
 public:
  explicit Table(std::vector<std::string> heads) { rows_.push_back(std::move(heads)); }
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  void print() const {
    std::vector<std::size_t> widths;
    for (const auto& row : rows_) {
      widths.resize(std::max(widths.size(), row.size()));
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i)
        line += row[i] + std::string(i + 1 < row.size() ? widths[i] - row[i].size() + 2 : 0, ' ');
      std::cout << line << "\n";
    }
  }
  bool empty() const { return rows_.size() == 1; }

 private:
  std::vector<std::vector<std::string>> rows_;
};

// Connects, asks, and shows: as JSON, or in words.
using Show = std::function<int(const json::object&)>;

int show(const Asked& a, const result<json::value>& answer, const Show& words) {
  if (!answer) return fail(answer.error());
  if (a.as_json) {
    std::cout << json::serialize(*answer) << "\n";
    return 0;
  }
  return words(answer->is_object() ? answer->as_object() : json::object{});
}

int ask(const Asked& a, const std::string& path, const Show& words) {
  auto console = ConsoleConnection::open(a.address);
  return console ? show(a, (*console)->get(path), words) : fail(console.error());
}

int tell(const Asked& a, const std::string& path, const json::object& body, const Show& words) {
  auto console = ConsoleConnection::open(a.address);
  return console ? show(a, (*console)->post(path, body), words) : fail(console.error());
}

int save(const Asked& a, ConsoleConnection& console, const std::string& path) {
  auto bytes = console.bytes(path);
  if (!bytes) return fail(bytes.error());
  if (auto ok = files::write_durably(a.file, *bytes); !ok) return fail(ok.error());
  std::cout << "saved " << bytes->size() << " bytes to " << a.file << "\n";
  return 0;
}

int save(const Asked& a, const std::string& path) {
  auto console = ConsoleConnection::open(a.address);
  return console ? save(a, **console, path) : fail(console.error());
}

int alarm_lines(const json::object& o) {
  const auto now = to_unix_ms(SystemClock().now());
  for (const auto& a : o.at("alarms").as_array())
    std::cout << (text(a.as_object(), "level") == "red" ? "RED     " : "yellow  ") << alarm_words(a.as_object(), now)
              << "\n";
  if (o.at("alarms").as_array().empty()) std::cout << "no alarm: nothing is to be done\n";
  return o.at("alarms").as_array().empty() ? 0 : kToLookAfter;
}

int overview(const json::object& o) {
  const auto now = number(o, "at_ms");
  std::cout << text(o, "unit") << ", the unit of " << text(o, "service") << "; carrier " << text(o, "carrier") << "; "
            << text(o, "peer") << " heard "
            << (number(o, "other_side_last_heard_ms") > 0 ? age(now - number(o, "other_side_last_heard_ms")) + " ago"
                                                          : std::string("never"))
            << "\n";
  Table table({"channel", "way", "waiting", "under way", "ready", "early", "held", "applied", "not applied", ""});
  for (const auto& one : o.at("channels").as_array()) {
    const auto& c = one.as_object();
    const auto n = [&](std::string_view name) { return std::to_string(number(c, name)); };
    table.row({text(c, "channel"), text(c, "direction"), n("waiting"), n("carried"), n("ready"), n("early"), n("held"),
               n("applied"), n("not_applied"), c.at("stopped").is_object() ? "STOPPED" : ""});
  }
  table.print();
  if (number(o, "oldest_waiting_ms") > 0)
    std::cout << "the oldest waits for " << age(now - number(o, "oldest_waiting_ms")) << "\n";
  std::cout << "disk: " << size_of(number(o, "disk_free_bytes")) << " free, nothing is taken below "
            << size_of(number(o, "disk_minimum_bytes")) << "\n";
  alarm_lines(o);
  return 0;
}

int bundle_lines(const json::object& o) {
  Table table({"stored", "state", "kind", "channel", "sequence", "size", "id", "reason"});
  for (const auto& one : o.at("bundles").as_array()) {
    const auto& b = one.as_object();
    auto state = text(b, "state");
    if (state == "held")
      state += " " + std::to_string(b.at("votes").as_array().size()) + "/" + std::to_string(number(b, "releasers"));
    table.row({time_of(number(b, "stored_at_ms")), state, text(b, "kind"), text(b, "channel"),
               std::to_string(number(b, "sequence")), size_of(number(b, "size")), text(b, "id"), text(b, "code")});
  }
  if (table.empty())
    std::cout << "none found\n";
  else
    table.print();
  if (!text(o, "cursor").empty()) std::cout << "more: --cursor " << text(o, "cursor") << "\n";
  return 0;
}

int held_lines(const json::object& o) {
  if (o.at("bundles").as_array().empty()) {
    std::cout << "nothing is held\n";
    return 0;
  }
  bundle_lines(o);
  std::cout
      << "held N/M: N of the M releasers that it needs have said so. A releaser decides: `ctl release ID --reason "
         "…` or `ctl refuse ID --reason …`.\n";
  return 0;
}

int bundle_words(const json::object& o) {
  // A place in the channel that is quarantined has ended for everybody else, and here only when it is dismissed.
  const bool kept = text(o, "state") == "ended" && number(o, "ended_at_ms") == 0;
  for (const auto* name : {"id", "state", "code", "channel", "kind", "from", "to", "subject", "manifest_digest"})
    if (!text(o, name).empty())
      std::cout << std::left << std::setw(18) << name
                << (kept && name == std::string_view("state") ? "quarantined" : text(o, name)) << "\n";
  for (const auto* name : {"sequence", "subject_sequence", "priority", "voyage"})
    if (o.contains(name)) std::cout << std::left << std::setw(18) << name << number(o, name) << "\n";
  if (o.contains("size")) std::cout << std::left << std::setw(18) << "size" << size_of(number(o, "size")) << "\n";
  for (const auto* name : {"created_at_ms", "stored_at_ms", "expires_at_ms", "ended_at_ms"})
    if (number(o, name) > 0)
      std::cout << std::left << std::setw(18) << std::string(name).substr(0, std::string_view(name).size() - 3)
                << time_of(number(o, name)) << "\n";
  Table table({"when", "rung", "by", "reason"});
  for (const auto& one : o.at("receipts").as_array()) {
    const auto& r = one.as_object();
    table.row({time_of(number(r, "at_ms")), text(r, "rung"), text(r, "party"),
               text(r, "code") + (text(r, "detail").empty() ? "" : ": " + text(r, "detail"))});
  }
  std::cout << "\n";
  if (!table.empty()) table.print();
  if (const auto* votes = o.if_contains("votes"); votes && votes->is_array())
    for (const auto& one : votes->as_array()) {
      const auto& v = one.as_object();
      std::cout << text(v, "who") << " said " << text(v, "act") << " at " << time_of(number(v, "at_ms")) << ": "
                << text(v, "reason") << "\n";
    }
  for (const auto& one : o.at("quarantined").as_array()) {
    const auto& q = one.as_object();
    std::cout << "in quarantine since " << time_of(number(q, "at_ms")) << ": " << text(q, "detail") << " ["
              << text(q, "code") << "]; "
              << (text(q, "signed_by").empty()
                      ? "it says it is from " + (text(q, "from").empty() ? "?" : text(q, "from"))
                      : "signed by " + text(q, "signed_by"))
              << "\n  manifest digest " << text(q, "manifest_digest") << "\n";
  }
  for (const auto& one : o.at("not_taken").as_array()) {
    const auto& n = one.as_object();
    std::cout
        << time_of(number(n, "at_ms"))
        << "  the other unit said that the signature of what it was brought under this id does not hold; our copy: "
        << (text(n, "here") == "foreign" ? "none like it" : text(n, "here")) << "\n  manifest digest "
        << text(n, "manifest_digest") << "\n";
  }
  for (const auto& one : o.at("dismissed").as_array()) {
    const auto& d = one.as_object();
    std::cout << "dismissed from quarantine by " << text(d, "who") << " at " << time_of(number(d, "at_ms")) << ": "
              << text(d, "reason") << " (the signed record: `ctl quarantine record ID -o FILE`)\n";
  }
  if (kept || !o.at("quarantined").as_array().empty()) std::cout << "what can be done: `ctl quarantine list`\n";
  return 0;
}

int decided(const json::object& o) {
  if (o.at("done").as_bool())
    std::cout << "done\n";
  else
    std::cout << "noted: " << number(o, "said") << " of " << number(o, "needed")
              << " have said so; it takes effect when another releaser does\n";
  return 0;
}

int quarantine_lines(const json::object& o) {
  Table table({"since", "what", "from", "id", "reason", "its sender", "why"});
  bool told = false, strange = false, voyages = false;
  for (const auto& one : o.at("quarantined").as_array()) {
    const auto& q = one.as_object();
    // A fork is truly its sender's; of what is signed falsely, the sender is only what it says itself.
    const bool voyage = text(q, "what") == "voyage", known = !voyage && !text(q, "signed_by").empty();
    told = told || known;
    strange = strange || !(known || voyage);
    voyages = voyages || voyage;
    table.row({time_of(number(q, "at_ms")), text(q, "what"), sender_words(q), text(q, "id"), text(q, "code"),
               known ? "was told" : "was not told", text(q, "detail")});
  }
  if (table.empty()) {
    std::cout << "nothing is quarantined\n";
    return 0;
  }
  table.print();
  if (told)
    std::cout << "What its sender was told of has ended: when the cause is put right, it is sent anew; then `ctl "
                 "quarantine dismiss ID --reason …`.\n";
  if (strange)
    std::cout << "Of what its sender was not told, the real one may still come (the sender is what it says itself). "
                 "When it has, `ctl quarantine retry ID --reason …`; otherwise `ctl quarantine dismiss ID --reason "
                 "…`.\n";
  if (voyages)
    std::cout << "Nothing of a refused voyage was believed: it still lies on its medium, and "
                 "what the other unit has sent comes again by itself. See where the medium is from; then `ctl "
                 "quarantine dismiss ID --reason …`.\n";
  std::cout << "`ctl quarantine show ID` says in words why and shows one with its manifest, `ctl quarantine export ID "
               "-o FILE` keeps it as "
               "signed evidence.\n";
  return 0;
}

int quarantined_words(const json::object& o) {
  for (const auto* name : {"what", "id", "manifest_digest", "code", "detail"})
    std::cout << std::left << std::setw(18) << name << text(o, name) << "\n";
  std::cout << std::left << std::setw(18) << "since" << time_of(number(o, "at_ms")) << "\n"
            << std::left << std::setw(18) << "says it is from"
            << (text(o, "from").empty() ? "cannot be told" : text(o, "from")) << "\n"
            << std::left << std::setw(18) << "signed by"
            << (text(o, "signed_by").empty() ? "nobody whom this gateway can name" : text(o, "signed_by")) << "\n";
  if (const auto why = why_aside(text(o, "code")); !why.empty()) std::cout << why << "\n";
  std::cout << std::left << std::setw(18) << "bytes kept" << size_of(number(o, "kept_bytes")) << "\n";
  if (o.at("manifest").is_object())
    for (const auto& member : o.at("manifest").as_object())
      std::cout << "  " << std::left << std::setw(18) << std::string(member.key()) << json::serialize(member.value())
                << "\n";
  return 0;
}

int dismissed_lines(const json::object& o) {
  Table table({"dismissed", "by", "what", "from", "id", "reason it was set aside", "why it was dismissed"});
  for (const auto& one : o.at("dismissed").as_array()) {
    const auto& d = one.as_object();
    table.row({time_of(number(d, "at_ms")), text(d, "who"), text(d, "what"), sender_words(d), text(d, "id"),
               text(d, "code"), text(d, "reason")});
  }
  if (table.empty()) {
    std::cout << "nothing was dismissed\n";
    return 0;
  }
  table.print();
  std::cout << "`ctl quarantine record ID -o FILE` saves the record that the unit has signed; the operators' log holds "
               "its digest.\n";
  return 0;
}

std::string list_of(const json::array& numbers) {
  constexpr std::size_t most = 6;
  std::string list;
  for (std::size_t i = 0; i < std::min(numbers.size(), most); ++i)
    list += (list.empty() ? "" : ", ") + std::to_string(numbers[i].as_int64());
  return list + (numbers.size() > most ? ", …" : "");
}

// Two lines: what goes out, and what has come in.
void summary_lines(const json::object& s, std::int64_t now) {
  const auto& under_way = s.at("under_way").as_array();
  std::string voyages;
  for (const auto& one : under_way) {
    const auto& v = one.as_object();
    voyages += (voyages.empty() ? "" : ", ") + ("voyage " + std::to_string(number(v, "number"))) + " with " +
               std::to_string(number(v, "bundles")) + " for " + age(now - number(v, "at_ms"));
  }
  std::cout << "outgoing: " << (voyages.empty() ? "nothing is under way" : "under way: " + voyages) << "; "
            << number(s, "bundles_waiting") << " bundles wait for the next voyage\n";
  std::string missing;
  for (const auto& one : s.at("missing").as_array()) {
    const auto& m = one.as_object();
    missing += (missing.empty() ? "" : ", ") + std::to_string(number(m, "first")) +
               (number(m, "last") > number(m, "first") ? " to " + std::to_string(number(m, "last")) : "") + " of " +
               text(m, "channel");
  }
  std::cout << "incoming: "
            << (number(s, "taken_in") > 0 ? "voyage " + std::to_string(number(s, "taken_in")) + " was taken in last, " +
                                                age(now - number(s, "taken_in_ms")) + " ago"
                                          : std::string("no voyage was taken in yet"));
  const auto& absent = s.at("not_come").as_array();
  if (!missing.empty()) std::cout << "; missing: " << missing;
  if (!absent.empty()) std::cout << "; not come: voyage " << list_of(absent);
  if (missing.empty()) std::cout << "; no bundle is known to be missing";
  std::cout << "\n";
}

int voyage_lines(const json::object& o) {
  Table table({"when", "direction", "number", "state", "bundles", "without receipt", "size", "damaged", "reason"});
  for (const auto& one : o.at("voyages").as_array()) {
    const auto& v = one.as_object();
    table.row({time_of(number(v, "at_ms")), text(v, "direction"), std::to_string(number(v, "number")), text(v, "state"),
               std::to_string(number(v, "bundles")), std::to_string(number(v, "without_receipt")),
               size_of(number(v, "bytes")), std::to_string(number(v, "damaged")), text(v, "code")});
  }
  if (table.empty()) {
    std::cout << "no voyage yet\n";
    return 0;
  }
  const auto now = to_unix_ms(SystemClock().now());
  summary_lines(o.at("summary").as_object(), now);
  table.print();
  std::cout << "A medium was here last " << age(now - number(o.at("voyages").as_array().front().as_object(), "at_ms"))
            << " ago; the other unit's `ctl voyages` says when it was there.\n";
  std::int64_t under_way = 0, bundles = 0;
  for (const auto& one : o.at("voyages").as_array()) {
    const auto& v = one.as_object();
    if (text(v, "state") != "under_way" || number(v, "without_receipt") == 0) continue;
    ++under_way;
    bundles += number(v, "without_receipt");
  }
  if (under_way > 0)
    std::cout << bundles << " bundles went on " << under_way
              << " voyages that the other unit has not said it read: move the medium, or attach another one and `ctl "
                 "voyage start`.\n";
  return 0;
}

int epoch_words(const json::object& o) {
  const auto state = text(o, "state");
  std::cout << text(o, "channel") << " is in epoch " << number(o, "epoch") << "\n";
  if (number(o, "found_at_ms") == 0) {
    std::cout << "this unit has not found that it was restored from an older copy\n";
    return 0;
  }
  std::cout << time_of(number(o, "found_at_ms")) << "  " << text(o, "detail") << " [" << text(o, "code") << "]\n";
  for (const auto& one : o.at("votes").as_array()) {
    const auto& v = one.as_object();
    std::cout << time_of(number(v, "at_ms")) << "  approved by " << text(v, "who") << ": " << text(v, "reason") << "\n";
  }
  if (number(o, "healed_at_ms") > 0)
    std::cout << time_of(number(o, "healed_at_ms"))
              << "  healed: the other unit and our service have told what they remember\n";
  else if (state == "healing")
    std::cout << "a new epoch has begun; what the other unit and our service remember is awaited\n";
  else
    std::cout << "Nothing is taken, delivered or sent. If this unit was restored, `ctl epoch approve` by "
              << number(o, "needed") << " people begins a new epoch.\n"
              << "If it was not, somebody else sends in its name: do not approve, and call the security office.\n";
  return state == "none" ? 0 : kToLookAfter;
}

int stretch_lines(const json::object& o) {
  Table table({"day", "channel", "bundles", "verdict", "differences", "asked"});
  bool differs = false, open = false;
  for (const auto& one : o.at("stretches").as_array()) {
    const auto& s = one.as_object();
    differs = differs || text(s, "verdict") == "differs";
    open = open || text(s, "verdict") != "agrees";
    table.row({text(s, "day"), text(s, "channel"), std::to_string(number(s, "bundles")), text(s, "verdict"),
               std::to_string(number(s, "differences")), time_of(number(s, "made_at_ms"))});
  }
  if (table.empty()) {
    std::cout << "nothing was compared yet; `ctl reconcile now` does it\n";
    return 0;
  }
  table.print();
  if (differs)
    std::cout << "The units differ: `ctl reconcile show DAY CHANNEL` names each difference.\n";
  else if (open)
    std::cout << "No difference so far; what is asked or open is answered when the carrier has gone there and back.\n";
  else
    std::cout << "Both units agree on all that was compared.\n";
  return differs ? kToLookAfter : 0;
}

int stretch_words(const json::object& o) {
  std::cout << text(o, "day") << " " << text(o, "channel") << ": " << text(o, "verdict") << ", sequences "
            << number(o, "first") << " to " << number(o, "last") << "\n";
  Table table({"sequence", "what", "here", "there", "id"});
  for (const auto& one : o.at("named").as_array()) {
    const auto& d = one.as_object();
    table.row(
        {std::to_string(number(d, "sequence")), text(d, "what"), text(d, "here"), text(d, "there"), text(d, "id")});
  }
  if (!table.empty()) table.print();
  return text(o, "verdict") == "differs" ? kToLookAfter : 0;
}

int log_lines(const json::object& o) {
  Table table({"number", "when", "act", "about", "reason", "who"});
  for (const auto& one : o.at("log").as_array()) {
    const auto& l = one.as_object();
    // The digests of what was dismissed and of its record are for programs, and would make the lines too wide to read.
    const auto about = text(l, "about");
    table.row({std::to_string(number(l, "number")), time_of(number(l, "at_ms")), text(l, "act"),
               text(l, "act") == "dismiss" ? about.substr(0, about.find(' ')) : about, text(l, "reason"),
               text(l, "who")});
  }
  table.print();
  if (!text(o, "cursor").empty()) std::cout << "more: --cursor " << text(o, "cursor") << "\n";
  if (o.at("whole").as_bool()) return 0;
  std::cout << "THE LOG WAS CHANGED: its chain does not hold\n";
  return kToLookAfter;
}

int policy_lines(const json::object& o) {
  Table table({"rule", "from", "to", "kind", "at most", "a minute", "held for", "hours"});
  for (const auto& one : o.at("rules").as_array()) {
    const auto& r = one.as_object();
    std::string hours;
    for (const auto& h : r.at("hours").as_array()) hours += (hours.empty() ? "" : ", ") + std::string(h.as_string());
    table.row({std::to_string(number(r, "number")), text(r, "from"), text(r, "to"), text(r, "kind"),
               size_of(number(r, "max_bytes")),
               number(r, "per_minute") > 0 ? std::to_string(number(r, "per_minute")) : "any",
               r.at("hold").as_bool() ? std::to_string(number(r, "releasers")) + " releasers" : "-",
               hours.empty() ? "always" : hours});
  }
  table.print();
  for (const auto& one : o.at("quotas").as_array()) {
    const auto& q = one.as_object();
    std::cout << "quota of " << text(q, "sender") << ": " << number(q, "max_bundles") << " bundles, "
              << size_of(number(q, "max_bytes")) << " (0: no limit)\n";
  }
  for (const auto& remark : o.at("remarks").as_array())
    std::cout << "note: " << std::string(remark.as_string()) << "\n";
  return 0;
}

int explanation_words(const json::object& o) {
  for (const auto& one : o.at("checks").as_array())
    std::cout << (one.as_object().at("holds").as_bool() ? "  yes   " : "  stop  ") << text(one.as_object(), "words")
              << "\n";
  std::cout << text(o, "verdict") << (text(o, "code").empty() ? "" : ": " + text(o, "code")) << "\n";
  return text(o, "verdict") == "refuse" ? kToLookAfter : 0;
}

int check_exported_log(const std::string& file) {
  auto lines = files::read_text(file, kLogMax);
  if (!lines) return fail(lines.error());
  auto head = check_log(*lines);
  if (!head) {
    fail(head.error());
    return head.error().code == "log.broken" ? kToLookAfter : 1;
  }
  std::cout
      << head->number << " lines, the chain holds; the last digest is " << to_hex(head->digest)
      << "\nThat its end was not cut off shows against a statement of reconciliation, which names number and digest.\n";
  return 0;
}

std::string search_path(const Asked& a) {
  std::string path = "/api/v1/bundles?limit=" + std::to_string(a.limit);
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) path += std::string("&") + name + "=" + query_escaped(value);
  };
  add("state", a.state);
  add("kind", a.kind);
  add("channel", a.channel);
  add("subject", a.subject);
  add("cursor", a.cursor);
  return path;
}

std::string named(const Asked& a) { return "?day=" + query_escaped(a.day) + "&channel=" + query_escaped(a.channel); }

// An id has one manifest, but for a forgery or a fork: only then a person must say which.
result<std::string> in_quarantine(ConsoleConnection& console, const Asked& a) {
  auto digest = a.digest;
  if (digest.empty()) {
    auto list = console.get("/api/v1/quarantine");
    if (!list) return list.error();
    int found = 0;
    for (const auto& one : list->as_object().at("quarantined").as_array()) {
      if (text(one.as_object(), "id") != a.id) continue;
      digest = text(one.as_object(), "manifest_digest");
      ++found;
    }
    if (found == 0) return Error{Fault::not_found, "quarantine.unknown", "nothing like this is quarantined"};
    if (found > 1)
      return Error{Fault::conflict, "quarantine.several",
                   "several with this id are quarantined; say which by its manifest digest"};
  }
  return "/api/v1/quarantine/" + a.id + "/" + digest;
}

// Does something with one of what is quarantined.
int with_quarantined(const Asked& a, const std::function<int(ConsoleConnection&, const std::string&)>& act) {
  auto console = ConsoleConnection::open(a.address);
  if (!console) return fail(console.error());
  const auto path = in_quarantine(**console, a);
  return path ? act(**console, *path) : fail(path.error());
}

int done(const json::object&) {
  std::cout << "done\n";
  return 0;
}

}  // namespace

void add_ctl(Command& app, std::function<int()>& work) {
  auto ctl = app.command("ctl", "Operate a unit: what the web console does, by its interface");
  ctl.needs_command();
  ctl.footer("Exit codes: 0 done, 1 it cannot be, 2 not asked rightly, 3 there is something to look after.");
  auto a = std::make_shared<Asked>();
  ctl.option("--url", a->address.url, "Where the console is, such as https://10.0.0.2:7002")
      .from_environment("JINDU_CONSOLE_URL");
  ctl.option("--ca", a->address.ca, "Trust anchor in PEM").from_environment("JINDU_CONSOLE_CA");
  ctl.option("--p12", a->address.p12, "Your certificate and key").from_environment("JINDU_CONSOLE_P12");
  ctl.option("--passphrase-file", a->address.passphrase_file, "Passphrase of either")
      .from_environment("JINDU_CONSOLE_PASSPHRASE_FILE");
  ctl.option("--cert", a->address.certificate, "Or your certificate in PEM");
  ctl.option("--key", a->address.private_key, "and its key");
  ctl.flag("--json", a->as_json, "The answer as it is");
  const auto verb = [&work](Command parent, const char* name, const char* what, std::function<int()> does) {
    auto command = parent.command(name, what);
    command.lets_through();
    command.when_chosen([&work, does = std::move(does)] { work = does; });
    return command;
  };
  const auto with_reason = [a](Command command) {
    command.option("--reason", a->reason, "Why; it is kept in the operators' log").required();
  };

  verb(ctl, "overview", "Both directions at a glance", [a] { return ask(*a, "/api/v1/overview", overview); });
  verb(ctl, "alarms", "What is to be looked after, with what to do",
       [a] { return ask(*a, "/api/v1/alarms", alarm_lines); });
  auto search =
      verb(ctl, "search", "Find bundles, newest first", [a] { return ask(*a, search_path(*a), bundle_lines); });
  search.option("--state", a->state, "waiting, carried, ready, early, held, ended, not_applied, quarantined");
  search.option("--kind", a->kind, "Kind");
  search.option("--channel", a->channel, "Channel");
  search.option("--subject", a->subject, "Pseudonym, 32 hexadecimal digits");
  search.option("--limit", a->limit, "At most so many");
  search.option("--cursor", a->cursor, "Go on behind the page before");
  verb(ctl, "show", "All about one bundle", [a] { return ask(*a, "/api/v1/bundles/" + a->id, bundle_words); })
      .option("ID", a->id)
      .required();
  verb(ctl, "held", "What waits for a releaser", [a] {
    a->state = "held";
    return ask(*a, search_path(*a), held_lines);
  });
  for (const auto* name : {"release", "refuse"}) {
    auto command =
        verb(ctl, name,
             name == std::string_view("release") ? "Let a held bundle go" : "Refuse a held bundle; its sender is told",
             [a, name] {
               return tell(*a, "/api/v1/bundles/" + a->id + "/" + name, {{"reason", a->reason}}, decided);
             });
    command.option("ID", a->id).required();
    with_reason(command);
  }

  auto quarantine = ctl.command("quarantine", "What is kept aside");
  quarantine.needs_command();
  quarantine.lets_through();
  verb(quarantine, "list", "All of it", [a] { return ask(*a, "/api/v1/quarantine", quarantine_lines); });
  const auto one = [a](Command command) {
    command.option("ID", a->id).required();
    command.option("DIGEST", a->digest, "Its manifest digest, where several have this id");
  };
  one(verb(quarantine, "show", "One of it, with its manifest", [a] {
    return with_quarantined(*a, [a](ConsoleConnection& console, const std::string& path) {
      return show(*a, console.get(path), quarantined_words);
    });
  }));
  auto evidence = verb(quarantine, "export", "Save everything about it, signed by the unit", [a] {
    return with_quarantined(
        *a, [a](ConsoleConnection& console, const std::string& path) { return save(*a, console, path + "/evidence"); });
  });
  one(evidence);
  evidence.option("-o,--output", a->file, "File").required();
  auto dismiss = verb(quarantine, "dismiss", "Put it away; a signed record stays", [a] {
    return with_quarantined(*a, [a](ConsoleConnection& console, const std::string& path) {
      return show(*a, console.post(path + "/dismiss", {{"reason", a->reason}}), [a](const json::object&) {
        std::cout << "dismissed; the unit has signed a record of it: `ctl show " << a->id << "`\n";
        return 0;
      });
    });
  });
  one(dismiss);
  with_reason(dismiss);
  verb(quarantine, "dismissed", "What was put away, by whom and why",
       [a] { return ask(*a, "/api/v1/dismissed?limit=200", dismissed_lines); });
  auto record = verb(quarantine, "record", "Save the signed record of what was dismissed last under an id", [a] {
    auto console = ConsoleConnection::open(a->address);
    if (!console) return fail(console.error());
    auto about = (*console)->get("/api/v1/bundles/" + a->id);
    if (!about) return fail(about.error());
    const auto& dismissed = about->as_object().at("dismissed").as_array();
    if (dismissed.empty())
      return fail({Fault::not_found, "quarantine.not_dismissed", "nothing with this id was dismissed"});
    auto bytes = from_base64(text(dismissed.back().as_object(), "record"));
    if (!bytes) return fail(bytes.error());
    if (auto ok = files::write_durably(a->file, *bytes); !ok) return fail(ok.error());
    std::cout << "saved " << bytes->size() << " bytes to " << a->file << "\n";
    return 0;
  });
  record.option("ID", a->id).required();
  record.option("-o,--output", a->file, "File").required();
  auto retry = verb(quarantine, "retry", "Check it again", [a] {
    return with_quarantined(*a, [a](ConsoleConnection& console, const std::string& path) {
      return show(*a, console.post(path + "/retry", {{"reason", a->reason}}), [](const json::object& o) {
        std::cout << "it is out of the quarantine: " << text(o, "rung") << "\n";
        return 0;
      });
    });
  });
  one(retry);
  with_reason(retry);

  for (const auto* name : {"stop", "resume"}) {
    auto command = verb(
        ctl, name,
        name == std::string_view("stop") ? "Emergency stop of a channel at this unit" : "End an emergency stop",
        [a, name] {
          return tell(*a, "/api/v1/channels/" + query_escaped(a->channel) + "/" + name, {{"reason", a->reason}}, done);
        });
    command.option("CHANNEL", a->channel, "Such as \"portal>approval\"").required();
    with_reason(command);
  }
  auto request = verb(ctl, "request", "Ask the other unit to bring bundles of a channel again", [a] {
    return tell(*a, "/api/v1/channels/" + query_escaped(a->channel) + "/request",
                {{"first", a->first}, {"last", a->last}, {"reason", a->reason}}, [](const json::object&) {
                  std::cout << "asked; the other unit hears it by the next carrier that goes, and brings what it has "
                               "or says how it ended\n";
                  return 0;
                });
  });
  request.option("CHANNEL", a->channel).required();
  request.option("FIRST", a->first, "Sequence").required();
  request.option("LAST", a->last, "Sequence").required();
  with_reason(request);
  auto voyage = ctl.command("voyage", "What a medium carries");
  voyage.needs_command();
  voyage.lets_through();
  with_reason(verb(voyage, "start", "Let a medium that is there take more, although it was finished", [a] {
    return tell(*a, "/api/v1/voyages", {{"reason", a->reason}}, [](const json::object& o) {
      const auto waiting = number(o, "waiting"), under_way = number(o, "under_way");
      if (waiting > 0 || under_way == 0)
        std::cout << waiting << " bundles wait; they go on the medium as soon as it is there\n";
      if (under_way > 0)
        std::cout << under_way
                  << " went on voyages that the other unit has not confirmed; those that are not on this medium go "
                     "once more\n";
      return 0;
    });
  }));
  auto epoch = ctl.command("epoch", "A unit that was restored from an older copy");
  epoch.needs_command();
  epoch.lets_through();
  verb(epoch, "show", "What was found, and who has approved a new epoch",
       [a] { return ask(*a, "/api/v1/epoch", epoch_words); });
  with_reason(verb(epoch, "approve", "Let the unit begin a new epoch; two people must", [a] {
    return tell(*a, "/api/v1/epoch", {{"reason", a->reason}}, [](const json::object& o) {
      if (o.at("done").as_bool())
        std::cout << "done: a new epoch has begun\n";
      else
        std::cout << "noted: " << number(o, "said") << " of " << number(o, "needed")
                  << " have said so; it takes effect when another person does\n";
      return 0;
    });
  }));
  verb(ctl, "voyages", "The trips of a carrier that moves a medium",
       [a] { return ask(*a, "/api/v1/voyages", voyage_lines); });

  auto reconcile = ctl.command("reconcile", "Compare both units");
  reconcile.needs_command();
  reconcile.lets_through();
  verb(reconcile, "list", "What was compared", [a] { return ask(*a, "/api/v1/reconciliation", stretch_lines); });
  verb(reconcile, "now", "Compare now", [a] {
    return tell(*a, "/api/v1/reconciliation", {}, [](const json::object& o) {
      std::cout << "asked about " << number(o, "asked")
                << " stretches of what leaves here; `ctl reconcile list` shows the answers. What comes "
                   "in, the other unit asks about: `ctl reconcile now` there.\n";
      return 0;
    });
  });
  const auto stretch = [a](Command command) {
    command.option("DAY", a->day, "As listed").required();
    command.option("CHANNEL", a->channel, "As listed").required();
  };
  stretch(verb(reconcile, "show", "The differences by name",
               [a] { return ask(*a, "/api/v1/reconciliation/stretch" + named(*a), stretch_words); }));
  auto statement = verb(reconcile, "save", "Save a signed statement",
                        [a] { return save(*a, "/api/v1/reconciliation/statement" + named(*a) + "&of=" + a->of); });
  stretch(statement);
  statement.option("--of", a->of, "Whose").one_of({"mine", "theirs"});
  statement.option("-o,--output", a->file, "File").required();

  auto log = ctl.command("log", "The operators' log");
  log.needs_command();
  log.lets_through();
  auto log_show = verb(log, "show", "The newest lines", [a] {
    return ask(*a, "/api/v1/log?limit=" + std::to_string(a->limit) + (a->cursor.empty() ? "" : "&cursor=" + a->cursor),
               log_lines);
  });
  log_show.option("--limit", a->limit);
  log_show.option("--cursor", a->cursor);
  verb(log, "export", "Save all of it", [a] { return save(*a, "/api/v1/log/export"); })
      .option("-o,--output", a->file, "File")
      .required();
  verb(log, "verify", "Check a saved log by itself; needs no unit", [a] { return check_exported_log(a->file); })
      .option("FILE", a->file)
      .required();

  auto policy = ctl.command("policy", "The policy that the unit runs by");
  policy.needs_command();
  policy.lets_through();
  verb(policy, "show", "Its rules", [a] { return ask(*a, "/api/v1/policy", policy_lines); });
  auto explain = verb(policy, "explain", "Which rule would decide, and why", [a] {
    return tell(*a, "/api/v1/policy/explain", {{"from", a->from}, {"to", a->to}, {"kind", a->kind}, {"bytes", a->size}},
                explanation_words);
  });
  explain.option("--from", a->from).required();
  explain.option("--to", a->to).required();
  explain.option("--kind", a->kind).required();
  explain.option("--size", a->size, "Bytes");
}

}  // namespace jindu::gateway
