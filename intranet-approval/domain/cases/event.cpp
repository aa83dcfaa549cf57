#include "intranet-approval/domain/cases/event.hpp"

#include <array>

namespace jindu::approval {

std::string_view to_text(Outcome outcome) { return outcome == Outcome::grant ? "grant" : "refuse"; }

std::string_view type_of(const Fact& fact) {
  // In the order of the variant.
  static constexpr std::array<std::string_view, std::variant_size_v<Fact>> names{"received",
                                                                                 "returned",
                                                                                 "supplement_requested",
                                                                                 "supplement_received",
                                                                                 "supplement_returned",
                                                                                 "accepted",
                                                                                 "deemed_accepted",
                                                                                 "not_accepted",
                                                                                 "stage_entered",
                                                                                 "reviewed",
                                                                                 "sent_back",
                                                                                 "recused",
                                                                                 "determined",
                                                                                 "notified",
                                                                                 "sent_anew"};
  return names[fact.index()];
}

}  // namespace jindu::approval
