#include "exchange-gateway/console/pages.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>
#include <sstream>

#include "common/runtime/terminal.hpp"
#include "exchange-gateway/carriers/by_hand.hpp"
#include "exchange-gateway/console/commands.hpp"
#include "exchange-gateway/console/table.hpp"
#include "tests/support/texts.hpp"

namespace jindu::gateway {
namespace {

using Page = int (*)(const Voice&, const pages::Answer&);

struct Told {
  std::string text;
  int code = 0;
};
Told tell(Page page, Language language, std::string_view answer) {
  std::ostringstream out;
  const int code = page(Voice(language, out, out), boost::json::parse(answer).as_object());
  return {out.str(), code};
}
Told in_chinese(Page page, std::string_view answer) { return tell(page, Language::zh, answer); }
Told in_english(Page page, std::string_view answer) { return tell(page, Language::en, answer); }

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

constexpr std::string_view kHeld = R"({"cursor": "", "bundles": [
  {"stored_at_ms": 1700000000000, "state": "held", "kind": "dossier", "channel": "portal>approval", "sequence": 7,
   "size": 2048, "id": "0199", "code": "policy.hold", "votes": [{}], "releasers": 2},
  {"stored_at_ms": 1700000000000, "state": "waiting", "kind": "secrets", "channel": "portal>approval", "sequence": 12,
   "size": 1, "id": "0200", "code": "", "votes": []}]})";

constexpr std::string_view kBundle = R"({"id": "0199", "state": "ended", "ended_at_ms": 0, "code": "bundle.fork",
  "channel": "portal>approval", "kind": "dossier", "from": "portal", "to": "approval", "sequence": 7,
  "created_at_ms": 1700000000000, "size": 12,
  "receipts": [{"rung": "quarantined", "party": "gateway-outer", "at_ms": 1, "code": "bundle.fork", "detail": "why"}],
  "votes": [{"who": "邹放", "act": "release", "at_ms": 1, "reason": "read"}],
  "quarantined": [{"at_ms": 1, "detail": "the signature", "code": "bundle.signature", "from": "portal",
                   "signed_by": "", "manifest_digest": "ab"}],
  "not_taken": [{"at_ms": 1, "here": "damaged", "manifest_digest": "cd"}],
  "dismissed": [{"who": "谢运", "at_ms": 1, "reason": "{n}"}]})";

constexpr std::string_view kQuarantine = R"({"quarantined": [
  {"at_ms": 1, "what": "bundle", "from": "portal", "signed_by": "", "id": "1", "code": "bundle.signature", "detail": "d"},
  {"at_ms": 1, "what": "bundle", "from": "approval", "signed_by": "approval", "id": "2", "code": "policy.forbidden", "detail": "d"},
  {"at_ms": 1, "what": "voyage", "from": "", "signed_by": "", "id": "3", "code": "odd.one", "detail": "an odd one"}]})";

// One alarm of each code and variant.
std::string all_alarms() {
  const std::vector<std::array<const char*, 2>> list{{"oldest_waiting", ""},
                                                     {"oldest_waiting", "3"},
                                                     {"oldest_ready", ""},
                                                     {"other_side_silent", ""},
                                                     {"held", ""},
                                                     {"quarantined", ""},
                                                     {"gap", "portal>approval 2 3"},
                                                     {"not_taken", "sound 0199"},
                                                     {"not_taken", "damaged 0199"},
                                                     {"not_taken", "foreign 0199"},
                                                     {"disk_low", ""},
                                                     {"disk_full", ""},
                                                     {"certificate_expires", "portal"},
                                                     {"certificate_expired", "portal"},
                                                     {"clock_skew", ""},
                                                     {"reconciliation_differs", "2026-11-24 portal>approval"},
                                                     {"channel_stopped", "portal>approval"},
                                                     {"restored", "halted"},
                                                     {"restored", "healing"},
                                                     {"voyage_damaged", "3"},
                                                     {"mail_failing", ""},
                                                     {"receipts_unverified", "certificate.crl_expired"},
                                                     {"journal_damaged", ""},
                                                     {"bytes_missing", "0199"},
                                                     {"journal_damaged", "0199"},
                                                     {"log_broken", ""}};
  std::string answer;
  for (const auto& [code, about] : list)
    for (const auto* more : {R"("number": 1, "asked_ms": 0)", R"("number": 20000, "asked_ms": 1)"})
      answer += std::string(answer.empty() ? "" : ",") + R"({"code": "alarm.)" + code + R"(", "about": ")" + about +
                R"(", "level": "red", "since_ms": 1, )" + more + "}";
  return R"({"alarms": [)" + answer + "]}";
}

}  // namespace

TEST_CASE("every text of the command line is there in both languages with the same values") {
  CHECK(jindu::test::faulty(command_texts()) == std::vector<std::string>{});
}

TEST_CASE("what is said in Chinese is Chinese") {
  constexpr auto first_bytes = "\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xef";  // of Chinese signs in UTF-8
  for (const auto& one : command_texts().all()) {
    CAPTURE(one.key);
    CHECK((one.zh == one.en || one.zh.find_first_of(first_bytes) != std::string_view::npos));
  }
}

TEST_CASE("the verbs and their options have help in both languages") {
  for (const auto language : {Language::zh, Language::en}) {
    const Voice voice(language);
    CommandLine app("", language);
    std::function<int()> work;
    add_ctl(app, voice, work);
    add_policy(app, voice, work);
    add_by_hand(app, voice, work);
    CHECK(has(app.help(), voice.text("help.ctl")));
    CHECK(has(app.help(), language == Language::zh ? "用法" : "Usage"));
  }
}

TEST_CASE("columns stand under each other, whatever is in them") {
  for (const auto language : {Language::zh, Language::en}) {
    std::ostringstream out;
    Table table(Voice(language, out), {"state", "kind", "id"});
    table.row({"待传送", "申报件", "X"});
    table.row({"waiting", "a", "X"});
    table.row({"待放行 1/2", "事项目录", "X"});
    table.print();
    std::istringstream lines(out.str());
    std::string line, head;
    std::getline(lines, head);
    std::vector<std::size_t> places;
    while (std::getline(lines, line)) places.push_back(cells(line.substr(0, line.find('X'))));
    REQUIRE(places.size() == 3);
    CHECK(places == std::vector<std::size_t>(3, places.front()));
    CHECK(cells(head.substr(0, head.rfind(' ') + 1)) == places.front());
  }
}

TEST_CASE("a person reads words in Chinese and codes in English, and can quote the code of a reason in both") {
  const auto zh = in_chinese(pages::held, kHeld).text, en = in_english(pages::held, kHeld).text;
  CHECK(has(zh, "待放行 1/2"));
  CHECK(has(zh, "申报件"));
  CHECK(has(zh, "secrets"));  // the policy may name kinds that nobody has given a name
  CHECK(has(zh, "策略要求放行（policy.hold）"));
  CHECK(has(en, "held 1/2  dossier  portal>approval"));
  CHECK(has(en, "policy.hold\n"));
}

TEST_CASE("what is typed may be the word or the code") {
  const Voice voice(Language::zh);
  CHECK(voice.code("state", "待传送") == "waiting");
  CHECK(voice.code("state", "waiting") == "waiting");
  CHECK(voice.code("kind", "别的") == "别的");
  CHECK(voice.code("node", "") == "");
}

TEST_CASE("a bundle is told in both languages, with what became of it") {
  const auto zh = in_chinese(pages::bundle, kBundle).text, en = in_english(pages::bundle, kBundle).text;
  CHECK(has(zh, "状态              已隔离（quarantined）\n"));
  CHECK(has(zh, "从                门户（portal）\n"));
  CHECK(has(zh, "与已有交换包矛盾（bundle.fork）：why"));
  CHECK(has(zh, "邹放 于 "));
  CHECK(has(zh, "同意放行：read"));
  CHECK(has(zh, "起隔离：签名不成立 [bundle.signature]；自称 门户（无法证实）"));
  CHECK(has(zh, "对端未收下：签名不成立。本机保存的副本签名也不成立"));
  CHECK(has(zh, "销案：{n}（"));
  CHECK(has(en, "state             quarantined\n"));
  CHECK(has(en, "quarantined  gateway-outer  bundle.fork: why"));
  CHECK(has(en, ": the signature [bundle.signature]; it says it is from portal"));
  CHECK(has(en, "our copy: damaged"));
}

TEST_CASE("each alarm has its sentence in both languages, and every value is filled in") {
  const auto answer = all_alarms();
  for (const auto language : {Language::zh, Language::en}) {
    const auto told = tell(pages::alarms, language, answer);
    CHECK(told.code == kToLookAfter);
    CHECK_FALSE(has(told.text, "{"));
    CHECK_FALSE(has(told.text, "alarm."));
    CHECK(std::count(told.text.begin(), told.text.end(), '\n') == 52);
  }
  CHECK(has(in_chinese(pages::alarms, answer).text, "`ctl request \"portal>approval\" 2 3 --reason …`"));
  CHECK(has(in_english(pages::alarms, answer).text, "numbers 2 to 3 have not come on portal>approval"));
  CHECK(in_chinese(pages::alarms, R"({"alarms": []})").text == "没有告警：没有需要处理的事项\n");
  CHECK(has(in_chinese(pages::alarms, R"({"alarms": [{"code": "alarm.new", "about": "x"}]})").text, "alarm.new x"));
}

TEST_CASE("what is set aside is told by whom and why, with its code") {
  const auto zh = in_chinese(pages::quarantine, kQuarantine).text, en = in_english(pages::quarantine, kQuarantine).text;
  CHECK(has(zh, "自称 门户（无法证实）"));
  CHECK(has(zh, "审批（签名属实）"));
  CHECK(has(zh, "bundle.signature"));
  CHECK(has(zh, "签名不成立"));
  CHECK(has(zh, "an odd one"));
  CHECK(has(en, "portal?"));
  CHECK(has(en, "was not told"));
  const auto one = in_chinese(pages::quarantined, R"({"what": "bundle", "id": "1", "manifest_digest": "ab",
    "code": "certificate.odd", "detail": "d", "from": "portal", "signed_by": "", "kept_bytes": 3, "at_ms": 1,
    "manifest": {"kind": "dossier", "created_at_ms": 1700000000000}})");
  CHECK(has(one.text, "签名证书目前无效"));
  CHECK(has(one.text, "本网关认不出签名者"));
  CHECK(has(one.text, "  创建              2023-11-"));
}

TEST_CASE("the other pages speak both languages, and every value is filled in") {
  struct Case {
    Page page;
    const char* answer;
    const char* zh;
    const char* en;
    int code = 0;
  };
  constexpr auto overview =
      R"({"unit": "gateway-outer", "peer": "gateway-inner", "service": "portal", "carrier": "ferry",
    "at_ms": 600000, "other_side_last_heard_ms": 1, "oldest_waiting_ms": 1, "disk_free_bytes": 4096,
    "disk_minimum_bytes": 1024, "alarms": [],
    "channels": [{"channel": "portal>approval", "direction": "out", "waiting": 3, "stopped": {}}]})";
  constexpr auto voyages = R"({"voyages": [{"direction": "loaded", "state": "under_way", "number": 2, "at_ms": 1,
      "bundles": 3, "without_receipt": 3, "bytes": 1, "damaged": 0, "code": ""}],
    "summary": {"under_way": [{"number": 2, "bundles": 3, "at_ms": 1}], "bundles_waiting": 1, "taken_in": 1,
      "taken_in_ms": 1, "not_come": [4], "missing": [{"channel": "a>b", "first": 2, "last": 3}]}})";
  constexpr auto stretches =
      R"({"stretches": [{"day": "2026-11-24", "channel": "a>b", "bundles": 2, "verdict": "differs",
    "differences": 1, "made_at_ms": 1}]})";
  constexpr auto stretch = R"({"day": "2026-11-24", "channel": "a>b", "verdict": "differs", "first": 1, "last": 2,
    "named": [{"sequence": 1, "what": "missing_here", "here": "", "there": "applied", "id": ""}]})";
  constexpr auto halted = R"({"state": "halted", "channel": "a>b", "epoch": 1, "found_at_ms": 1, "detail": "d",
    "code": "restored.taken", "needed": 2, "votes": [{"at_ms": 1, "who": "w", "reason": "r"}]})";
  constexpr auto policy = R"({"rules": [{"number": 1, "from": "portal", "to": "approval", "kind": "dossier",
      "max_bytes": 1024, "per_minute": 0, "hold": true, "releasers": 2, "hours": []}],
    "quotas": [{"sender": "portal", "max_bundles": 3, "max_bytes": 0}], "remarks": [
      {"name": "no_quota", "from": "portal", "to": "", "kind": "", "words": "portal: has no quota"},
      {"name": "of a newer unit", "from": "", "to": "", "kind": "", "words": "a remark"}]})";
  constexpr auto refused = R"({"verdict": "refuse", "code": "policy.too_large", "checks": [
    {"name": "rule", "holds": true, "words": "Rule 1", "detail": "1"},
    {"name": "size", "holds": false, "words": "It has", "detail": "1024"}]})";
  constexpr auto log = R"({"log": [{"number": 1, "at_ms": 1, "act": "dismiss", "about": "0199 ab", "reason": "r",
    "who": "w"}], "cursor": "1", "whole": false})";
  constexpr auto exchanged =
      R"({"log": [{"number": 1, "at_ms": 1, "act": "policy", "reason": "", "who": "gateway-outer",
    "about": "0123456789abcdef01 fedcba9876543210fe"}], "cursor": "", "whole": true, "confirmed": null,
    "countersigned": {"day": "2026-05-29", "channel": "a>b", "made_at_ms": 1, "line": 1, "digest": "dd"},
    "contradicting": null})";
  constexpr auto first = R"({"log": [{"number": 1, "at_ms": 1, "act": "nodes", "reason": "", "who": "gateway-outer",
    "about": "- fedcba9876543210fe"}], "cursor": "", "whole": true})";
  constexpr auto contradicted = R"({"log": [], "cursor": "", "whole": true, "contradicting":
    {"day": "2026-05-29", "channel": "a>b", "made_at_ms": 1, "line": 7, "digest": "dd"}})";
  for (const auto& one : {
           Case{pages::overview, overview,
                "本机：外端机，所属业务系统：门户；通道：摆渡介质；上次收到对端（内端机）消息：9 分钟前",
                "gateway-outer, the unit of portal; carrier ferry; gateway-inner heard 9 minutes ago"},
           Case{pages::voyages, voyages, "；缺少a>b 第 2 至 3 号；航次 4 没有到",
                "; missing: 2 to 3 of a>b; not come: voyage 4"},
           Case{pages::voyages, R"({"voyages": []})", "还没有航次", "no voyage yet"},
           Case{pages::voyage_started, R"({"waiting": 2, "under_way": 1})", "有 2 个交换包等待", "2 bundles wait"},
           Case{pages::reconciliation, stretches, "有差异", "The units differ", kToLookAfter},
           Case{pages::reconciliation_asked, R"({"asked": 2})", "2 段", "asked about 2 stretches"},
           Case{pages::stretch, stretch, "本机没有", "missing_here", kToLookAfter},
           Case{pages::epoch, halted, "本侧业务系统交来的，其前面的本机没有 [restored.taken]", "d [restored.taken]",
                kToLookAfter},
           Case{pages::epoch, R"({"channel": "a>b", "epoch": 1})", "没有发现", "has not found"},
           Case{pages::epoch_approved, R"({"done": false, "said": 1, "needed": 2})", "2 人中已有 1 人", "1 of 2"},
           Case{pages::decided, R"({"done": false, "said": 1, "needed": 2})", "1/2 人同意", "1 of 2"},
           Case{pages::decided, R"({"done": true})", "已完成", "done"},
           Case{pages::policy, policy, "门户（portal）", "portal  approval  dossier"},
           Case{pages::policy, policy, "提示：门户没有配额", "note: portal: has no quota"},
           Case{pages::policy, policy, "提示：a remark", "note: a remark"},
           Case{pages::explanation, refused, "拒绝：超过大小上限（policy.too_large）",
                "It is refused: policy.too_large.", kToLookAfter},
           Case{pages::explanation, refused, "  停住  超过上限 1024 字节。", "  stop  It has", kToLookAfter},
           Case{pages::log, log, "销案", "dismiss", kToLookAfter},
           Case{pages::log, exchanged, "策略变更  0123456789ab → fedcba987654 ",
                "policy  0123456789ab → fedcba987654 "},
           Case{pages::log, first, "节点名册变更  首次登记：fedcba987654 ", "nodes  first registered: fedcba987654 "},
           Case{pages::log, exchanged, "到第 1 行为止，只凭本机无法重写", "up to line 1 nobody could have"},
           Case{pages::log, contradicted, "第 7 行的摘要是 dd", "line 7 has the digest dd", kToLookAfter},
           Case{pages::bundles, R"({"bundles": [], "cursor": ""})", "没有符合条件的交换包", "none found"},
           Case{pages::held, R"({"bundles": []})", "没有待放行的交换包", "nothing is held"},
           Case{pages::quarantine, R"({"quarantined": []})", "隔离区是空的", "nothing is quarantined"},
           Case{pages::dismissed,
                R"({"dismissed": [{"at_ms": 1, "who": "w", "code": "bundle.fork", "what": "bundle"}]})",
                "与已有交换包矛盾（bundle.fork）", "bundle.fork"},
           Case{pages::retried, R"({"rung": "carried"})", "已移出隔离区：已送达对端", "out of the quarantine: carried"},
       })
    for (const auto language : {Language::zh, Language::en}) {
      const auto told = tell(one.page, language, one.answer);
      const auto* wanted = language == Language::zh ? one.zh : one.en;
      CAPTURE(wanted, told.text);
      CHECK(has(told.text, wanted));
      CHECK_FALSE(has(told.text, "{"));
      CHECK(told.code == one.code);
    }
}

TEST_CASE("what goes wrong is told with its code and what to do, in words of the unit where there are no others") {
  std::ostringstream out;
  const Voice zh(Language::zh, out, out), en(Language::en, out, out);
  const Error role{Fault::forbidden, "console.role", "this needs the role releaser"};
  CHECK(zh.fail(role) == 1);
  CHECK(out.str() == "您的角色不能做这件事。 [console.role]\n请由有此角色的同事操作。\n");
  out.str("");
  en.fail(role);
  CHECK(out.str() == "this needs the role releaser [console.role]\nAsk a colleague who has it.\n");
  out.str("");
  zh.fail({Fault::integrity, "log.broken", "line 3 is missing", "3"});
  CHECK(has(out.str(), "第 3 行"));
  out.str("");
  zh.fail({Fault::internal, "odd.code", "an odd thing"});
  CHECK(out.str() == "an odd thing [odd.code]\n");
}

}  // namespace jindu::gateway
