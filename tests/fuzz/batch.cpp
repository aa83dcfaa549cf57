// What comes over the link: batches of bundles, and the other unit's word on what it took.
#include "exchange-gateway/carriers/batch.hpp"

#include "common/exchange/codec/batch.hpp"
#include "tests/fuzz/world.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu;
  using namespace jindu::fuzz;
  Input input(data, size);
  if (input.byte() == 1) {
    const auto custody = gateway::custody_from(input.rest());
    if (!custody) return 0;
    const auto again = gateway::custody_from(gateway::encode_custody(*custody, true));
    promise(again && again->size() == custody->size(), "what is understood can be said again");
    return 0;
  }
  const auto batch = input.rest();
  const auto bundles = exchange::parts_of_batch(batch);
  if (!bundles) return 0;
  std::vector<gateway::Unit::Load> loads;
  for (const auto& bundle : *bundles) loads.push_back({"", Bytes(bundle.begin(), bundle.end())});
  promise(text_of(gateway::batch_of(loads)) == text_of(batch), "a batch has one spelling");
  return 0;
}
