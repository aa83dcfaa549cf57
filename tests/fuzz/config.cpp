// Configuration and policy files: refused with place and key, or read whole. The files are the operator's own, but a
// slip of the hand must not end a program in any other way than with a sentence.
#include "common/runtime/config.hpp"

#include "exchange-gateway/unit/settings.hpp"
#include "tests/fuzz/world.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu;
  using namespace jindu::fuzz;
  const MemoryFile file({data, size});
  const auto policy = gateway::read_policy(file.path());
  if (policy) {
    for (const auto& rule : policy->rules)
      promise(!rule.from.empty() && !rule.kind.empty() && rule.max_bytes > 0 && rule.burst > 0, "a rule is whole");
    if (!policy->rules.empty()) {
      const auto& rule = policy->rules.front();
      (void)gateway::judge(*policy, {rule.from, rule.to, rule.kind, rule.max_bytes, kNow}, kNow);
    }
  } else {
    const auto& code = policy.error().code;
    promise(code.starts_with("config.") || code.starts_with("policy."), "a file is refused by name");
  }
  auto config = Config::from_file(file.path());
  if (!config) return 0;
  auto table = config->table("listen");
  (void)table.text("address");
  (void)table.port("port");
  (void)table.text_or("name", "portal");
  (void)table.flag_or("tls", true);
  (void)table.integer_or("workers", 8, 1, 64);
  (void)table.path_or("directory", "");
  (void)table.texts("roles");
  for (auto& one : config->tables("nodes")) (void)one.text("name");
  const auto finished = config->finish();
  promise(finished || !finished.error().detail.empty(), "a mistake is told");
  return 0;
}
