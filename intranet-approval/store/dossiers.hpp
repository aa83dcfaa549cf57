#pragma once
// What applicants handed in: as received (sealed) and as opened, and the materials with what opens them.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/runtime/clock.hpp"
#include "common/storage/database.hpp"

namespace jindu::approval::store {

struct Submission {
  int number = 0;        // within the case, from 1
  std::string kind;      // "application" or "supplement"
  Bytes statement;       // SignedStatement
  Bytes sealed_content;  // as received
  Bytes receipt;         // Signed SubmissionReceipt
  Bytes opened_content;  // SignedContent
  Bytes content_sha256;  // of sealed_content
  bool valid = false;    // false: it went back by itself
  Instant received_outside{};
  Instant received_inside{};
  Instant signed_at{};
};

struct MaterialRow {
  int number = 0;  // within the case, from 1
  int submission = 0;
  std::string code;
  std::string upload_id;
  std::string file_name;
  std::string media_type;
  std::string detected_type;
  std::uint64_t size = 0;
  Bytes sha256;
  Bytes file_key;
  std::uint64_t sealed_size = 0;
  Bytes sealed_sha256;
  std::string verdict;
  Instant inspected_at{};
  bool current = true;
};

// Numbers the submission and its materials within the case. Materials of a valid supplement replace earlier ones of the
// same code. The same sealed content again is a "storage.unique" conflict: callers look first.
int put_submission(storage::Transaction& tx, const std::string& case_id, const Submission& submission,
                   const std::vector<MaterialRow>& materials);

bool has_submission(storage::Transaction& tx, const std::string& case_id, const Bytes& content_sha256);
std::vector<Submission> submissions(storage::Transaction& tx, const std::string& case_id);
std::vector<MaterialRow> materials(storage::Transaction& tx, const std::string& case_id);
std::optional<MaterialRow> find_material(storage::Transaction& tx, const std::string& case_id, int number);

struct IntakeProblem {
  std::string declaration_id;
  Instant at{};
  int attempts = 0;
  std::string code;
  std::string detail;
};
// Counts one more attempt that failed.
void put_intake_problem(storage::Transaction& tx, const std::string& declaration_id, Instant at,
                        const std::string& code, const std::string& detail);
void clear_intake_problem(storage::Transaction& tx, const std::string& declaration_id);
std::vector<IntakeProblem> intake_problems(storage::Transaction& tx, int limit);

// How many bundles from outside were applied.
std::int64_t bundles_applied(storage::Transaction& tx);

}  // namespace jindu::approval::store
