#include "extranet-portal/domain/account.hpp"

#include <algorithm>
#include <optional>

namespace jindu::portal {
namespace {

void append(Bytes& bytes, std::string_view text) { bytes.insert(bytes.end(), text.begin(), text.end()); }

// Counts characters; nothing when the bytes are not UTF-8 or hold a control character.
std::optional<std::size_t> characters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) {
    const auto first = static_cast<unsigned char>(text[at]);
    std::size_t length = 1;
    std::uint32_t point = first;
    if (first >= 0xf5 || (first >= 0x80 && first < 0xc2)) return std::nullopt;
    if (first >= 0xf0) {
      length = 4, point = first & 0x07;
    } else if (first >= 0xe0) {
      length = 3, point = first & 0x0f;
    } else if (first >= 0xc2) {
      length = 2, point = first & 0x1f;
    }
    if (at + length > text.size()) return std::nullopt;
    for (std::size_t i = 1; i < length; ++i) {
      const auto next = static_cast<unsigned char>(text[at + i]);
      if ((next & 0xc0) != 0x80) return std::nullopt;
      point = point << 6 | (next & 0x3f);
    }
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < least[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return std::nullopt;
    const bool control = point < 0x20 || (point >= 0x7f && point < 0xa0);
    // Marks that change the direction of text could make a name look like another one.
    const bool direction = (point >= 0x200e && point <= 0x200f) || (point >= 0x202a && point <= 0x202e) ||
                           (point >= 0x2066 && point <= 0x2069);
    if (control || direction) return std::nullopt;
    at += length;
  }
  return count;
}

}  // namespace

std::string_view to_text(AccountKind kind) { return kind == AccountKind::citizen ? "citizen" : "company"; }

std::optional<AccountKind> account_kind_from(std::string_view text) {
  if (text == "citizen") return AccountKind::citizen;
  if (text == "company") return AccountKind::company;
  return std::nullopt;
}

bool is_phone(std::string_view text) {
  return text.size() == 11 && text[0] == '1' && text[1] >= '3' && text[1] <= '9' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_uscc_shaped(std::string_view text) {
  constexpr std::string_view alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  return text.size() == 18 && text.find_first_not_of(alphabet) == std::string_view::npos;
}

result<void> check_name(std::string_view name) {
  const auto fault = [](std::string detail) {
    return Error{Fault::invalid, "account.name", std::move(detail), "/name"};
  };
  const auto count = characters(name);
  if (!count) return fault("a name is UTF-8 without control characters");
  if (*count < 1 || *count > 64) return fault("a name has 1 to 64 characters");
  if (name.front() == ' ' || name.back() == ' ' || name.starts_with("\u3000") || name.ends_with("\u3000"))
    return fault("a name neither begins nor ends with a space");
  return {};
}

Bytes registration_proof(std::string_view account, std::string_view name, BytesView spki) {
  Bytes bytes;
  append(bytes, "jindu/register/v1");
  bytes.push_back(0);
  append(bytes, account);
  bytes.push_back(0);
  append(bytes, name);
  bytes.push_back(0);
  bytes.insert(bytes.end(), spki.begin(), spki.end());
  return bytes;
}

result<crypto::PublicKey> check_registration_key(std::string_view account, std::string_view name, BytesView spki,
                                                 BytesView proof) {
  auto key = crypto::PublicKey::from_spki(spki);
  if (!key || !key->is_p256())
    return Error{Fault::invalid, "account.key", "the public key is not a P-256 SubjectPublicKeyInfo", "/public_key"};
  if (!key->verify(registration_proof(account, name, spki), proof))
    return Error{Fault::integrity, "account.proof", "the proof is not a signature by that key", "/proof"};
  return key;
}

std::string company_challenge_text(std::string_view host, std::string_view challenge) {
  std::string text = "jindu/company-session/v1\n";
  text.append(host).append("\n").append(challenge).append("\n");
  return text;
}

crypto::Digest login_verifier(std::string_view account_id, std::string_view purpose, BytesView login_key) {
  Bytes message;
  append(message, "jindu/login-verifier/v1");
  message.push_back(0);
  append(message, purpose);
  message.push_back(0);
  append(message, account_id);
  return crypto::hmac_sha256(login_key, message);
}

Bytes decoy_salt(BytesView secret, std::string_view account) {
  Bytes message;
  append(message, "jindu/decoy-salt/v1");
  message.push_back(0);
  append(message, account);
  const auto digest = crypto::hmac_sha256(secret, message);
  return {digest.begin(), digest.begin() + kSaltBytes};
}

}  // namespace jindu::portal
