#pragma once
// Looking at a material before anybody opens it: is it what it says, is it a bomb, does it hold active content or a
// virus.
#include <filesystem>
#include <string>

#include "common/runtime/result.hpp"
#include "intranet-approval/inspection/verdict.hpp"

namespace jindu::approval::inspection {

struct InspectorOptions {
  std::string clamd_socket;  // empty: no scanner; every verdict says "unscanned"
  std::uint64_t unpacked_max = 4ull * 1024 * 1024 * 1024;
  std::uint64_t entries_max = 10'000;
  std::uint64_t ratio_max = 200;  // unpacked to packed, above 10 MiB
};

class Inspector {
 public:
  explicit Inspector(InspectorOptions options) : options_(std::move(options)) {}
  // An Error only where looking failed (Fault::unavailable: the scanner is away, try again): never instead of a
  // verdict.
  result<Verdict> inspect(const std::filesystem::path& file, const std::string& declared_type,
                          const std::string& file_name) const;

 private:
  InspectorOptions options_;
};

// The scanner alone: clamd's INSTREAM over its socket. Empty: nothing found; else the name of what was found.
result<std::string> scan_with_clamd(const std::string& socket, const std::filesystem::path& file);

}  // namespace jindu::approval::inspection
