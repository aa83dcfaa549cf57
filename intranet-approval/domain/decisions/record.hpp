#pragma once
// The decision record: the exact bytes that the determining official signs. The server makes them and makes them again
// to compare, so nobody can sign anything but what the server then carries out.
#include <string>
#include <vector>

#include "common/runtime/bytes.hpp"
#include "intranet-approval/domain/cases/event.hpp"

namespace jindu::approval {

struct DecisionRecord {
  std::string case_id;
  std::uint64_t sequence = 0;  // of the case before the determination: an older record does not fit a later state
  std::string item_id;
  int item_version = 0;
  std::string acceptance_number;
  std::string department;
  std::string applicant_name;
  std::vector<Bytes> content_sha256;  // of the sealed content of each submission, in order: what was decided upon
  Outcome outcome = Outcome::grant;
  std::string opinion;
  std::string reasons;
  std::string official;  // fingerprint
};

// UTF-8 JSON as docs/formats.md says; the same record gives the same bytes.
std::string to_bytes(const DecisionRecord& record);

}  // namespace jindu::approval
