#include "world.hpp"

#include <catch2/catch.hpp>

#include "common/runtime/files.hpp"
#include "common/runtime/messages.hpp"
#include "tests/support/revocation_list.hpp"

namespace jindu::gateway::test {
namespace {

crypto::Certificate root_certificate(const crypto::PrivateKey& key, Instant now) {
  return crypto::issue_certificate(key, nullptr, key.public_key(), {.common_name = "Test Root"},
                                   crypto::Profile::authority, now - std::chrono::hours(24),
                                   now + std::chrono::hours(24 * 3650))
      .value();
}

std::filesystem::path fresh_folder() {
  auto folder = std::filesystem::temp_directory_path() / ("jindu-gateway-" + random_code(12));
  std::filesystem::create_directories(folder);
  return folder;
}

}  // namespace

Bytes Sender::next(int subject, BytesView payload) {
  exchange::BundleDraft draft;
  draft.id = exchange::new_bundle_id(clock->now());
  draft.from = name;
  draft.to = peer;
  draft.kind = kind;
  draft.priority = priority;
  draft.subject = Bytes(16, static_cast<std::uint8_t>(subject));
  draft.created = clock->now();
  draft.expires = clock->now() + lives;
  ++place.sequence;
  place.subject_sequence = ++subjects[subject];
  draft.place = place;
  auto built = exchange::build_bundle(draft, payload, signer.key, peer_key).value();
  place.previous_digest = built.manifest_digest;
  return std::move(built.bytes);
}

void say_more(google::protobuf::Message& message) {
  message.GetReflection()->MutableUnknownFields(&message)->AddLengthDelimited(900, "what only newer programs know");
}

Bytes newer(BytesView bundle, const evidence::NodeSigner& sender, std::uint32_t version) {
  auto view = exchange::parse_bundle(bundle).value();
  view.manifest.set_version(version);
  say_more(view.manifest);
  const auto manifest = encode(view.manifest);
  const auto digest = crypto::sha256(manifest);
  Bytes to_sign(bytes_of("jindu/bundle/v1").begin(), bytes_of("jindu/bundle/v1").end());
  to_sign.push_back(0);
  to_sign.insert(to_sign.end(), digest.begin(), digest.end());
  const auto signature = sender.key.sign(to_sign);
  Bytes made{'J', 'D', 'B', '1'};
  for (int shift = 24; shift >= 0; shift -= 8) made.push_back(static_cast<std::uint8_t>(manifest.size() >> shift));
  made.insert(made.end(), manifest.begin(), manifest.end());
  made.push_back(0);
  made.push_back(static_cast<std::uint8_t>(signature.size()));
  made.insert(made.end(), signature.begin(), signature.end());
  made.insert(made.end(), view.seal.begin(), view.seal.end());
  return made;
}

Side::Side(std::filesystem::path folder, evidence::NodeSigner signer, evidence::NodeTrust trust, UnitOptions options,
           std::shared_ptr<TestClock> clock)
    : folder_(std::move(folder)),
      signer_(std::move(signer)),
      trust_(std::move(trust)),
      options_(std::move(options)),
      clock_(std::move(clock)) {
  restart();
}

void Side::restart(bool asked) {
  unit_.reset();
  journal_.reset();
  options_.directory = folder_.string();
  REQUIRE(files::make_folder(folder_ / "bundles"));
  journal_ = storage::Database::open("sqlite:" + (folder_ / "journal.sqlite").string()).value();
  REQUIRE(journal_->migrate("gateway", store::migrations()));
  unit_ = std::make_unique<Unit>(*journal_, signer_, trust_, options_, clock_);
  REQUIRE(unit_->remove_orphans());
  if (asked) REQUIRE(unit_->receipts(0, 1));
}

void Side::back_up(const std::filesystem::path& to) {
  unit_.reset();
  journal_.reset();
  std::filesystem::remove_all(to);
  std::filesystem::copy(folder_, to, std::filesystem::copy_options::recursive);
  restart();
}

void Side::restore(const std::filesystem::path& from) {
  unit_.reset();
  journal_.reset();
  std::filesystem::remove_all(folder_);
  std::filesystem::copy(from, folder_, std::filesystem::copy_options::recursive);
  restart();
}

void Side::restart_with(const Policy& policy) {
  options_.policy = policy;
  restart();
}

void Side::restart_with(const std::function<void(UnitOptions&)>& change) {
  change(options_);
  restart();
}

void Side::restart_with(evidence::NodeTrust trust) {
  trust_ = std::move(trust);
  restart();
}

std::int64_t Side::count(const std::string& sql) {
  std::int64_t value = -1;
  REQUIRE(journal_->read([&](storage::Transaction& t) { value = t.query_one(sql)->integer(0); }));
  return value;
}

std::string Side::text(const std::string& sql) {
  std::string value;
  REQUIRE(journal_->read([&](storage::Transaction& t) {
    const auto row = t.query_one(sql);
    value = row ? row->text(0) : "";
  }));
  return value;
}

std::string Side::state_of(const std::string& id) { return text("SELECT state FROM bundle WHERE id = '" + id + "'"); }

World::World()
    : folder(fresh_folder()),
      root_key(crypto::PrivateKey::generate_p256()),
      root(root_certificate(root_key, clock->now())),
      portal(node("portal")),
      approval(node("approval")),
      outer_signer(node("gateway-outer")),
      inner_signer(node("gateway-inner")),
      stranger(node("stranger")),
      outer(folder / "outer", outer_signer, trust(), options("gateway-outer", "gateway-inner", "portal"), clock),
      inner(folder / "inner", inner_signer, trust(), options("gateway-inner", "gateway-outer", "approval"), clock),
      from_portal{"portal", "approval", portal, approval.key.public_key(), clock},
      from_approval{"approval", "portal", approval, portal.key.public_key(), clock} {
  from_approval.kind = "status";
}

World::~World() {
  std::error_code code;
  std::filesystem::remove_all(folder, code);
}

evidence::NodeSigner World::node(const std::string& name) const {
  auto key = crypto::PrivateKey::generate_p256();
  auto certificate =
      crypto::issue_certificate(root_key, &root, key.public_key(), {.common_name = name}, crypto::Profile::citizen,
                                clock->now() - std::chrono::hours(24), clock->now() + std::chrono::hours(24 * 700))
          .value();
  return {name, key, certificate};
}

evidence::NodeTrust World::trust() const { return {crypto::TrustStore::from_pem(root.pem()).value(), {}}; }

evidence::NodeTrust World::trust_with_an_old_crl() const {
  const auto crl = revocation_list(root_key, root, nullptr, "20260101000000Z", "20260201000000Z");
  return {crypto::TrustStore::from_pem(root.pem(), crl).value(), {}};
}

Policy World::policy() const {
  return {{{"portal", "approval", "dossier", 16u << 20, 0, 0, false},
           {"portal", "approval", "material", 16u << 20, 0, 0, false},
           {"approval", "portal", "status", 65536, 0, 0, false}}};
}

Policy World::slow_policy() const {
  auto slow = policy();
  slow.rules[0].per_minute = 60;
  slow.rules[0].burst = 2;
  return slow;
}

UnitOptions World::options(const std::string& name, const std::string& peer, const std::string& service) const {
  UnitOptions options;
  options.name = name;
  options.peer = peer;
  options.service = service;
  options.inner = service == "approval";
  for (const auto* one : {&portal, &approval, &outer_signer, &inner_signer})
    options.nodes.emplace(one->name, one->certificate);
  options.policy = policy();
  return options;
}

std::vector<std::string> World::deliverable(Side& side) const {
  std::vector<std::string> ids;
  for (const auto& one : side->deliveries(0, 1000).value()) ids.push_back(one.id);
  return ids;
}

Bytes World::receipt(const evidence::NodeSigner& by, BytesView bundle, jindu::v1::Rung rung, std::string code) const {
  const auto view = exchange::parse_bundle(bundle).value();
  return exchange::sign_receipt({view.id, view.manifest_digest, rung, by.name, clock->now(), std::move(code), {}}, by);
}

std::vector<std::string> World::apply_all(Side& side, const evidence::NodeSigner& service) const {
  std::vector<std::string> ids;
  for (const auto& id : deliverable(side)) {
    const auto bundle = side->deliver(id).value();
    REQUIRE(side->service_receipt(receipt(service, bundle, jindu::v1::RUNG_APPLIED)));
    ids.push_back(id);
  }
  return ids;
}

std::vector<std::string> World::ids_of(const std::vector<Unit::Load>& loads) {
  std::vector<std::string> ids;
  for (const auto& one : loads) ids.push_back(one.id);
  return ids;
}

std::vector<Bytes> World::bytes_of_loads(const std::vector<Unit::Load>& loads) {
  std::vector<Bytes> bundles;
  for (const auto& one : loads) bundles.push_back(one.bundle);
  return bundles;
}

void World::carry_all() {
  for (bool moved = true; moved;) {
    moved = false;
    for (auto [from, to] : {std::pair(&outer, &inner), std::pair(&inner, &outer)}) {
      while (from->unit().build_control().value()) {
      }
      const auto loads = from->unit().load(1000, 1 << 30).value();
      if (loads.empty()) continue;
      REQUIRE(from->unit().carried(to->unit().take_from_carrier(bytes_of_loads(loads))));
      moved = true;
    }
  }
}

std::string World::id_of(BytesView bundle) { return exchange::to_text(exchange::parse_bundle(bundle).value().id); }

std::string rung_of(const result<Bytes>& receipt) {
  if (!receipt) return "error " + receipt.error().code;
  return std::string(exchange::to_text(exchange::read_receipt(*receipt).value().rung));
}

std::string code_of(const result<Bytes>& receipt) {
  return receipt ? exchange::read_receipt(*receipt).value().code : receipt.error().code;
}

}  // namespace jindu::gateway::test
