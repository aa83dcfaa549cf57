// What lies on a medium that was in other hands: names of folders, and the manifest of a voyage, as it is and signed
// well.
#include "exchange-gateway/carriers/voyage.hpp"

#include "tests/fuzz/world.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu;
  using namespace jindu::fuzz;
  constexpr std::string_view from = "gateway-outer", to = "gateway-inner";
  Input input(data, size);
  const bool well_signed = input.byte() == 1;
  const auto folder = input.line();
  if (const auto id = gateway::voyage_id(folder, from))
    promise(std::string(from) + "-" + *id == folder && id->find('/') == std::string::npos,
            "the name of a folder has one reading");
  Bytes manifest;
  if (well_signed) {
    manifest = evidence::sign_statement(evidence::kVoyageType, input.rest(), node(std::string(from)));
  } else {
    const auto rest = input.rest();
    manifest.assign(rest.begin(), rest.end());
  }
  const auto voyage = gateway::open_voyage(manifest, folder, from, to, trust(), kNow);
  if (!voyage) return 0;
  promise(voyage->number() > 0 && voyage->bundles_size() <= static_cast<int>(gateway::kVoyageBundlesMax),
          "a voyage is within its limits");
  promise(gateway::voyage_id(folder, from).has_value(), "a voyage lies in a folder of its name");
  return 0;
}
