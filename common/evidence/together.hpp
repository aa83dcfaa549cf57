#pragma once
// Statements that one node has signed together, with what they have in common once: docs/formats.md, "Signed
// statement". A seventh of the bytes of so many Signed messages, which can be made of it byte for byte; its signature
// is checked once for all of them.
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/crypto/digest.hpp"
#include "common/runtime/result.hpp"

namespace jindu::v1 {
class SignedTogether;
}

namespace jindu::evidence {

inline constexpr std::size_t kTogetherMax = 65'536;
inline constexpr std::size_t kSignedMax = 64 * 1024;  // bytes of an encoded Signed

struct Together {
  std::string type;
  Bytes signature, key_id, certificate;
  std::uint32_t together = 0;               // how many the tree has
  std::vector<std::uint32_t> places = {};   // which of them these are, rising
  std::vector<Bytes> bodies = {};           // of these; none where only the leaves are known
  std::vector<crypto::Digest> leaves = {};  // of these
  std::vector<crypto::Digest> hashes = {};  // of the largest subtrees that have none of these, from the left

  std::size_t size() const { return places.size(); }
};

// What others send is hostile until evidence::open_together has checked it. Code signed.malformed.
result<Together> together_from(const jindu::v1::SignedTogether& message);
void put_together(const Together& together, jindu::v1::SignedTogether& message);
// Without certificate and bodies, for a database that keeps them elsewhere.
Bytes kept_form(const Together& together);
result<Together> from_kept_form(BytesView kept, Bytes certificate);

// The root that all of it leads to; nothing where `hashes` are not as many as the places demand.
std::optional<crypto::Digest> root_of(const Together& together);

// What is wanted of it, by index, rising: the others are left out, with all that only they need.
Together part_of(const Together& together, const std::vector<std::size_t>& wanted);

// Gives each of them back as the Signed that it is, byte for byte as evidence::sign_together makes it. Thread-safe.
class Sheet {
 public:
  explicit Sheet(Together together) : together_(std::move(together)) {}
  const Together& together() const { return together_; }
  // The body is asked for, as a sheet that was kept has none.
  Bytes statement(std::size_t index, BytesView body) const;

 private:
  const Together together_;
  mutable std::once_flag walked_;
  mutable std::vector<std::vector<crypto::Digest>> paths_;
};

}  // namespace jindu::evidence
