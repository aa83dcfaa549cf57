#include "common/runtime/config.hpp"

#include <unistd.h>

#include <toml++/toml.h>
#include <filesystem>
#include <set>

#include "common/runtime/files.hpp"

namespace jindu {
namespace {
constexpr std::size_t kConfigMax = 4 * 1024 * 1024;
}

struct Config::State {
  std::string path, text;
  toml::table root;
  std::set<std::string> tables_read;
  std::vector<std::unique_ptr<ConfigTable::State>> read;
  std::optional<Error> first;

  ~State();
  // One more table that is read; whoever holds it holds all of the configuration.
  std::shared_ptr<ConfigTable::State> add(std::string name, const toml::table* table,
                                          const std::shared_ptr<State>& self);
  void blame(const std::string& key, std::uint32_t line, const std::string& what) {
    if (first) return;
    const std::string place = line == 0 ? path : path + ":" + std::to_string(line);
    first = Error{Fault::invalid, "config.key", place + ": " + key + ": " + what, key};
  }
};

struct ConfigTable::State {
  Config::State* config;  // which holds this one
  std::string name;
  const toml::table* table;  // null when the file has none
  std::set<std::string, std::less<>> known = {};

  std::string key_name(std::string_view key) const { return name + "." + std::string(key); }
  const toml::node* find(std::string_view key) {
    known.insert(std::string(key));
    return table == nullptr ? nullptr : table->get(key);
  }
  void blame(std::string_view key, const toml::node* node, const std::string& what) {
    const std::uint32_t line = node != nullptr    ? node->source().begin.line
                               : table != nullptr ? table->source().begin.line
                                                  : 0;
    config->blame(key_name(key), line, what);
  }
  std::string resolved(const std::string& path) const {
    if (path.empty()) return path;
    return (std::filesystem::absolute(config->path).parent_path() / path).lexically_normal().string();
  }
};

Config::State::~State() = default;

std::shared_ptr<ConfigTable::State> Config::State::add(std::string name, const toml::table* table,
                                                       const std::shared_ptr<State>& self) {
  read.push_back(std::make_unique<ConfigTable::State>(ConfigTable::State{this, std::move(name), table}));
  return {self, read.back().get()};
}

bool ConfigTable::present() const { return state_->table != nullptr; }

std::string ConfigTable::text_or(std::string_view key, std::string fallback) {
  const auto* node = state_->find(key);
  if (node == nullptr) return fallback;
  if (const auto value = node->value_exact<std::string>()) return *value;
  state_->blame(key, node, "must be a text in quotes");
  return fallback;
}

std::string ConfigTable::text(std::string_view key) {
  const auto* node = state_->find(key);
  if (node == nullptr) {
    state_->blame(key, nullptr, "is missing");
    return {};
  }
  auto value = text_or(key, "");
  if (value.empty()) state_->blame(key, node, "must not be empty");
  return value;
}

std::int64_t ConfigTable::integer_or(std::string_view key, std::int64_t fallback, std::int64_t least,
                                     std::int64_t most) {
  const auto* node = state_->find(key);
  if (node == nullptr) return fallback;
  const auto value = node->value_exact<std::int64_t>();
  if (value && *value >= least && *value <= most) return *value;
  state_->blame(key, node, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return fallback;
}

std::int64_t ConfigTable::integer(std::string_view key, std::int64_t least, std::int64_t most) {
  if (state_->find(key) == nullptr) state_->blame(key, nullptr, "is missing");
  return integer_or(key, least, least, most);
}

bool ConfigTable::flag_or(std::string_view key, bool fallback) {
  const auto* node = state_->find(key);
  if (node == nullptr) return fallback;
  if (const auto value = node->value_exact<bool>()) return *value;
  state_->blame(key, node, "must be true or false");
  return fallback;
}

std::string ConfigTable::path(std::string_view key) { return state_->resolved(text(key)); }
std::string ConfigTable::path_or(std::string_view key, std::string fallback) {
  return state_->resolved(text_or(key, std::move(fallback)));
}

std::string ConfigTable::existing_file(std::string_view key) {
  auto value = path(key);
  if (!value.empty() && ::access(value.c_str(), R_OK) != 0)
    state_->blame(key, state_->find(key), "there is no readable file " + value);
  return value;
}

std::string ConfigTable::existing_file_or_none(std::string_view key) {
  const auto* node = state_->find(key);
  if (node == nullptr || text_or(key, "").empty()) return {};
  return existing_file(key);
}

std::vector<std::string> ConfigTable::texts(std::string_view key) {
  const auto* node = state_->find(key);
  if (node == nullptr) return {};
  std::vector<std::string> values;
  const auto* list = node->as_array();
  if (list == nullptr) {
    state_->blame(key, node, "must be a list of texts");
    return {};
  }
  for (const auto& element : *list) {
    const auto value = element.value_exact<std::string>();
    if (!value) {
      state_->blame(key, &element, "must be a list of texts");
      return {};
    }
    values.push_back(*value);
  }
  return values;
}

result<Config> Config::from_file(const std::string& path) {
  auto text = files::read_text(path, kConfigMax);
  if (!text) return Error{Fault::invalid, "config.unreadable", text.error().detail};
  auto state = std::make_shared<State>();
  state->path = path;
  state->text = std::move(*text);
  try {
    state->root = toml::parse(state->text, path);
  } catch (const toml::parse_error& e) {
    return Error{Fault::invalid, "config.syntax",
                 path + ":" + std::to_string(e.source().begin.line) + ": " + std::string(e.description())};
  }
  return Config(std::move(state));
}

const std::string& Config::text() const { return state_->text; }

ConfigTable Config::table(std::string_view name) {
  const auto* node = state_->root.get(name);
  const auto* table = node == nullptr ? nullptr : node->as_table();
  if (node != nullptr && table == nullptr)
    state_->blame(std::string(name), node->source().begin.line, "must be a table");
  state_->tables_read.insert(std::string(name));
  return ConfigTable(state_->add(std::string(name), table, state_));
}

std::vector<ConfigTable> Config::tables(std::string_view name) {
  state_->tables_read.insert(std::string(name));
  std::vector<ConfigTable> made;
  const auto* node = state_->root.get(name);
  if (node == nullptr) return made;
  const auto* list = node->as_array();
  if (list == nullptr) {
    state_->blame(std::string(name), node->source().begin.line, "must be written as [[" + std::string(name) + "]]");
    return made;
  }
  for (const auto& element : *list) {
    const auto* table = element.as_table();
    if (table == nullptr) {
      state_->blame(std::string(name), element.source().begin.line, "must be a table");
      continue;
    }
    made.push_back(ConfigTable(state_->add(std::string(name), table, state_)));
  }
  return made;
}

result<void> Config::finish() {
  for (const auto& [key, node] : state_->root)
    if (!state_->tables_read.contains(std::string(key.str())))
      state_->blame(std::string(key.str()), node.source().begin.line, "is not a known table");
  for (const auto& table : state_->read) {
    if (table->table == nullptr) continue;
    for (const auto& [key, node] : *table->table)
      if (!table->known.contains(key.str())) table->blame(key.str(), &node, "is not a known key");
  }
  if (state_->first) return *state_->first;
  return {};
}

}  // namespace jindu
