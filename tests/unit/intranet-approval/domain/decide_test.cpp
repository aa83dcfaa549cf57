// The rules of procedure, promised one by one, and then for every walk through them.
#include <catch2/catch.hpp>
#include <random>

#include "intranet-approval/domain/cases/decide.hpp"

using namespace jindu;
using namespace jindu::approval;

namespace {

const Instant kNow = from_unix_ms(1'790'000'000'000);

Procedure five_stages() {
  return {"food-business-licence",
          1,
          "market-supervision",
          {{"acceptance", "acceptor", 5},
           {"initial_review", "initial_reviewer", 5},
           {"re_review", "re_reviewer", 5},
           {"determination", "determiner", 3},
           {"notification", "notifier", 2}},
          20,
          12};
}

Official official(std::string name, std::set<std::string> roles, std::string department = "market-supervision") {
  return {"fingerprint-" + name, name, std::move(department), std::move(roles)};
}

const Official kAcceptor = official("wang", {"acceptor"});
const Official kInitial = official("li", {"initial_reviewer"});
const Official kRe = official("zhang", {"re_reviewer"});
const Official kDeterminer = official("zhao", {"determiner"});
const Official kNotifier = official("sun", {"notifier"});
const Official kEverything = official("all", {"acceptor", "initial_reviewer", "re_reviewer", "determiner", "notifier"});

const Issued kIssued{"SL-1", "BSL-1", "JY-1", "CHECKCODE", "notice-1"};

struct Desk {
  Procedure procedure = five_stages();
  std::vector<Event> events = {};

  CaseState state() const { return fold(events); }
  result<void> act(const Official& who, const OfficialCommand& command) {
    const auto now = state();
    auto made = decide(now, command, {procedure, who, kNow, now.sequence, kIssued});
    if (!made) return made.error();
    events.insert(events.end(), made->begin(), made->end());
    return {};
  }
  result<void> system(const SystemCommand& command) {
    auto made = decide(state(), command, {procedure, kNow, kIssued, Actor{ActorKind::applicant, "a", "applicant", ""}});
    if (!made) return made.error();
    events.insert(events.end(), made->begin(), made->end());
    return {};
  }
};

Received received() {
  return {"SB-1", "food-business-licence", 1, "market-supervision", kNow - std::chrono::hours{5}, Bytes(32, 7)};
}

Desk desk_at(std::string_view stage) {
  Desk desk;
  REQUIRE(desk.system(Receive{received()}));
  if (stage == kAcceptance) return desk;
  REQUIRE(desk.act(kAcceptor, Accept{"complete"}));
  if (stage == kInitialReview) return desk;
  REQUIRE(desk.act(kInitial, Review{"in order", Outcome::grant}));
  if (stage == kReReview) return desk;
  REQUIRE(desk.act(kRe, Review{"agreed", Outcome::grant}));
  if (stage == kDetermination) return desk;
  REQUIRE(desk.act(kDeterminer, Determine{Outcome::grant, "granted", "", Bytes(32, 1)}));
  return desk;
}

std::string code(const result<void>& answer) { return answer ? "ok" : answer.error().code; }

}  // namespace

TEST_CASE("a case passes all stages in order and ends granted") {
  Desk desk = desk_at(kNotification);
  REQUIRE(desk.state().status == Status::notification);
  REQUIRE(desk.act(kNotifier, Notify{"handed over", Bytes(32, 2)}));
  const auto state = desk.state();
  CHECK(state.status == Status::granted);
  CHECK(state.closed());
  CHECK(state.stage.empty());
  CHECK(state.acceptance_number == "SL-1");
  CHECK(state.document_number == "JY-1");
  std::vector<std::string> types;
  for (const auto& event : desk.events) types.emplace_back(type_of(event.fact));
  CHECK(types == std::vector<std::string>{"received", "accepted", "stage_entered", "reviewed", "stage_entered",
                                          "reviewed", "stage_entered", "determined", "stage_entered", "notified"});
}

TEST_CASE("a refusal ends refused and must give reasons") {
  Desk desk = desk_at(kDetermination);
  CHECK(code(desk.act(kDeterminer, Determine{Outcome::refuse, "refused", " \n", {}})) == "case.reasons_required");
  REQUIRE(
      desk.act(kDeterminer, Determine{Outcome::refuse, "refused", "the kitchen has no running water", Bytes(32, 1)}));
  REQUIRE(desk.act(kNotifier, Notify{"", Bytes(32, 2)}));
  CHECK(desk.state().status == Status::refused);
}

TEST_CASE("what was stopped on its way is sent anew by whoever has a part in the case, also when it is closed") {
  Desk desk = desk_at(kNotification);
  REQUIRE(desk.act(kNotifier, Notify{"", Bytes(32, 2)}));
  const auto before = desk.state();
  const std::vector<SentAnew> sent{{"b-1", "notice", "put right"}, {"b-2", "document", "put right"}};
  const auto asked = [&](const Official& who, const std::vector<SentAnew>& what) {
    return decide_sent_anew(before, what, {desk.procedure, who, kNow, before.sequence, {}});
  };
  const auto made = asked(kInitial, sent);
  REQUIRE(made);
  REQUIRE(made->size() == 2);
  CHECK(made->at(1).sequence == before.sequence + 2);
  CHECK(made->at(0).actor.fingerprint == kInitial.fingerprint);
  desk.events.insert(desk.events.end(), made->begin(), made->end());
  auto after = desk.state();
  CHECK(after.sequence == before.sequence + 2);
  after.sequence = before.sequence;
  CHECK(after == before);
  CHECK(asked(official("qian", {"editor"}), sent).error().code == "case.role");
  CHECK(asked(official("qian", {"acceptor"}, "health"), sent).error().code == "case.department");
  CHECK(asked(kInitial, {{"b-1", "notice", " "}}).error().code == "case.reasons_required");
  CHECK(decide_sent_anew({}, sent, {desk.procedure, kInitial, kNow, 0, {}}).error().code == "case.unknown");
}

TEST_CASE("a command made against an older state is refused") {
  Desk desk = desk_at(kInitialReview);
  const auto state = desk.state();
  const auto made =
      decide(state, Review{"late", Outcome::grant}, {desk.procedure, kInitial, kNow, state.sequence - 1, kIssued});
  REQUIRE_FALSE(made);
  CHECK(made.error().code == "case.moved_on");
  CHECK(made.error().fault == Fault::conflict);
}

TEST_CASE("each stage is for its role alone") {
  const std::vector<std::pair<std::string_view, const Official*>> stages{{kAcceptance, &kAcceptor},
                                                                         {kInitialReview, &kInitial},
                                                                         {kReReview, &kRe},
                                                                         {kDetermination, &kDeterminer},
                                                                         {kNotification, &kNotifier}};
  const std::vector<OfficialCommand> commands{Accept{"x"}, Review{"x", Outcome::grant}, Review{"x", Outcome::grant},
                                              Determine{Outcome::grant, "x", "", {}}, Notify{"x", {}}};
  for (std::size_t i = 0; i < stages.size(); ++i)
    for (std::size_t j = 0; j < stages.size(); ++j) {
      Desk desk = desk_at(stages[i].first);
      INFO(stages[i].first << " by " << stages[j].second->name);
      CHECK(code(desk.act(*stages[j].second, commands[i])) == (i == j ? "ok" : "case.role"));
    }
}

TEST_CASE("each stage knows its own commands alone") {
  const std::vector<std::string_view> stages{kAcceptance, kInitialReview, kReReview, kDetermination, kNotification};
  const Official anybody = official("new", {"acceptor", "initial_reviewer", "re_reviewer", "determiner", "notifier"});
  const std::vector<OfficialCommand> commands{Accept{"x"},
                                              NotAccept{"x"},
                                              RequestSupplement{{{"/name", "official", "写全", ""}}, ""},
                                              Review{"x", Outcome::grant},
                                              SendBack{"x"},
                                              Recuse{"x"},
                                              Determine{Outcome::grant, "x", "", {}},
                                              Notify{"x", {}}};
  const std::map<std::string_view, std::set<std::string_view>> known{
      {kAcceptance, {"accept", "not_accept", "request_supplement", "recuse"}},
      {kInitialReview, {"review", "recuse"}},
      {kReReview, {"review", "send_back", "recuse"}},
      {kDetermination, {"determine", "send_back", "recuse"}},
      {kNotification, {"notify", "recuse"}}};
  for (const auto stage : stages)
    for (const auto& command : commands) {
      Desk desk = desk_at(stage);
      INFO(stage << " " << name_of(command));
      CHECK(code(desk.act(anybody, command)) == (known.at(stage).contains(name_of(command)) ? "ok" : "case.stage"));
    }
}

TEST_CASE("a closed case accepts nothing") {
  Desk desk = desk_at(kNotification);
  REQUIRE(desk.act(kNotifier, Notify{"", {}}));
  CHECK(code(desk.act(kNotifier, Notify{"", {}})) == "case.closed");
  CHECK(code(desk.act(kAcceptor, Recuse{"x"})) == "case.closed");
  CHECK(permissions(desk.state(), desk.procedure, kNotifier).empty());
}

TEST_CASE("an unknown case is not found") {
  Desk desk;
  CHECK(code(desk.act(kAcceptor, Accept{"x"})) == "case.unknown");
}

TEST_CASE("officials of another department may do nothing") {
  Desk desk = desk_at(kAcceptance);
  CHECK(code(desk.act(official("far", {"acceptor"}, "transport"), Accept{"x"})) == "case.department");
  CHECK(code(desk.act(official("far", {"acceptor"}, "transport"), Recuse{"x"})) == "case.department");
}

TEST_CASE("four eyes: nobody reviews twice in a row, and the initial reviewer never determines") {
  SECTION("initial review and re-review") {
    Desk desk = desk_at(kInitialReview);
    REQUIRE(desk.act(kEverything, Review{"x", Outcome::grant}));
    CHECK(code(desk.act(kEverything, Review{"x", Outcome::grant})) == "case.four_eyes");
    REQUIRE(desk.act(kRe, Review{"x", Outcome::grant}));
    CHECK(code(desk.act(kEverything, Determine{Outcome::grant, "x", "", {}})) == "case.four_eyes");
    REQUIRE(desk.act(kDeterminer, Determine{Outcome::grant, "x", "", {}}));
    CHECK(code(desk.act(kEverything, Notify{"x", {}})) == "ok");
  }
  SECTION("re-review and determination") {
    Desk desk = desk_at(kReReview);
    REQUIRE(desk.act(kEverything, Review{"x", Outcome::grant}));
    CHECK(code(desk.act(kEverything, Determine{Outcome::grant, "x", "", {}})) == "case.four_eyes");
  }
  SECTION("a return does not open a way around") {
    Desk desk = desk_at(kReReview);
    REQUIRE(desk.act(kEverything, SendBack{"look again"}));
    CHECK(desk.state().stage == kInitialReview);
    CHECK(code(desk.act(kEverything, Review{"x", Outcome::grant})) == "case.four_eyes");
    REQUIRE(desk.act(kInitial, Review{"better", Outcome::grant}));
    REQUIRE(desk.act(kEverything, Review{"agreed", Outcome::grant}));
  }
  SECTION("acceptance is no review: the acceptor may review") {
    Desk desk = desk_at(kAcceptance);
    REQUIRE(desk.act(kEverything, Accept{"x"}));
    CHECK(code(desk.act(kEverything, Review{"x", Outcome::grant})) == "ok");
  }
}

TEST_CASE("a recused official is out for good") {
  Desk desk = desk_at(kInitialReview);
  REQUIRE(desk.act(kRe, Recuse{"the applicant is a relative"}));
  CHECK(code(desk.act(kRe, Recuse{"again"})) == "case.recused");
  REQUIRE(desk.act(kInitial, Review{"x", Outcome::grant}));
  CHECK(code(desk.act(kRe, Review{"x", Outcome::grant})) == "case.recused");
  CHECK(blocked_by(desk.state(), desk.procedure, kRe) == "recused");
  CHECK(code(desk.act(kInitial, Recuse{""})) == "case.reasons_required");
  CHECK(code(desk.act(official("guest", {"overview"}), Recuse{"x"})) == "case.role");
}

TEST_CASE("every step says something, and not endlessly") {
  Desk desk = desk_at(kAcceptance);
  CHECK(code(desk.act(kAcceptor, Accept{""})) == "case.opinion_required");
  CHECK(code(desk.act(kAcceptor, NotAccept{"  "})) == "case.reasons_required");
  CHECK(code(desk.act(kAcceptor, Accept{std::string(kOpinionBytesMax + 1, 'x')})) == "case.text_too_long");
  CHECK(code(desk.act(kAcceptor, RequestSupplement{{}, ""})) == "case.items_required");
  CHECK(code(desk.act(kAcceptor, RequestSupplement{{{"/a", "official", "", ""}}, ""})) == "case.items_required");
  CHECK(code(desk.act(kAcceptor, RequestSupplement{std::vector<CaseFinding>(101, {"/a", "official", "补", ""}), ""})) ==
        "case.items_required");
}

TEST_CASE("not accepted closes the case with its reasons") {
  Desk desk = desk_at(kAcceptance);
  REQUIRE(desk.act(kAcceptor, NotAccept{"not our competence"}));
  CHECK(desk.state().status == Status::not_accepted);
  CHECK(desk.state().reasons == "not our competence");
}

TEST_CASE("one supplement notice lists all; a second one needs a leader's reason") {
  Desk desk = desk_at(kAcceptance);
  const std::vector<CaseFinding> items{{"/materials/lease", "official", "租赁合同缺页", ""},
                                       {"/phone", "official", "电话有误", ""}};
  REQUIRE(desk.act(kAcceptor, RequestSupplement{items, ""}));
  CHECK(desk.state().status == Status::supplement_requested);
  CHECK(desk.state().open_findings == items);
  CHECK(code(desk.act(kAcceptor, Accept{"x"})) == "case.waiting_for_applicant");
  CHECK(code(desk.system(DeemAccepted{})) == "case.stage");
  CHECK(code(desk.system(ReceiveSupplement{{"another", kNow, {}}})) == "case.other_notice");
  REQUIRE(desk.system(ReturnSupplement{{"notice-2", kNow, {{"/phone", "format.cn-phone", "", ""}}}}));
  CHECK(desk.state().status == Status::supplement_requested);
  REQUIRE(desk.system(ReceiveSupplement{{"notice-1", kNow, Bytes(32, 9)}}));
  CHECK(desk.state().status == Status::received);
  CHECK(desk.state().received_outside == kNow);
  CHECK(code(desk.act(kAcceptor, RequestSupplement{items, " "})) == "case.leader_reason_required");
  REQUIRE(desk.act(kAcceptor, RequestSupplement{items, "fire brigade asks for a plan"}));
  CHECK(desk.state().supplement_notices == 2);
}

TEST_CASE("a supplement that nobody asked for is refused") {
  Desk desk = desk_at(kInitialReview);
  CHECK(code(desk.system(ReceiveSupplement{{"notice-1", kNow, {}}})) == "case.not_awaited");
  CHECK(code(desk.system(ReturnSupplement{{"notice-1", kNow, {}}})) == "case.not_awaited");
}

TEST_CASE("silence accepts: from the day of receipt, by the system, into the first review") {
  Desk desk = desk_at(kAcceptance);
  REQUIRE(desk.system(DeemAccepted{}));
  const auto state = desk.state();
  CHECK(state.deemed_accepted);
  CHECK(state.accepted_from == received().received_outside);
  CHECK(state.stage == kInitialReview);
  CHECK(desk.events[1].actor.kind == ActorKind::system);
  CHECK(code(desk.system(DeemAccepted{})) == "case.stage");
}

TEST_CASE("a declaration becomes one case, however often it arrives") {
  Desk desk = desk_at(kAcceptance);
  CHECK(code(desk.system(Receive{received()})) == "case.exists");
  CHECK(code(desk.system(Return{})) == "case.exists");
}

TEST_CASE("an invalid dossier goes back by itself and is closed") {
  Desk desk;
  REQUIRE(desk.system(
      Return{{"SB-1", "food-business-licence", 1, "market-supervision", kNow, "n", {{"/name", "required", "", ""}}}}));
  CHECK(desk.state().status == Status::returned);
  CHECK(desk.state().closed());
}

TEST_CASE("procedures that could leave a case without a next step are refused") {
  Procedure good = five_stages();
  CHECK(check_procedure(good));
  const auto code_of = [](const Procedure& p) {
    const auto r = check_procedure(p);
    return r ? "ok" : r.error().code;
  };
  Procedure bad = good;
  bad.stages.pop_back();
  CHECK(code_of(bad) == "procedure.order");
  bad = good;
  std::swap(bad.stages[0], bad.stages[1]);
  CHECK(code_of(bad) == "procedure.order");
  bad = good;
  bad.stages[2].code = "initial_review";
  CHECK(code_of(bad) == "procedure.repeated_stage");
  bad = good;
  bad.stages[2].role = "";
  CHECK(code_of(bad) == "procedure.no_role");
  bad = good;
  bad.stages[2].limit_working_days = -1;
  CHECK(code_of(bad) == "procedure.limit");
  CHECK(code_of({}) == "procedure.order");
}

// A thousand random walks with random people and commands. Whatever happens, the promises below hold.
TEST_CASE("on every walk: permissions tell the truth, history only grows, four eyes are kept, closed is closed") {
  std::mt19937 random{20261124};
  const std::vector<Official> people{kAcceptor,
                                     kInitial,
                                     kRe,
                                     kDeterminer,
                                     kNotifier,
                                     kEverything,
                                     official("second", {"initial_reviewer", "re_reviewer", "determiner"}),
                                     official("far", {"acceptor", "determiner"}, "transport")};
  int closed = 0;
  for (int walk = 0; walk < 1000; ++walk) {
    Desk desk;
    REQUIRE(desk.system(Receive{received()}));
    for (int step = 0; step < 80; ++step) {
      const auto before = desk.state();
      const Official& who = people[random() % people.size()];
      const std::vector<OfficialCommand> commands{Accept{"x"},
                                                  NotAccept{"x"},
                                                  RequestSupplement{{{"/a", "official", "补", ""}}, "leader"},
                                                  Review{"x", Outcome::grant},
                                                  Review{"x", Outcome::refuse},
                                                  SendBack{"x"},
                                                  Recuse{"x"},
                                                  Determine{Outcome::refuse, "x", "y", {}},
                                                  Notify{"x", {}}};
      std::size_t pick = random() % (commands.size() + 2);
      if ((pick == 1 || pick == 6) && random() % 8 != 0) pick = 3;  // ends and recusals are rare, or no walk gets far
      if (pick >= commands.size()) {
        (void)(pick == commands.size() ? desk.system(DeemAccepted{})
                                       : desk.system(ReceiveSupplement{{before.open_notice_id, kNow, {}}}));
        continue;
      }
      bool promised = false;
      for (const auto& permission : permissions(before, desk.procedure, who))
        if (permission.command == name_of(commands[pick])) promised = permission.allowed;
      const auto done = desk.act(who, commands[pick]);
      CHECK(done.has_value() == promised);
      const auto after = desk.state();
      CHECK(after.sequence == desk.events.size());
      if (!done) CHECK(after == before);
      if (before.closed()) CHECK_FALSE(done);
    }
    const auto end = desk.state();
    closed += end.closed();
    std::set<std::string> initial, determined;
    std::string last_stage, last_official;
    for (const auto& act : end.acts) {
      if (act.stage == kInitialReview) initial.insert(act.official);
      if (act.stage == kDetermination) determined.insert(act.official);
      if (is_review(act.stage) && is_review(last_stage) && last_stage != act.stage)
        CHECK(act.official != last_official);
      last_stage = act.stage;
      last_official = act.official;
      CHECK(act.official != "fingerprint-far");
    }
    for (const auto& one : determined) CHECK_FALSE(initial.contains(one));
  }
  CHECK(closed > 100);
}
