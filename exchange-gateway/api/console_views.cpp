#include "exchange-gateway/api/console_views.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "common/runtime/files.hpp"
#include "common/runtime/messages.hpp"
#include "exchange-gateway/store/restoration.hpp"
#include "exchange-gateway/unit/log_witness.hpp"

namespace jindu::gateway::views {
namespace {

namespace json = boost::json;
constexpr std::int64_t kShown = 500;

json::object to_json(const store::Entry& e) {
  return {{"id", e.id},
          {"direction", e.outward ? "out" : "in"},
          {"state", std::string(to_text(e.state))},
          {"channel", e.channel},
          {"epoch", e.epoch},
          {"sequence", e.sequence},
          {"from", e.from},
          {"to", e.to},
          {"kind", e.kind},
          {"subject", to_hex(e.subject)},
          {"subject_sequence", e.subject_sequence},
          {"priority", e.priority},
          {"size", e.size},
          {"manifest_digest", to_hex(e.manifest_digest)},
          {"created_at_ms", e.created_ms},
          {"expires_at_ms", e.expires_ms},
          {"stored_at_ms", e.stored_ms},
          {"ended_at_ms", e.ended_ms},
          {"voyage", e.voyage},
          {"code", e.code}};
}

json::array votes_of(storage::Transaction& t, const std::string& id) {
  json::array list;
  for (const auto& v : store::votes(t, id))
    list.push_back({{"who", v.who}, {"act", v.act}, {"at_ms", v.at_ms}, {"reason", v.reason}});
  return list;
}

// Of a held bundle also who has said what, and how many must.
json::object to_json(storage::Transaction& t, const Unit& unit, const store::Entry& e) {
  auto answer = to_json(e);
  answer["releasers"] = e.state == State::held ? unit.releasers_for(e) : 0;
  answer["votes"] = votes_of(t, e.id);
  return answer;
}

json::array channels(storage::Transaction& t, const Unit& unit) {
  std::map<std::string, json::object> by_name;
  std::set<std::string> names;
  for (auto& name : unit.channels()) names.insert(std::move(name));
  const auto tallies = store::tallies(t);
  for (const auto& one : tallies) names.insert(one.channel);
  for (const auto& name : names) {
    const auto head = store::channel_head(t, name);
    json::object channel{{"channel", name},
                         {"direction", name.starts_with(unit.options().service + ">") ? "out" : "in"},
                         {"epoch", head.epoch},
                         {"complete_up_to", head.sequence},
                         {"stopped", nullptr}};
    for (const auto* place : {"waiting", "carried", "ready", "early", "held", "applied", "not_applied"}) {
      channel[place] = 0;
      channel[std::string(place) + "_bytes"] = 0;
    }
    by_name.emplace(name, std::move(channel));
  }
  for (const auto& one : tallies) {
    by_name.at(one.channel)[one.place] = one.bundles;
    by_name.at(one.channel)[one.place + "_bytes"] = one.bytes;
  }
  for (const auto& stop : store::stops(t))
    if (by_name.contains(stop.channel))
      by_name.at(stop.channel)["stopped"] =
          json::object{{"at_ms", stop.at_ms}, {"who", stop.who}, {"reason", stop.reason}};
  json::array list;
  for (auto& [name, channel] : by_name) list.push_back(std::move(channel));
  return list;
}

json::array timeline(storage::Transaction& t, const std::string& id) {
  json::array list;
  for (const auto& r : store::receipts_about(t, id)) {
    const auto bytes = r.receipt.whole();
    const auto read = exchange::read_receipt(bytes);
    list.push_back({{"rung", std::string(exchange::to_text(static_cast<jindu::v1::Rung>(r.rung)))},
                    {"party", r.party},
                    {"at_ms", r.at_ms},
                    {"code", r.code},
                    {"detail", read ? read->detail : ""},
                    {"receipt", to_base64(bytes)}});
  }
  return list;
}

json::array alarm_list(storage::Transaction& t, const Unit& unit) {
  json::array list;
  for (const auto& a : unit.alarms(t))
    list.push_back({{"code", a.code},
                    {"level", a.level == Level::red ? "red" : "yellow"},
                    {"about", a.about},
                    {"number", a.number},
                    {"since_ms", a.since_ms},
                    {"asked_ms", a.asked_ms}});
  return list;
}

json::array numbers(const std::vector<std::int64_t>& list) { return json::array(list.begin(), list.end()); }

// `from`: who it says it is from; `signed_by`: who has really signed it. Empty where that cannot be told.
json::object to_json(const store::Stray& s) {
  const auto head = exchange::head_of_bundle(s.bundle);
  const auto from = head ? head->manifest.from() : "";
  return {{"what", "bundle"},   {"id", s.id},       {"manifest_digest", to_hex(s.manifest_digest)},
          {"placed", false},    {"at_ms", s.at_ms}, {"code", s.code},
          {"detail", s.detail}, {"from", from},     {"signed_by", store::is_vouched_for(s) ? from : ""}};
}

json::object stray_voyage(const store::VoyageRow& v) {
  return {{"what", "voyage"},   {"id", v.id},       {"manifest_digest", v.manifest_sha256},
          {"placed", false},    {"at_ms", v.at_ms}, {"code", v.code},
          {"detail", v.detail}, {"from", v.sender}, {"signed_by", v.signer}};
}

// With what its record says; the record alone is what the unit has signed.
json::object to_json(const store::Dismissal& d) {
  json::object answer{{"id", d.id},
                      {"manifest_digest", to_hex(d.manifest_digest)},
                      {"at_ms", d.at_ms},
                      {"who", d.who},
                      {"reason", d.reason},
                      {"what", "bundle"},
                      {"code", ""},
                      {"from", ""},
                      {"signed_by", ""},
                      {"quarantined_at_ms", 0},
                      {"record", to_base64(d.record)}};
  const auto statement = evidence::read_signed(d.record, kRecordType);
  boost::system::error_code failed;
  const auto said = statement ? json::parse(text_of(statement->body), failed) : json::value();
  if (failed || !said.is_object()) return answer;
  const auto& record = said.as_object();
  const auto take = [&](const char* name, const char* from) {
    if (const auto* value = record.if_contains(from)) answer[name] = *value;
  };
  if (record.contains("voyage")) answer["what"] = "voyage";
  take("code", "code");
  take("from", "says_it_is_from");
  take("signed_by", "signed_by");
  take("quarantined_at_ms", "quarantined_at_ms");
  return answer;
}

// What its sender was told when it was quarantined.
std::string told_why(storage::Transaction& t, const std::string& id) {
  for (const auto& r : store::receipts_about(t, id))
    if (r.rung == jindu::v1::RUNG_QUARANTINED)
      if (const auto read = exchange::read_receipt(r.receipt.whole())) return read->detail;
  return "";
}

json::object to_json(const jindu::v1::BundleManifest& m) {
  return {{"version", m.version()},
          {"from", m.from()},
          {"to", m.to()},
          {"channel", m.channel()},
          {"epoch", m.epoch()},
          {"sequence", m.sequence()},
          {"previous_digest", to_hex(bytes_of(m.previous_digest()))},
          {"kind", m.kind()},
          {"subject", to_hex(bytes_of(m.subject()))},
          {"subject_sequence", m.subject_sequence()},
          {"priority", m.priority()},
          {"created_at_ms", m.created_ms()},
          {"expires_at_ms", m.expires_ms()},
          {"payload_length", m.payload_length()},
          {"signer_key_id", to_hex(bytes_of(m.signer_key_id()))}};
}

json::object rule_json(const PolicyRule& r, std::size_t number) {
  json::array hours;
  for (const auto& opening : r.hours.openings) hours.push_back(json::value(to_text(opening)));
  return {{"number", number},
          {"from", r.from},
          {"to", r.to},
          {"kind", r.kind},
          {"max_bytes", r.max_bytes},
          {"per_minute", r.per_minute},
          {"burst", r.burst},
          {"hold", r.hold},
          {"releasers", r.hold ? r.releasers : 0},
          {"hours", std::move(hours)},
          {"unknown_fields", r.newer == NewerFields::by_direction ? "by_direction" : to_text(r.newer)}};
}

json::object to_json(storage::Transaction& t, const store::Stretch& s) {
  return {{"day", s.day},
          {"channel", s.channel},
          {"epoch", s.epoch},
          {"first", s.first},
          {"last", s.last},
          {"bundles", std::max<std::int64_t>(s.last - s.first + 1, 0)},
          {"made_at_ms", s.made_ms},
          {"verdict", s.verdict},
          {"differences", store::difference_count(t, s.day, s.channel)},
          {"answered", !s.theirs.empty()}};
}

json::object to_json(const store::Act& a) {
  return {{"number", a.number}, {"at_ms", a.at_ms},          {"who", a.who}, {"act", a.act}, {"about", a.about},
          {"reason", a.reason}, {"digest", to_hex(a.digest)}};
}

// A statement that names a line of the log.
json::value to_json(const std::optional<LogWitness>& w) {
  if (!w) return nullptr;
  return json::object{{"day", w->day},
                      {"channel", w->channel},
                      {"made_at_ms", w->made_ms},
                      {"line", w->head.number},
                      {"digest", to_hex(w->head.digest)}};
}

// What goes out: on voyages that the other side has not confirmed, and what waits for the next. What comes in: what was
// taken last, and what is known to be missing.
json::object voyage_summary(storage::Transaction& t, const Unit& unit, json::array under_way) {
  std::int64_t waiting = 0;
  for (const auto& one : store::tallies(t))
    if (one.place == "waiting") waiting += one.bundles;
  const auto on_the_way = store::on_voyages(t);
  const auto taken = store::taken_in(t);
  json::array missing;
  for (const auto& channel : unit.channels())
    if (const auto gap = store::missing(t, channel); gap && !channel.starts_with(unit.options().service + ">"))
      missing.push_back(
          {{"channel", channel}, {"first", gap->first}, {"last", gap->last}, {"since_ms", gap->since_ms}});
  return {{"under_way", std::move(under_way)},
          {"bundles_under_way", on_the_way},
          {"bundles_waiting", std::max<std::int64_t>(waiting - on_the_way, 0)},
          {"taken_in", taken.number},
          {"taken_in_ms", taken.at_ms},
          {"not_come", numbers(taken.absent)},
          {"missing", std::move(missing)}};
}

}  // namespace

json::object overview(storage::Transaction& t, const Unit& unit) {
  const auto& options = unit.options();
  const auto oldest = [&](State state) { return store::oldest_ms(t, state).value_or(0); };
  json::object recent;
  for (const auto* what : {"taken", "carried", "arrived", "applied"})
    recent[what] = numbers(unit.recent().minutes(what, unit.now()));
  json::array certificates;
  const auto add = [&](const std::string& name, Instant until) {
    certificates.push_back({{"name", name}, {"until_ms", to_unix_ms(until)}});
  };
  add(unit.signer().name, unit.signer().certificate.not_after());
  for (const auto& [name, certificate] : options.nodes) add(name, certificate.not_after());  // two during a rollover
  for (const auto& [name, until] : options.other_certificates) add(name, until);
  return {{"unit", options.name},
          {"peer", options.peer},
          {"service", options.service},
          {"at_ms", to_unix_ms(unit.now())},
          {"channels", channels(t, unit)},
          {"other_side_last_heard_ms", store::state_value(t, "peer_heard_ms")},
          {"oldest_waiting_ms", oldest(State::waiting)},
          {"oldest_ready_ms", oldest(State::ready)},
          {"oldest_early_ms", oldest(State::early)},
          {"oldest_held_ms", oldest(State::held)},
          {"quarantined", store::quarantined_count(t)},
          {"voyages_refused", store::refused_count(t)},
          {"voyages_damaged", unit.damaged_voyages(t).size()},
          {"disk_free_bytes", files::free_bytes(options.directory)},
          {"disk_minimum_bytes", options.minimum_free_bytes},
          {"voyage",
           {{"loaded", store::state_value(t, "voyage")},
            {"read_there", store::state_value(t, "peer_read")},
            {"read_here", store::state_value(t, "own_read")}}},
          {"certificates", std::move(certificates)},
          {"recent", std::move(recent)},
          {"alarms", alarm_list(t, unit)}};
}

json::object bundles(storage::Transaction& t, const Unit& unit, const store::BundleFilter& filter) {
  json::array list;
  auto page = store::search(t, filter);
  for (const auto& e : page.entries) list.push_back(to_json(t, unit, e));
  return {{"bundles", std::move(list)}, {"cursor", page.cursor}};
}

std::optional<json::object> bundle(storage::Transaction& t, const Unit& unit, const std::string& id) {
  std::optional<json::object> answer;
  if (const auto entry = store::find(t, id)) answer = to_json(t, unit, *entry);
  json::array strays;
  for (const auto& one : store::strays_about(t, id)) strays.push_back(to_json(one));
  json::array dismissed;
  for (const auto& one : store::dismissals(t, id)) dismissed.push_back(to_json(one));
  json::array not_taken;
  for (const auto& one : store::not_taken_about(t, id))
    not_taken.push_back({{"manifest_digest", to_hex(one.manifest_digest)},
                         {"channel", one.channel},
                         {"sequence", one.sequence},
                         {"at_ms", one.at_ms},
                         {"here", one.here}});
  if (!answer && strays.empty() && dismissed.empty() && not_taken.empty()) return {};
  if (!answer)
    answer = json::object{{"id", id},
                          {"state", !strays.empty()      ? "quarantined"
                                    : !dismissed.empty() ? "dismissed"
                                                         : "not_here"}};
  (*answer)["not_taken"] = std::move(not_taken);
  (*answer)["quarantined"] = std::move(strays);
  (*answer)["dismissed"] = std::move(dismissed);
  (*answer)["receipts"] = timeline(t, id);
  return answer;
}

json::object quarantine(storage::Transaction& t) {
  json::array list;
  for (const auto& one : store::strays(t)) list.push_back(to_json(one));
  for (const auto& one : store::refused_voyages(t, kShown)) list.push_back(stray_voyage(one));
  for (const auto& e : store::quarantined(t, kShown)) {
    auto entry = to_json(e);
    entry["what"] = "bundle";
    entry["placed"] = true;
    entry["signed_by"] = e.from;
    entry["at_ms"] = e.stored_ms;
    entry["detail"] = told_why(t, e.id);
    list.push_back(std::move(entry));
  }
  return {{"quarantined", std::move(list)}, {"most", store::kStraysMax}};
}

std::optional<json::object> quarantined(storage::Transaction& t, const Unit& unit, const std::string& id,
                                        BytesView digest, bool with_bytes) {
  json::object answer;
  Bytes bytes, kept;
  jindu::v1::BundleManifest manifest;
  BytesView manifest_bytes;
  bool readable = false;
  if (const auto stray = store::stray(t, id, digest)) {
    answer = to_json(*stray);
    bytes = stray->bundle;
    // Of a large one only its head is here.
    if (auto head = exchange::head_of_bundle(bytes)) {
      manifest = std::move(head->manifest);
      manifest_bytes = head->manifest_bytes;
      readable = true;
    }
  } else if (auto e = store::find(t, id);
             e && e->state == State::ended && e->ended_ms == 0 && to_hex(e->manifest_digest) == to_hex(digest)) {
    answer = to_json(*e);
    answer["what"] = "bundle";
    answer["placed"] = true;
    answer["signed_by"] = e->from;
    answer["at_ms"] = e->stored_ms;
    answer["detail"] = told_why(t, id);
    if (auto found = unit.read_bytes(t, *e)) bytes = std::move(*found);
    kept = std::move(e->manifest);
    manifest_bytes = kept;
    readable = parse_perhaps_newer(manifest_bytes, manifest).has_value();
  } else if (const auto voyage = store::refused_voyage(t, id); voyage && voyage->manifest_sha256 == to_hex(digest)) {
    answer = stray_voyage(*voyage);
  } else {
    return {};
  }
  answer["manifest"] = nullptr;
  if (readable) answer["manifest"] = to_json(manifest);
  answer["kept_bytes"] = bytes.size();
  answer["receipts"] = timeline(t, id);
  if (with_bytes) {
    answer["manifest_bytes"] = to_base64(manifest_bytes);
    answer["bundle"] = to_base64(bytes);
  }
  return answer;
}

json::object dismissed(storage::Transaction& t, std::int64_t limit) {
  json::array list;
  for (const auto& one : store::newest_dismissals(t, limit)) list.push_back(to_json(one));
  return {{"dismissed", std::move(list)}};
}

json::object voyages(storage::Transaction& t, const Unit& unit) {
  const auto read_there = store::state_value(t, "peer_read");
  json::array list, under_way;
  for (const auto& v : store::voyages(t, kShown)) {
    std::string state = v.direction;
    std::int64_t missing = 0;
    if (v.direction == "loaded") {
      missing = store::unreceipted(t, v.number);
      state = v.number <= read_there ? "arrived" : "under_way";
      if (state == "under_way") under_way.push_back({{"number", v.number}, {"bundles", missing}, {"at_ms", v.at_ms}});
    } else if (v.direction == "unloaded" && v.damaged > 0) {
      state = "damaged";
    } else if (v.dismissed_ms > 0) {
      state = "dismissed";
    }
    list.push_back({{"direction", v.direction},
                    {"state", state},
                    {"id", v.id},
                    {"number", v.number},
                    {"at_ms", v.at_ms},
                    {"bundles", v.bundles},
                    {"without_receipt", missing},
                    {"bytes", v.bytes},
                    {"damaged", v.damaged},
                    {"code", v.code},
                    {"from", v.sender},
                    {"signed_by", v.signer}});
  }
  return {{"voyages", std::move(list)},
          {"read_there", read_there},
          {"summary", voyage_summary(t, unit, std::move(under_way))}};
}

json::object epoch(storage::Transaction& t, const Unit& unit) {
  const auto head = store::channel_head(t, unit.control_channel());
  const auto r = store::last_restoration(t).value_or(store::Restoration{});
  json::array votes;
  for (const auto& v : store::epoch_votes(t, r.number))
    votes.push_back({{"who", v.who}, {"at_ms", v.at_ms}, {"reason", v.reason}});
  return {{"state", std::string(store::to_text(r.recovery()))},
          {"channel", unit.control_channel()},
          {"epoch", head.epoch},
          {"found_at_ms", r.found_ms},
          {"code", r.code},
          {"detail", r.detail},
          {"approved_at_ms", r.approved_ms},
          {"healed_at_ms", r.healed_ms},
          {"needed", Unit::kApprovals},
          {"votes", std::move(votes)}};
}

json::object policy(const Policy& policy) {
  json::array rules, quotas, notes;
  for (std::size_t i = 0; i < policy.rules.size(); ++i) rules.push_back(rule_json(policy.rules[i], i + 1));
  for (const auto& q : policy.quotas)
    quotas.push_back({{"sender", q.sender}, {"max_bundles", q.max_bundles}, {"max_bytes", q.max_bytes}});
  for (const auto& one : remarks(policy)) notes.push_back(remark(one));
  return {{"rules", std::move(rules)}, {"quotas", std::move(quotas)}, {"remarks", std::move(notes)}};
}

json::object remark(const Remark& r) {
  return {{"name", r.name}, {"from", r.from}, {"to", r.to}, {"kind", r.kind}, {"words", r.words}};
}

json::object explanation(const Explanation& e) {
  json::array checks;
  for (const auto& c : e.checks)
    checks.push_back({{"name", c.name}, {"holds", c.holds}, {"words", c.words}, {"detail", c.detail}});
  return {{"verdict", e.verdict}, {"code", e.code}, {"rule", e.rule}, {"checks", std::move(checks)}};
}

json::object alarms(storage::Transaction& t, const Unit& unit) { return {{"alarms", alarm_list(t, unit)}}; }

json::object reconciliation(storage::Transaction& t, std::int64_t limit) {
  json::array list;
  for (const auto& s : store::stretches(t, limit)) list.push_back(to_json(t, s));
  return {{"stretches", std::move(list)}};
}

std::optional<json::object> stretch(storage::Transaction& t, const std::string& day, const std::string& channel) {
  const auto s = store::stretch(t, day, channel);
  if (!s) return {};
  auto answer = to_json(t, *s);
  json::array list;
  for (const auto& d : store::differences(t, day, channel, kShown))
    list.push_back({{"sequence", d.sequence}, {"id", d.id}, {"what", d.what}, {"here", d.here}, {"there", d.there}});
  answer["named"] = std::move(list);
  answer["mine"] = to_base64(s->mine);
  answer["theirs"] = to_base64(s->theirs);
  return answer;
}

json::object statements(storage::Transaction& t, const Unit& unit, std::int64_t limit) {
  json::array list, between;
  for (const auto& s : store::stretches(t, limit))
    for (const auto* statement : {&s.mine, &s.theirs})
      if (!statement->empty())
        list.push_back({{"day", s.day},
                        {"channel", s.channel},
                        {"of", statement == &s.mine ? unit.options().name : unit.options().peer},
                        {"signed", to_base64(*statement)}});
  for (const auto& one : unit.trust().intermediates) between.push_back(json::value(to_base64(one.der())));
  return {{"statements", std::move(list)}, {"intermediates", std::move(between)}};
}

json::object log(storage::Transaction& t, const Unit& unit, std::int64_t before, std::int64_t limit) {
  json::array list;
  const auto acts = store::acts(t, limit, before);
  for (const auto& a : acts) list.push_back(to_json(a));
  const bool more = static_cast<std::int64_t>(acts.size()) == limit && acts.back().number > 1;
  const auto verdict = weigh_own_log(t, unit.options().name);
  return {{"log", std::move(list)},
          {"whole", store::acts_hold(t)},
          {"confirmed", to_json(verdict.newest)},
          {"countersigned", to_json(verdict.countersigned)},
          {"contradicting", to_json(verdict.contradicting)},
          {"cursor", more ? std::to_string(acts.back().number) : ""}};
}

std::string log_lines(storage::Transaction& t, const Unit& unit) {
  std::string text;
  std::int64_t number = 0;
  for (;;) {
    const auto page = store::acts_after(t, number, kShown);
    if (page.empty()) return text;
    for (const auto& a : page) {
      auto line = to_json(a);
      line["unit"] = unit.options().name;
      text += json::serialize(line) + "\n";
    }
    number = page.back().number;
  }
}

}  // namespace jindu::gateway::views
