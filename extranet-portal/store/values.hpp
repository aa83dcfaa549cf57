#pragma once
// Digests and numbers as they stand in tables.
#include "common/crypto/digest.hpp"
#include "common/storage/database.hpp"

namespace jindu::portal::store {

inline Bytes blob(const crypto::Digest& digest) { return {digest.begin(), digest.end()}; }
inline crypto::Digest digest(const Bytes& bytes) { return crypto::digest_from(bytes).value(); }
inline std::int64_t integer(std::uint64_t value) { return static_cast<std::int64_t>(value); }
inline std::uint64_t natural(std::int64_t value) { return static_cast<std::uint64_t>(value); }

}  // namespace jindu::portal::store
