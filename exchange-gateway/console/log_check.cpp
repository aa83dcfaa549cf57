#include "exchange-gateway/console/log_check.hpp"

#include <boost/json/parse.hpp>

#include "common/evidence/saved_statements.hpp"
#include "exchange-gateway/console/answer.hpp"
#include "exchange-gateway/console/pages.hpp"

namespace jindu::gateway {
namespace {

struct Line {
  store::Act act;
  std::string unit;
};

std::optional<Line> line_from(std::string_view line) {
  boost::system::error_code code;
  const auto value = boost::json::parse(line, code);
  if (code || !value.is_object()) return {};
  const auto& o = value.as_object();
  store::Act act;
  for (const auto& [name, place] : {std::pair("number", &act.number), std::pair("at_ms", &act.at_ms)}) {
    const auto* member = o.if_contains(name);
    if (!member || !member->is_int64()) return {};
    *place = member->as_int64();
  }
  for (const auto& [name, place] : {std::pair("who", &act.who), std::pair("act", &act.act),
                                    std::pair("about", &act.about), std::pair("reason", &act.reason)}) {
    const auto* member = o.if_contains(name);
    if (!member || !member->is_string()) return {};
    *place = member->as_string();
  }
  const auto* digest = o.if_contains("digest");
  if (!digest || !digest->is_string()) return {};
  auto bytes = from_hex(digest->as_string());
  if (!bytes) return {};
  act.digest = std::move(*bytes);
  const auto* unit = o.if_contains("unit");
  return Line{std::move(act), unit && unit->is_string() ? std::string(unit->as_string()) : ""};
}

// Of a log that does not say whose it is, the unit that all statements are of.
std::string only_unit(const std::vector<LogWitness>& witnesses) {
  for (const auto& one : witnesses)
    if (one.unit != witnesses.front().unit) return "";
  return witnesses.empty() ? "" : witnesses.front().unit;
}

Values values_of(const LogWitness& w) {
  return {{"day", printable(w.day)},
          {"channel", printable(w.channel)},
          {"time", time_of(w.made_ms)},
          {"line", w.head.number},
          {"digest", to_hex(w.head.digest)}};
}

}  // namespace

result<CheckedLog> check_log(std::string_view lines) {
  CheckedLog log;
  Bytes last(32);
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    const auto text = lines.substr(0, end);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    const auto next = std::to_string(log.lines() + 1);
    const auto line = line_from(text);
    if (!line) return Error{Fault::invalid, "log.malformed", "line " + next + " is not a line of the log", next};
    if (line->act.number != log.lines() + 1)
      return Error{Fault::integrity, "log.broken", "line " + next + " is missing or out of place", next};
    if (store::digest_after(last, line->act) != line->act.digest)
      return Error{Fault::integrity, "log.broken", "line " + next + " does not follow the one before it", next};
    if (log.unit.empty()) log.unit = line->unit;
    log.digests.push_back(last = line->act.digest);
  }
  return log;
}

result<std::vector<LogWitness>> witnesses_in(BytesView file, evidence::NodeTrust& trust) {
  auto saved = evidence::saved_statements(file);
  if (!saved) return saved.error();
  std::move(saved->intermediates.begin(), saved->intermediates.end(), std::back_inserter(trust.intermediates));
  std::vector<LogWitness> all;
  for (const auto& one : saved->statements) {
    auto witness = witness_in(one);
    if (!witness) return witness.error();
    const auto holds =
        evidence::open_signed(one, evidence::kReconciliationType, trust, from_unix_ms(witness->made_ms), witness->unit);
    if (!holds) return holds.error();
    all.push_back(std::move(*witness));
  }
  return all;
}

int tell_witnessed(const Voice& voice, const CheckedLog& log, const std::vector<LogWitness>& witnesses) {
  const auto unit = log.unit.empty() ? only_unit(witnesses) : log.unit;
  if (unit.empty())
    return voice.fail({Fault::invalid, "log.unit",
                       "the log does not say whose it is, and the statements are of several units; save the log anew, "
                       "or give the statements of its own unit alone"});
  const auto verdict = weigh(witnesses, unit, [&](std::int64_t number) -> std::optional<Bytes> {
    if (number < 1 || number > log.lines()) return {};
    return log.digests[static_cast<std::size_t>(number - 1)];
  });
  if (verdict.newest) {
    auto values = values_of(*verdict.newest);
    values.emplace_back("n", verdict.confirming);
    voice.say("log.confirmed", values);
  }
  if (verdict.countersigned) voice.say("log.countersigned", values_of(*verdict.countersigned));
  if (verdict.contradicting) {
    voice.say("log.contradicted", values_of(*verdict.contradicting));
    return kToLookAfter;
  }
  if (!verdict.newest)
    voice.say("log.no_witness", {{"unit", unit}});
  else if (verdict.newest->head.number < log.lines())
    voice.say("log.unconfirmed", {{"first", verdict.newest->head.number + 1}, {"last", log.lines()}});
  return 0;
}

}  // namespace jindu::gateway
