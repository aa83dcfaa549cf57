#pragma once
// The paper of a decision as PDF: A4, Chinese first and English second, the department's seal, and a QR code by which
// anybody can check it. Not signed yet: see pades.hpp.
#include <string>

#include "common/runtime/bytes.hpp"

namespace jindu::approval::documents {

struct DecisionPaper {
  std::string department_zh, department_en;
  std::string title_zh, title_en;
  std::string number;                // 文号
  std::string body_zh, body_en;      // paragraphs separated by empty lines; placeholders are filled already
  std::string issued_zh, issued_en;  // dates as written
  std::string valid_until;           // ISO date, or empty
  std::string check_url;
  std::string check_code;
  bool preview = false;  // nothing is decided: marked on every page, without seal and code
};

result<Bytes> render_pdf(const DecisionPaper& paper);

// Replaces {name} by its value; what has no value stays.
std::string fill(std::string text, const std::vector<std::pair<std::string, std::string>>& values);

}  // namespace jindu::approval::documents
