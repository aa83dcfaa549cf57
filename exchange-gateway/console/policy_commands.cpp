#include <iostream>

#include "common/exchange/codec/bundle.hpp"
#include "common/runtime/command_line.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/shape.hpp"
#include "exchange-gateway/console/commands.hpp"
#include "exchange-gateway/unit/settings.hpp"

namespace jindu::gateway {
namespace {

constexpr std::size_t kBundleMax = 64 * 1024 * 1024;

struct Question {
  std::string file, bundle, from, to, kind, at;
  std::uint64_t bytes = 1;
  bool outward = false, newer = false;
};

int failed(const Error& error) {
  std::cerr << error.detail << " [" << error.code << "]\n";
  return 1;
}

int check(const std::string& file) {
  auto policy = read_policy(file);
  if (!policy) return failed(policy.error());
  std::cout << file << ": " << policy->rules.size() << " rules and " << policy->quotas.size()
            << " quotas, no mistake\n";
  for (const auto& remark : remarks(*policy)) std::cout << "  note: " << remark << "\n";
  return 0;
}

// "2026-11-24 20:30", local to the policy.
std::optional<Instant> time_from(const std::string& text, int utc_offset_minutes) {
  auto numbers = numbers_shaped(text, "0000-00-00 00:00");
  if (!numbers) numbers = numbers_shaped(text, "0000-00-00T00:00");
  if (!numbers) return {};
  const auto& n = *numbers;
  const std::chrono::year_month_day date{std::chrono::year(n[0]), std::chrono::month(static_cast<unsigned>(n[1])),
                                         std::chrono::day(static_cast<unsigned>(n[2]))};
  if (!date.ok() || n[3] > 24 || n[4] > 59) return {};
  return std::chrono::sys_days(date) + std::chrono::hours(n[3]) + std::chrono::minutes(n[4] - utc_offset_minutes);
}

int explain_question(const Question& q) {
  auto policy = read_policy(q.file);
  if (!policy) return failed(policy.error());
  auto at = SystemClock().now();
  if (!q.at.empty()) {
    const auto offset = policy->rules.empty() ? 8 * 60 : policy->rules.front().hours.utc_offset_minutes;
    const auto given = time_from(q.at, offset);
    if (!given) return failed({Fault::invalid, "policy.time", "--at is a local time like \"2026-11-24 20:30\""});
    at = *given;
  }
  Bytes bytes;
  std::optional<exchange::BundleView> view;
  Passenger passenger{q.from, q.to, q.kind, q.bytes, at + std::chrono::hours(24), q.newer, q.outward};
  if (!q.bundle.empty()) {
    auto read = files::read(q.bundle, kBundleMax);
    if (!read) return failed(read.error());
    bytes = std::move(*read);
    auto parsed = exchange::parse_bundle(bytes);
    if (!parsed) return failed(parsed.error());
    view = std::move(*parsed);
    const auto& m = view->manifest;
    passenger = {m.from(), m.to(), m.kind(), bytes.size(), from_unix_ms(m.expires_ms()), view->newer, q.outward};
    std::cout << "The bundle " << exchange::to_text(view->id) << ": '" << m.kind() << "' from " << m.from() << " to "
              << m.to() << ", " << bytes.size() << " bytes. Its signature is not looked at here.\n";
  } else if (q.from.empty() || q.to.empty() || q.kind.empty()) {
    return failed({Fault::invalid, "policy.question", "say --bundle FILE, or --from, --to and --kind"});
  }
  const auto e = explain(*policy, passenger, at);
  for (const auto& c : e.checks) std::cout << (c.holds ? "  yes   " : "  stop  ") << c.words << "\n";
  if (e.verdict == "pass") std::cout << "It passes.\n";
  if (e.verdict == "wait") std::cout << "It is taken and waits for the opening hours.\n";
  if (e.verdict == "hold") std::cout << "It is taken and held.\n";
  if (e.verdict == "refuse") std::cout << "It is refused: " << e.code << ".\n";
  return e.verdict == "refuse" ? 3 : 0;
}

}  // namespace

void add_policy(Command& app, std::function<int()>& work) {
  auto policy = app.command("policy", "Read a policy file without a unit");
  policy.needs_command();
  auto q = std::make_shared<Question>();
  auto check_command = policy.command("check", "Say whether the file is good, and what a reviewer should know");
  check_command.option("FILE", q->file, "The policy").required();
  check_command.when_chosen([q, &work] { work = [q] { return check(q->file); }; });
  auto explain_command = policy.command("explain", "Say which rule decides, and why");
  explain_command.option("FILE", q->file, "The policy").required();
  explain_command.option("--bundle", q->bundle, "Of this bundle");
  explain_command.flag("--outward", q->outward, "which leaves the isolated network");
  explain_command.flag("--unknown-fields", q->newer, "and has fields that are not known here");
  explain_command.option("--from", q->from, "Or of one from this node");
  explain_command.option("--to", q->to, "to that one");
  explain_command.option("--kind", q->kind, "of this kind");
  explain_command.option("--size", q->bytes, "of so many bytes (default 1)");
  explain_command.option("--at", q->at, "At this local time, \"2026-11-24 20:30\" (default: now)");
  explain_command.when_chosen([q, &work] { work = [q] { return explain_question(*q); }; });
}

}  // namespace jindu::gateway
