#pragma once
// One voyage into a unit's journal and one out of it: what the ferry and a person with a medium do alike.
#include <filesystem>
#include <set>

#include "exchange-gateway/carriers/voyage.hpp"
#include "exchange-gateway/unit/unit.hpp"

namespace jindu::gateway {

struct Taken {
  store::VoyageRow row;
  std::vector<std::string> damaged;  // bundles that were missing, changed, or not taken for what they are
  std::int64_t over_rate = 0;        // those that may come later: the voyage is not done, nothing is written down of it
  std::int64_t stopped = 0;          // of a channel that an operator has stopped here: they come again
};
// Whether an error says that the unit could take it at another time.
bool is_only_now(const Error& error);
// Takes every good bundle of the voyage in `folder`. `behind_others`: voyages before it are not done, so that it is no
// sign that they were. An error, and nothing is written down about the voyage, when the unit cannot take anything just
// now. `before`: by their places in the voyage, those that were taken before and are not read again; those that are
// taken now are added, also where there is an error.
result<Taken> take_voyage(Unit& unit, const jindu::v1::Voyage& voyage, const std::string& folder, bool behind_others,
                          std::vector<bool>* before = nullptr);
// Nothing of a voyage without a good manifest is believed; the other side hears of it, if it is one of its own. What it
// says of itself is kept for operators, who look at it as at everything that is put aside.
result<void> refuse_voyage(Unit& unit, const std::string& folder, const std::string& id, const Error& error);
// Why one is refused that is neither ours nor the other side's: the medium belongs elsewhere, and it stays as it is. Of
// many, no more are told than this.
Error strange_voyage();
inline constexpr int kStrangeTold = 10;

// Receipts go with the next voyage: without them the other side would load again.
result<void> gather_receipts(Unit& unit);
// Writes a voyage with these bundles, and with what this side has read; an empty one only says that. Bundles whose
// bytes cannot be read stay behind, and the unit is told. Codes: voyage.empty (it can of none), file.full,
// voyage.write.
result<store::VoyageRow> load_voyage(Unit& unit, const std::string& medium, const std::vector<std::string>& ids,
                                     const std::set<std::string>& damaged);
result<bool> must_tell(Unit& unit);

// A medium that was pulled while it was read says nothing against what is on it. Codes: voyage.gone.
result<void> still_there(const std::filesystem::path& folder);

}  // namespace jindu::gateway
