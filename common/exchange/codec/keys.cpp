#include "common/exchange/codec/keys.hpp"

#include <algorithm>

namespace jindu::exchange {
namespace {

constexpr std::chrono::seconds kKeyCheckedFor{10};

}  // namespace

KnownNode::KnownNode(std::string name, const std::vector<crypto::Certificate>& certificates) : name_(std::move(name)) {
  for (const auto& one : certificates) {
    auto key = one.public_key();
    std::string id(text_of(key.key_id()));
    all_.push_back({one, std::move(key), std::move(id)});
  }
  std::stable_sort(all_.begin(), all_.end(),
                   [](const One& a, const One& b) { return a.certificate.not_before() > b.certificate.not_before(); });
}

result<void> KnownNode::is_valid(One& one, const evidence::NodeTrust& trust, Instant now) {
  if (now < one.good_until && one.good_until - now <= kKeyCheckedFor) return {};
  if (auto ok = trust.store.verify(one.certificate, trust.intermediates, now); !ok) return ok;
  one.good_until = now + kKeyCheckedFor;
  return {};
}

result<crypto::PublicKey> KnownNode::signed_with(std::string_view key_id, const evidence::NodeTrust& trust,
                                                 Instant now) {
  const std::lock_guard lock(mutex_);
  for (auto& one : all_) {
    if (one.key_id != key_id) continue;
    if (auto ok = is_valid(one, trust, now); !ok) return ok.error();
    return one.key;
  }
  return Error{Fault::integrity, "bundle.signer",
               "signed with another key than those by which '" + name_ +
                   "' is known here; a new certificate must be made known before it signs"};
}

std::optional<crypto::PublicKey> KnownNode::key(std::string_view key_id) const {
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const One& one) { return one.key_id == key_id; });
  return found == all_.end() ? std::nullopt : std::optional(found->key);
}

bool KnownNode::has(const crypto::Digest& key_id) const { return key(text_of(key_id)).has_value(); }

result<crypto::PublicKey> KnownNode::to_seal_to(const evidence::NodeTrust& trust, Instant now) {
  const std::lock_guard lock(mutex_);
  std::optional<Error> first;
  for (auto& one : all_) {
    auto ok = is_valid(one, trust, now);
    if (ok) return one.key;
    if (!first) first = ok.error();
  }
  if (first) return *first;
  return Error{Fault::forbidden, "bundle.signer", "'" + name_ + "' is not known here"};
}

result<std::vector<crypto::Certificate>> certificates_of(const std::string& file, const std::string& name) {
  auto all = crypto::Certificate::all_from_pem_file(file);
  if (!all) return all.error();
  std::erase_if(*all, [&](const crypto::Certificate& one) { return one.common_name() != name; });
  if (all->empty()) return Error{Fault::invalid, "node.name", file + " has no certificate of '" + name + "'"};
  return all;
}

result<Rollover> read_rollover(const RolloverFiles& files) {
  Rollover rollover;
  auto certificates = certificates_of(files.peer_certificates, files.peer);
  if (!certificates) return certificates.error();
  rollover.peer_certificates = std::move(*certificates);
  if (files.other_certificate.empty() && files.other_key.empty()) return rollover;
  auto identity = crypto::identity_from_files(files.other_certificate, files.other_key, files.other_passphrase_file);
  if (!identity) return identity.error();
  if (identity->certificate.common_name() != files.name)
    return Error{Fault::invalid, "node.name",
                 "the certificate " + files.other_certificate + " is of '" + identity->certificate.common_name() +
                     "', not of '" + files.name + "'"};
  rollover.other_keys.push_back(std::move(*identity));
  return rollover;
}

result<Bytes> open_with_any(const BundleView& view, const crypto::PrivateKey& present,
                            const std::vector<crypto::Identity>& others, const evidence::NodeTrust& trust,
                            Instant now) {
  auto payload = open_bundle(view, present);
  for (const auto& other : others) {
    if (payload || payload.error().code != "seal.not_a_recipient") return payload;
    payload = open_bundle(view, other.key);
    if (!payload) continue;
    if (auto ok = trust.store.verify(other.certificate, trust.intermediates, now); !ok)
      return Error{ok.error().fault, "key.ended",
                   "it is sealed to a key of ours that has ended: " + ok.error().code + "; its sender must send anew"};
  }
  return payload;
}

}  // namespace jindu::exchange
