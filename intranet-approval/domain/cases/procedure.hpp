#pragma once
// What a case must know of its item version: which stages it passes, who may act in each, and how long it may take.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/result.hpp"

namespace jindu::approval {

// Stage codes that have a meaning of their own; every other code is a review stage.
inline constexpr std::string_view kAcceptance = "acceptance";         // 受理
inline constexpr std::string_view kInitialReview = "initial_review";  // 初审
inline constexpr std::string_view kReReview = "re_review";            // 复审
inline constexpr std::string_view kDetermination = "determination";   // 审定
inline constexpr std::string_view kNotification = "notification";     // 告知

struct Stage {
  std::string code;
  std::string role;
  int limit_working_days = 0;  // 0: the stage has no limit of its own
};

struct Procedure {
  std::string item_id;
  int item_version = 0;
  std::string department;
  std::vector<Stage> stages;
  int statutory_working_days = 0;
  int promised_working_days = 0;

  std::optional<std::size_t> index_of(std::string_view code) const;
};

// A procedure begins with acceptance, ends with determination and notification, and names no stage twice; anything
// else could leave a case without a next step, so it is refused (Fault::invalid, "procedure.*").
result<void> check_procedure(const Procedure& procedure);

// Whether officials give an opinion of substance in the stage, so that four eyes apply to it.
bool is_review(std::string_view stage_code);

}  // namespace jindu::approval
