#include "intranet-approval/store/migrations.hpp"

namespace jindu::approval::store {
namespace {

constexpr std::string_view kCases = R"sql(
-- The system of record: append-only, each event signed by the node and holding the digest of the one before it.
CREATE TABLE case_event (
  case_id TEXT NOT NULL,
  sequence BIGINT NOT NULL CHECK (sequence > 0),
  type TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  command_id TEXT NOT NULL,
  signed $BLOB NOT NULL,
  digest $BLOB NOT NULL,
  PRIMARY KEY (case_id, sequence)
);
CREATE INDEX case_event_by_time ON case_event (at_ms);

-- What was asked and answered, so that a repeated command is answered and not carried out again.
CREATE TABLE case_command (
  case_id TEXT NOT NULL,
  command_id TEXT NOT NULL,
  request_sha256 $BLOB NOT NULL,
  sequence BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (case_id, command_id)
);

-- Derived from case_event and dossier; may be rebuilt at any time.
CREATE TABLE case_row (
  case_id TEXT NOT NULL PRIMARY KEY,
  sequence BIGINT NOT NULL,
  status TEXT NOT NULL,
  stage TEXT NOT NULL,
  role TEXT NOT NULL,
  barred TEXT NOT NULL,
  department TEXT NOT NULL,
  item_id TEXT NOT NULL,
  item_version BIGINT NOT NULL,
  declaration_number TEXT NOT NULL,
  acceptance_number TEXT NOT NULL,
  document_number TEXT NOT NULL,
  applicant_name TEXT NOT NULL,
  applicant_kind TEXT NOT NULL,
  search TEXT NOT NULL,
  received_at_ms BIGINT NOT NULL,
  received_inside_ms BIGINT NOT NULL,
  stage_entered_ms BIGINT NOT NULL,
  closed_at_ms BIGINT NOT NULL,
  closed BIGINT NOT NULL CHECK (closed IN (0, 1)),
  deemed_accepted BIGINT NOT NULL CHECK (deemed_accepted IN (0, 1)),
  due_date TEXT NOT NULL,
  statutory_due_date TEXT NOT NULL,
  stage_due_date TEXT NOT NULL,
  acceptance_check_date TEXT NOT NULL,
  provisional BIGINT NOT NULL CHECK (provisional IN (0, 1))
);
CREATE INDEX case_row_by_due ON case_row (department, closed, due_date, case_id);
CREATE INDEX case_row_by_receipt ON case_row (department, closed, received_at_ms, case_id);
CREATE INDEX case_row_by_check ON case_row (status, acceptance_check_date);
)sql";

constexpr std::string_view kDossiers = R"sql(
CREATE TABLE submission (
  case_id TEXT NOT NULL,
  number BIGINT NOT NULL CHECK (number > 0),
  kind TEXT NOT NULL CHECK (kind IN ('application', 'supplement')),
  statement $BLOB NOT NULL,
  sealed_content $BLOB NOT NULL,
  receipt $BLOB NOT NULL,
  opened_content $BLOB NOT NULL,
  content_sha256 $BLOB NOT NULL,
  valid BIGINT NOT NULL CHECK (valid IN (0, 1)),
  received_outside_ms BIGINT NOT NULL,
  received_inside_ms BIGINT NOT NULL,
  signed_at_ms BIGINT NOT NULL,
  PRIMARY KEY (case_id, number)
);
CREATE UNIQUE INDEX submission_once ON submission (case_id, content_sha256);

-- The sealed bytes stay on disk under their digest; what opens them is here.
CREATE TABLE material (
  case_id TEXT NOT NULL,
  number BIGINT NOT NULL CHECK (number > 0),
  submission BIGINT NOT NULL,
  code TEXT NOT NULL,
  upload_id TEXT NOT NULL,
  file_name TEXT NOT NULL,
  media_type TEXT NOT NULL,
  detected_type TEXT NOT NULL,
  size BIGINT NOT NULL,
  sha256 $BLOB NOT NULL,
  file_key $BLOB NOT NULL,
  sealed_size BIGINT NOT NULL,
  sealed_sha256 $BLOB NOT NULL,
  verdict TEXT NOT NULL,
  inspected_at_ms BIGINT NOT NULL,
  current BIGINT NOT NULL CHECK (current IN (0, 1)),
  PRIMARY KEY (case_id, number)
);

-- Sealed bytes that are still arriving, in slices of any order.
CREATE TABLE upload_slice (
  declaration_id TEXT NOT NULL,
  upload_id TEXT NOT NULL,
  slice_offset BIGINT NOT NULL CHECK (slice_offset >= 0),
  length BIGINT NOT NULL CHECK (length > 0),
  total BIGINT NOT NULL CHECK (total > 0),
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (declaration_id, upload_id, slice_offset)
);
)sql";

constexpr std::string_view kPapers = R"sql(
CREATE TABLE document (
  case_id TEXT NOT NULL,
  number BIGINT NOT NULL CHECK (number > 0),
  kind TEXT NOT NULL,
  document_number TEXT NOT NULL UNIQUE,
  title_zh TEXT NOT NULL,
  title_en TEXT NOT NULL,
  issued_at_ms BIGINT NOT NULL,
  valid_until TEXT NOT NULL,
  sha256 $BLOB NOT NULL,
  check_code TEXT NOT NULL UNIQUE,
  body $BLOB NOT NULL,
  PRIMARY KEY (case_id, number)
);

CREATE TABLE notice (
  notice_id TEXT NOT NULL PRIMARY KEY,
  case_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  sealed $BLOB NOT NULL
);
CREATE INDEX notice_by_case ON notice (case_id, at_ms);

CREATE TABLE number_counter (
  department TEXT NOT NULL,
  series TEXT NOT NULL,
  year BIGINT NOT NULL,
  last BIGINT NOT NULL,
  PRIMARY KEY (department, series, year)
);

-- A number is bound to its case before the paper is made, so that trying again does not burn another one.
CREATE TABLE number_reservation (
  case_id TEXT NOT NULL,
  series TEXT NOT NULL,
  number TEXT NOT NULL UNIQUE,
  check_code TEXT NOT NULL UNIQUE,
  PRIMARY KEY (case_id, series)
);
)sql";

constexpr std::string_view kOffice = R"sql(
CREATE TABLE official (
  fingerprint TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  department TEXT NOT NULL,
  roles TEXT NOT NULL,
  certificate $BLOB NOT NULL,
  active BIGINT NOT NULL CHECK (active IN (0, 1))
);

CREATE TABLE catalogue_release (
  serial BIGINT NOT NULL PRIMARY KEY,
  published_at_ms BIGINT NOT NULL,
  editor TEXT NOT NULL,
  catalogue $BLOB NOT NULL,
  signature $BLOB NOT NULL
);

-- Every version ever published, since each dossier is pinned to its own.
CREATE TABLE item_version (
  item_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  serial BIGINT NOT NULL,
  sha256 $BLOB NOT NULL,
  body $BLOB NOT NULL,
  PRIMARY KEY (item_id, version)
);

-- Who read personal data, and when.
CREATE TABLE reading (
  id $SERIAL,
  at_ms BIGINT NOT NULL,
  official TEXT NOT NULL,
  case_id TEXT NOT NULL,
  what TEXT NOT NULL,
  request_id TEXT NOT NULL
);
CREATE INDEX reading_by_case ON reading (case_id, at_ms);

-- Dossiers that could not be taken in yet or at all, for people to see.
CREATE TABLE intake_problem (
  declaration_id TEXT NOT NULL PRIMARY KEY,
  at_ms BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  code TEXT NOT NULL,
  detail TEXT NOT NULL
);
)sql";

constexpr std::string_view kByReceiptWithinADay = R"sql(
DROP INDEX case_row_by_due;
CREATE INDEX case_row_by_due ON case_row (department, closed, due_date, received_at_ms, case_id);
)sql";

// Who asks where something is has the number, and nothing else.
constexpr std::string_view kByNumber = R"sql(
CREATE INDEX case_row_by_number ON case_row (declaration_number);
)sql";

}  // namespace

const std::vector<storage::Migration>& migrations() {
  static const std::vector<storage::Migration> all{{1, "cases", kCases},
                                                   {2, "dossiers", kDossiers},
                                                   {3, "papers", kPapers},
                                                   {4, "office", kOffice},
                                                   {5, "by-receipt-within-a-day", kByReceiptWithinADay},
                                                   {6, "by-number", kByNumber}};
  return all;
}

}  // namespace jindu::approval::store
