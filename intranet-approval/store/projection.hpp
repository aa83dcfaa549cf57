#pragma once
// Makes the row of a case from its history. The live path and the rebuild call the same function, so they cannot
// differ.
#include <span>
#include <string>

#include "common/catalogue/calendar.hpp"
#include "intranet-approval/domain/cases/procedure.hpp"
#include "intranet-approval/store/case_rows.hpp"

namespace jindu::approval {
struct Event;
}

namespace jindu::approval::store {

struct ApplicantSummary {
  std::string name;
  std::string kind;  // "citizen" or "company"
};

CaseRow project(const std::string& case_id, std::span<const Event> events, const Procedure& procedure,
                const catalogue::Calendar& calendar, const ApplicantSummary& applicant);

}  // namespace jindu::approval::store
