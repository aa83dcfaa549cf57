#include "exchange-gateway/api/console_views.hpp"

#include "common/evidence/merkle.hpp"

namespace jindu::gateway::views {
namespace {

constexpr std::int64_t kShown = 500;

boost::json::object to_json(const store::Entry& e) {
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

boost::json::array channels(storage::Transaction& t) {
  boost::json::array list;
  for (const auto& row : t.query(
           "SELECT channel, MAX(sequence), COUNT(*), "
           "SUM(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'carried' THEN 1 ELSE 0 END), "
           "SUM(CASE WHEN state = 'ready' THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'early' THEN 1 ELSE 0 END), "
           "SUM(CASE WHEN state = 'held' THEN 1 ELSE 0 END), "
           "SUM(CASE WHEN state = 'ended' AND code = '' THEN 1 ELSE 0 END), "
           "SUM(CASE WHEN state = 'ended' AND code <> '' THEN 1 ELSE 0 END) "
           "FROM bundle WHERE kind <> 'receipts' GROUP BY channel ORDER BY channel")) {
    const auto head = store::channel_head(t, row.text(0));
    list.push_back({{"channel", row.text(0)},
                    {"epoch", head.epoch},
                    {"sequence", row.integer(1)},
                    {"complete_up_to", head.sequence},
                    {"bundles", row.integer(2)},
                    {"waiting", row.integer(3)},
                    {"carried", row.integer(4)},
                    {"ready", row.integer(5)},
                    {"early", row.integer(6)},
                    {"held", row.integer(7)},
                    {"applied", row.integer(8)},
                    {"not_applied", row.integer(9)}});
  }
  return list;
}

boost::json::array timeline(storage::Transaction& t, const std::string& id) {
  boost::json::array list;
  for (const auto& r : store::receipts_about(t, id)) {
    const auto read = exchange::read_receipt(r.receipt);
    list.push_back({{"rung", std::string(exchange::to_text(static_cast<jindu::v1::Rung>(r.rung)))},
                    {"party", r.party},
                    {"at_ms", r.at_ms},
                    {"code", r.code},
                    {"detail", read ? read->detail : ""},
                    {"receipt", to_base64(r.receipt)}});
  }
  return list;
}

}  // namespace

boost::json::object overview(storage::Transaction& t, const Unit& unit) {
  const auto oldest = t.query_one(
      "SELECT MIN(stored_ms) FROM bundle WHERE state IN ('waiting', 'ready', 'early', 'held') AND kind <> 'receipts'");
  return {{"unit", unit.options().name},
          {"peer", unit.options().peer},
          {"service", unit.options().service},
          {"at_ms", to_unix_ms(unit.now())},
          {"channels", channels(t)},
          {"other_side_last_heard_ms", store::state_value(t, "peer_heard_ms")},
          {"oldest_waiting_ms", oldest->is_null(0) ? 0 : oldest->integer(0)},
          {"quarantined", t.query_one("SELECT COUNT(*) FROM stray")->integer(0)}};
}

boost::json::object bundles(storage::Transaction& t, const store::BundleFilter& filter) {
  boost::json::array list;
  const auto entries = store::list(t, filter);
  for (const auto& e : entries) list.push_back(to_json(e));
  const bool more = static_cast<std::int64_t>(entries.size()) == filter.limit;
  return {{"bundles", std::move(list)}, {"cursor", more ? entries.back().id : ""}};
}

std::optional<boost::json::object> bundle(storage::Transaction& t, const std::string& id) {
  std::optional<boost::json::object> answer;
  if (const auto entry = store::find(t, id)) answer = to_json(*entry);
  boost::json::array strays;
  for (const auto& row :
       t.query("SELECT manifest_digest, at_ms, code, detail FROM stray WHERE bundle_id = $1 ORDER BY at_ms", {id}))
    strays.push_back({{"manifest_digest", to_hex(row.blob(0))},
                      {"at_ms", row.integer(1)},
                      {"code", row.text(2)},
                      {"detail", row.text(3)}});
  if (!answer && strays.empty()) return {};
  if (!answer) answer = boost::json::object{{"id", id}, {"state", "quarantined"}};
  (*answer)["quarantined"] = std::move(strays);
  (*answer)["receipts"] = timeline(t, id);
  return answer;
}

boost::json::object voyages(storage::Transaction& t) {
  boost::json::array list;
  for (const auto& v : store::voyages(t, kShown))
    list.push_back({{"direction", v.direction},
                    {"id", v.id},
                    {"number", v.number},
                    {"at_ms", v.at_ms},
                    {"bundles", v.bundles},
                    {"bytes", v.bytes},
                    {"damaged", v.damaged},
                    {"code", v.code}});
  return {{"voyages", std::move(list)}};
}

boost::json::object reconciliation(storage::Transaction& t, std::int64_t upto) {
  boost::json::array list;
  for (const auto& channel : t.query("SELECT DISTINCT channel FROM bundle WHERE kind <> 'receipts' ORDER BY channel")) {
    std::vector<crypto::Digest> leaves;
    std::int64_t last = 0;
    for (const auto& row :
         t.query("SELECT sequence, manifest_digest, state FROM bundle WHERE channel = $1 ORDER BY epoch, sequence",
                 {channel.text(0)})) {
      if (row.integer(0) != last + 1 || row.text(2) != "ended" || row.integer(0) > upto) break;
      leaves.push_back(evidence::merkle_leaf(row.blob(1)));
      last = row.integer(0);
    }
    list.push_back({{"channel", channel.text(0)},
                    {"ended", leaves.size()},
                    {"last_sequence", last},
                    {"merkle_root", to_hex(evidence::merkle_root(leaves))}});
  }
  return {{"channels", std::move(list)}};
}

boost::json::object log(storage::Transaction& t) {
  boost::json::array list;
  for (const auto& a : store::acts(t, kShown))
    list.push_back({{"number", a.number},
                    {"at_ms", a.at_ms},
                    {"who", a.who},
                    {"act", a.act},
                    {"about", a.about},
                    {"reason", a.reason},
                    {"digest", to_hex(a.digest)}});
  return {{"log", std::move(list)}, {"whole", store::acts_hold(t)}};
}

}  // namespace jindu::gateway::views
