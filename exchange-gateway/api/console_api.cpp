#include "exchange-gateway/api/console_api.hpp"

#include <charconv>

#include "common/evidence/merkle.hpp"
#include "common/runtime/files.hpp"

namespace jindu::gateway {
namespace {

using http::Method;
using http::Request;
using http::Response;

http::Guard operator_with(std::vector<Operator> operators, std::vector<std::string> roles) {
  return [operators = std::move(operators), roles = std::move(roles)](Request& request) -> result<void> {
    if (!request.client_certificate) return Error{Fault::unauthorised, "console.no_certificate", "a client certificate is required"};
    auto certificate = crypto::Certificate::from_der(*request.client_certificate);
    if (!certificate) return certificate.error();
    const auto fingerprint = to_hex(certificate->fingerprint());
    for (const auto& one : operators) {
      if (one.fingerprint != fingerprint) continue;
      for (const auto& role : one.roles)
        if (std::find(roles.begin(), roles.end(), role) != roles.end()) {
          request.principal = one;
          // A page of another origin cannot set this header without being asked first, and we answer no such question.
          if (request.method != Method::get && request.header("x-requested-with") != "jindu")
            return Error{Fault::forbidden, "console.cross_site", "the header X-Requested-With is missing"};
          return {};
        }
      return Error{Fault::forbidden, "console.role", "this needs the role " + roles.front()};
    }
    return Error{Fault::forbidden, "console.not_registered", "this certificate is not in the register of operators"};
  };
}

boost::json::object to_json(const store::Entry& e) {
  return {{"id", e.id}, {"direction", e.outward ? "out" : "in"}, {"state", e.state}, {"channel", e.channel}, {"epoch", e.epoch},
          {"sequence", e.sequence}, {"from", e.from}, {"to", e.to}, {"kind", e.kind}, {"subject", to_hex(e.subject)},
          {"subject_sequence", e.subject_sequence}, {"priority", e.priority}, {"size", e.size}, {"manifest_digest", to_hex(e.manifest_digest)},
          {"created_at_ms", e.created_ms}, {"expires_at_ms", e.expires_ms}, {"stored_at_ms", e.stored_ms}, {"voyage", e.voyage}, {"code", e.code}};
}

result<std::string> reason_in(const Request& request) {
  auto body = request.json();
  if (!body) return body.error();
  const auto* reason = body->is_object() ? body->as_object().if_contains("reason") : nullptr;
  if (!reason || !reason->is_string() || reason->as_string().empty() || reason->as_string().size() > 1000)
    return Error{Fault::invalid, "console.reason_required", "say why, in at most 1,000 bytes", "/reason"};
  return std::string(reason->as_string());
}

boost::json::array channels(storage::Transaction& t) {
  boost::json::array list;
  for (const auto& row : t.query("SELECT channel, MAX(sequence), COUNT(*), "
                                 "SUM(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'carried' THEN 1 ELSE 0 END), "
                                 "SUM(CASE WHEN state = 'ready' THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'early' THEN 1 ELSE 0 END), "
                                 "SUM(CASE WHEN state = 'held' THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'ended' AND code = '' THEN 1 ELSE 0 END), "
                                 "SUM(CASE WHEN state = 'ended' AND code <> '' THEN 1 ELSE 0 END) "
                                 "FROM bundle WHERE kind <> 'receipts' GROUP BY channel ORDER BY channel"))
    list.push_back({{"channel", row.text(0)}, {"sequence", row.integer(1)}, {"bundles", row.integer(2)}, {"waiting", row.integer(3)}, {"carried", row.integer(4)},
                    {"ready", row.integer(5)}, {"early", row.integer(6)}, {"held", row.integer(7)}, {"applied", row.integer(8)}, {"not_applied", row.integer(9)}});
  return list;
}

}  // namespace

std::vector<http::Route> console_routes(Unit& unit, std::vector<Operator> operators, std::string carrier) {
  const auto reader = operator_with(operators, {"operator", "releaser", "auditor"});
  const auto releaser = operator_with(operators, {"releaser"});
  std::vector<http::Route> routes;
  routes.push_back({Method::get, "/api/v1/me", reader, 0, [&unit](Request& request) -> result<Response> {
                      const auto& me = std::any_cast<const Operator&>(request.principal);
                      boost::json::array roles(me.roles.begin(), me.roles.end());
                      return Response::json({{"name", me.name}, {"roles", std::move(roles)}, {"unit", unit.options().name}});
                    }});
  routes.push_back({Method::get, "/api/v1/overview", reader, 0, [&unit, carrier](Request&) -> result<Response> {
                      boost::json::object answer{{"unit", unit.options().name}, {"peer", unit.options().peer}, {"service", unit.options().service}, {"carrier", carrier}, {"at_ms", to_unix_ms(unit.now())}};
                      auto ok = unit.journal().read([&](storage::Transaction& t) {
                        answer["channels"] = channels(t);
                        answer["other_side_last_heard_ms"] = store::state_value(t, "peer_heard_ms");
                        const auto row = t.query_one("SELECT MIN(stored_ms) FROM bundle WHERE state IN ('waiting', 'ready', 'early', 'held') AND kind <> 'receipts'");
                        answer["oldest_waiting_ms"] = row->is_null(0) ? 0 : row->integer(0);
                      });
                      if (!ok) return ok.error();
                      answer["disk_free_bytes"] = files::free_bytes(unit.options().directory);
                      answer["disk_minimum_bytes"] = unit.options().minimum_free_bytes;
                      return Response::json(answer);
                    }});
  routes.push_back({Method::get, "/api/v1/bundles", reader, 0, [&unit](Request& request) -> result<Response> {
                      store::BundleFilter filter;
                      filter.state = request.query_value("state");
                      filter.kind = request.query_value("kind");
                      filter.channel = request.query_value("channel");
                      filter.before = request.query_value("cursor");
                      boost::json::array list;
                      std::string cursor;
                      auto ok = unit.journal().read([&](storage::Transaction& t) {
                        list.clear();
                        cursor.clear();
                        const auto entries = store::list(t, filter);
                        for (const auto& e : entries) list.push_back(to_json(e));
                        if (static_cast<std::int64_t>(entries.size()) == filter.limit) cursor = entries.back().id;
                      });
                      if (!ok) return ok.error();
                      return Response::json({{"bundles", std::move(list)}, {"cursor", cursor}});
                    }});
  routes.push_back({Method::get, "/api/v1/bundles/{id}", reader, 0, [&unit](Request& request) -> result<Response> {
                      std::optional<boost::json::object> answer;
                      auto ok = unit.journal().read([&](storage::Transaction& t) {
                        const auto entry = store::find(t, std::string(request.parameter("id")));
                        if (!entry) return;
                        answer = to_json(*entry);
                        boost::json::array timeline;
                        for (const auto& r : store::receipts_about(t, entry->id))
                          timeline.push_back({{"rung", exchange::to_text(static_cast<jindu::v1::Rung>(r.rung))}, {"party", r.party}, {"at_ms", r.at_ms}, {"code", r.code}, {"receipt", to_base64(r.receipt)}});
                        (*answer)["timeline"] = std::move(timeline);
                      });
                      if (!ok) return ok.error();
                      if (!answer) return Error{Fault::not_found, "bundle.unknown", "there is no such bundle"};
                      return Response::json(*answer);
                    }});
  const auto act = [&unit](result<void> (Unit::*work)(const std::string&, const std::string&, const std::string&)) {
    return [&unit, work](Request& request) -> result<Response> {
      auto reason = reason_in(request);
      if (!reason) return reason.error();
      const auto& me = std::any_cast<const Operator&>(request.principal);
      if (auto ok = (unit.*work)(std::string(request.parameter("id")), me.name + " " + me.fingerprint.substr(0, 16), *reason); !ok) return ok.error();
      return Response::empty();
    };
  };
  routes.push_back({Method::post, "/api/v1/bundles/{id}/release", releaser, 4096, act(&Unit::release)});
  routes.push_back({Method::post, "/api/v1/bundles/{id}/refuse", releaser, 4096, act(&Unit::refuse)});
  routes.push_back({Method::get, "/api/v1/voyages", reader, 0, [&unit](Request&) -> result<Response> {
                      boost::json::array list;
                      auto ok = unit.journal().read([&](storage::Transaction& t) {
                        list.clear();
                        for (const auto& r : t.query("SELECT direction, number, at_ms, bundles, bytes, damaged FROM voyage ORDER BY at_ms DESC LIMIT 200"))
                          list.push_back({{"direction", r.text(0)}, {"number", r.integer(1)}, {"at_ms", r.integer(2)}, {"bundles", r.integer(3)}, {"bytes", r.integer(4)}, {"damaged", r.integer(5)}});
                      });
                      if (!ok) return ok.error();
                      return Response::json({{"voyages", std::move(list)}});
                    }});
  routes.push_back({Method::get, "/api/v1/reconciliation", reader, 0, [&unit](Request&) -> result<Response> {
                      // Count and Merkle root of the ended bundles of each channel in order of sequence: both units must say the same.
                      boost::json::array list;
                      auto ok = unit.journal().read([&](storage::Transaction& t) {
                        list.clear();
                        for (const auto& channel : t.query("SELECT DISTINCT channel FROM bundle WHERE kind <> 'receipts' ORDER BY channel")) {
                          std::vector<crypto::Digest> leaves;
                          std::int64_t last = 0;
                          for (const auto& row : t.query("SELECT sequence, manifest_digest FROM bundle WHERE channel = $1 AND state = 'ended' ORDER BY epoch, sequence", {channel.text(0)})) {
                            leaves.push_back(evidence::merkle_leaf(row.blob(1)));
                            last = row.integer(0);
                          }
                          list.push_back({{"channel", channel.text(0)}, {"ended", leaves.size()}, {"last_sequence", last}, {"merkle_root", to_hex(evidence::merkle_root(leaves))}});
                        }
                      });
                      if (!ok) return ok.error();
                      return Response::json({{"channels", std::move(list)}});
                    }});
  routes.push_back({Method::get, "/api/v1/log", reader, 0, [&unit](Request&) -> result<Response> {
                      boost::json::array list;
                      auto ok = unit.journal().read([&](storage::Transaction& t) {
                        list.clear();
                        for (const auto& r : t.query("SELECT number, at_ms, who, act, about, reason, digest FROM operator_log ORDER BY number DESC LIMIT 500"))
                          list.push_back({{"number", r.integer(0)}, {"at_ms", r.integer(1)}, {"who", r.text(2)}, {"act", r.text(3)}, {"about", r.text(4)}, {"reason", r.text(5)}, {"digest", to_hex(r.blob(6))}});
                      });
                      if (!ok) return ok.error();
                      return Response::json({{"log", std::move(list)}});
                    }});
  return routes;
}

}  // namespace jindu::gateway
