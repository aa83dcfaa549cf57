#pragma once
// The one way in which a case changes: events appended, projection updated, the portal told, all in the caller's
// transaction.
#include "intranet-approval/domain/cases/state.hpp"
#include "intranet-approval/exchange/office.hpp"
#include "intranet-approval/store/case_events.hpp"
#include "intranet-approval/store/case_rows.hpp"
#include "intranet-approval/store/projection.hpp"

namespace jindu::approval {

struct History {
  std::vector<store::StoredEvent> stored;
  std::vector<Event> events;
  CaseState state;
};
History load_history(storage::Transaction& t, const std::string& case_id);

struct Change {
  std::string case_id;
  std::vector<Event> events;
  std::string command_id = {};
  std::optional<store::OfficialSignature> signature = {};
};
// Gives the row after the change.
store::CaseRow commit_change(Office& office, storage::Transaction& t, const History& before, const Change& change,
                             const catalogue::Item& item, const store::ApplicantSummary& applicant);

// Who applied, by the dossier kept at rest.
struct Applicant {
  store::ApplicantSummary summary;
  std::string id_number;
  std::string phone;
  crypto::Certificate certificate;
};
result<Applicant> applicant_of(BytesView opened_content);

// The next number of a series, bound to the case.
std::string reserve(storage::Transaction& t, const std::string& case_id, const std::string& series,
                    std::string_view number_template, const catalogue::Catalogue& catalogue,
                    const catalogue::Item& item, Instant now, std::string* check_code_out = nullptr);

// Cases whose time for checking passed in silence are accepted by law (行政许可法 article 32). Gives how many.
result<int> accept_silent_cases(Office& office);

// Deadlines in rows of open cases again, after a release with another calendar. Gives how many differed.
result<int> refresh_rows(Office& office);

}  // namespace jindu::approval
