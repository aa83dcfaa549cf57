#include "extranet-portal/domain/status.hpp"

#include <algorithm>
#include <array>

namespace jindu::portal {
namespace {

constexpr std::array<std::string_view, 13> kIntranet{
    "received",  "returned",      "supplement_requested", "accepted", "not_accepted", "initial_review",
    "re_review", "determination", "notification",         "granted",  "refused",      "withdrawn",
    "terminated"};
constexpr std::array<std::string_view, 6> kClosed{"returned", "not_accepted", "granted",
                                                  "refused",  "withdrawn",    "terminated"};

}  // namespace

bool is_intranet_status(std::string_view word) {
  return std::find(kIntranet.begin(), kIntranet.end(), word) != kIntranet.end();
}

bool is_closed(std::string_view status) { return std::find(kClosed.begin(), kClosed.end(), status) != kClosed.end(); }

bool merge(Progress& known, const Progress& update) {
  if (update.case_sequence <= known.case_sequence) return false;
  Progress merged = update;
  // Once given, an acceptance number stays; later updates need not repeat it.
  if (merged.acceptance_number.empty()) merged.acceptance_number = known.acceptance_number;
  known = std::move(merged);
  return true;
}

void submitted(Progress& known) { known.status = "submitted"; }

bool handed_over(Progress& known) {
  if (known.status != "submitted") return false;
  known.status = "in_transit";
  return true;
}

bool stopped(Progress& known) {
  if (known.status != "submitted" && known.status != "in_transit") return false;
  known.status = "stopped";
  return true;
}

bool sent_anew(Progress& known) {
  if (known.status != "stopped") return false;
  known.status = "submitted";
  return true;
}

bool awaits_supplement(const Progress& known) { return known.status == "supplement_requested"; }

}  // namespace jindu::portal
