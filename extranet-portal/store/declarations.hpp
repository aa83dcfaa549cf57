#pragma once
// Declarations as the portal knows them: what was submitted, its receipt, and what the intranet said since.
#include <optional>
#include <string>
#include <vector>

#include "common/crypto/digest.hpp"
#include "common/storage/database.hpp"
#include "extranet-portal/domain/status.hpp"

namespace jindu::portal::store {

struct Declaration {
  std::string declaration_id;
  std::string account_id;
  std::string declaration_number;
  std::string item_id;
  std::uint32_t item_version = 0;
  Instant received{};
  Instant updated{};
  Progress progress;
};

struct Submission {
  std::uint64_t number = 0;
  std::string kind;  // application, supplement
  Bytes signed_statement = {};
  Bytes sealed_content = {};
  Bytes receipt = {};
  crypto::Digest content_sha256{};
  std::uint64_t parts = 0;
  Instant received{};
};

struct Step {
  std::string status;
  std::string stage;
  Instant at{};
};

// The next number of a day, from 1.
std::uint64_t next_number(storage::Transaction& tx, const std::string& day);

void add_declaration(storage::Transaction& tx, const Declaration& declaration);
void put_progress(storage::Transaction& tx, const std::string& declaration_id, const Progress& progress,
                  Instant updated);
std::optional<Declaration> find_declaration(storage::Transaction& tx, const std::string& declaration_id);
std::optional<Declaration> declaration_with_number(storage::Transaction& tx, const std::string& declaration_number);

struct Page {
  std::vector<Declaration> declarations;
  std::string next_cursor;
};
// Newest first. Code "cursor.malformed" (thrown) for a cursor that is none of ours.
Page declarations_of(storage::Transaction& tx, const std::string& account_id, const std::string& cursor, int limit);

void add_step(storage::Transaction& tx, const std::string& declaration_id, std::uint64_t case_sequence,
              const Step& step);
std::vector<Step> steps_of(storage::Transaction& tx, const std::string& declaration_id);

void add_submission(storage::Transaction& tx, const std::string& declaration_id, const Submission& submission);
// Without statement and content.
std::vector<Submission> submissions_of(storage::Transaction& tx, const std::string& declaration_id);
std::optional<Submission> submission_with(storage::Transaction& tx, const std::string& declaration_id,
                                          const crypto::Digest& content_sha256);
// What the applicant sealed to the department and to himself; empty where there is no such submission.
std::optional<Bytes> sealed_content_of(storage::Transaction& tx, const std::string& declaration_id,
                                       std::uint64_t number);
// The signed statements of all submissions, oldest first.
std::vector<Bytes> statements_of(storage::Transaction& tx, const std::string& declaration_id);
std::uint64_t count_submissions(storage::Transaction& tx, const std::string& declaration_id);

}  // namespace jindu::portal::store
