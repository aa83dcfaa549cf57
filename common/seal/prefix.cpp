#include "common/seal/prefix.hpp"

#include "common/runtime/messages.hpp"

namespace jindu::seal {
namespace {

constexpr std::string_view kMagic = "JDS1";
constexpr std::uint32_t kSuite = 1;

Bytes wrap_info(std::string_view binding) {
  constexpr std::string_view label = "jindu/seal/v1";
  Bytes info(label.begin(), label.end());
  info.push_back(0);
  info.insert(info.end(), binding.begin(), binding.end());
  return info;
}

Error malformed(std::string detail) { return {Fault::integrity, "seal.malformed", std::move(detail)}; }

result<void> check_header(const jindu::v1::SealHeader& header) {
  if (header.suite() != kSuite)
    return Error{Fault::unsupported, "seal.unknown_suite", "suite " + std::to_string(header.suite()) + " is not known"};
  if (header.binding().size() > kBindingMax) return malformed("the binding is over 1,024 bytes");
  if (header.recipients_size() > static_cast<int>(kRecipientsMax)) return malformed("more than 16 recipients");
  for (const auto& recipient : header.recipients()) {
    if (recipient.key_id().size() != 32) return malformed("a key id has 32 bytes");
    switch (recipient.wrap()) {
      case jindu::v1::KEY_WRAP_HPKE_P256:
        if (recipient.encapsulated().size() != 65 || recipient.wrapped_key().size() != 48)
          return malformed("the lengths of an HPKE recipient are 65 and 48");
        break;
      case jindu::v1::KEY_WRAP_RSA_OAEP_SHA256:
        if (!recipient.encapsulated().empty() || recipient.wrapped_key().size() < 256 ||
            recipient.wrapped_key().size() > 512)
          return malformed("the lengths of an RSA recipient are 0 and those of the modulus");
        break;
      default:
        return Error{Fault::unsupported, "seal.unknown_suite", "a way to wrap keys that is not known"};
    }
  }
  return {};
}

}  // namespace

result<Bytes> make_prefix(const std::vector<crypto::PublicKey>& recipients, std::string_view binding,
                          const FileKey& key, const crypto::PrivateKey* ephemeral) {
  if (recipients.size() > kRecipientsMax)
    return Error{Fault::invalid, "seal.recipients", "a seal has at most 16 recipients"};
  if (binding.size() > kBindingMax) return Error{Fault::invalid, "seal.binding", "a binding has at most 1,024 bytes"};
  jindu::v1::SealHeader header;
  header.set_suite(kSuite);
  header.set_binding(std::string(binding));
  const Bytes info = wrap_info(binding);
  for (const auto& public_key : recipients) {
    auto& recipient = *header.add_recipients();
    const auto id = public_key.key_id();
    recipient.set_key_id(id.data(), id.size());
    if (public_key.is_rsa()) {
      auto wrapped = crypto::rsa_oaep_seal(public_key, info, key);
      if (!wrapped) return wrapped.error();
      recipient.set_wrap(jindu::v1::KEY_WRAP_RSA_OAEP_SHA256);
      recipient.set_wrapped_key(wrapped->data(), wrapped->size());
    } else {
      auto sealed = ephemeral != nullptr ? crypto::hpke_seal_with(*ephemeral, public_key, info, id, key)
                                         : crypto::hpke_seal(public_key, info, id, key);
      if (!sealed) return sealed.error();
      recipient.set_wrap(jindu::v1::KEY_WRAP_HPKE_P256);
      recipient.set_encapsulated(sealed->encapsulated.data(), sealed->encapsulated.size());
      recipient.set_wrapped_key(sealed->ciphertext.data(), sealed->ciphertext.size());
    }
  }
  const std::string encoded = header.SerializeAsString();
  Bytes prefix(kMagic.begin(), kMagic.end());
  for (int shift = 24; shift >= 0; shift -= 8) prefix.push_back(static_cast<std::uint8_t>(encoded.size() >> shift));
  prefix.insert(prefix.end(), encoded.begin(), encoded.end());
  return prefix;
}

result<std::optional<Prefix>> parse_prefix(BytesView beginning) {
  const std::size_t seen = std::min(beginning.size(), kMagic.size());
  if (text_of(beginning.first(seen)) != kMagic.substr(0, seen))
    return Error{Fault::unsupported, "seal.magic", "this is not a seal"};
  if (beginning.size() < 8) return std::optional<Prefix>{};
  std::size_t length = 0;
  for (int i = 4; i < 8; ++i) length = length << 8 | beginning[i];
  if (length > kHeaderMax) return Error{Fault::too_large, "seal.too_large", "the header is over 64 KiB"};
  if (beginning.size() < 8 + length) return std::optional<Prefix>{};
  Prefix prefix;
  prefix.bytes = 8 + length;
  if (auto ok = parse_message(beginning.subspan(8, length), prefix.header); !ok)
    return malformed("header: " + ok.error().detail);
  if (auto ok = check_header(prefix.header); !ok) return ok.error();
  return std::optional<Prefix>(std::move(prefix));
}

result<FileKey> file_key_of(const Prefix& prefix, const OpeningKey& key) {
  if (const auto* file_key = std::get_if<FileKey>(&key)) return *file_key;
  const auto& private_key = *std::get<const crypto::PrivateKey*>(key);
  const auto id = private_key.key_id();
  for (const auto& recipient : prefix.header.recipients()) {
    if (recipient.key_id() != text_of(id)) continue;
    const bool rsa = recipient.wrap() == jindu::v1::KEY_WRAP_RSA_OAEP_SHA256;
    if (rsa != private_key.public_key().is_rsa()) return malformed("the recipient's key is of another kind");
    const Bytes info = wrap_info(prefix.header.binding());
    auto opened = rsa ? crypto::rsa_oaep_open(private_key, info, bytes_of(recipient.wrapped_key()))
                      : crypto::hpke_open(private_key, bytes_of(recipient.encapsulated()), info, id,
                                          bytes_of(recipient.wrapped_key()));
    if (!opened || opened->size() != 32)
      return Error{Fault::integrity, "seal.wrong_key",
                   "the wrapped key does not open: it was changed, or sealed for another purpose"};
    FileKey file_key;
    std::copy(opened->begin(), opened->end(), file_key.begin());
    return file_key;
  }
  return Error{Fault::forbidden, "seal.not_a_recipient", "this key is not among the recipients"};
}

result<SealInfo> inspect_seal(BytesView sealed) {
  auto parsed = parse_prefix(sealed);
  if (!parsed) return parsed.error();
  if (!*parsed) return Error{Fault::integrity, "seal.truncated", "it ends within its beginning"};
  SealInfo info{(*parsed)->header.binding(), {}, (*parsed)->bytes};
  for (const auto& recipient : (*parsed)->header.recipients()) {
    crypto::Digest id;
    std::copy(recipient.key_id().begin(), recipient.key_id().end(), reinterpret_cast<char*>(id.data()));
    info.recipients.push_back(id);
  }
  return info;
}

}  // namespace jindu::seal
