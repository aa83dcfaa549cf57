#pragma once
// The projection that worklists, the sweeper and the overview read: one row per case, derived from its events.
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/clock.hpp"
#include "common/storage/database.hpp"

namespace jindu::approval::store {

inline constexpr std::string_view kNoDate = "9999-12-31";  // sorts after every deadline

struct CaseRow {
  std::string case_id;
  std::uint64_t sequence = 0;
  std::string status;
  std::string stage;
  std::string role;              // that the stage needs
  std::set<std::string> barred;  // fingerprints that four eyes or recusal exclude from the stage
  std::string department;
  std::string item_id;
  int item_version = 0;
  std::string declaration_number;
  std::string acceptance_number;
  std::string document_number;
  std::string applicant_name;
  std::string applicant_kind;
  Instant received_at{};  // outside, of the first submission
  Instant received_inside{};
  Instant stage_entered{};
  Instant closed_at{};
  bool closed = false;
  bool deemed_accepted = false;
  std::string due_date{kNoDate};  // promised; before acceptance that of the acceptance check
  std::string statutory_due_date{kNoDate};
  std::string stage_due_date{kNoDate};
  std::string acceptance_check_date{kNoDate};  // only while it runs
  bool provisional = false;
  bool operator==(const CaseRow&) const = default;
};

void put_case_row(storage::Transaction& tx, const CaseRow& row);
std::optional<CaseRow> find_case_row(storage::Transaction& tx, const std::string& case_id);
std::optional<CaseRow> case_with_number(storage::Transaction& tx, const std::string& declaration_number);
std::vector<std::string> open_case_ids(storage::Transaction& tx);

// Cases whose acceptance check ended before `today` without an answer.
std::vector<std::string> unanswered_cases(storage::Transaction& tx, const std::string& today, int limit);

enum class Scope { mine, department, closed };
enum class Sort { due, received, received_newest };

struct WorklistQuery {
  std::string department;
  std::string official;  // fingerprint
  std::set<std::string> roles;
  Scope scope = Scope::department;
  Sort sort = Sort::due;
  std::string stage = {};
  std::string status = {};
  std::string item = {};
  std::string text = {};      // part of a number or of the applicant's name
  std::string due_from = {};  // ISO dates, inclusive; empty: no bound
  std::string due_to = {};
  int limit = 50;
  std::string cursor = {};  // as given by the page before
};

struct WorklistPage {
  std::vector<CaseRow> rows;
  std::string next_cursor;  // empty at the end
  std::int64_t total = 0;   // counted up to 10,000
};

// Keyset paged: the cost of a page does not grow with its number. Throws Fault::invalid "worklist.cursor" for a foreign
// cursor.
WorklistPage worklist(storage::Transaction& tx, const WorklistQuery& query);

struct StageCount {
  std::string stage;
  std::int64_t count = 0;
  std::int64_t overdue = 0;
  std::int64_t due_soon = 0;
};
struct Counts {
  std::int64_t open = 0, overdue = 0, due_soon = 0, waiting_for_applicant = 0, received_today = 0;
  std::int64_t closed = 0, granted = 0, refused = 0, returned = 0, deemed_accepted = 0;
  std::int64_t received = 0, mean_transit_ms = 0;  // of those received since `closed_since`
  std::vector<StageCount> by_stage;
};
struct CountsQuery {
  std::string department;
  std::string today;  // ISO date
  std::string soon;   // ISO date up to which a deadline is near
  Instant today_begins{};
  Instant closed_since{};
};
Counts counts(storage::Transaction& tx, const CountsQuery& query);

struct ChangedCase {
  std::string case_id;
  std::uint64_t sequence = 0;
  std::string status;
  std::string stage;
  Instant at{};  // of its last event
};
// Cases of the department with events after `since`, oldest news first.
std::vector<ChangedCase> changed_since(storage::Transaction& tx, const std::string& department, Instant since,
                                       int limit);

}  // namespace jindu::approval::store
