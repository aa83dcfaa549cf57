// A newer program on one side: what it says more is carried untouched by an older unit, or refused where policy wants.
#include <jindu/v1/epoch.pb.h>
#include <jindu/v1/receipt.pb.h>
#include <jindu/v1/signed.pb.h>

#include <catch2/catch.hpp>

#include "../world.hpp"
#include "common/exchange/codec/batch.hpp"
#include "common/runtime/messages.hpp"
#include "exchange-gateway/carriers/batch.hpp"

namespace jindu::gateway::test {
namespace {

Bytes newer_receipt(const World& w, const evidence::NodeSigner& by, BytesView bundle, jindu::v1::Rung rung) {
  const auto plain = evidence::read_signed(w.receipt(by, bundle, rung), evidence::kReceiptType).value();
  jindu::v1::Receipt body;
  REQUIRE(parse_message(plain.body, body));
  say_more(body);
  return evidence::sign_statement(evidence::kReceiptType, encode(body), by);
}

Bytes receipt_kept(Side& side, const std::string& id, jindu::v1::Rung rung, const std::string& party) {
  Bytes kept;
  REQUIRE(side->journal().read([&](storage::Transaction& t) {
    for (const auto& one : store::receipts_about(t, id))
      if (one.rung == rung && one.party == party) kept = one.receipt.whole();
  }));
  return kept;
}

Policy outward(const World& w, NewerFields newer) {
  auto policy = w.policy();
  policy.rules.at(2).newer = newer;
  return policy;
}

}  // namespace

TEST_CASE("an older unit carries a newer bundle byte for byte, and a newer receipt back where a rule says so") {
  World w;
  const bool says_so = GENERATE(false, true);
  const auto bundle = newer(w.from_portal.next(1, "hello"), w.portal);
  const auto id = World::id_of(bundle);
  REQUIRE(rung_of(w.outer->take_from_service(bundle)) == "stored");
  w.outer.restart();
  w.carry_all();
  CHECK(w.inner->deliver(id).value() == bundle);
  CHECK(text_of(exchange::open_bundle(exchange::parse_bundle(bundle).value(), w.approval.key).value()) == "hello");
  const auto applied = newer_receipt(w, w.approval, bundle, jindu::v1::RUNG_APPLIED);
  REQUIRE(exchange::open_receipt(applied, w.inner->trust()).value().newer);
  if (says_so) {
    auto policy = w.policy();
    policy.rules.front().newer = NewerFields::carry;
    w.inner.restart_with(policy);
  } else {
    // Its service tells it again, until the unit is as new: nothing is lost, and nothing else waits.
    CHECK(w.inner->service_receipt(applied).error().code == "policy.newer_fields");
    w.carry_all();
    CHECK(w.inner.state_of(id) == "ready");
    CHECK(receipt_kept(w.outer, id, jindu::v1::RUNG_APPLIED, "approval").empty());
    const auto known = w.receipt(w.approval, bundle, jindu::v1::RUNG_APPLIED);
    REQUIRE(w.inner->service_receipt(known));
    w.carry_all();
    CHECK(w.outer.state_of(id) == "ended");
    return;
  }
  REQUIRE(w.inner->service_receipt(applied));
  w.carry_all();
  CHECK(w.outer.state_of(id) == "ended");
  CHECK(receipt_kept(w.outer, id, jindu::v1::RUNG_APPLIED, "approval") == applied);
  Bytes told;
  for (const auto& one : w.outer->receipts(0, 100).value())
    if (one.rung == jindu::v1::RUNG_APPLIED) told = one.receipt.whole();
  CHECK(told == applied);
}

TEST_CASE("the chain goes on behind a newer bundle, whose digest is over what was received") {
  World w;
  auto first = w.from_portal.next(1, "newer");
  first = newer(first, w.portal);
  w.from_portal.place.previous_digest = exchange::parse_bundle(first).value().manifest_digest;
  const auto second = w.from_portal.next(1, "of today");
  REQUIRE(w.outer->take_from_service(first));
  REQUIRE(rung_of(w.outer->take_from_service(second)) == "stored");
  w.carry_all();
  CHECK(w.deliverable(w.inner) == std::vector{World::id_of(first), World::id_of(second)});
}

TEST_CASE("what nobody can read does not leave the isolated network, unless a rule says so") {
  World w;
  const auto bundle = newer(w.from_approval.next(1, "status"), w.approval);
  const auto id = World::id_of(bundle);
  SECTION("by default it is not taken, and nothing of it is told to the other unit; it goes when a rule says so") {
    CHECK(code_of(w.inner->take_from_service(bundle)) == "policy.newer_fields");
    w.carry_all();
    for (auto* side : {&w.inner, &w.outer})
      CHECK(side->count("SELECT COUNT(*) FROM bundle WHERE channel = 'approval>portal'") == 0);
    w.inner.restart_with(outward(w, NewerFields::carry));
    CHECK(rung_of(w.inner->take_from_service(bundle)) == "stored");
  }
  SECTION("the outer unit refuses it by its own policy as well") {
    w.inner.restart_with(outward(w, NewerFields::carry));
    REQUIRE(rung_of(w.inner->take_from_service(bundle)) == "stored");
    w.carry_all();
    CHECK(w.outer.text("SELECT code FROM bundle WHERE id = '" + id + "'") == "policy.newer_fields");
    CHECK(w.deliverable(w.outer).empty());
  }
  SECTION("where both rules carry it, it crosses as it is") {
    w.inner.restart_with(outward(w, NewerFields::carry));
    w.outer.restart_with(outward(w, NewerFields::carry));
    REQUIRE(rung_of(w.inner->take_from_service(bundle)) == "stored");
    w.carry_all();
    CHECK(w.outer->deliver(id).value() == bundle);
  }
}

TEST_CASE("inward, too, a rule may refuse what is not known") {
  World w;
  auto policy = w.policy();
  policy.rules.front().newer = NewerFields::refuse;
  w.outer.restart_with(policy);
  CHECK(code_of(w.outer->take_from_service(newer(w.from_portal.next(1, "x"), w.portal))) == "policy.newer_fields");
}

TEST_CASE("another version is refused whatever it says, and so are fields that nobody signed") {
  World w;
  const auto bundle = w.from_portal.next(1, "x");
  CHECK(w.outer->take_from_service(newer(bundle, w.portal, 2)).error().code == "bundle.version");
  REQUIRE(w.outer->take_from_service(bundle));
  w.carry_all();
  REQUIRE(w.inner->deliver(World::id_of(bundle)));
  jindu::v1::Signed around;
  REQUIRE(parse_message(w.receipt(w.approval, bundle, jindu::v1::RUNG_APPLIED), around));
  say_more(around);
  CHECK(w.inner->service_receipt(encode(around)).error().code == "signed.malformed");
  CHECK(w.inner.state_of(World::id_of(bundle)) == "ready");
}

TEST_CASE("a newer unit's control bundle is read as far as it is known") {
  World w;
  const auto bundle = w.from_portal.next(1, "x");
  REQUIRE(w.outer->take_from_service(bundle));
  const auto loads = w.outer->load(10, 1 << 20).value();
  REQUIRE(w.inner->take_from_carrier(World::bytes_of_loads(loads)).size() == 1);
  jindu::v1::ReceiptBatch batch;
  const auto carried = w.receipt(w.inner_signer, bundle, jindu::v1::RUNG_CARRIED);
  batch.add_receipts(carried.data(), carried.size());
  say_more(batch);
  Sender from_inner{"gateway-inner", "gateway-outer", w.inner_signer, w.outer_signer.key.public_key(), w.clock};
  from_inner.kind = "receipts";
  REQUIRE_FALSE(w.outer->take_from_carrier({newer(from_inner.next(0, encode(batch)), w.inner_signer)}).front().error);
  CHECK(w.outer.state_of(World::id_of(bundle)) == "carried");
}

TEST_CASE("receipts go to an older unit one by one, and together to one that has said that it reads them so") {
  World w;
  // Of a control bundle that the inner unit made: how many receipts it has alone, and how many together.
  const auto told = [&] {
    std::pair<int, int> found{0, 0};
    REQUIRE(w.inner->build_control().value());
    for (const auto& load : w.inner->load(10, 1 << 20).value()) {
      const auto view = exchange::parse_bundle(load.bundle).value();
      REQUIRE(view.manifest.kind() == "receipts");
      jindu::v1::ReceiptBatch batch;
      REQUIRE(parse_message(
          exchange::open_with_any(view, w.outer_signer.key, {}, w.outer->trust(), w.clock->now()).value(), batch));
      for (const auto& one : batch.receipts())
        if (evidence::read_signed(bytes_of(one), evidence::kReceiptType)) ++found.first;
      for (const auto& one : batch.together()) found.second += one.bodies_size();
      REQUIRE_FALSE(w.outer->take_from_carrier({load.bundle}).front().error);
    }
    w.inner->forget_leases();
    return found;
  };
  const auto cross = [&](int subject) {
    std::vector<Bytes> bundles;
    for (int i = 0; i < 3; ++i) bundles.push_back(w.from_portal.next(subject + i, "x"));
    REQUIRE(w.outer->take_from_service({bundles[0], bundles[1], bundles[2]}).receipts.size() == 3);
    for (const auto& one : w.inner->take_from_carrier(bundles)) REQUIRE_FALSE(one.error);
    return bundles;
  };
  const auto first = cross(1);
  CHECK(told() == std::pair(3, 0));
  for (const auto side : {&w.outer, &w.inner}) REQUIRE((*side)->say_hello());
  w.carry_all();
  REQUIRE(w.inner->peer_reads_together());
  const auto second = cross(11);
  CHECK(told() == std::pair(0, 3));
  for (const auto& bundles : {first, second})
    for (const auto& bundle : bundles) {
      const auto id = World::id_of(bundle);
      const auto here = receipt_kept(w.outer, id, jindu::v1::RUNG_CARRIED, "gateway-inner");
      CHECK(here == receipt_kept(w.inner, id, jindu::v1::RUNG_CARRIED, "gateway-inner"));
      CHECK(exchange::open_receipt(here, w.outer->trust()));
      CHECK(w.outer.state_of(id) == "carried");
    }
  // What was kept together stays so, and what is asked for again is the same.
  CHECK(w.outer.count("SELECT COUNT(*) FROM receipt WHERE rung = 5 AND together > 0") == 3);
  CHECK(w.inner.count("SELECT COUNT(*) FROM receipt WHERE rung = 5 AND together = 0") == 0);
}

TEST_CASE("the other unit reads packed voyages as long as its newest control bundle says so, also after a restart") {
  World w;
  const auto reads = [&] {
    return w.outer.count("SELECT COUNT(*) FROM unit_state WHERE name = 'peer_reads_packed' AND value = 1") == 1;
  };
  CHECK_FALSE(reads());
  REQUIRE(w.inner->say_hello());
  w.carry_all();
  w.outer.restart();
  CHECK(reads());
  SECTION("and not when something has to go once more, perhaps because it was refused") {
    REQUIRE(w.outer->take_from_service(w.from_portal.next(1, "x")));
    REQUIRE(w.outer->loaded({"loaded", "v", 1, 0}, {w.outer->to_load(1, 1 << 20).value().list.at(0).id}));
    REQUIRE(w.outer->load_again(1, 9));
    CHECK(reads());
    REQUIRE(w.outer->load_again(0, 9));
    CHECK_FALSE(reads());
    return;
  }
  // An older program is put in its place, which would refuse them.
  REQUIRE(w.inner->journal().write([&](storage::Transaction& t) {
    const auto channel = exchange::channel_of("gateway-inner", "gateway-outer");
    const auto head = store::channel_head(t, channel);
    exchange::BundleDraft draft;
    draft.id = exchange::new_bundle_id(w.clock->now());
    draft.from = "gateway-inner";
    draft.to = "gateway-outer";
    draft.kind = "receipts";
    draft.subject = Bytes(16);
    draft.created = w.clock->now();
    draft.expires = w.clock->now() + std::chrono::hours(1);
    draft.place = {head.epoch, head.sequence + 1, head.manifest_digest, head.sequence + 1};
    const auto older = exchange::build_bundle(draft, encode(jindu::v1::ReceiptBatch{}), w.inner_signer.key,
                                              w.outer_signer.key.public_key());
    REQUIRE_FALSE(w.outer->take_from_carrier({older->bytes}).front().error);
  }));
  CHECK_FALSE(reads());
}

TEST_CASE("what an older unit reads strictly has no fields that are new") {
  World w;
  REQUIRE(w.outer->take_from_service(w.from_portal.next(1, "x")));
  REQUIRE(w.outer->say_hello());
  REQUIRE(w.outer->build_control().value());
  int seen = 0;
  for (const auto& load : w.outer->load(10, 1 << 20).value()) {
    const auto view = exchange::parse_bundle(load.bundle).value();
    if (view.manifest.kind() != "receipts") continue;
    jindu::v1::ReceiptBatch batch;
    REQUIRE(parse_message(
        exchange::open_with_any(view, w.inner_signer.key, {}, w.outer->trust(), w.clock->now()).value(), batch));
    CHECK(batch.reads_together());
    for (const auto& one : batch.receipts())
      if (const auto said = evidence::read_signed(bytes_of(one), kSeenType)) {
        jindu::v1::Seen message;
        REQUIRE(parse_message(said->body, message));
        // The fields of the first version that had sheets.
        CHECK(message.GetDescriptor()->field_count() == 10);
        ++seen;
      }
  }
  CHECK(seen == 1);
}

TEST_CASE("a sheet that is gone from the journal, or damaged, is told as damage") {
  World w;
  std::vector<Bytes> bundles;
  for (int i = 0; i < 3; ++i) bundles.push_back(w.from_portal.next(i, "x"));
  REQUIRE(w.outer->take_from_service({bundles.begin(), bundles.end()}).receipts.size() == 3);
  const auto about = [&] {
    return w.outer->journal().read(
        [&](storage::Transaction& t) { store::receipts_about(t, World::id_of(bundles[0])); });
  };
  REQUIRE(about());
  const auto change = GENERATE("DELETE FROM signed_together", "UPDATE signed_together SET kept = substr(kept, 1, 100)");
  REQUIRE(w.outer->journal().write([&](storage::Transaction& t) { t.execute(change); }));
  CHECK(about().error().code == "storage.damaged");
  REQUIRE(w.outer->journal().read(
      [&](storage::Transaction& t) { CHECK(w.outer->alarms(t).front().code == "alarm.journal_damaged"); }));
}

TEST_CASE("the word on custody crosses as an older unit reads it, and with its receipts together") {
  for (const bool together : {false, true}) {
    INFO((together ? "together" : "one by one"));
    World w;
    std::vector<Bytes> bundles;
    for (int i = 0; i < 5; ++i) bundles.push_back(w.from_portal.next(i, "x"));
    const auto portal_signs = w.outer->take_from_service({bundles.begin(), bundles.end()});
    REQUIRE(portal_signs.receipts.size() == 5);
    REQUIRE(w.outer->load(10, 1 << 20).value().size() == 5);
    auto sent = w.inner->take_from_carrier(bundles);
    sent[1].error = Error{Fault::unavailable, "unit.disk_full", ""};
    std::swap(sent[0], sent[4]);
    const auto body = encode_custody(sent, together);
    CHECK((body.front() == '{') == !together);
    auto told = custody_from(body).value();
    REQUIRE(told.size() == 5);
    for (std::size_t i = 0; i < told.size(); ++i) {
      CHECK(told[i].id == sent[i].id);
      CHECK(told[i].error.has_value() == sent[i].error.has_value());
      if (!told[i].error) CHECK(told[i].receipt.whole() == sent[i].receipt.whole());
    }
    REQUIRE(w.outer->carried(told));
    for (int i = 0; i < 5; ++i)
      CHECK(w.outer.state_of(World::id_of(bundles[static_cast<std::size_t>(i)])) == (i == 1 ? "waiting" : "carried"));
    CHECK(w.outer.count("SELECT COUNT(*) FROM receipt WHERE rung = 5 AND together > 0") == (together ? 4 : 0));
  }
}

TEST_CASE("a word on custody that names what is not in it, or was changed, is not believed") {
  World w;
  std::vector<Bytes> bundles;
  for (int i = 0; i < 3; ++i) bundles.push_back(w.from_portal.next(i, "x"));
  REQUIRE(w.outer->take_from_service({bundles.begin(), bundles.end()}).receipts.size() == 3);
  const auto body = encode_custody(w.inner->take_from_carrier(bundles), true);
  const auto parts = exchange::parts_of_batch(body).value();
  const auto with = [&](std::string text, BytesView receipts) {
    Bytes made;
    exchange::append_to_batch(made, bytes_of(text));
    exchange::append_to_batch(made, receipts);
    return made;
  };
  const std::string text(text_of(parts[0]));
  const auto replaced = [&](std::string_view what, std::string_view by) {
    auto changed = text;
    const auto at = changed.find(what);
    REQUIRE(at != std::string::npos);
    return changed.replace(at, what.size(), by);
  };
  REQUIRE(custody_from(with(text, parts[1])));
  for (const auto* place : {"[1,0]", "[0,3]", "[-1,0]", "[0,-1]", "[0]", "\"0\"", "[0,\"1\"]"})
    CHECK(custody_from(with(replaced("[0,1]", place), parts[1])).error().code == "link.custody");
  CHECK_FALSE(custody_from(with(text, {})));
  CHECK_FALSE(custody_from(with(text, bytes_of("rubbish"))));
  CHECK_FALSE(custody_from(BytesView(body).first(body.size() - 1)));
  CHECK_FALSE(custody_from({}));
  // Receipts of one bundle under the name of another say what they say, and no more; changed ones say nothing.
  Bytes changed(parts[1].begin(), parts[1].end());
  changed[changed.size() / 2] ^= 1;
  if (const auto told = custody_from(with(text, changed))) REQUIRE(w.outer->carried(*told));
  for (const auto& bundle : bundles) CHECK(w.outer.state_of(World::id_of(bundle)) == "waiting");
  REQUIRE(w.outer->carried(custody_from(with(replaced("[0,1]", "[0,2]"), parts[1])).value()));
  CHECK(w.outer.state_of(World::id_of(bundles[0])) == "carried");
  CHECK(w.outer.state_of(World::id_of(bundles[1])) == "waiting");
}

}  // namespace jindu::gateway::test
