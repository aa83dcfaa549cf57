#include "intranet-approval/store/case_rows.hpp"

#include <charconv>
#include <sstream>

namespace jindu::approval::store {
namespace {

#define JINDU_CASE_COLUMNS                                                                                   \
  "case_id, sequence, status, stage, role, barred, department, item_id, item_version, declaration_number, "  \
  "acceptance_number, document_number, applicant_name, applicant_kind, received_at_ms, received_inside_ms, " \
  "stage_entered_ms, closed_at_ms, closed, deemed_accepted, due_date, statutory_due_date, stage_due_date, "  \
  "acceptance_check_date, provisional"
constexpr std::string_view kPutCaseRow =
    "INSERT INTO case_row (" JINDU_CASE_COLUMNS
    ", search) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
    "$16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26) ON CONFLICT (case_id) DO UPDATE SET sequence = "
    "excluded.sequence, "
    "status = excluded.status, stage = excluded.stage, role = excluded.role, barred = excluded.barred, department = "
    "excluded.department, "
    "item_id = excluded.item_id, item_version = excluded.item_version, declaration_number = "
    "excluded.declaration_number, "
    "acceptance_number = excluded.acceptance_number, document_number = excluded.document_number, applicant_name = "
    "excluded.applicant_name, "
    "applicant_kind = excluded.applicant_kind, received_at_ms = excluded.received_at_ms, received_inside_ms = "
    "excluded.received_inside_ms, "
    "stage_entered_ms = excluded.stage_entered_ms, closed_at_ms = excluded.closed_at_ms, closed = excluded.closed, "
    "deemed_accepted = excluded.deemed_accepted, due_date = excluded.due_date, statutory_due_date = "
    "excluded.statutory_due_date, "
    "stage_due_date = excluded.stage_due_date, acceptance_check_date = excluded.acceptance_check_date, provisional = "
    "excluded.provisional, "
    "search = excluded.search";
constexpr std::string_view kFindCaseRow = "SELECT " JINDU_CASE_COLUMNS " FROM case_row WHERE case_id = $1";
constexpr std::string_view kFindByNumber = "SELECT " JINDU_CASE_COLUMNS " FROM case_row WHERE declaration_number = $1";
constexpr std::string_view kSelect = "SELECT " JINDU_CASE_COLUMNS " FROM case_row WHERE ";
#undef JINDU_CASE_COLUMNS
constexpr std::string_view kOpen = "SELECT case_id FROM case_row WHERE closed = 0 ORDER BY case_id";
constexpr std::string_view kUnanswered =
    "SELECT case_id FROM case_row WHERE status = 'received' AND acceptance_check_date < $1 ORDER BY "
    "acceptance_check_date LIMIT $2";
constexpr std::string_view kOpenCounts =
    "SELECT stage, COUNT(*), SUM(CASE WHEN due_date < $2 OR statutory_due_date < $2 THEN 1 ELSE 0 END), "
    "SUM(CASE WHEN due_date >= $2 AND due_date <= $3 THEN 1 ELSE 0 END), SUM(CASE WHEN status = 'supplement_requested' "
    "THEN 1 ELSE 0 END) "
    "FROM case_row WHERE department = $1 AND closed = 0 GROUP BY stage ORDER BY stage";
constexpr std::string_view kClosedCounts =
    "SELECT status, COUNT(*) FROM case_row WHERE department = $1 AND closed = 1 AND closed_at_ms >= $2 GROUP BY status";
constexpr std::string_view kRecentCounts =
    "SELECT COUNT(*), CAST(COALESCE(AVG(received_inside_ms - received_at_ms), 0) AS BIGINT), "
    "COALESCE(SUM(CASE WHEN received_inside_ms >= $3 THEN 1 ELSE 0 END), 0), CAST(COALESCE(SUM(deemed_accepted), 0) AS "
    "BIGINT) "
    "FROM case_row WHERE department = $1 AND received_at_ms >= $2";

constexpr std::string_view kChanged =
    "SELECT r.case_id, r.sequence, r.status, r.stage, MAX(e.at_ms) FROM case_event e JOIN case_row r ON r.case_id = "
    "e.case_id WHERE r.department = $1 AND e.at_ms > $2 GROUP BY r.case_id, r.sequence, r.status, r.stage ORDER BY 5, "
    "1 "
    "LIMIT $3";

std::string joined(const std::set<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string ascii_lower(std::string text) {
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

CaseRow row_of(const storage::Row& r) {
  CaseRow row;
  row.case_id = r.text(0);
  row.sequence = static_cast<std::uint64_t>(r.integer(1));
  row.status = r.text(2);
  row.stage = r.text(3);
  row.role = r.text(4);
  std::istringstream barred{r.text(5)};
  for (std::string one; barred >> one;) row.barred.insert(one);
  row.department = r.text(6);
  row.item_id = r.text(7);
  row.item_version = static_cast<int>(r.integer(8));
  row.declaration_number = r.text(9);
  row.acceptance_number = r.text(10);
  row.document_number = r.text(11);
  row.applicant_name = r.text(12);
  row.applicant_kind = r.text(13);
  row.received_at = from_unix_ms(r.integer(14));
  row.received_inside = from_unix_ms(r.integer(15));
  row.stage_entered = from_unix_ms(r.integer(16));
  row.closed_at = from_unix_ms(r.integer(17));
  row.closed = r.integer(18) == 1;
  row.deemed_accepted = r.integer(19) == 1;
  row.due_date = r.text(20);
  row.statutory_due_date = r.text(21);
  row.stage_due_date = r.text(22);
  row.acceptance_check_date = r.text(23);
  row.provisional = r.integer(24) == 1;
  return row;
}

// A WHERE clause that grows with its parameters.
class Conditions {
 public:
  // `$` in the condition is replaced by the parameter's number.
  void add(std::string condition, storage::Value value) {
    parameters.push_back(std::move(value));
    substitute(std::move(condition), "$" + std::to_string(parameters.size()));
  }
  void add_any_of(const std::string& column, const std::set<std::string>& values) {
    std::string list;
    for (const auto& value : values) {
      parameters.emplace_back(value);
      list += (list.empty() ? "$" : ", $") + std::to_string(parameters.size());
    }
    join(values.empty() ? "1 = 0" : column + " IN (" + list + ")");
  }
  void join(const std::string& condition) { text += (text.empty() ? "" : " AND ") + condition; }

  std::string text;
  std::vector<storage::Value> parameters;

 private:
  void substitute(std::string condition, const std::string& number) {
    for (auto at = condition.find('$'); at != std::string::npos; at = condition.find('$', at + number.size()))
      condition.replace(at, 1, number);
    join(condition);
  }
};

std::string like_pattern(const std::string& text) {
  std::string pattern = "%";
  for (const char c : ascii_lower(text)) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c;
  }
  return pattern + "%";
}

Conditions filter_of(const WorklistQuery& q) {
  Conditions where;
  where.add("department = $", q.department);
  where.add("closed = $", std::int64_t{q.scope == Scope::closed});
  if (q.scope == Scope::mine) {
    where.add_any_of("role", q.roles);
    where.join("status <> 'supplement_requested'");
    where.add("barred NOT LIKE $", "%" + q.official + "%");
  }
  if (!q.stage.empty()) where.add("stage = $", q.stage);
  if (!q.status.empty()) where.add("status = $", q.status);
  if (!q.item.empty()) where.add("item_id = $", q.item);
  if (!q.due_from.empty()) where.add("due_date >= $", q.due_from);
  if (!q.due_to.empty()) where.add("due_date <= $", q.due_to);
  if (!q.text.empty()) where.add("search LIKE $ ESCAPE '!'", like_pattern(q.text));
  return where;
}

// Of what is due on the same day, what came first stands first.
std::string order_of(Sort sort) {
  switch (sort) {
    case Sort::due:
      return "due_date, received_at_ms, case_id";
    case Sort::received:
      return "received_at_ms, case_id";
    case Sort::received_newest:
      break;
  }
  return "received_at_ms DESC, case_id DESC";
}

// A cursor is what the last row of a page is sorted by, "[DUE_DATE~]RECEIVED_MS~CASE_ID".
std::string cursor_after(const CaseRow& row, Sort sort) {
  return (sort == Sort::due ? row.due_date + "~" : "") + std::to_string(to_unix_ms(row.received_at)) + "~" +
         row.case_id;
}

void add_cursor(Conditions& where, const WorklistQuery& q) {
  const auto foreign = [] {
    throw ErrorException{Error{Fault::invalid, "worklist.cursor", "not a cursor of this list", "/cursor"}};
  };
  std::string_view rest = q.cursor;
  const auto next_part = [&] {
    const auto end = rest.find('~');
    if (end == std::string_view::npos) foreign();
    const auto part = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return part;
  };
  const bool by_due = q.sort == Sort::due;
  if (by_due) where.parameters.emplace_back(std::string(next_part()));
  const auto received = next_part();
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(received.data(), received.data() + received.size(), ms);
  if (error != std::errc{} || end != received.data() + received.size()) foreign();
  where.parameters.emplace_back(ms);
  where.parameters.emplace_back(std::string(rest));
  const auto n = where.parameters.size();
  const auto place = [&](std::size_t back) { return "$" + std::to_string(n - back); };
  where.join(std::string(by_due ? "(due_date, " : "(") + "received_at_ms, case_id) " +
             (q.sort == Sort::received_newest ? "<" : ">") + " (" + (by_due ? place(2) + ", " : "") + place(1) + ", " +
             place(0) + ")");
}

}  // namespace

void put_case_row(storage::Transaction& tx, const CaseRow& r) {
  const auto search =
      ascii_lower(r.declaration_number + " " + r.acceptance_number + " " + r.document_number + " " + r.applicant_name);
  tx.execute(kPutCaseRow, {r.case_id,
                           static_cast<std::int64_t>(r.sequence),
                           r.status,
                           r.stage,
                           r.role,
                           joined(r.barred),
                           r.department,
                           r.item_id,
                           std::int64_t{r.item_version},
                           r.declaration_number,
                           r.acceptance_number,
                           r.document_number,
                           r.applicant_name,
                           r.applicant_kind,
                           to_unix_ms(r.received_at),
                           to_unix_ms(r.received_inside),
                           to_unix_ms(r.stage_entered),
                           to_unix_ms(r.closed_at),
                           std::int64_t{r.closed},
                           std::int64_t{r.deemed_accepted},
                           r.due_date,
                           r.statutory_due_date,
                           r.stage_due_date,
                           r.acceptance_check_date,
                           std::int64_t{r.provisional},
                           search});
}

std::optional<CaseRow> find_case_row(storage::Transaction& tx, const std::string& case_id) {
  const auto row = tx.query_one(kFindCaseRow, {case_id});
  if (!row) return std::nullopt;
  return row_of(*row);
}

std::optional<CaseRow> case_with_number(storage::Transaction& tx, const std::string& declaration_number) {
  const auto row = tx.query_one(kFindByNumber, {declaration_number});
  if (!row) return std::nullopt;
  return row_of(*row);
}

std::vector<std::string> open_case_ids(storage::Transaction& tx) {
  std::vector<std::string> ids;
  for (const auto& row : tx.query(kOpen)) ids.push_back(row.text(0));
  return ids;
}

std::vector<std::string> unanswered_cases(storage::Transaction& tx, const std::string& today, int limit) {
  std::vector<std::string> ids;
  for (const auto& row : tx.query(kUnanswered, {today, std::int64_t{limit}})) ids.push_back(row.text(0));
  return ids;
}

WorklistPage worklist(storage::Transaction& tx, const WorklistQuery& q) {
  Conditions where = filter_of(q);
  WorklistPage page;
  page.total =
      tx.query_one("SELECT COUNT(*) FROM (SELECT 1 FROM case_row WHERE " + where.text + " LIMIT 10000) AS matched",
                   where.parameters)
          ->integer(0);
  if (!q.cursor.empty()) add_cursor(where, q);
  where.parameters.emplace_back(std::int64_t{q.limit} + 1);  // one more tells whether there is a next page
  for (const auto& row : tx.query(std::string{kSelect} + where.text + " ORDER BY " + order_of(q.sort) + " LIMIT $" +
                                      std::to_string(where.parameters.size()),
                                  where.parameters))
    page.rows.push_back(row_of(row));
  if (page.rows.size() > static_cast<std::size_t>(q.limit)) {
    page.rows.pop_back();
    page.next_cursor = cursor_after(page.rows.back(), q.sort);
  }
  return page;
}

Counts counts(storage::Transaction& tx, const CountsQuery& q) {
  Counts c;
  for (const auto& row : tx.query(kOpenCounts, {q.department, q.today, q.soon})) {
    c.by_stage.push_back({row.text(0), row.integer(1), row.integer(2), row.integer(3)});
    c.open += row.integer(1);
    c.overdue += row.integer(2);
    c.due_soon += row.integer(3);
    c.waiting_for_applicant += row.integer(4);
  }
  for (const auto& row : tx.query(kClosedCounts, {q.department, to_unix_ms(q.closed_since)})) {
    c.closed += row.integer(1);
    if (row.text(0) == "granted") c.granted = row.integer(1);
    if (row.text(0) == "refused") c.refused = row.integer(1);
    if (row.text(0) == "returned") c.returned = row.integer(1);
  }
  const auto recent =
      tx.query_one(kRecentCounts, {q.department, to_unix_ms(q.closed_since), to_unix_ms(q.today_begins)});
  c.received = recent->integer(0);
  c.mean_transit_ms = recent->integer(1);
  c.received_today = recent->integer(2);
  c.deemed_accepted = recent->integer(3);
  return c;
}

std::vector<ChangedCase> changed_since(storage::Transaction& tx, const std::string& department, Instant since,
                                       int limit) {
  std::vector<ChangedCase> changed;
  for (const auto& row : tx.query(kChanged, {department, to_unix_ms(since), std::int64_t{limit}}))
    changed.push_back({row.text(0), static_cast<std::uint64_t>(row.integer(1)), row.text(2), row.text(3),
                       from_unix_ms(row.integer(4))});
  return changed;
}

}  // namespace jindu::approval::store
