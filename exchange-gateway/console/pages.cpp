#include "exchange-gateway/console/pages.hpp"

#include <boost/json/serialize.hpp>

#include <ctime>
#include <iomanip>
#include <sstream>

#include "common/runtime/clock.hpp"
#include "common/runtime/terminal.hpp"
#include "exchange-gateway/console/answer.hpp"
#include "exchange-gateway/console/table.hpp"

namespace jindu::gateway::pages {
namespace {

namespace json = boost::json;
constexpr std::size_t kDigestShown = 12;

// Calls `act` with each object of a list; one that is not there has none.
template <class Act>
void each(const Answer& o, std::string_view list, Act act) {
  const auto* member = o.if_contains(list);
  if (!member || !member->is_array()) return;
  for (const auto& one : member->as_array()) act(one.as_object());
}

std::int64_t now_ms() { return to_unix_ms(SystemClock().now()); }

// One unit says enough of an age.
std::string age(const Voice& voice, std::int64_t ms) {
  const auto s = ms / 1000;
  if (s >= 2 * 86'400) return voice.text("age.days", {{"n", s / 86'400}});
  if (s >= 2 * 3600) return voice.text("age.hours", {{"n", s / 3600}});
  if (s >= 2 * 60) return voice.text("age.minutes", {{"n", s / 60}});
  return voice.text("age.seconds", {{"n", s}});
}

std::string ago(const Voice& voice, std::int64_t since_ms, std::int64_t now) {
  return since_ms > 0 ? voice.text("age.ago", {{"age", age(voice, now - since_ms)}}) : voice.text("age.never");
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

std::string count(const Answer& o, std::string_view name) { return std::to_string(number(o, name)); }

// "number 5", "numbers 5 to 7" or what else a text with .one and .many says of first and last.
std::string range(const Voice& voice, const std::string& key, std::string_view first, std::string_view last,
                  std::string_view channel) {
  return voice.text(key + (first == last ? ".one" : ".many"), {{"first", first}, {"last", last}, {"channel", channel}});
}

// A name and what stands under it.
void fact(const Voice& voice, std::string_view name, const std::string& value) {
  constexpr std::size_t width = 18;
  voice.out() << padded(voice.word("fact", name), width) << value << "\n";
}

// Names stand for codes in these.
std::string named(const Voice& voice, std::string_view member, const std::string& code) {
  if (member == "from" || member == "to") return voice.word_and_code("node", code);
  if (member == "code") return voice.word_and_code("reason", code);
  if (member == "what") return voice.word("what", code);
  return member == "state" || member == "kind" ? voice.word_and_code(member, code) : code;
}

// Of some alarms the sentence depends on what they are about.
std::string sentence_of(const std::string& code, const std::string& about, std::int64_t n, std::int64_t asked_ms) {
  if (code == "alarm.oldest_waiting" && !about.empty()) return code + "_voyage";
  if (code == "alarm.gap" && asked_ms > 0) return code + "_asked";
  if ((code == "alarm.voyage_damaged" || code == "alarm.bytes_missing") && n > 1) return code + "_many";
  if (code == "alarm.journal_damaged" && !about.empty()) return code + "_bundle";
  if (code == "alarm.restored" || code == "alarm.not_taken") return code + "_" + about.substr(0, about.find(' '));
  return code;
}

// What an alarm is about and what to do, in words.
std::string alarm_words(const Voice& voice, const Answer& a, std::int64_t now) {
  const auto code = text(a, "code"), about = text(a, "about");
  const auto n = number(a, "number"), asked = number(a, "asked_ms");
  const auto key = sentence_of(code, about, n, asked);
  if (!command_texts().has(key)) return code + " " + about;
  Values values{{"n", n},
                {"age", age(voice, n)},
                {"size", size_of(n)},
                {"about", code == "alarm.receipts_unverified"      ? voice.word_and_code("reason", about)
                          : code.starts_with("alarm.certificate_") ? voice.word_and_code("node", about)
                                                                   : about},
                {"since", number(a, "since_ms") > 0 ? age(voice, now - number(a, "since_ms")) : ""},
                {"asked", age(voice, now - asked)}};
  std::istringstream in(about);
  if (code == "alarm.gap") {
    std::string channel, first, last;
    in >> channel >> first >> last;
    values.insert(values.end(), {{"channel", channel}, {"first", first}, {"last", last}});
    values.emplace_back("which", range(voice, "gap", first, last, channel));
  } else if (code == "alarm.not_taken") {
    std::string here, id;
    in >> here >> id;
    values.emplace_back("which", voice.text(n > 1 ? "not_taken.many" : "not_taken.one", {{"id", id}, {"n", n}}));
  }
  return voice.text(key, values);
}

// A fork is truly its sender's; of what is signed falsely, the sender is only what it says itself.
std::string sender(const Voice& voice, const Answer& o) {
  if (const auto by = text(o, "signed_by"); !by.empty())
    return voice.text("sender.signed", {{"by", voice.word("node", by)}});
  const auto from = text(o, "from");
  return from.empty() ? voice.text("sender.untold") : voice.text("sender.says", {{"from", voice.word("node", from)}});
}

// Why something was set aside, as one would say it: by its code, or by the family of codes.
std::string why_aside(const std::string& code) {
  for (const auto& key : {"why." + code, "why." + code.substr(0, code.find('.'))})
    if (command_texts().has(key)) return key;
  return "";
}

std::string list_of(const Voice& voice, const json::array& numbers) {
  constexpr std::size_t most = 6;
  std::string list;
  for (std::size_t i = 0; i < std::min(numbers.size(), most); ++i)
    list += (list.empty() ? "" : voice.text("comma")) + std::to_string(numbers[i].as_int64());
  return list + (numbers.size() > most ? voice.text("comma") + "…" : "");
}

// Two lines: what goes out, and what has come in.
void voyage_summary(const Voice& voice, const Answer& s, std::int64_t now) {
  std::string under_way, missing;
  each(s, "under_way", [&](const Answer& v) {
    under_way += (under_way.empty() ? "" : voice.text("comma")) +
                 voice.text("voyages.one", {{"number", number(v, "number")},
                                            {"n", number(v, "bundles")},
                                            {"age", age(voice, now - number(v, "at_ms"))}});
  });
  voice.say("voyages.outgoing", {{"under", under_way.empty() ? voice.text("voyages.none_under_way")
                                                             : voice.text("voyages.under_way", {{"list", under_way}})},
                                 {"n", number(s, "bundles_waiting")}});
  each(s, "missing", [&](const Answer& m) {
    missing += (missing.empty() ? "" : voice.text("comma")) +
               range(voice, "range", count(m, "first"), count(m, "last"), text(m, "channel"));
  });
  const auto& absent = s.at("not_come").as_array();
  voice.out() << (number(s, "taken_in") > 0
                      ? voice.text("voyages.taken_in", {{"number", number(s, "taken_in")},
                                                        {"ago", ago(voice, number(s, "taken_in_ms"), now)}})
                      : voice.text("voyages.none_taken_in"));
  if (!missing.empty()) voice.out() << voice.text("voyages.missing", {{"list", missing}});
  if (!absent.empty()) voice.out() << voice.text("voyages.not_come", {{"list", list_of(voice, absent)}});
  if (missing.empty()) voice.out() << voice.text("voyages.whole");
  voice.out() << "\n";
}

void quarantined_here(const Voice& voice, const Answer& o) {
  each(o, "quarantined", [&](const Answer& q) {
    const auto from = text(q, "from"), by = text(q, "signed_by");
    voice.say(
        "bundle.quarantined",
        {{"time", time_of(number(q, "at_ms"))},
         {"why", voice.reason(text(q, "code"), text(q, "detail"))},
         {"code", text(q, "code")},
         {"sender", by.empty() ? voice.text("bundle.says", {{"from", from.empty() ? "?" : voice.word("node", from)}})
                               : voice.text("bundle.signed", {{"by", voice.word("node", by)}})}});
    voice.say("bundle.digest", {{"digest", text(q, "manifest_digest")}});
  });
  each(o, "not_taken", [&](const Answer& n) {
    voice.say("bundle.not_taken",
              {{"time", time_of(number(n, "at_ms"))}, {"here", voice.word("copy", text(n, "here"))}});
    voice.say("bundle.digest", {{"digest", text(n, "manifest_digest")}});
  });
  each(o, "dismissed", [&](const Answer& d) {
    voice.say("bundle.dismissed",
              {{"who", text(d, "who")}, {"time", time_of(number(d, "at_ms"))}, {"reason", text(d, "reason")}});
  });
}

}  // namespace

int alarms(const Voice& voice, const Answer& o) {
  const auto now = now_ms();
  each(o, "alarms", [&](const Answer& a) {
    voice.out() << voice.text(text(a, "level") == "red" ? "alarms.red" : "alarms.yellow") << alarm_words(voice, a, now)
                << "\n";
  });
  if (!o.at("alarms").as_array().empty()) return kToLookAfter;
  voice.say("alarms.none");
  return 0;
}

int overview(const Voice& voice, const Answer& o) {
  const auto now = number(o, "at_ms");
  voice.say("overview.unit", {{"unit", voice.word("node", text(o, "unit"))},
                              {"service", voice.word("node", text(o, "service"))},
                              {"carrier", voice.word("carrier", text(o, "carrier"))},
                              {"peer", voice.word("node", text(o, "peer"))},
                              {"ago", ago(voice, number(o, "other_side_last_heard_ms"), now)}});
  Table table(voice,
              {"channel", "way", "waiting", "under_way", "ready", "early", "held", "applied", "not_applied", ""});
  each(o, "channels", [&](const Answer& c) {
    table.row({text(c, "channel"), voice.word("way", text(c, "direction")), count(c, "waiting"), count(c, "carried"),
               count(c, "ready"), count(c, "early"), count(c, "held"), count(c, "applied"), count(c, "not_applied"),
               c.at("stopped").is_object() ? voice.text("overview.stopped") : ""});
  });
  table.print();
  if (number(o, "oldest_waiting_ms") > 0)
    voice.say("overview.oldest", {{"age", age(voice, now - number(o, "oldest_waiting_ms"))}});
  voice.say("overview.disk",
            {{"free", size_of(number(o, "disk_free_bytes"))}, {"minimum", size_of(number(o, "disk_minimum_bytes"))}});
  alarms(voice, o);
  return 0;
}

int bundles(const Voice& voice, const Answer& o) {
  Table table(voice, {"stored", "state", "kind", "channel", "sequence", "size", "id", "reason"});
  each(o, "bundles", [&](const Answer& b) {
    auto state = voice.word("state", text(b, "state"));
    if (text(b, "state") == "held")
      state += " " + std::to_string(b.at("votes").as_array().size()) + "/" + count(b, "releasers");
    table.row({time_of(number(b, "stored_at_ms")), state, voice.word("kind", text(b, "kind")), text(b, "channel"),
               count(b, "sequence"), size_of(number(b, "size")), text(b, "id"),
               voice.word_and_code("reason", text(b, "code"))});
  });
  if (table.empty())
    voice.say("bundles.none");
  else
    table.print();
  if (!text(o, "cursor").empty()) voice.say("more", {{"cursor", text(o, "cursor")}});
  return 0;
}

int held(const Voice& voice, const Answer& o) {
  if (o.at("bundles").as_array().empty()) return voice.say("held.none"), 0;
  bundles(voice, o);
  voice.say("held.hint");
  return 0;
}

int bundle(const Voice& voice, const Answer& o) {
  // A place in the channel that is quarantined has ended for everybody else, and here only when it is dismissed.
  const bool kept = text(o, "state") == "ended" && number(o, "ended_at_ms") == 0;
  for (const auto* name : {"id", "state", "code", "channel", "kind", "from", "to", "subject", "manifest_digest"})
    if (const auto value = text(o, name); !value.empty())
      fact(voice, name, named(voice, name, kept && name == std::string_view("state") ? "quarantined" : value));
  for (const auto* name : {"sequence", "subject_sequence", "priority", "voyage"})
    if (o.contains(name)) fact(voice, name, count(o, name));
  if (o.contains("size")) fact(voice, "size", size_of(number(o, "size")));
  for (const auto* name : {"created_at", "stored_at", "expires_at", "ended_at"})
    if (const auto at = number(o, std::string(name) + "_ms"); at > 0) fact(voice, name, time_of(at));
  Table table(voice, {"when", "rung", "by", "reason"});
  each(o, "receipts", [&](const Answer& r) {
    const auto why = voice.word_and_code("reason", text(r, "code"));
    table.row({time_of(number(r, "at_ms")), voice.word("rung", text(r, "rung")), voice.word("node", text(r, "party")),
               text(r, "detail").empty() ? why : voice.text("because", {{"why", why}, {"detail", text(r, "detail")}})});
  });
  voice.out() << "\n";
  if (!table.empty()) table.print();
  each(o, "votes", [&](const Answer& v) {
    voice.say("bundle.vote", {{"who", text(v, "who")},
                              {"act", voice.word("act", text(v, "act"))},
                              {"time", time_of(number(v, "at_ms"))},
                              {"reason", text(v, "reason")}});
  });
  quarantined_here(voice, o);
  if (kept || !o.at("quarantined").as_array().empty()) voice.say("bundle.hint");
  return 0;
}

int decided(const Voice& voice, const Answer& o) {
  if (o.at("done").as_bool())
    voice.say("done");
  else
    voice.say("decided.noted", {{"said", number(o, "said")}, {"needed", number(o, "needed")}});
  return 0;
}

int quarantine(const Voice& voice, const Answer& o) {
  Table table(voice, {"since", "what", "from", "id", "code", "told", "why"});
  bool told = false, strange = false, any_voyage = false;
  each(o, "quarantined", [&](const Answer& q) {
    const bool voyage = text(q, "what") == "voyage", known = !voyage && !text(q, "signed_by").empty();
    told = told || known;
    strange = strange || !(known || voyage);
    any_voyage = any_voyage || voyage;
    table.row({time_of(number(q, "at_ms")), voice.word("what", text(q, "what")), sender(voice, q), text(q, "id"),
               text(q, "code"), voice.text(known ? "quarantine.told" : "quarantine.not_told"),
               voice.reason(text(q, "code"), text(q, "detail"))});
  });
  if (table.empty()) return voice.say("quarantine.none"), 0;
  table.print();
  if (told) voice.say("quarantine.hint_told");
  if (strange) voice.say("quarantine.hint_strange");
  if (any_voyage) voice.say("quarantine.hint_voyages");
  voice.say("quarantine.hint");
  return 0;
}

int quarantined(const Voice& voice, const Answer& o) {
  const auto from = text(o, "from"), by = text(o, "signed_by");
  for (const auto* name : {"what", "id", "manifest_digest", "code", "detail"})
    fact(voice, name, named(voice, name, text(o, name)));
  fact(voice, "since", time_of(number(o, "at_ms")));
  fact(voice, "says_from", from.empty() ? voice.text("sender.untold") : voice.word_and_code("node", from));
  fact(voice, "signed_by", by.empty() ? voice.text("quarantined.nobody") : voice.word_and_code("node", by));
  if (const auto why = why_aside(text(o, "code")); !why.empty()) voice.say(why);
  fact(voice, "kept_bytes", size_of(number(o, "kept_bytes")));
  if (o.at("manifest").is_object())
    for (const auto& member : o.at("manifest").as_object()) {
      const std::string_view name = member.key();
      voice.out() << "  ";
      if (name.ends_with("_ms"))
        fact(voice, name.substr(0, name.size() - 3), time_of(number(o.at("manifest").as_object(), name)));
      else
        fact(voice, name, json::serialize(member.value()));
    }
  return 0;
}

int dismissed(const Voice& voice, const Answer& o) {
  Table table(voice, {"dismissed", "by_whom", "what", "from", "id", "set_aside_for", "dismissed_for"});
  each(o, "dismissed", [&](const Answer& d) {
    table.row({time_of(number(d, "at_ms")), text(d, "who"), voice.word("what", text(d, "what")), sender(voice, d),
               text(d, "id"), voice.word_and_code("reason", text(d, "code")), text(d, "reason")});
  });
  if (table.empty()) return voice.say("dismissed.none"), 0;
  table.print();
  voice.say("dismissed.hint");
  return 0;
}

int retried(const Voice& voice, const Answer& o) {
  voice.say("quarantine.out", {{"rung", voice.word("rung", text(o, "rung"))}});
  return 0;
}

int voyages(const Voice& voice, const Answer& o) {
  Table table(voice,
              {"when", "direction", "number", "state", "bundles", "without_receipt", "size", "damaged", "reason"});
  std::int64_t last = 0, under_way = 0, waiting = 0;
  each(o, "voyages", [&](const Answer& v) {
    table.row({time_of(number(v, "at_ms")), voice.word("voyage", text(v, "direction")), count(v, "number"),
               voice.word("voyage", text(v, "state")), count(v, "bundles"), count(v, "without_receipt"),
               size_of(number(v, "bytes")), count(v, "damaged"), voice.word_and_code("reason", text(v, "code"))});
    if (last == 0) last = number(v, "at_ms");
    if (text(v, "state") != "under_way" || number(v, "without_receipt") == 0) return;
    ++under_way;
    waiting += number(v, "without_receipt");
  });
  if (table.empty()) return voice.say("voyages.none"), 0;
  const auto now = now_ms();
  voyage_summary(voice, o.at("summary").as_object(), now);
  table.print();
  voice.say("voyages.medium", {{"ago", ago(voice, last, now)}});
  if (under_way > 0) voice.say("voyages.hint", {{"n", waiting}, {"voyages", under_way}});
  return 0;
}

int voyage_started(const Voice& voice, const Answer& o) {
  const auto waiting = number(o, "waiting"), under_way = number(o, "under_way");
  if (waiting > 0 || under_way == 0) voice.say("voyages.started", {{"n", waiting}});
  if (under_way > 0) voice.say("voyages.started_again", {{"n", under_way}});
  return 0;
}

int epoch(const Voice& voice, const Answer& o) {
  const auto state = text(o, "state");
  voice.say("epoch.which", {{"channel", text(o, "channel")}, {"epoch", number(o, "epoch")}});
  if (number(o, "found_at_ms") == 0) return voice.say("epoch.none"), 0;
  voice.say("epoch.found", {{"time", time_of(number(o, "found_at_ms"))},
                            {"why", voice.reason(text(o, "code"), text(o, "detail"))},
                            {"code", text(o, "code")}});
  each(o, "votes", [&](const Answer& v) {
    voice.say("epoch.vote",
              {{"time", time_of(number(v, "at_ms"))}, {"who", text(v, "who")}, {"reason", text(v, "reason")}});
  });
  if (number(o, "healed_at_ms") > 0) {
    voice.say("epoch.healed", {{"time", time_of(number(o, "healed_at_ms"))}});
  } else if (state == "healing") {
    voice.say("epoch.healing");
  } else {
    voice.say("epoch.halted", {{"needed", number(o, "needed")}});
    voice.say("epoch.beware");
  }
  return state == "none" ? 0 : kToLookAfter;
}

int epoch_approved(const Voice& voice, const Answer& o) {
  if (o.at("done").as_bool())
    voice.say("epoch.begun");
  else
    voice.say("epoch.noted", {{"said", number(o, "said")}, {"needed", number(o, "needed")}});
  return 0;
}

int reconciliation(const Voice& voice, const Answer& o) {
  Table table(voice, {"day", "channel", "bundles", "verdict", "differences", "asked"});
  bool differs = false, open = false;
  each(o, "stretches", [&](const Answer& s) {
    const auto verdict = text(s, "verdict");
    differs = differs || verdict == "differs";
    open = open || verdict != "agrees";
    table.row({text(s, "day"), text(s, "channel"), count(s, "bundles"), voice.word("verdict", verdict),
               count(s, "differences"), time_of(number(s, "made_at_ms"))});
  });
  if (table.empty()) return voice.say("reconciliation.none"), 0;
  table.print();
  voice.say(differs ? "reconciliation.differ" : open ? "reconciliation.open" : "reconciliation.agree");
  return differs ? kToLookAfter : 0;
}

int reconciliation_asked(const Voice& voice, const Answer& o) {
  voice.say("reconciliation.asked", {{"n", number(o, "asked")}});
  return 0;
}

int stretch(const Voice& voice, const Answer& o) {
  voice.say("stretch", {{"day", text(o, "day")},
                        {"channel", text(o, "channel")},
                        {"verdict", voice.word("verdict", text(o, "verdict"))},
                        {"first", number(o, "first")},
                        {"last", number(o, "last")}});
  Table table(voice, {"sequence", "difference", "here", "there", "id"});
  each(o, "named", [&](const Answer& d) {
    table.row({count(d, "sequence"), voice.word("difference", text(d, "what")), voice.word("known", text(d, "here")),
               voice.word("known", text(d, "there")), text(d, "id")});
  });
  if (!table.empty()) table.print();
  return text(o, "verdict") == "differs" ? kToLookAfter : 0;
}

namespace {

// Whole digests are for programs, and would make the lines too wide to read.
std::string about_shown(const Voice& voice, const std::string& act, const std::string& about) {
  const auto space = about.find(' ');
  if (act == "dismiss" || act == "retry") return about.substr(0, space);
  if ((act != "policy" && act != "nodes" && act != "operators") || space == std::string::npos) return about;
  const auto before = about.substr(0, std::min(space, kDigestShown)), now = about.substr(space + 1, kDigestShown);
  return before == "-" ? voice.text("log.first", {{"digest", now}}) : before + " → " + now;
}

}  // namespace

int log(const Voice& voice, const Answer& o) {
  Table table(voice, {"line", "when", "act", "about", "because", "who"});
  each(o, "log", [&](const Answer& l) {
    table.row({count(l, "number"), time_of(number(l, "at_ms")), voice.word("act", text(l, "act")),
               about_shown(voice, text(l, "act"), text(l, "about")), text(l, "reason"), text(l, "who")});
  });
  table.print();
  if (!text(o, "cursor").empty()) voice.say("more", {{"cursor", text(o, "cursor")}});
  const auto tell = [&](const char* name, const char* key) {
    const auto* one = o.if_contains(name);
    if (!one || !one->is_object()) return false;
    const auto& w = one->as_object();
    voice.say(key, {{"day", text(w, "day")},
                    {"channel", text(w, "channel")},
                    {"time", time_of(number(w, "made_at_ms"))},
                    {"line", number(w, "line")},
                    {"digest", text(w, "digest")}});
    return true;
  };
  tell("countersigned", "log.countersigned");
  const bool whole = o.at("whole").as_bool();
  if (!whole) voice.say("log.broken");
  return tell("contradicting", "log.contradicted") || !whole ? kToLookAfter : 0;
}

int policy(const Voice& voice, const Answer& o) {
  Table table(voice, {"rule", "from_node", "to_node", "kind", "at_most", "a_minute", "held_for", "hours"});
  each(o, "rules", [&](const Answer& r) {
    std::string hours;
    for (const auto& h : r.at("hours").as_array())
      hours += (hours.empty() ? "" : voice.text("comma")) + std::string(h.as_string());
    table.row({count(r, "number"), voice.word_and_code("node", text(r, "from")),
               voice.word_and_code("node", text(r, "to")), voice.word_and_code("kind", text(r, "kind")),
               size_of(number(r, "max_bytes")),
               number(r, "per_minute") > 0 ? count(r, "per_minute") : voice.text("policy.any"),
               r.at("hold").as_bool() ? voice.text("policy.releasers", {{"n", number(r, "releasers")}}) : "-",
               hours.empty() ? voice.text("policy.always") : hours});
  });
  table.print();
  each(o, "quotas", [&](const Answer& q) {
    voice.say("policy.quota", {{"sender", voice.word_and_code("node", text(q, "sender"))},
                               {"n", number(q, "max_bundles")},
                               {"size", size_of(number(q, "max_bytes"))}});
  });
  each(o, "remarks", [&](const Answer& one) { remark(voice, one); });
  return 0;
}

void remark(const Voice& voice, const Answer& o) {
  const auto key = "remark." + text(o, "name");
  const auto words = voice.text_or(text(o, "words"), key,
                                   {{"said", text(o, "words")},
                                    {"from", voice.word("node", text(o, "from"))},
                                    {"to", voice.word("node", text(o, "to"))},
                                    {"kind", voice.word("kind", text(o, "kind"))}});
  voice.say("policy.note", {{"remark", words}});
}

int explanation(const Voice& voice, const Answer& o) {
  each(o, "checks", [&](const Answer& c) {
    const bool holds = c.at("holds").as_bool();
    const auto key = "check." + text(c, "name") + (holds ? "_yes" : "_no");
    voice.out() << voice.text(holds ? "check.yes" : "check.stop")
                << voice.text_or(text(c, "words"), key, {{"said", text(c, "words")}, {"detail", text(c, "detail")}})
                << "\n";
  });
  const auto verdict = text(o, "verdict");
  voice.say("ruling." + verdict, {{"why", voice.word_and_code("reason", text(o, "code"))}});
  return verdict == "refuse" ? kToLookAfter : 0;
}

}  // namespace jindu::gateway::pages
