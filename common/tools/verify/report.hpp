#pragma once
// What a verification found, in words for people and as JSON for programs. A report says what is proven, what is not
// proven however good the artefact is, and, where something does not hold, what and why.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/runtime/bytes.hpp"
#include "common/runtime/texts.hpp"
#include "common/runtime/times.hpp"

namespace jindu::verify {

// A sentence by its key in words.cpp.
struct Saying {
  std::string key;
  Values values = {};
};

struct Report {
  std::string subject;  // key of what was looked at: "dossier", "submission_receipt", …
  std::vector<std::pair<std::string, std::string>> facts = {};  // what the artefact says: key of its name, and value
  std::vector<Saying> proven = {};
  std::vector<Saying> not_proven = {};
  std::optional<Error> error = {};  // then what was asked is not proven, whatever stands above

  bool good() const { return !error; }
  void fact(std::string_view key, std::string_view value);
  void prove(std::string_view key, Values values = {});
  void leave_open(std::string_view key, Values values = {});
  Report& fail(Error why);
};

std::string as_text(const Report& report, Language language);
std::string as_json(const Report& report, Language language);

result<Instant> instant_from(const std::string& text);  // 2026-05-04, 2026-05-04T03:02:01Z; code input.time

}  // namespace jindu::verify
