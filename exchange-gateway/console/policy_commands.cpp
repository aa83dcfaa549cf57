#include "common/exchange/codec/bundle.hpp"
#include "common/runtime/command_line.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/times.hpp"
#include "exchange-gateway/api/console_views.hpp"
#include "exchange-gateway/console/commands.hpp"
#include "exchange-gateway/console/pages.hpp"
#include "exchange-gateway/unit/settings.hpp"

namespace jindu::gateway {
namespace {

constexpr std::size_t kBundleMax = 64 * 1024 * 1024;

struct Question {
  explicit Question(const Voice& v) : voice(v) {}
  Voice voice;
  std::string file, bundle, from, to, kind, at;
  std::uint64_t bytes = 1;
  bool outward = false, inward = false, newer = false;
};

int check(const Question& q) {
  const auto& voice = q.voice;
  auto policy = read_policy(q.file);
  if (!policy) return voice.fail(policy.error());
  voice.say("policy.good", {{"file", q.file}, {"rules", policy->rules.size()}, {"quotas", policy->quotas.size()}});
  for (const auto& one : remarks(*policy)) pages::remark(voice, views::remark(one));
  return 0;
}

int explain_question(const Question& q) {
  const auto& voice = q.voice;
  auto policy = read_policy(q.file);
  if (!policy) return voice.fail(policy.error());
  auto at = SystemClock().now();
  if (!q.at.empty()) {
    const auto given = local_time_from(q.at, "--at");
    if (!given) return voice.fail(given.error());
    at = instant_of(*given, utc_offset_of(*policy));
  }
  Bytes bytes;
  std::optional<exchange::BundleView> view;
  const auto from = voice.code("node", q.from), to = voice.code("node", q.to), kind = voice.code("kind", q.kind);
  Passenger passenger{from, to, kind, q.bytes, at + std::chrono::hours(24), q.newer, q.outward};
  if (!q.bundle.empty()) {
    auto read = files::read(q.bundle, kBundleMax);
    if (!read) return voice.fail(read.error());
    bytes = std::move(*read);
    auto parsed = exchange::parse_bundle(bytes);
    if (!parsed) return voice.fail(parsed.error());
    view = std::move(*parsed);
    const auto& m = view->manifest;
    passenger = passenger_of(m, bytes.size(), view->newer, q.outward);
    voice.say("policy.bundle", {{"id", exchange::to_text(view->id)},
                                {"kind", voice.word("kind", m.kind())},
                                {"from", voice.word("node", m.from())},
                                {"to", voice.word("node", m.to())},
                                {"n", bytes.size()}});
  } else if (from.empty() || to.empty() || kind.empty()) {
    return voice.fail({Fault::invalid, "policy.question", "say --bundle FILE, or --from, --to and --kind"});
  }
  // A policy names nodes and not where they are: that counts only for what has unknown fields, where its rule is
  // silent.
  if (q.outward == q.inward) {
    auto other_way = passenger;
    other_way.leaves_intranet = !passenger.leaves_intranet;
    if (decide(*policy, passenger, at).bar != decide(*policy, other_way, at).bar)
      return voice.fail({Fault::invalid, "policy.direction",
                         "it has unknown fields, and its rule does not say what becomes of them: say --inward or "
                         "--outward"});
  }
  return pages::explanation(voice, views::explanation(explain(*policy, passenger, at)));
}

}  // namespace

void add_policy(Command& app, const Voice& voice, std::function<int()>& work) {
  const auto help = [&](const char* name) { return voice.text(std::string("help.policy_file.") + name); };
  auto policy = app.command("policy", voice.text("help.policy_file"));
  policy.needs_command();
  policy.language_option();
  auto q = std::make_shared<Question>(voice);
  const auto verb = [&](const char* name, int (*does)(const Question&)) {
    auto command = policy.command(name, help(name));
    command.lets_through();
    command.option("FILE", q->file, help("file")).required();
    command.when_chosen([q, does, &work] { work = [q, does] { return does(*q); }; });
    return command;
  };
  verb("check", check);
  auto explains = verb("explain", explain_question);
  explains.option("--bundle", q->bundle, help("bundle"));
  explains.flag("--outward", q->outward, help("outward"));
  explains.flag("--inward", q->inward, help("inward"));
  explains.flag("--unknown-fields", q->newer, help("unknown_fields"));
  explains.option("--from", q->from, help("from"));
  explains.option("--to", q->to, help("to"));
  explains.option("--kind", q->kind, help("kind"));
  explains.option("--size", q->bytes, help("size"));
  explains.option("--at", q->at, help("at"));
}

}  // namespace jindu::gateway
