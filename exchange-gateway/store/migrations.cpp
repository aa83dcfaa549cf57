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

}  // namespace

const std::vector<storage::Migration>& migrations() {
  static const std::vector<storage::Migration> all{{1, "journal", kJournal}};
  return all;
}

}  // namespace jindu::gateway::store
