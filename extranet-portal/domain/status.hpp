#pragma once
// What the portal may say about a declaration. The intranet is the system of record: its updates are numbered per case,
// and an older one never overwrites a newer. In between, the portal says only what it knows itself.
#include <cstdint>
#include <string>
#include <string_view>

#include "common/runtime/clock.hpp"

namespace jindu::portal {

struct Progress {
  std::string status;  // docs/formats.md, "Status words"
  std::string stage;
  std::uint64_t case_sequence = 0;  // 0: nothing has come from the intranet yet
  std::string acceptance_number;
  std::string due_date;
  std::string statutory_due_date;
  bool provisional = false;
  std::uint32_t working_days_left = 0;
};

bool is_intranet_status(std::string_view word);
// Whether an update changed anything.
bool merge(Progress& known, const Progress& update);

// What happens here: a submission, and the news that the gateway has it; that it was stopped on its way, and that it is
// sent anew. Each but the first says whether it changed anything: what the intranet has said since stands.
void submitted(Progress& known);
bool handed_over(Progress& known);
bool stopped(Progress& known);
bool sent_anew(Progress& known);

bool awaits_supplement(const Progress& known);
bool is_closed(std::string_view status);

}  // namespace jindu::portal
