#pragma once
// What is costly to find out and asked again soon: kept in bounded memory, shared by all threads.
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace jindu::crypto {

// Keeps between `most` and twice as many values. What was not asked for while `most` others came is forgotten, so that
// somebody who brings ever new ones takes the place of what is not used, and not of what is.
template <class T>
class Remembered {
 public:
  explicit Remembered(std::size_t most) : most_(most) {}

  std::optional<T> find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    if (const auto found = young_.find(key); found != young_.end()) return found->second;
    const auto found = old_.find(key);
    if (found == old_.end()) return std::nullopt;
    T value = found->second;
    put(key, value);
    return value;
  }
  void keep(const std::string& key, T value) {
    const std::lock_guard lock(mutex_);
    put(key, std::move(value));
  }

 private:
  void put(const std::string& key, T value) {
    if (young_.size() >= most_ && !young_.contains(key)) {
      old_ = std::move(young_);
      young_.clear();
    }
    young_.insert_or_assign(key, std::move(value));
  }

  const std::size_t most_;
  std::mutex mutex_;
  std::unordered_map<std::string, T> young_, old_;
};

}  // namespace jindu::crypto
