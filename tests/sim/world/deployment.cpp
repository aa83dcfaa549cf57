#include "tests/sim/world/deployment.hpp"

#include <sys/stat.h>

#include "common/exchange/service/exchange.hpp"
#include "common/exchange/service/kept_receipts.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/worker.hpp"

namespace jindu::sim {
namespace {

const std::vector<storage::Migration>& migrations() {
  static const std::vector<storage::Migration> all{
      {1, "simulation",
       "CREATE TABLE sim_sent (number BIGINT NOT NULL PRIMARY KEY, subject BIGINT NOT NULL);"
       "CREATE TABLE sim_applied (number $SERIAL, message TEXT NOT NULL, digest TEXT NOT NULL)"}};
  return all;
}

std::string digest_of(std::string_view text) { return to_hex(crypto::sha256(bytes_of(text))); }
std::string head_of(std::string_view text) { return std::string(text.substr(0, 300)); }

std::map<int, Message> plan_messages(const Plan& plan, Random& random, bool from_portal) {
  std::map<int, Message> messages;
  std::map<int, int> places;
  for (int n = 0; n < plan.messages; ++n) {
    Message m;
    m.number = n;
    m.subject = static_cast<int>(random.below(static_cast<std::uint64_t>(plan.subjects)));
    m.place = places[m.subject]++;
    m.kind = from_portal ? "dossier" : "status";
    m.size = random.below(2'000);
    if (plan.large && from_portal && random.chance(0.2)) m.size = 300'000;
    if (plan.holds && random.chance(0.3)) m.kind = "notice";
    if (plan.limited && random.chance(0.3)) m.kind = "catalogue";
    if (plan.refusals) {
      if (random.chance(0.1)) m.kind = "forbidden";
      if (random.chance(0.1)) m.conduct = Conduct::refused;
      if (random.chance(0.1)) m.conduct = Conduct::refused_late;
    }
    if (random.chance(0.1)) m.conduct = Conduct::later;
    if (plan.poison && m.subject == 0 && m.conduct == Conduct::plain) m.conduct = Conduct::poison;
    messages.emplace(n, m);
  }
  return messages;
}

// A service around the product's own way of sending and receiving.
class SimulatedService {
 public:
  SimulatedService(Deployment& d, bool is_portal)
      : d_(d),
        is_portal_(is_portal),
        mine_(is_portal ? d.keys.portal : d.keys.approval),
        other_(is_portal ? d.keys.approval : d.keys.portal),
        ledger_(is_portal ? d.from_portal : d.from_approval),
        incoming_(is_portal ? d.from_approval : d.from_portal),
        url_(std::string("sqlite:") + (is_portal ? d.portal_disk : d.approval_disk).folder() + "/service.sqlite") {}

  void run() {
    auto opened = storage::Database::open(url_);
    if (!opened) return log::error("service.no_database", log::of(opened.error()));
    auto& database = **opened;
    if (auto ok = database.migrate("simulation", migrations()); !ok)
      return log::error("service.no_database", log::of(ok.error()));
    auto service = start(database);
    if (!service) return log::error("service.not_started", log::of(service.error()));
    bool ends = false;
    const auto sender = d_.kernel.start_thread([&] {
      while (!ends) send(database, **service);
    });
    const auto looker = d_.kernel.start_thread([&] {
      while (!ends) look(database);
    });
    wait_for_stop_signal();
    ends = true;
    d_.kernel.join(sender);
    d_.kernel.join(looker);
    (*service)->stop();
  }

 private:
  result<std::unique_ptr<exchange::Service>> start(storage::Database& database) {
    exchange::ServiceOptions options;
    options.node = mine_.name;
    options.peer = other_.name;
    options.unit = is_portal_ ? "gateway-outer" : "gateway-inner";
    options.client = {"https://" + options.unit + ":7001", "", mine_.name};
    options.client.expected_peer.name = options.unit;
    if (d_.plan.short_lived) options.expires = kShortLife;
    std::map<std::string, exchange::Receiver> receivers;
    for (const auto* kind : {"dossier", "status", "notice", "catalogue"})
      receivers.emplace(kind, [this](const exchange::Incoming& incoming) { return receive(incoming); });
    return exchange::Service::start(database, mine_, d_.keys.trust(), other_.certificate, options, std::move(receivers),
                                    nullptr);
  }

  void send(storage::Database& database, exchange::Service& service) {
    d_.kernel.sleep(std::chrono::milliseconds(d_.kernel.random().between(1, 2'000)));
    std::optional<int> number;
    const auto now = from_unix_ms(d_.kernel.wall_ms());
    auto ok = database.write([&](storage::Transaction& t) {
      number.reset();
      const auto next = static_cast<int>(t.query_one("SELECT COUNT(*) FROM sim_sent")->integer(0));
      const auto planned = ledger_.planned.find(next);
      if (planned == ledger_.planned.end()) return;
      const auto& m = planned->second;
      const auto text = m.text();
      t.execute("INSERT INTO sim_sent (number, subject) VALUES ($1, $2)",
                {std::int64_t{m.number}, std::int64_t{m.subject}});
      exchange::enqueue(t,
                        {m.kind, "subject-" + std::to_string(m.subject), static_cast<std::uint32_t>(1 + m.number % 3),
                         Bytes(text.begin(), text.end())},
                        now);
      number = next;
    });
    if (!ok || !number) return;
    ledger_.committed.insert(*number);
    d_.kernel.trace(mine_.name + " sends " + ledger_.planned.at(*number).text().substr(0, 40));
    service.wake();
  }

  result<exchange::Effects> receive(const exchange::Incoming& incoming) {
    const std::string text(text_of(incoming.payload));
    const auto m = Message::from_text(text);
    if (!m) return Error{Fault::invalid, "simulation.not_a_message", "this is no message of the simulation"};
    const int attempt = ++incoming_.attempts[m->number];
    if (m->conduct == Conduct::refused) return Error{Fault::forbidden, "simulation.refused", "as its text wants"};
    if (m->conduct == Conduct::later && attempt < 3)
      return Error{Fault::unavailable, "simulation.later", "as its text wants"};
    if (m->conduct == Conduct::poison && !d_.poison_is_gone)
      return Error{Fault::internal, "simulation.poison", "as its text wants"};
    const auto digest = digest_of(text);
    return exchange::Effects(
        [this, head = head_of(text), digest, late = m->conduct == Conduct::refused_late](storage::Transaction& t) {
          t.execute("INSERT INTO sim_applied (message, digest) VALUES ($1, $2)", {head, digest});
          if (late) throw ErrorException({Fault::conflict, "simulation.refused_late", "as its text wants"});
          d_.kernel.trace(mine_.name + " applies " + head.substr(0, 40));
        });
  }

  // From time to time: what is open, and that no rung is ever below one that was seen before.
  void look(storage::Database& database) {
    d_.kernel.sleep(std::chrono::milliseconds(500));
    const bool wanted = !ledger_.accounted && wants_account_;
    auto account = account_of(database);
    if (!account) return;
    ledger_.waiting = account->waiting;
    ledger_.open.clear();
    for (const auto& one : account->sent) {
      auto& highest = ledger_.rungs[one.bundle];
      if (one.rung < highest && !one.bundle.empty())
        d_.kernel.fail(mine_.name + ": the rung of " + one.bundle + " went down");
      highest = std::max(highest, one.rung);
      if (one.ended) continue;
      ledger_.open.insert(one.message.number);
    }
    ledger_.all_sent = account->sent.size() + account->waiting >= ledger_.planned.size();
    if (!wanted) return;
    ledger_.account = std::move(*account);
    ledger_.accounted = true;
  }

  std::optional<Account> account_of(storage::Database& database) {
    Account account;
    auto ok = database.read([&](storage::Transaction& t) {
      account = {};
      // Bundles are made in the order of the outbox within a subject: the n-th of a subject is its n-th message.
      std::map<std::string, std::vector<int>> of_subject;
      for (const auto& r : t.query("SELECT number, subject FROM sim_sent ORDER BY number"))
        of_subject["subject-" + std::to_string(r.integer(1))].push_back(static_cast<int>(r.integer(0)));
      account.waiting = static_cast<std::size_t>(t.query_one("SELECT COUNT(*) FROM exchange_outbox")->integer(0));
      std::map<std::string, std::size_t> made;
      for (const auto& r :
           t.query("SELECT bundle_id, subject, rung, ended, code FROM exchange_sent ORDER BY sequence")) {
        const auto& numbers = of_subject[r.text(1)];
        const auto place = made[r.text(1)]++;
        if (place >= numbers.size()) {
          d_.kernel.fail(mine_.name + " has made a bundle that nobody asked for: " + r.text(0));
          continue;
        }
        account.sent.push_back(
            {ledger_.planned.at(numbers[place]), r.text(0), r.integer(2), r.integer(3) == 1, r.text(4)});
      }
      for (const auto& r : t.query("SELECT message, digest FROM sim_applied ORDER BY number")) {
        const auto m = Message::from_text(r.text(0));
        account.applied.push_back({m ? *m : Message{}, r.text(1)});
      }
      for (auto& r :
           t.query("SELECT bundle_id, rung, party, receipt, certificate, together, place FROM exchange_receipt"))
        account.receipts.push_back({r.text(0), r.integer(1), r.text(2), exchange::receipt_in(t, r, 3).whole()});
    });
    if (!ok) return {};
    return account;
  }

  Deployment& d_;
  bool is_portal_;
  const evidence::NodeSigner &mine_, &other_;
  Ledger &ledger_, &incoming_;
  std::string url_;

 public:
  static inline bool wants_account_ = false;
};

}  // namespace

std::string Message::text() const {
  std::string text = std::to_string(number) + "|" + std::to_string(subject) + "|" + std::to_string(place) + "|" +
                     std::to_string(static_cast<int>(conduct)) + "|" + kind + "|" + std::to_string(size) + "|" +
                     std::string(kSecret) + "|";
  if (text.size() < size) text.resize(size, static_cast<char>('a' + number % 26));
  return text;
}

bool Ledger::stands_behind_poison(int number) const {
  const auto& m = planned.at(number);
  return std::any_of(planned.begin(), planned.end(), [&](const auto& one) {
    return one.second.conduct == Conduct::poison && one.second.subject == m.subject && one.second.place <= m.place;
  });
}

std::optional<Message> Message::from_text(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; parts.size() < 6;) {
    const auto end = text.find('|', at);
    if (end == std::string_view::npos) return {};
    parts.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  Message m;
  m.number = std::stoi(parts[0]);
  m.subject = std::stoi(parts[1]);
  m.place = std::stoi(parts[2]);
  m.conduct = static_cast<Conduct>(std::stoi(parts[3]));
  m.kind = parts[4];
  m.size = std::stoul(parts[5]);
  return m;
}

Deployment::Deployment(Kernel& k, Network& n, const Keys& ks, const Plan& p, std::string f)
    : kernel(k),
      network(n),
      keys(ks),
      plan(p),
      folder(std::move(f)),
      outer_disk(kernel, "gateway-outer", folder + "/outer"),
      inner_disk(kernel, "gateway-inner", folder + "/inner"),
      portal_disk(kernel, "portal", folder + "/portal"),
      approval_disk(kernel, "approval", folder + "/approval"),
      medium(kernel, "medium", folder + "/medium") {
  outside = &kernel.add_process("outside", nullptr, [] { Kernel::active()->sleep(std::chrono::hours(24 * 365)); });
  outer = &kernel.add_process("gateway-outer", &outer_disk, [this] { run_unit(true); });
  inner = &kernel.add_process("gateway-inner", &inner_disk, [this] { run_unit(false); });
  portal = &kernel.add_process("portal", &portal_disk, [this] { run_service(true); });
  approval = &kernel.add_process("approval", &approval_disk, [this] { run_service(false); });
  from_portal.planned = plan_messages(plan, kernel.random(), true);
  from_approval.planned = plan_messages(plan, kernel.random(), false);
  for (const auto* node :
       {&keys.portal, &keys.approval, &keys.outer, &keys.inner, &keys.first_operator, &keys.second_operator})
    network.know(node->name, node->certificate.der());
  for (const auto* unit : {outer, inner}) ::mkdir(port_of(*unit).c_str(), 0700);
  kernel.keep_secret(kSecret);
  for (auto* volume : {&outer_disk, &inner_disk, &medium}) {
    volume->is_of_carriers = true;
    volume->keeps_what_is_synced = !plan.changes_disks();
  }
  SimulatedService::wants_account_ = false;
}

gateway::Policy Deployment::policy() const {
  gateway::Policy policy;
  const auto allow = [&](const char* from, const char* to, const char* kind, bool hold, std::uint32_t per_minute) {
    gateway::PolicyRule rule;
    rule.from = from;
    rule.to = to;
    rule.kind = kind;
    rule.max_bytes = 16u << 20;
    rule.per_minute = per_minute;
    rule.burst = per_minute == 0 ? 0 : 1;
    rule.hold = hold;
    policy.rules.push_back(rule);
  };
  allow("portal", "approval", "dossier", false, 0);
  allow("approval", "portal", "status", false, 0);
  for (const auto& [from, to] : {std::pair("portal", "approval"), std::pair("approval", "portal")}) {
    allow(from, to, "notice", true, 0);
    allow(from, to, "catalogue", false, 20);
  }
  return policy;
}

gateway::Settings Deployment::settings_of(bool is_outer) const {
  const auto& mine = is_outer ? keys.outer : keys.inner;
  gateway::UnitOptions unit;
  unit.name = mine.name;
  unit.peer = is_outer ? "gateway-inner" : "gateway-outer";
  unit.service = is_outer ? "portal" : "approval";
  unit.inner = !is_outer;
  unit.directory = (is_outer ? outer_disk : inner_disk).folder() + "/journal";
  unit.minimum_free_bytes = 1;
  if (plan.shared_files) unit.shared_from = 1;
  if (plan.packed_voyages) unit.packed_from = 1;
  if (plan.swept_early) unit.keep_finished = std::chrono::hours(0);
  for (const auto* node : {&keys.portal, &keys.approval, &keys.outer, &keys.inner})
    unit.nodes.emplace(node->name, node->certificate);
  unit.policy = policy();
  const auto listener = [&](const char* name, std::uint16_t port) {
    http::ServerOptions options;
    options.name = name;
    options.address = mine.name;
    options.port = port;
    return options;
  };
  std::vector<gateway::Operator> operators;
  for (const auto* one : {&keys.first_operator, &keys.second_operator})
    operators.push_back({to_hex(one->certificate.fingerprint()), one->name, {"operator", "releaser", "auditor"}});
  gateway::FerryOptions ferry;
  ferry.attachment = port_of(is_outer ? *outer : *inner) + "/medium";
  ferry.lost_after = std::chrono::seconds(60);
// What a unit is not told here has its default.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
  gateway::Settings settings{.outer = is_outer, .signer = mine, .trust = keys.trust()};
#pragma GCC diagnostic pop
  const auto unit_peer = unit.peer;
  settings.unit = std::move(unit);
  settings.services = listener("services", 7001);
  settings.console = listener("console", 7002);
  settings.operations = listener("operations", 7900);
  settings.has_console = true;
  settings.carrier = plan.carrier;
  settings.link_listener = listener("link", 7443);
  settings.link_outer = {"https://gateway-outer:7443", "", mine.name};
  settings.ferry = ferry;
  settings.diode.listen = mine.name + ":7444";
  settings.diode.send_to = unit_peer + ":7444";
  settings.diode.shape.data = 8;
  settings.diode.shape.repair = 4;
  settings.diode.shape.bytes_per_second = 2'000'000;
  settings.diode.shape.burst = std::chrono::milliseconds(20);
  settings.diode.shape.memory = 4 * 1024 * 1024;
  settings.operators = std::move(operators);
  settings.log_level = "info";
  return settings;
}

void Deployment::run_unit(bool is_outer) {
  if (auto ok = gateway::run_unit(settings_of(is_outer)); !ok) log::error("unit.ended", log::of(ok.error()));
}

void Deployment::run_service(bool is_portal) { SimulatedService(*this, is_portal).run(); }

void Deployment::start_all() {
  kernel.start(*outside);
  for (auto* process : processes()) kernel.start(*process);
}

void Deployment::take_accounts() {
  from_portal.accounted = from_approval.accounted = false;
  SimulatedService::wants_account_ = true;
}

http::ClientOptions Deployment::operator_client(const Process& unit, bool second) const {
  return {"https://" + unit.name + ":7002", "", (second ? keys.second_operator : keys.first_operator).name};
}

}  // namespace jindu::sim
