// Statements that were signed together, kept and sent as one: each is what it was, and nothing else passes.
#include "common/evidence/together.hpp"

#include <jindu/v1/signed.pb.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "common/evidence/merkle.hpp"
#include "common/evidence/signed.hpp"
#include "common/runtime/messages.hpp"

namespace jindu::evidence {
namespace {

constexpr std::string_view kType = "jindu/test/v1";
const Instant kNow = from_unix_ms(1'790'000'000'000);

struct Nodes {
  crypto::PrivateKey root_key = crypto::PrivateKey::generate_p256();
  crypto::Certificate root =
      crypto::issue_certificate(root_key, nullptr, root_key.public_key(), {.common_name = "root"},
                                crypto::Profile::authority, kNow - std::chrono::hours(24),
                                kNow + std::chrono::hours(24 * 365))
          .value();
  NodeTrust trust{crypto::TrustStore::from_pem(root.pem()).value(), {}};

  NodeSigner node(const std::string& name) const {
    const auto key = crypto::PrivateKey::generate_p256();
    return {
        name, key,
        crypto::issue_certificate(root_key, &root, key.public_key(), {.common_name = name}, crypto::Profile::citizen,
                                  kNow - std::chrono::hours(1), kNow + std::chrono::hours(24 * 30))
            .value()};
  }
};

const Nodes& nodes() {
  static const Nodes all;
  return all;
}

std::vector<Bytes> bodies(std::size_t number) {
  std::vector<Bytes> list;
  for (std::size_t i = 0; i < number; ++i) {
    const auto text = "statement " + std::to_string(i);
    list.emplace_back(text.begin(), text.end());
  }
  return list;
}

jindu::v1::SignedTogether message_of(const Together& together) {
  jindu::v1::SignedTogether message;
  put_together(together, message);
  return message;
}

result<Instant> at_that_time(const Statement&) { return kNow; }

// "good" where every statement of it is.
std::string outcome(const jindu::v1::SignedTogether& message) {
  const auto together = together_from(message);
  if (!together) return together.error().code;
  const auto opened = open_together(*together, kType, nodes().trust, at_that_time);
  if (!opened) return opened.error().code;
  for (const auto& one : *opened)
    if (!one) return one.error().code;
  return opened->size() == together->size() ? "good" : "not all";
}

}  // namespace

TEST_CASE("each of those signed together is the Signed that it is, from all of them, some, or what is kept") {
  std::mt19937 random(7);
  const auto signer = nodes().node("somebody");
  for (const std::size_t number : {2, 3, 4, 5, 7, 8, 9, 31, 33, 100, 257}) {
    const auto all = bodies(number);
    const Sheet whole(sign_as_one(kType, all, signer));
    REQUIRE(outcome(message_of(whole.together())) == "good");
    std::vector<Bytes> statements;
    for (std::size_t i = 0; i < number; ++i) {
      statements.push_back(whole.statement(i, all[i]));
      const auto opened = open_signed(statements[i], kType, nodes().trust, kNow, "somebody");
      REQUIRE(opened);
      REQUIRE(opened->body == all[i]);
    }
    for (int round = 0; round < 8; ++round) {
      std::vector<std::size_t> wanted;
      for (std::size_t i = 0; i < number; ++i)
        if (round == 0 ? i == number - 1 : random() % 3 == 0) wanted.push_back(i);
      if (wanted.empty()) wanted.push_back(random() % number);
      INFO(wanted.size() << " of " << number);
      const auto message = message_of(part_of(whole.together(), wanted));
      REQUIRE(outcome(message) == "good");
      const Sheet part(together_from(message).value());
      const Sheet kept(from_kept_form(kept_form(part.together()), part.together().certificate).value());
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        REQUIRE(part.statement(i, part.together().bodies[i]) == statements[wanted[i]]);
        REQUIRE(kept.statement(i, all[wanted[i]]) == statements[wanted[i]]);
      }
      // A part of a part is the same part.
      std::vector<std::size_t> odd;
      for (std::size_t i = 0; i < wanted.size(); i += 2) odd.push_back(i);
      std::vector<std::size_t> odd_wanted;
      for (const auto i : odd) odd_wanted.push_back(wanted[i]);
      REQUIRE(encode(message_of(part_of(part.together(), odd))) ==
              encode(message_of(part_of(whole.together(), odd_wanted))));
    }
  }
}

TEST_CASE("many in few bytes: neither certificate nor signature nor path of each") {
  const auto signer = nodes().node("somebody");
  const auto all = bodies(256);
  const Sheet sheet(sign_as_one(kType, all, signer));
  std::size_t alone = 0, text = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    alone += sheet.statement(i, all[i]).size();
    text += all[i].size();
  }
  CHECK(encode(message_of(sheet.together())).size() < text + 256 * 6 + 1'000);
  CHECK(alone > 10 * encode(message_of(sheet.together())).size());
  CHECK(kept_form(sheet.together()).size() < 256 * 35 + 200);
}

TEST_CASE("what is not as it was signed is refused, whatever was changed") {
  const auto signer = nodes().node("somebody");
  const auto whole = sign_as_one(kType, bodies(9), signer);
  const auto good = message_of(part_of(whole, {1, 2, 5, 8}));
  REQUIRE(outcome(good) == "good");
  const auto changed = [&](const std::function<void(jindu::v1::SignedTogether&)>& change) {
    auto message = good;
    change(message);
    return outcome(message);
  };
  using Message = jindu::v1::SignedTogether;
  CHECK(changed([](Message& m) { *m.mutable_bodies(1) += "x"; }) == "signed.signature");
  CHECK(changed([](Message& m) { m.mutable_bodies()->SwapElements(0, 1); }) == "signed.signature");
  CHECK(changed([](Message& m) { m.mutable_hashes()->front() ^= 1; }) == "signed.signature");
  CHECK(changed([](Message& m) { m.mutable_signature()->back() ^= 1; }) == "signed.signature");
  CHECK(changed([](Message& m) { m.set_together(10); }) != "good");
  CHECK(changed([](Message& m) { m.set_places(3, 7); }) != "good");
  CHECK(changed([](Message& m) { m.set_type("jindu/other/v1"); }) == "signed.type");
  CHECK(changed([](Message& m) { m.mutable_signer_key_id()->front() ^= 1; }) == "signed.key_id");
  CHECK(changed([](Message& m) { m.clear_certificate(); }).starts_with("certificate."));
  const auto other = nodes().node("somebody");
  CHECK(changed([&](Message& m) { m.set_certificate(std::string(text_of(other.certificate.der()))); }) ==
        "signed.key_id");
  CHECK(changed([](Message& m) { m.mutable_hashes()->resize(m.hashes().size() - 32); }) == "signed.path");
  CHECK(changed([](Message& m) { m.mutable_hashes()->append(32, 'x'); }) == "signed.path");
  for (const auto& malformed : std::vector<std::function<void(Message&)>>{
           [](Message& m) { m.set_together(1); }, [](Message& m) { m.set_together(65'537); },
           [](Message& m) { m.set_together(8); }, [](Message& m) { m.clear_places(); },
           [](Message& m) { m.add_places(8); }, [](Message& m) { m.set_places(1, 1); },
           [](Message& m) { m.mutable_places()->SwapElements(0, 1); }, [](Message& m) { m.add_bodies("one more"); },
           [](Message& m) { m.mutable_bodies()->RemoveLast(); }, [](Message& m) { m.clear_bodies(); },
           [](Message& m) { m.set_leaves(std::string(32, 'x')); }, [](Message& m) { m.mutable_hashes()->pop_back(); },
           [](Message& m) { m.set_bodies(0, std::string(64 * 1024 - 300, 'x')); },  // too large to be shown alone
       })
    CHECK(changed(malformed) == "signed.malformed");
  // A leaf of a tree is never taken for a subtree, nor the other way round.
  auto as_hash = part_of(whole, {0, 1});
  const auto node = merkle_node(as_hash.leaves[0], as_hash.leaves[1]);
  auto as_body = part_of(whole, {2});
  as_body.bodies[0] = Bytes(node.begin(), node.end());
  CHECK(outcome(message_of(as_body)) == "signed.signature");
}

TEST_CASE("of those signed together each is refused or taken by what it says itself, by its own time as well") {
  const auto signer = nodes().node("somebody");
  const auto together = sign_as_one(kType, bodies(4), signer);
  std::size_t next = 0;
  const auto opened = open_together(together, kType, nodes().trust, [&](const Statement& one) -> result<Instant> {
    CHECK(one.signer == "somebody");
    switch (next++) {
      case 1:
        return Error{Fault::invalid, "test.no", ""};
      case 2:
        return kNow - std::chrono::hours(2);  // before the certificate was good
      default:
        return kNow;
    }
  });
  REQUIRE(opened);
  CHECK(opened->at(0));
  CHECK(opened->at(1).error().code == "test.no");
  CHECK(opened->at(2).error().code == "certificate.not_yet_valid");
  CHECK(opened->at(3));
  CHECK_THROWS(sign_as_one(kType, bodies(1), signer));
}

}  // namespace jindu::evidence
