#pragma once
// Configuration in TOML. Errors name file, line and key; unknown keys are errors, so that a typing mistake is not a
// silent default.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/result.hpp"

namespace jindu {

// One table of the file. Paths are resolved against the file's folder. Errors are collected; `Config::finish` tells the
// first, so that a program reads straight down.
class ConfigTable {
 public:
  std::string text(std::string_view key);  // required, not empty
  std::string text_or(std::string_view key, std::string fallback);
  std::int64_t integer(std::string_view key, std::int64_t least, std::int64_t most);
  std::int64_t integer_or(std::string_view key, std::int64_t fallback, std::int64_t least, std::int64_t most);
  bool flag_or(std::string_view key, bool fallback);
  std::string path(std::string_view key);                           // required; absolute afterwards
  std::string path_or(std::string_view key, std::string fallback);  // "" stays ""
  std::string existing_file(std::string_view key);                  // required and readable
  std::string existing_file_or_none(std::string_view key);          // "" when absent or empty
  std::vector<std::string> texts(std::string_view key);             // a list; absent: empty
  std::uint16_t port(std::string_view key) { return static_cast<std::uint16_t>(integer(key, 1, 65535)); }
  bool present() const;  // whether the table is in the file

  struct State;
  explicit ConfigTable(std::shared_ptr<State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<State> state_;
};

class Config {
 public:
  static result<Config> from_file(const std::string& path);  // code config.unreadable, config.syntax
  const std::string& text() const;                           // the file as it was read, whatever it has become since
  ConfigTable table(std::string_view name);                  // an absent table is empty: its required keys are errors
  std::vector<ConfigTable> tables(std::string_view name);    // [[name]]
  result<void> finish();                                     // config.key: the first mistake, or an unknown key

  struct State;

 private:
  explicit Config(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace jindu
