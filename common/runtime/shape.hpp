#pragma once
// Numbers in texts of a fixed shape, such as dates.
#include <optional>
#include <string_view>
#include <vector>

namespace jindu {

// In `shape` each run of '0' stands for just as many digits, every other character for itself: "0000-00-00" reads
// 2026-05-04 as 2026, 5, 4. Nothing when the text has another shape. A run has at most nine digits.
inline std::optional<std::vector<int>> numbers_shaped(std::string_view text, std::string_view shape) {
  if (text.size() != shape.size()) return std::nullopt;
  std::vector<int> numbers;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] != '0') {
      if (text[i] != shape[i]) return std::nullopt;
      continue;
    }
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    if (i == 0 || shape[i - 1] != '0') numbers.push_back(0);
    numbers.back() = numbers.back() * 10 + (text[i] - '0');
  }
  return numbers;
}

}  // namespace jindu
