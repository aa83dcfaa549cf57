#pragma once
// Accounts, their certificates, and what a citizen's browser keeps with us.
#include <optional>
#include <string>
#include <vector>

#include "common/runtime/clock.hpp"
#include "common/storage/database.hpp"
#include "extranet-portal/domain/account.hpp"

namespace jindu::portal::store {

struct Account {
  std::string account_id;
  AccountKind kind = AccountKind::citizen;
  std::string login;  // phone, or unified social credit code
  std::string name;
};

struct CitizenKey {
  Bytes salt;
  crypto::Digest login_verifier{};
  Bytes wrapped_key;
  crypto::Digest recovery_verifier{};
  Bytes recovery_wrapped_key;
};

// False when there is such an account already.
bool add_account(storage::Transaction& tx, const Account& account, Instant now);
std::optional<Account> find_account(storage::Transaction& tx, AccountKind kind, const std::string& login);
std::optional<Account> read_account(storage::Transaction& tx, const std::string& account_id);

void put_citizen_key(storage::Transaction& tx, const std::string& account_id, const CitizenKey& key, Instant now);
std::optional<CitizenKey> citizen_key(storage::Transaction& tx, const std::string& account_id);

void put_certificate(storage::Transaction& tx, const std::string& account_id, const crypto::Digest& key_id,
                     const std::string& chain_pem, Instant now);
// Leaf first; nothing for an unknown key.
std::optional<std::string> certificate_chain(storage::Transaction& tx, const std::string& account_id,
                                             const crypto::Digest& key_id);
// Key ids, newest first.
std::vector<crypto::Digest> keys_of(storage::Transaction& tx, const std::string& account_id);

}  // namespace jindu::portal::store
