#include "common/exchange/service/kept_receipts.hpp"
#include "exchange-gateway/store/journal.hpp"

namespace jindu::gateway::store {
namespace {

constexpr std::string_view kJournal = R"sql(
CREATE TABLE bundle (
  id TEXT NOT NULL PRIMARY KEY,
  outward BIGINT NOT NULL CHECK (outward IN (0, 1)),
  state TEXT NOT NULL CHECK (state IN ('waiting', 'carried', 'ready', 'early', 'held', 'ended')),
  channel TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  sender TEXT NOT NULL,
  destination TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject $BLOB NOT NULL,
  subject_sequence BIGINT NOT NULL,
  priority BIGINT NOT NULL,
  size BIGINT NOT NULL,
  manifest_digest $BLOB NOT NULL,
  previous_digest $BLOB NOT NULL,
  manifest $BLOB NOT NULL,
  signature $BLOB NOT NULL,
  created_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  stored_ms BIGINT NOT NULL,
  delivery BIGINT NOT NULL,
  offered BIGINT NOT NULL CHECK (offered IN (0, 1)),
  voyage BIGINT NOT NULL,
  file TEXT NOT NULL,
  ended_ms BIGINT NOT NULL,
  code TEXT NOT NULL
);
CREATE INDEX bundle_by_sequence ON bundle (channel, epoch, sequence);
CREATE INDEX bundle_to_carry ON bundle (state, outward, priority, stored_ms);
CREATE INDEX bundle_by_delivery ON bundle (state, destination, delivery);
CREATE INDEX bundle_by_subject ON bundle (channel, subject, subject_sequence);
CREATE INDEX bundle_by_expiry ON bundle (state, expires_ms);
CREATE INDEX bundle_by_time ON bundle (stored_ms, id);
CREATE INDEX bundle_by_voyage ON bundle (state, voyage);
CREATE INDEX bundle_files ON bundle (ended_ms) WHERE file <> '';

CREATE TABLE stray (
  bundle_id TEXT NOT NULL,
  manifest_digest $BLOB NOT NULL,
  at_ms BIGINT NOT NULL,
  code TEXT NOT NULL,
  detail TEXT NOT NULL,
  bundle $BLOB NOT NULL,
  PRIMARY KEY (bundle_id, manifest_digest)
);

CREATE TABLE bundle_bytes (
  id TEXT NOT NULL PRIMARY KEY,
  bundle $BLOB NOT NULL
);

CREATE TABLE channel (
  name TEXT NOT NULL PRIMARY KEY,
  epoch BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  manifest_digest $BLOB NOT NULL
);

CREATE TABLE subject_order (
  channel TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  subject $BLOB NOT NULL,
  last BIGINT NOT NULL,
  PRIMARY KEY (channel, epoch, subject)
);

CREATE TABLE receipt (
  number $SERIAL,
  bundle_id TEXT NOT NULL,
  manifest_digest $BLOB NOT NULL,
  rung BIGINT NOT NULL,
  party TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  code TEXT NOT NULL,
  receipt $BLOB NOT NULL,
  for_service BIGINT NOT NULL CHECK (for_service IN (0, 1)),
  to_send BIGINT NOT NULL CHECK (to_send IN (0, 1)),
  UNIQUE (bundle_id, manifest_digest, rung, party)
);
CREATE INDEX receipt_for_service ON receipt (for_service, number);
CREATE INDEX receipt_to_send ON receipt (to_send, number);

CREATE TABLE voyage (
  direction TEXT NOT NULL CHECK (direction IN ('loaded', 'unloaded', 'refused')),
  id TEXT NOT NULL,
  number BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  bundles BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  damaged BIGINT NOT NULL,
  code TEXT NOT NULL,
  PRIMARY KEY (direction, id)
);
CREATE INDEX voyage_by_time ON voyage (at_ms);

CREATE TABLE unit_state (
  name TEXT NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL
);

CREATE TABLE operator_log (
  number $SERIAL,
  at_ms BIGINT NOT NULL,
  who TEXT NOT NULL,
  act TEXT NOT NULL,
  about TEXT NOT NULL,
  reason TEXT NOT NULL,
  digest $BLOB NOT NULL
);
)sql";

// Views and quotas answer at once however much waits: counts are kept, not counted, and each list has its own index, of
// the few rows alone that belong to it.
constexpr std::string_view kOperators = R"sql(
CREATE TABLE tally (
  channel TEXT NOT NULL,
  place TEXT NOT NULL CHECK (place IN ('waiting', 'carried', 'ready', 'early', 'held', 'applied', 'not_applied')),
  bundles BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  PRIMARY KEY (channel, place)
);
INSERT INTO tally (channel, place, bundles, bytes)
  SELECT channel, CASE WHEN state <> 'ended' THEN state WHEN code = '' THEN 'applied' ELSE 'not_applied' END, COUNT(*),
    SUM(size) FROM bundle WHERE kind <> 'receipts' GROUP BY 1, 2;

DROP INDEX bundle_to_carry;
DROP INDEX bundle_by_delivery;
DROP INDEX bundle_by_subject;
DROP INDEX bundle_by_expiry;
DROP INDEX bundle_by_voyage;
CREATE INDEX bundle_waiting ON bundle (channel, kind, priority, stored_ms, sequence) WHERE state = 'waiting';
CREATE INDEX bundle_unloaded ON bundle (channel, kind, priority, stored_ms, sequence)
  WHERE state = 'waiting' AND voyage = 0;
CREATE INDEX bundle_loaded ON bundle (voyage) WHERE state = 'waiting' AND voyage > 0;
CREATE INDEX bundle_ready ON bundle (destination, delivery) WHERE state = 'ready';
CREATE INDEX bundle_early ON bundle (kind, stored_ms) WHERE state = 'early';
CREATE INDEX bundle_by_subject ON bundle (subject, channel, epoch, subject_sequence);
CREATE INDEX bundle_expiring ON bundle (expires_ms) WHERE state <> 'ended' AND state <> 'carried' AND offered = 0;
CREATE INDEX bundle_open ON bundle (state, stored_ms, id) WHERE state <> 'ended';
CREATE INDEX bundle_not_applied ON bundle (stored_ms, id) WHERE state = 'ended' AND code <> '';
CREATE INDEX bundle_quarantined ON bundle (stored_ms, id) WHERE state = 'ended' AND ended_ms = 0;
CREATE INDEX bundle_by_kind ON bundle (kind, stored_ms, id);

CREATE TABLE channel_stop (
  channel TEXT NOT NULL PRIMARY KEY,
  at_ms BIGINT NOT NULL,
  who TEXT NOT NULL,
  reason TEXT NOT NULL
);

CREATE TABLE vote (
  bundle_id TEXT NOT NULL,
  who TEXT NOT NULL,
  act TEXT NOT NULL CHECK (act IN ('release', 'refuse')),
  at_ms BIGINT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (bundle_id, who)
);

CREATE TABLE dismissal (
  number $SERIAL,
  bundle_id TEXT NOT NULL,
  manifest_digest $BLOB NOT NULL,
  at_ms BIGINT NOT NULL,
  who TEXT NOT NULL,
  reason TEXT NOT NULL,
  record $BLOB NOT NULL
);
CREATE INDEX dismissal_by_bundle ON dismissal (bundle_id);

CREATE TABLE unit_message (
  number $SERIAL,
  message $BLOB NOT NULL
);

CREATE TABLE reconciliation (
  day TEXT NOT NULL,
  channel TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  first_sequence BIGINT NOT NULL,
  last_sequence BIGINT NOT NULL,
  made_ms BIGINT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('asked', 'agrees', 'open', 'differs')),
  mine $BLOB NOT NULL,
  theirs $BLOB NOT NULL,
  PRIMARY KEY (day, channel)
);
CREATE INDEX reconciliation_by_channel ON reconciliation (channel, epoch, last_sequence);
CREATE INDEX reconciliation_unsettled ON reconciliation (made_ms) WHERE verdict <> 'agrees';

CREATE TABLE difference (
  day TEXT NOT NULL,
  channel TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  bundle_id TEXT NOT NULL,
  what TEXT NOT NULL,
  here TEXT NOT NULL,
  there TEXT NOT NULL,
  PRIMARY KEY (day, channel, sequence)
);

CREATE TABLE told_block (
  day TEXT NOT NULL,
  channel TEXT NOT NULL,
  first_sequence BIGINT NOT NULL,
  detail $BLOB NOT NULL,
  PRIMARY KEY (day, channel, first_sequence)
);
)sql";

// A diode's marks are negative: what is looked for by them, and taken back when another carrier begins.
constexpr std::string_view kMarks = R"sql(
CREATE INDEX bundle_marked ON bundle (voyage) WHERE state = 'waiting' AND voyage < 0;
)sql";

// Letters to people; a row is written in the commit that decides that one is due, and sent afterwards.
constexpr std::string_view kWarnings = R"sql(
CREATE TABLE warning (
  number $SERIAL,
  channel TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  bundles BIGINT NOT NULL,
  oldest_ms BIGINT NOT NULL,
  recipients TEXT NOT NULL,
  message $BLOB NOT NULL,
  sent_ms BIGINT NOT NULL,
  code TEXT NOT NULL
);
CREATE INDEX warning_by_channel ON warning (channel, at_ms);
CREATE INDEX warning_unsent ON warning (number) WHERE sent_ms = 0;
)sql";

// What a unit knows of having been restored from an older copy, and how it begins anew.
constexpr std::string_view kRestoration = R"sql(
CREATE TABLE restoration (
  number $SERIAL,
  found_ms BIGINT NOT NULL,
  code TEXT NOT NULL,
  detail TEXT NOT NULL,
  known BIGINT NOT NULL,
  epoch BIGINT NOT NULL,
  approved_ms BIGINT NOT NULL,
  statement $BLOB NOT NULL,
  recall $BLOB NOT NULL,
  healed_ms BIGINT NOT NULL
);
CREATE INDEX restoration_open ON restoration (number) WHERE healed_ms = 0;

CREATE TABLE epoch_vote (
  restoration BIGINT NOT NULL,
  who TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (restoration, who)
);

CREATE TABLE recalled_part (
  restoration BIGINT NOT NULL,
  part BIGINT NOT NULL,
  PRIMARY KEY (restoration, part)
);
)sql";

// Of the receipts that are wanted alone: most are never sent on, and each index costs every one of them.
constexpr std::string_view kWantedReceipts = R"sql(
DROP INDEX receipt_for_service;
DROP INDEX receipt_to_send;
CREATE INDEX receipt_for_service ON receipt (number) WHERE for_service = 1;
CREATE INDEX receipt_to_send ON receipt (number) WHERE to_send = 1;
)sql";

// What is set aside: who a voyage that was refused says it is from and why it was refused, and that an operator has
// dealt with it; whether the other unit was told of a stray, and what it tells of its own. By what operators have asked
// for again an alarm says that it was done.
constexpr std::string_view kSetAside = R"sql(
ALTER TABLE voyage ADD COLUMN sender TEXT NOT NULL DEFAULT '';
ALTER TABLE voyage ADD COLUMN signer TEXT NOT NULL DEFAULT '';
ALTER TABLE voyage ADD COLUMN detail TEXT NOT NULL DEFAULT '';
ALTER TABLE voyage ADD COLUMN manifest_sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE voyage ADD COLUMN dismissed_ms BIGINT NOT NULL DEFAULT 0;
CREATE INDEX voyage_by_number ON voyage (direction, number);
CREATE INDEX voyage_refused ON voyage (at_ms) WHERE direction = 'refused' AND dismissed_ms = 0;
ALTER TABLE stray ADD COLUMN told BIGINT NOT NULL DEFAULT 0;
CREATE INDEX stray_untold ON stray (at_ms) WHERE told = 0;
CREATE TABLE not_taken (
  bundle_id TEXT NOT NULL,
  manifest_digest $BLOB NOT NULL,
  channel TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  here TEXT NOT NULL CHECK (here IN ('sound', 'damaged', 'foreign')),
  PRIMARY KEY (bundle_id, manifest_digest)
);
CREATE INDEX operator_log_requests ON operator_log (about, number) WHERE act = 'request';
)sql";

// Many bundles share a file, which is looked after as a whole; that a bundle has ended touches one index less.
constexpr std::string_view kSharedFiles = R"sql(
DROP INDEX bundle_files;
CREATE INDEX bundle_by_file ON bundle (file) WHERE file <> '';
)sql";

constexpr std::string_view kReceiptsApart = "ALTER TABLE receipt ADD COLUMN certificate BIGINT NOT NULL DEFAULT 0";

constexpr std::string_view kReceiptsTogether = R"sql(
ALTER TABLE receipt ADD COLUMN together BIGINT NOT NULL DEFAULT 0;
ALTER TABLE receipt ADD COLUMN place BIGINT NOT NULL DEFAULT 0;
)sql";

// What is ready stands by channel and kind, as what is out of its hours is passed over however much of it there is. Of
// a letter: when it was tried last, and which addresses the mail server refused then.
constexpr std::string_view kTurns = R"sql(
DROP INDEX bundle_ready;
CREATE INDEX bundle_ready ON bundle (destination, channel, kind, delivery) WHERE state = 'ready';
ALTER TABLE warning ADD COLUMN tried_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE warning ADD COLUMN refused TEXT NOT NULL DEFAULT '';
)sql";

// Of a bundle that comes again and again: when its receipts were told once more, and how often in a row.
constexpr std::string_view kToldAgain = R"sql(
ALTER TABLE bundle ADD COLUMN told_again_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE bundle ADD COLUMN told_again BIGINT NOT NULL DEFAULT 0;
)sql";

// When the bytes of a bundle were last found not to be read here, or not to be those that were taken.
constexpr std::string_view kBytesMissed = R"sql(
ALTER TABLE bundle ADD COLUMN bytes_missed_ms BIGINT NOT NULL DEFAULT 0;
CREATE INDEX bundle_bytes_missed ON bundle (bytes_missed_ms) WHERE bytes_missed_ms > 0;
)sql";

// Of the bytes of a bundle, when they were taken and verified; of those that are older, 0. And since when they are
// missed.
constexpr std::string_view kChecksums = R"sql(
ALTER TABLE bundle ADD COLUMN checksum BIGINT NOT NULL DEFAULT 0;
ALTER TABLE bundle ADD COLUMN bytes_missed_since_ms BIGINT NOT NULL DEFAULT 0;
)sql";

}  // namespace

const std::vector<storage::Migration>& migrations() {
  static const std::vector<storage::Migration> all{{1, "journal", kJournal},
                                                   {2, "operators", kOperators},
                                                   {3, "marks", kMarks},
                                                   {4, "warnings", kWarnings},
                                                   {5, "restoration", kRestoration},
                                                   {6, "wanted-receipts", kWantedReceipts},
                                                   {7, "set-aside", kSetAside},
                                                   {8, "shared-files", kSharedFiles},
                                                   {9, "signer-certificates", exchange::kSignerCertificates},
                                                   {10, "receipts-apart", kReceiptsApart},
                                                   {11, "signed-together", exchange::kSignedTogether},
                                                   {12, "receipts-together", kReceiptsTogether},
                                                   {13, "turns", kTurns},
                                                   {14, "told-again", kToldAgain},
                                                   {15, "bytes-missed", kBytesMissed},
                                                   {16, "checksums", kChecksums}};
  return all;
}

}  // namespace jindu::gateway::store
