#include <catch2/catch.hpp>
#include <set>

#include "extranet-portal/api/network.hpp"
#include "extranet-portal/domain/account.hpp"
#include "extranet-portal/domain/declaration_number.hpp"
#include "extranet-portal/domain/limits.hpp"
#include "extranet-portal/domain/session.hpp"
#include "extranet-portal/domain/status.hpp"
#include "extranet-portal/domain/submission.hpp"

using namespace jindu;
using namespace jindu::portal;
using namespace std::chrono_literals;

namespace {
const catalogue::Day kDay =
    std::chrono::year_month_day{std::chrono::year(2026), std::chrono::month(3), std::chrono::day(9)};
const Instant kNow = from_unix_ms(1'770'000'000'000);
}  // namespace

TEST_CASE("a declaration number holds the day, the count and a check digit") {
  const auto number = declaration_number(kDay, 42);
  REQUIRE(number);
  CHECK(number->substr(0, 16) == "JD20260309000042");
  CHECK(number->size() == 17);
  CHECK(is_declaration_number(*number));
  CHECK(declaration_number(kDay, 0).error().code == "number.exhausted");
  CHECK(declaration_number(kDay, 1'000'000).error().code == "number.exhausted");
  // The published example of ISO/IEC 7064, MOD 11,10.
  CHECK(check_digit("0794") == '5');
}

TEST_CASE("every mistyped digit of a declaration number is found") {
  const std::string number = *declaration_number(kDay, 907'316);
  for (std::size_t at = 2; at < number.size(); ++at)
    for (char digit = '0'; digit <= '9'; ++digit) {
      std::string changed = number;
      changed[at] = digit;
      CHECK(is_declaration_number(changed) == (digit == number[at]));
    }
  CHECK_FALSE(is_declaration_number(number.substr(1)));
  CHECK_FALSE(is_declaration_number("JX" + number.substr(2)));
  CHECK_FALSE(is_declaration_number(number + "0"));
}

TEST_CASE("accounts are mobile numbers, names are characters without tricks") {
  CHECK(is_phone("13800138000"));
  for (const auto* bad : {"", "12800138000", "1380013800", "138001380000", "1380013800a", "+8613800138000"})
    CHECK_FALSE(is_phone(bad));
  CHECK(is_uscc_shaped("91120101MA05TK1Q3G"));
  CHECK_FALSE(is_uscc_shaped("91120101MA05TK1Q3I"));
  CHECK_FALSE(is_uscc_shaped("91120101ma05tk1q3g"));
  for (const auto* good : {"王小明", "Łukasz", "阿依古丽·买买提", "𠮷野"}) CHECK(check_name(good));
  for (const std::string bad :
       {"", " 王", "王　", "王\n明", "a\x80", "\xed\xa0\x80", "\xc0\x80", "王\u202e明", "王\xf0\x9f"})
    CHECK(check_name(bad).error().code == "account.name");
  std::string long_name;
  for (int i = 0; i < 64; ++i) long_name += "王";
  CHECK(check_name(long_name));
  CHECK(check_name(long_name + "王").error().code == "account.name");
}

TEST_CASE("a key is registered only by who holds it, and only for what he signed") {
  const auto key = crypto::PrivateKey::generate_p256();
  const Bytes spki = key.public_key().spki();
  const Bytes proof = key.sign(registration_proof("13800138000", "王小明", spki));
  CHECK(check_registration_key("13800138000", "王小明", spki, proof));
  CHECK(check_registration_key("13800138001", "王小明", spki, proof).error().code == "account.proof");
  CHECK(check_registration_key("13800138000", "王大明", spki, proof).error().code == "account.proof");
  const auto other = crypto::PrivateKey::generate_p256().public_key().spki();
  CHECK(check_registration_key("13800138000", "王小明", other, proof).error().code == "account.proof");
  const auto rsa = crypto::PrivateKey::generate_rsa(2048).public_key().spki();
  CHECK(check_registration_key("13800138000", "王小明", rsa, proof).error().code == "account.key");
}

TEST_CASE("what is kept of a login key fits one account and one purpose; decoy salts are steady and different") {
  const Bytes key(32, 7);
  CHECK(login_verifier("a", "password", key) == login_verifier("a", "password", key));
  std::set<crypto::Digest> all{login_verifier("a", "password", key), login_verifier("b", "password", key),
                               login_verifier("a", "recovery", key), login_verifier("a", "password", Bytes(32, 8))};
  CHECK(all.size() == 4);
  const Bytes secret(32, 1);
  CHECK(decoy_salt(secret, "13800138000") == decoy_salt(secret, "13800138000"));
  CHECK(decoy_salt(secret, "13800138000").size() == kSaltBytes);
  CHECK(decoy_salt(secret, "13800138000") != decoy_salt(secret, "13800138001"));
  CHECK(decoy_salt(secret, "13800138000") != decoy_salt(Bytes(32, 2), "13800138000"));
}

TEST_CASE("a bucket gives its burst, then one attempt at a time") {
  const Rate rate{3, 10s};
  Bucket bucket;
  for (int i = 0; i < 3; ++i) CHECK(take(bucket, rate, kNow));
  CHECK_FALSE(take(bucket, rate, kNow));
  CHECK(wait_for(bucket, rate, kNow) == 10s);
  CHECK_FALSE(take(bucket, rate, kNow + 9999ms));
  CHECK(take(bucket, rate, kNow + 10s));
  CHECK_FALSE(take(bucket, rate, kNow + 10s));
  for (int i = 0; i < 3; ++i) CHECK(take(bucket, rate, kNow + 1h));
  CHECK_FALSE(take(bucket, rate, kNow + 1h));
}

TEST_CASE("an address stands for the network one party holds") {
  CHECK(api::network_of("192.0.2.7") == "192.0.2.7");
  CHECK(api::network_of("::ffff:192.0.2.7") == "192.0.2.7");
  CHECK(api::network_of("2001:db8:1:2:3:4:5:6") == api::network_of("2001:db8:1:2::9"));
  CHECK(api::network_of("2001:db8:1:2::1") != api::network_of("2001:db8:1:3::1"));
}

TEST_CASE("a session ends by idleness and by age, and its CSRF token is its own") {
  const SessionLimits limits{30min, 12h};
  CHECK(session_holds(kNow, kNow, kNow + 29min, limits));
  CHECK_FALSE(session_holds(kNow, kNow, kNow + 30min, limits));
  CHECK_FALSE(session_holds(kNow, kNow + 12h, kNow + 12h, limits));
  CHECK_FALSE(session_holds(kNow, kNow, kNow - 1min, limits));
  const auto token = new_session_token();
  CHECK(token.size() == 43);
  CHECK(csrf_holds(token, csrf_token(token)));
  CHECK_FALSE(csrf_holds(token, csrf_token(new_session_token())));
  CHECK_FALSE(csrf_holds(token, ""));
  CHECK(csrf_token(token) != token);
  CHECK(to_hex(session_key(token)) != to_hex(session_key(new_session_token())));
}

TEST_CASE("only a newer word of the intranet changes the status") {
  Progress known;
  submitted(known);
  CHECK(handed_over(known));
  CHECK(known.status == "in_transit");
  CHECK_FALSE(handed_over(known));
  CHECK_FALSE(sent_anew(known));
  CHECK(stopped(known));
  CHECK(known.status == "stopped");
  CHECK_FALSE(stopped(known));
  CHECK_FALSE(handed_over(known));
  CHECK(sent_anew(known));
  CHECK(known.status == "submitted");
  CHECK(stopped(known));
  CHECK(merge(known, {"accepted", "acceptance", 3, "SL-1", "2026-03-20", "2026-04-20", true, 9}));
  CHECK_FALSE(merge(known, {"received", "", 2, "", "", "", false, 0}));
  CHECK_FALSE(merge(known, {"refused", "", 3, "", "", "", false, 0}));
  CHECK(known.status == "accepted");
  CHECK(merge(known, {"initial_review", "initial_review", 4, "", "2026-03-21", "", false, 8}));
  CHECK(known.acceptance_number == "SL-1");
  CHECK_FALSE(known.provisional);
  CHECK_FALSE(handed_over(known));
  CHECK_FALSE(stopped(known));
  CHECK_FALSE(sent_anew(known));
  CHECK(known.status == "initial_review");
  CHECK_FALSE(awaits_supplement(known));
  CHECK(merge(known, {"supplement_requested", "acceptance", 5, "", "", "", false, 0}));
  CHECK(awaits_supplement(known));
  submitted(known);
  CHECK_FALSE(awaits_supplement(known));
  CHECK_FALSE(merge(known, {"supplement_requested", "acceptance", 5, "", "", "", false, 0}));
  CHECK_FALSE(is_intranet_status("in_transit"));
  CHECK_FALSE(is_intranet_status("stopped"));
  CHECK_FALSE(is_intranet_status("anything"));
}

TEST_CASE("a supplement names what was submitted before without sending it again, and is held to its digest") {
  const std::string declaration = "0192f0c4-7d3e-7c1a-9b1e-000000000001",
                    upload = "0192f0c4-7d3e-7c1a-9b1e-000000000002";
  const auto department = crypto::sha256(bytes_of("department")), applicant = crypto::sha256(bytes_of("applicant"));
  const auto sealed = crypto::sha256(bytes_of("sealed"));
  const Instant now = from_unix_ms(1'773'000'000'000);
  jindu::v1::SubmissionStatement statement;
  statement.set_kind(jindu::v1::SUBMISSION_KIND_SUPPLEMENT);
  statement.set_declaration_id(declaration);
  statement.set_item_id("item");
  statement.set_item_version(1);
  statement.set_signed_at_ms(to_unix_ms(now));
  statement.add_recipients(department.data(), department.size());
  statement.add_recipients(applicant.data(), applicant.size());
  auto& part = *statement.add_parts();
  part.set_upload_id(upload);
  part.set_material_code("lease");
  part.set_size(900);
  part.set_sha256(sealed.data(), sealed.size());
  SubmissionCase facts;
  facts.declaration_id = declaration;
  facts.signer_key = applicant;
  facts.now = now;
  facts.rules = ItemRules{"item", 1, true, true, {{"lease", true, 10'000, 1}}, department};
  facts.standing = Standing{"item", 1, {}};
  facts.standing->progress.status = "supplement_requested";
  CHECK(check_submission(statement, facts).error().code == "submission.upload_missing");
  facts.earlier = {{upload, 900, true, sealed}};
  CHECK(check_submission(statement, facts));
  facts.earlier[0].sealed_sha256 = crypto::sha256(bytes_of("something else"));
  CHECK(check_submission(statement, facts).error().code == "dossier.part_digest");
}
