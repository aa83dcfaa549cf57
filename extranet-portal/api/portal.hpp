#pragma once
// What every handler of the portal works with.
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/crypto/certificate.hpp"
#include "common/evidence/signed.hpp"
#include "common/exchange/service/exchange.hpp"
#include "common/http/server.hpp"
#include "common/runtime/clock.hpp"
#include "common/storage/database.hpp"
#include "extranet-portal/api/published_catalogue.hpp"
#include "extranet-portal/domain/limits.hpp"
#include "extranet-portal/domain/session.hpp"
#include "extranet-portal/store/upload_files.hpp"

namespace jindu::portal::api {

struct Limits {
  SessionLimits session;
  Rate login{10, std::chrono::minutes(1)};         // per account and address
  Rate address{60, std::chrono::seconds(2)};       // logins, registrations and their like, per address
  Rate registration{20, std::chrono::minutes(3)};  // per address
  Rate check{60, std::chrono::seconds(1)};         // document checks, per address
  Rate submission{20, std::chrono::minutes(1)};    // per account
  std::uint64_t drafts = 100;                      // per account
  std::uint64_t uploads = 256;                     // per account, not submitted
  std::uint64_t upload_bytes = 8ull << 30;         // per account, not submitted
  std::chrono::hours stale_upload{24 * 30};
};

inline constexpr std::uint32_t kArgonMemoryKib = 64 * 1024;
inline constexpr std::uint32_t kArgonIterations = 3;
inline constexpr std::uint32_t kArgonParallelism = 1;

// Issues citizens' certificates.
struct Registration {
  crypto::PrivateKey key;
  crypto::Certificate certificate;
  std::chrono::hours validity{24 * 365 * 3};
};

struct Portal {
  storage::Database& database;
  const Clock& clock;
  Limits limits;
  const evidence::NodeSigner& node;
  const crypto::TrustStore& applicants;  // companies' CA and our own registration CA, with revocations
  const crypto::TrustStore& companies;   // companies' CA alone
  const Registration& registration;
  store::UploadFiles& files;
  PublishedCatalogue& catalogue;
  Bytes secret;                // for salts of accounts that are not there
  std::function<void()> wake;  // something was enqueued
  // Why nothing is sent just now, and since when; none: it is.
  std::function<std::optional<jindu::exchange::Trouble>()> sending_stopped = [] {
    return std::optional<jindu::exchange::Trouble>();
  };
};

// The whole API in one table.
std::vector<http::Route> routes(Portal& portal);

}  // namespace jindu::portal::api
