#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "intranet-approval/domain/cases/fact_json.hpp"
#include "intranet-approval/domain/decisions/record.hpp"

using namespace jindu;
using namespace jindu::approval;

TEST_CASE("every kind of fact comes back from JSON as it was") {
  const auto t = from_unix_ms(1'790'000'000'123);
  const std::vector<CaseFinding> findings{{"/a", "required", "缺", "missing"},
                                          {"/materials/lease", "official", "x", ""}};
  const std::vector<Fact> facts{Received{"SB", "item", 3, "health", t, {1, 2}},
                                Returned{"SB", "item", 3, "health", t, "n", findings},
                                SupplementRequested{"n", findings, "why"},
                                SupplementReceived{"n", t, {3}},
                                SupplementReturned{"n", t, findings},
                                Accepted{"SL-1", "complete"},
                                DeemedAccepted{"SL-1", t},
                                NotAccepted{"not ours", "BSL-1"},
                                StageEntered{"initial_review"},
                                Reviewed{"initial_review", "fine", Outcome::refuse},
                                SentBack{"re_review", "initial_review", "again"},
                                Recused{"re_review", "kin"},
                                Determined{Outcome::refuse, "no", "because", "D-1", "CODE", {4, 5}},
                                Notified{"sent", {6}},
                                SentAnew{"0190", "notice", "put right"}};
  REQUIRE(facts.size() == std::variant_size_v<Fact>);
  for (const auto& fact : facts) {
    INFO(type_of(fact));
    const auto text = boost::json::serialize(to_json(fact));
    const auto back = fact_from_json(type_of(fact), boost::json::parse(text).as_object());
    REQUIRE(back);
    CHECK(*back == fact);
  }
}

TEST_CASE("a fact that says more, less or something else is refused") {
  const auto read = [](std::string_view type, std::string_view text) {
    const auto fact = fact_from_json(type, boost::json::parse(text).as_object());
    return fact ? std::string{"ok"} : fact.error().code;
  };
  CHECK(read("stage_entered", R"({"stage":"a"})") == "ok");
  CHECK(read("stage_entered", R"({"stage":"a","more":1})") == "event.malformed");
  CHECK(read("stage_entered", R"({})") == "event.malformed");
  CHECK(read("stage_entered", R"({"stage":1})") == "event.malformed");
  CHECK(read("reviewed", R"({"stage":"a","opinion":"b","recommendation":"maybe"})") == "event.malformed");
  CHECK(read("notified", R"({"opinion":"a","document_sha256":"xy"})") == "event.malformed");
  CHECK(read("supplement_requested", R"({"notice_id":"a","findings":[1],"leader_reason":""})") == "event.malformed");
  CHECK(read("deemed_accepted", R"({"acceptance_number":"a","accepted_from":"x"})") == "event.malformed");
  CHECK(read("abolished", R"({})") == "event.unknown_type");
}

TEST_CASE("the same decision gives the same record, and each member changes it") {
  const DecisionRecord record{"case",   6,          "item",         1,      "SL-1", "health",
                              "王小明", {{1}, {2}}, Outcome::grant, "fine", "",     "fp"};
  CHECK(
      to_bytes(record) ==
      R"({"type":"jindu/decision-record/v1","case_id":"case","sequence":6,"item_id":"item","item_version":1,"acceptance_number":"SL-1","department":"health","applicant_name":"王小明","content_sha256":["01","02"],"outcome":"grant","opinion":"fine","reasons":"","official":"fp"})");
  DecisionRecord other = record;
  other.outcome = Outcome::refuse;
  CHECK(to_bytes(other) != to_bytes(record));
}
