#include "common/exchange/service/exchange.hpp"
#include "common/exchange/service/kept_receipts.hpp"

namespace jindu::exchange {
namespace {

constexpr std::string_view kExchange = R"sql(
-- What is to be sent, in the order in which it was decided. Rows leave when they have become a bundle.
CREATE TABLE exchange_outbox (
  number $SERIAL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  priority BIGINT NOT NULL,
  payload $BLOB NOT NULL,
  path TEXT NOT NULL,
  file_offset BIGINT NOT NULL,
  file_length BIGINT NOT NULL,
  at_ms BIGINT NOT NULL
);
CREATE INDEX exchange_outbox_by_subject ON exchange_outbox (subject, number);

CREATE TABLE exchange_channel (
  channel TEXT NOT NULL PRIMARY KEY,
  epoch BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  manifest_digest $BLOB NOT NULL
);

-- Direction "out" counts what we send about a subject, "in" what we have applied.
CREATE TABLE exchange_subject (
  direction TEXT NOT NULL CHECK (direction IN ('out', 'in')),
  subject TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  PRIMARY KEY (direction, subject)
);

CREATE TABLE exchange_sent (
  bundle_id TEXT NOT NULL PRIMARY KEY,
  sequence BIGINT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  manifest_digest $BLOB NOT NULL,
  created_ms BIGINT NOT NULL,
  handed_over BIGINT NOT NULL CHECK (handed_over IN (0, 1)),
  rung BIGINT NOT NULL,
  ended BIGINT NOT NULL CHECK (ended IN (0, 1)),
  code TEXT NOT NULL
);
CREATE INDEX exchange_sent_by_subject ON exchange_sent (subject, sequence);
CREATE INDEX exchange_sent_waiting ON exchange_sent (handed_over, sequence);
CREATE INDEX exchange_sent_under_way ON exchange_sent (ended, created_ms);

-- The exact bytes until the other side has them.
CREATE TABLE exchange_built (
  bundle_id TEXT NOT NULL PRIMARY KEY,
  bundle $BLOB NOT NULL
);

CREATE TABLE exchange_receipt (
  bundle_id TEXT NOT NULL,
  rung BIGINT NOT NULL,
  party TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  code TEXT NOT NULL,
  receipt $BLOB NOT NULL,
  PRIMARY KEY (bundle_id, rung, party)
);

-- Every bundle that reached its end here, with the receipt that says so: the same again gets the same receipt.
CREATE TABLE exchange_inbox (
  bundle_id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  sender TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('applied', 'refused')),
  receipt $BLOB NOT NULL
);

CREATE TABLE exchange_state (
  name TEXT NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL,
  secret $BLOB NOT NULL
);
)sql";

// The most urgent first, without a look at all that waits.
constexpr std::string_view kByUrgency = R"sql(
CREATE INDEX exchange_outbox_by_urgency ON exchange_outbox (priority, number);
)sql";

// Of a payload that lies in a file only the beginning of its bundle is kept, and what seals the file again: a large
// attachment is not written a second time, nor a third into the log.
constexpr std::string_view kSealedAgain = R"sql(
ALTER TABLE exchange_built ADD COLUMN file_key $BLOB;
ALTER TABLE exchange_built ADD COLUMN head $BLOB;
ALTER TABLE exchange_built ADD COLUMN path TEXT;
ALTER TABLE exchange_built ADD COLUMN file_offset BIGINT;
ALTER TABLE exchange_built ADD COLUMN file_length BIGINT;
CREATE INDEX exchange_built_files ON exchange_built (path) WHERE path IS NOT NULL;
CREATE INDEX exchange_outbox_files ON exchange_outbox (path) WHERE path <> '';
)sql";

// A payload is written once: here, when it is to be sent. What is built of it keeps the beginning of the bundle and
// what seals the payload again. (Of what was built before this the whole bundle is kept.)
constexpr std::string_view kPayloads = R"sql(
CREATE TABLE exchange_payload (
  number $KEY,
  payload $BLOB NOT NULL
);
INSERT INTO exchange_payload (number, payload) SELECT number, payload FROM exchange_outbox;
ALTER TABLE exchange_outbox DROP COLUMN payload;
ALTER TABLE exchange_built ADD COLUMN payload BIGINT;
INSERT INTO exchange_payload (number, payload)
  SELECT -s.sequence, b.head FROM exchange_built b JOIN exchange_sent s ON s.bundle_id = b.bundle_id
  WHERE b.path IS NOT NULL;
UPDATE exchange_built SET payload = (SELECT -s.sequence FROM exchange_sent s WHERE s.bundle_id =
  exchange_built.bundle_id) WHERE path IS NOT NULL;
ALTER TABLE exchange_built DROP COLUMN head;
)sql";

constexpr std::string_view kReceiptsApart = R"sql(
ALTER TABLE exchange_receipt ADD COLUMN certificate BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exchange_inbox ADD COLUMN certificate BIGINT NOT NULL DEFAULT 0;
)sql";

constexpr std::string_view kReceiptsTogether = R"sql(
ALTER TABLE exchange_receipt ADD COLUMN together BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exchange_receipt ADD COLUMN place BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exchange_inbox ADD COLUMN together BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exchange_inbox ADD COLUMN place BIGINT NOT NULL DEFAULT 0;
)sql";

// A message that cannot be built is put aside: why, since when, and not before when it is tried again. Health looks at
// nothing that has ended well.
constexpr std::string_view kPutAside = R"sql(
ALTER TABLE exchange_outbox ADD COLUMN aside_code TEXT NOT NULL DEFAULT '';
ALTER TABLE exchange_outbox ADD COLUMN aside_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE exchange_outbox ADD COLUMN again_ms BIGINT NOT NULL DEFAULT 0;
CREATE INDEX exchange_outbox_aside ON exchange_outbox (aside_ms) WHERE aside_code <> '';
CREATE INDEX exchange_sent_not_applied ON exchange_sent (rung) WHERE rung > 7;
)sql";

// The other side's name for a subject is a pseudonym. `about` is ours for it, once something that arrived has said it.
constexpr std::string_view kAbout = R"sql(
ALTER TABLE exchange_subject ADD COLUMN about TEXT NOT NULL DEFAULT '';
CREATE INDEX exchange_subject_by_about ON exchange_subject (about) WHERE about <> '';
ALTER TABLE exchange_inbox ADD COLUMN subject TEXT NOT NULL DEFAULT '';
CREATE INDEX exchange_inbox_by_subject ON exchange_inbox (subject) WHERE subject <> '';
)sql";

// A message that was a bundle once and is to be built anew, in its old turn: the beginning of that bundle and what
// seals it, so that no other payload than that one is sent.
constexpr std::string_view kTakenBack = R"sql(
ALTER TABLE exchange_outbox ADD COLUMN was_bundle $BLOB;
ALTER TABLE exchange_outbox ADD COLUMN was_key $BLOB;
$POSTGRESQL ALTER TABLE exchange_outbox ALTER COLUMN number SET GENERATED BY DEFAULT;
)sql";

// What ended without being applied and was sent anew: once, whoever asks.
constexpr std::string_view kSentAnew = R"sql(
CREATE TABLE exchange_sent_anew (
  bundle_id TEXT NOT NULL PRIMARY KEY,
  anew TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  who TEXT NOT NULL,
  reason TEXT NOT NULL
);
CREATE UNIQUE INDEX exchange_sent_anew_by_new ON exchange_sent_anew (anew) WHERE anew <> '';
ALTER TABLE exchange_outbox ADD COLUMN instead_of TEXT NOT NULL DEFAULT '';
)sql";

}  // namespace

const std::vector<storage::Migration>& service_migrations() {
  static const std::vector<storage::Migration> all{{1, "exchange", kExchange},
                                                   {2, "by-urgency", kByUrgency},
                                                   {3, "sealed-again", kSealedAgain},
                                                   {4, "payloads", kPayloads},
                                                   {5, "signer-certificates", kSignerCertificates},
                                                   {6, "receipts-apart", kReceiptsApart},
                                                   {7, "signed-together", kSignedTogether},
                                                   {8, "receipts-together", kReceiptsTogether},
                                                   {9, "put-aside", kPutAside},
                                                   {10, "about", kAbout},
                                                   {11, "taken-back", kTakenBack},
                                                   {12, "sent-anew", kSentAnew}};
  return all;
}

}  // namespace jindu::exchange
