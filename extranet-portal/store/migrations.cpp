#include "extranet-portal/store/migrations.hpp"

namespace jindu::portal::store {
namespace {

constexpr std::string_view kAccounts = R"sql(
CREATE TABLE account (
  account_id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('citizen', 'company')),
  login TEXT NOT NULL,
  name TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  UNIQUE (kind, login)
);

-- What a citizen's browser left with us: nothing here opens anything without the password or the recovery code.
CREATE TABLE citizen_key (
  account_id TEXT NOT NULL PRIMARY KEY,
  salt $BLOB NOT NULL,
  login_verifier $BLOB NOT NULL,
  wrapped_key $BLOB NOT NULL,
  recovery_verifier $BLOB NOT NULL,
  recovery_wrapped_key $BLOB NOT NULL,
  changed_ms BIGINT NOT NULL
);

CREATE TABLE account_certificate (
  account_id TEXT NOT NULL,
  key_id $BLOB NOT NULL,
  chain_pem TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (account_id, key_id)
);

CREATE TABLE session (
  token_key $BLOB NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL,
  key_id $BLOB NOT NULL,
  created_ms BIGINT NOT NULL,
  last_seen_ms BIGINT NOT NULL
);
CREATE INDEX session_by_account ON session (account_id);
CREATE INDEX session_by_age ON session (last_seen_ms);

CREATE TABLE challenge (
  challenge TEXT NOT NULL PRIMARY KEY,
  signed_text TEXT NOT NULL,
  expires_ms BIGINT NOT NULL
);

CREATE TABLE rate_bucket (
  bucket TEXT NOT NULL PRIMARY KEY,
  full_at_ms BIGINT NOT NULL
);

CREATE TABLE secret (
  name TEXT NOT NULL PRIMARY KEY,
  value $BLOB NOT NULL
);
)sql";

constexpr std::string_view kDeclarations = R"sql(
CREATE TABLE draft (
  account_id TEXT NOT NULL,
  declaration_id TEXT NOT NULL,
  version BIGINT NOT NULL CHECK (version > 0),
  item_id TEXT NOT NULL,
  sealed $BLOB NOT NULL,
  updated_ms BIGINT NOT NULL,
  PRIMARY KEY (account_id, declaration_id)
);

-- The sealed bytes are files; a row says how many of them are durable.
CREATE TABLE upload (
  account_id TEXT NOT NULL,
  declaration_id TEXT NOT NULL,
  upload_id TEXT NOT NULL,
  sealed_size BIGINT NOT NULL CHECK (sealed_size > 0),
  received BIGINT NOT NULL CHECK (received >= 0 AND received <= sealed_size),
  sealed_sha256 $BLOB,
  state TEXT NOT NULL CHECK (state IN ('receiving', 'complete', 'submitted', 'delivered', 'deleted')),
  updated_ms BIGINT NOT NULL,
  PRIMARY KEY (account_id, declaration_id, upload_id)
);
CREATE INDEX upload_by_state ON upload (state, updated_ms);

CREATE TABLE declaration (
  declaration_id TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL,
  declaration_number TEXT NOT NULL UNIQUE,
  item_id TEXT NOT NULL,
  item_version BIGINT NOT NULL,
  received_ms BIGINT NOT NULL,
  updated_ms BIGINT NOT NULL,
  status TEXT NOT NULL,
  stage TEXT NOT NULL,
  case_sequence BIGINT NOT NULL CHECK (case_sequence >= 0),
  acceptance_number TEXT NOT NULL,
  due_date TEXT NOT NULL,
  statutory_due_date TEXT NOT NULL,
  provisional BIGINT NOT NULL CHECK (provisional IN (0, 1)),
  working_days_left BIGINT NOT NULL
);
CREATE INDEX declaration_by_account ON declaration (account_id, received_ms, declaration_id);

CREATE TABLE declaration_step (
  declaration_id TEXT NOT NULL,
  number BIGINT NOT NULL CHECK (number > 0),
  case_sequence BIGINT NOT NULL,
  status TEXT NOT NULL,
  stage TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (declaration_id, number)
);

CREATE TABLE submission (
  declaration_id TEXT NOT NULL,
  number BIGINT NOT NULL CHECK (number > 0),
  kind TEXT NOT NULL CHECK (kind IN ('application', 'supplement')),
  signed_statement $BLOB NOT NULL,
  sealed_content $BLOB NOT NULL,
  receipt $BLOB NOT NULL,
  content_sha256 $BLOB NOT NULL,
  parts BIGINT NOT NULL,
  received_ms BIGINT NOT NULL,
  PRIMARY KEY (declaration_id, number),
  UNIQUE (declaration_id, content_sha256)
);

CREATE TABLE number_counter (
  day TEXT NOT NULL PRIMARY KEY,
  last BIGINT NOT NULL
);

CREATE TABLE notice (
  notice_id TEXT NOT NULL PRIMARY KEY,
  declaration_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  sealed $BLOB NOT NULL,
  fetched_ms BIGINT NOT NULL
);
CREATE INDEX notice_by_declaration ON notice (declaration_id, at_ms);
)sql";

constexpr std::string_view kPublished = R"sql(
CREATE TABLE catalogue_release (
  serial BIGINT NOT NULL PRIMARY KEY,
  published_ms BIGINT NOT NULL,
  editor TEXT NOT NULL,
  catalogue $BLOB NOT NULL,
  signature $BLOB NOT NULL
);

-- Every version ever published, since a supplement is for the version applied for. `serial`: the newest release with it.
CREATE TABLE item_version (
  item_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  serial BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (item_id, version)
);

CREATE TABLE document (
  check_code TEXT NOT NULL PRIMARY KEY,
  document_number TEXT NOT NULL,
  document_kind TEXT NOT NULL,
  department_zh TEXT NOT NULL,
  department_en TEXT NOT NULL,
  item_id TEXT NOT NULL,
  issued_at_ms BIGINT NOT NULL,
  valid_until TEXT NOT NULL,
  sha256 $BLOB NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('valid', 'revoked', 'replaced'))
);
CREATE INDEX document_by_digest ON document (sha256);
)sql";

}  // namespace

const std::vector<storage::Migration>& migrations() {
  static const std::vector<storage::Migration> all{
      {1, "accounts", kAccounts}, {2, "declarations", kDeclarations}, {3, "published", kPublished}};
  return all;
}

}  // namespace jindu::portal::store
