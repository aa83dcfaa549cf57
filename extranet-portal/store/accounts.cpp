#include "extranet-portal/store/accounts.hpp"

#include "extranet-portal/store/values.hpp"

namespace jindu::portal::store {
namespace {

constexpr std::string_view kAddAccount =
    "INSERT INTO account (account_id, kind, login, name, created_ms) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (kind, login) DO NOTHING";
constexpr std::string_view kFindAccount =
    "SELECT account_id, kind, login, name FROM account WHERE kind = $1 AND login = $2";
constexpr std::string_view kRead = "SELECT account_id, kind, login, name FROM account WHERE account_id = $1";
constexpr std::string_view kPutKey =
    "INSERT INTO citizen_key (account_id, salt, login_verifier, wrapped_key, recovery_verifier, recovery_wrapped_key, "
    "changed_ms) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account_id) DO UPDATE SET salt = excluded.salt, "
    "login_verifier = excluded.login_verifier, wrapped_key = excluded.wrapped_key, "
    "recovery_verifier = excluded.recovery_verifier, recovery_wrapped_key = excluded.recovery_wrapped_key, "
    "changed_ms = excluded.changed_ms";
constexpr std::string_view kReadKey =
    "SELECT salt, login_verifier, wrapped_key, recovery_verifier, recovery_wrapped_key FROM citizen_key WHERE "
    "account_id = $1";
constexpr std::string_view kPutCertificate =
    "INSERT INTO account_certificate (account_id, key_id, chain_pem, at_ms) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (account_id, key_id) DO UPDATE SET chain_pem = excluded.chain_pem, at_ms = excluded.at_ms";
constexpr std::string_view kChain = "SELECT chain_pem FROM account_certificate WHERE account_id = $1 AND key_id = $2";
constexpr std::string_view kKeys =
    "SELECT key_id FROM account_certificate WHERE account_id = $1 ORDER BY at_ms DESC, key_id";

std::optional<Account> account_of(const std::optional<storage::Row>& row) {
  if (!row) return std::nullopt;
  return Account{row->text(0), *account_kind_from(row->text(1)), row->text(2), row->text(3)};
}

}  // namespace

bool add_account(storage::Transaction& tx, const Account& account, Instant now) {
  return tx.execute(kAddAccount, {account.account_id, std::string(to_text(account.kind)), account.login, account.name,
                                  to_unix_ms(now)}) == 1;
}

std::optional<Account> find_account(storage::Transaction& tx, AccountKind kind, const std::string& login) {
  return account_of(tx.query_one(kFindAccount, {std::string(to_text(kind)), login}));
}

std::optional<Account> read_account(storage::Transaction& tx, const std::string& account_id) {
  return account_of(tx.query_one(kRead, {account_id}));
}

void put_citizen_key(storage::Transaction& tx, const std::string& account_id, const CitizenKey& key, Instant now) {
  tx.execute(kPutKey, {account_id, key.salt, blob(key.login_verifier), key.wrapped_key, blob(key.recovery_verifier),
                       key.recovery_wrapped_key, to_unix_ms(now)});
}

std::optional<CitizenKey> citizen_key(storage::Transaction& tx, const std::string& account_id) {
  const auto row = tx.query_one(kReadKey, {account_id});
  if (!row) return std::nullopt;
  return CitizenKey{row->blob(0), digest(row->blob(1)), row->blob(2), digest(row->blob(3)), row->blob(4)};
}

void put_certificate(storage::Transaction& tx, const std::string& account_id, const crypto::Digest& key_id,
                     const std::string& chain_pem, Instant now) {
  tx.execute(kPutCertificate, {account_id, blob(key_id), chain_pem, to_unix_ms(now)});
}

std::optional<std::string> certificate_chain(storage::Transaction& tx, const std::string& account_id,
                                             const crypto::Digest& key_id) {
  const auto row = tx.query_one(kChain, {account_id, blob(key_id)});
  if (!row) return std::nullopt;
  return row->text(0);
}

std::vector<crypto::Digest> keys_of(storage::Transaction& tx, const std::string& account_id) {
  std::vector<crypto::Digest> keys;
  for (const auto& row : tx.query(kKeys, {account_id})) keys.push_back(digest(row.blob(0)));
  return keys;
}

}  // namespace jindu::portal::store
