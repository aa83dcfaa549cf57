#pragma once
// The command line of every program, read by CLI11, which is compiled once, here: it costs a source that includes it
// ten seconds.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/runtime/language.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace jindu {

// An option or a positional argument that was added to a command; each call says one more thing about it.
class Argument {
 public:
  explicit Argument(CLI::Option& option) : option_(&option) {}
  Argument& required();
  Argument& one_of(std::vector<std::string> values);
  Argument& between(std::int64_t least, std::int64_t most);
  Argument& from_environment(const std::string& variable);
  // A list whose option is said anew for each value, so that the option may stand before a positional argument.
  Argument& one_each();
  Argument& show_default();

 private:
  CLI::Option* option_;
};

// The program itself or one of its subcommands. Values are written when the line is read, so they must outlive it.
class Command {
 public:
  Command(CLI::App& app, Language language) : app_(&app), language_(language) {}
  // `name` with dashes ("-o,--output") is an option, without them a positional argument.
  Argument option(const std::string& name, std::string& value, const std::string& what = {});
  Argument option(const std::string& name, std::filesystem::path& value, const std::string& what = {});
  Argument option(const std::string& name, std::vector<std::filesystem::path>& value, const std::string& what = {});
  Argument option(const std::string& name, int& value, const std::string& what = {});
  Argument option(const std::string& name, std::int64_t& value, const std::string& what = {});
  Argument option(const std::string& name, std::uint64_t& value, const std::string& what = {});
  void flag(const std::string& name, bool& value, const std::string& what);
  // --language, which language_of() has read before the line is; with its help.
  void language_option();
  // --json; with its help.
  void json_option(bool& value);

  Command command(const std::string& name, const std::string& what);
  Command& needs_command();
  // Options of the command above may stand behind this one too.
  Command& lets_through();
  Command& footer(const std::string& text);
  // Called when the line names this command.
  Command& when_chosen(std::function<void()> act);
  bool chosen() const;

 protected:
  CLI::App* app_;
  Language language_;
};

class CommandLine : public Command {
 public:
  // `language`: of what is said around the texts that are given here, in help and of mistakes.
  explicit CommandLine(const std::string& what, Language language = Language::en);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;
  // --config and --check-config of a service, with their help; and what is said when nothing is wrong there.
  Argument configuration(std::string& file, bool& only_check);
  std::string good(const std::string& file) const;
  // An exit code when the program is to end at once: help was asked for (0), or the line is wrong, which has been said.
  std::optional<int> read(int argc, char** argv);
  std::string help() const;

 private:
  CommandLine(std::unique_ptr<CLI::App> app, Language language);
  std::unique_ptr<CLI::App> owned_;
};

}  // namespace jindu
