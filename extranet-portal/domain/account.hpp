#pragma once
// Who may have an account, and what he proves when he makes one. The portal keeps no identity number: that is in the
// sealed dossier.
#include <optional>
#include <string>
#include <string_view>

#include "common/crypto/key.hpp"

namespace jindu::portal {

enum class AccountKind { citizen, company };
std::string_view to_text(AccountKind kind);
std::optional<AccountKind> account_kind_from(std::string_view text);

inline constexpr std::size_t kSaltBytes = 16;
inline constexpr std::size_t kLoginKeyBytes = 32;
inline constexpr std::size_t kWrappedKeyMax = 1024;

bool is_phone(std::string_view text);
bool is_uscc_shaped(std::string_view text);  // 18 characters of GB 32100; that it is the company's own is the CA's word
// 1 to 64 characters of UTF-8 without control characters and without spaces at the ends. Code account.name.
result<void> check_name(std::string_view name);

// What the new key signs, so that nobody gets a certificate for a key that is not his.
Bytes registration_proof(std::string_view account, std::string_view name, BytesView spki);
// Codes account.key (not P-256), account.proof.
result<crypto::PublicKey> check_registration_key(std::string_view account, std::string_view name, BytesView spki,
                                                 BytesView proof);

// What a company signs to begin a session; the host keeps another site from passing the challenge on.
std::string company_challenge_text(std::string_view host, std::string_view challenge);

// What is kept of a login key: useless for logging in, and of no use for another account.
crypto::Digest login_verifier(std::string_view account_id, std::string_view purpose, BytesView login_key);
// The salt an unknown account seems to have: always the same, and unlike any other's.
Bytes decoy_salt(BytesView secret, std::string_view account);

}  // namespace jindu::portal
