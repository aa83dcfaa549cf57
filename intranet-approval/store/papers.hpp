#pragma once
// Issued documents, notices to applicants, and the numbers that stand on them.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/runtime/clock.hpp"
#include "common/storage/database.hpp"

namespace jindu::approval::store {

struct Document {
  int number = 0;  // within the case, from 1
  std::string kind;
  std::string document_number;
  std::string title_zh;
  std::string title_en;
  Instant issued_at{};
  std::string valid_until;  // ISO date or empty
  Bytes sha256;
  std::string check_code;
  Bytes body;  // PDF; left empty by `documents`
  std::uint64_t size = 0;
};

// Gives the document the next number of its case and stores it.
int put_document(storage::Transaction& tx, const std::string& case_id, const Document& document);
std::vector<Document> documents(storage::Transaction& tx, const std::string& case_id);
std::optional<Document> find_document(storage::Transaction& tx, const std::string& case_id, int number);

struct Notice {
  std::string notice_id;
  std::string case_id;
  std::string kind;
  Instant at{};
  Bytes sealed;
};
void put_notice(storage::Transaction& tx, const Notice& notice);

// The number of a case in a series ("acceptance", "not_accepted", "grant", "refusal"): the same one however often it is
// asked for.
struct Reservation {
  std::string number;
  std::string check_code;
};
struct NumberRequest {
  std::string case_id;
  std::string department;
  std::string series;
  int year = 0;
  std::string check_code;  // used when there is no reservation yet
  std::function<std::string(std::uint64_t sequence)> format;
};
Reservation reserve_number(storage::Transaction& tx, const NumberRequest& request);

}  // namespace jindu::approval::store
