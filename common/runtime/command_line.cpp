#include "common/runtime/command_line.hpp"

#include <CLI/CLI.hpp>

namespace jindu {

Argument& Argument::required() { return option_->required(), *this; }
Argument& Argument::one_of(std::vector<std::string> values) {
  return option_->check(CLI::IsMember(std::move(values))), *this;
}
Argument& Argument::between(std::int64_t least, std::int64_t most) {
  return option_->check(CLI::Range(least, most)), *this;
}
Argument& Argument::from_environment(const std::string& variable) { return option_->envname(variable), *this; }
Argument& Argument::one_each() { return option_->allow_extra_args(false), *this; }
Argument& Argument::show_default() { return option_->capture_default_str(), *this; }

Argument Command::option(const std::string& name, std::string& value, const std::string& what) {
  return Argument(*app_->add_option(name, value, what));
}
Argument Command::option(const std::string& name, std::filesystem::path& value, const std::string& what) {
  return Argument(*app_->add_option(name, value, what));
}
Argument Command::option(const std::string& name, std::vector<std::filesystem::path>& value, const std::string& what) {
  return Argument(*app_->add_option(name, value, what));
}
Argument Command::option(const std::string& name, int& value, const std::string& what) {
  return Argument(*app_->add_option(name, value, what));
}
Argument Command::option(const std::string& name, std::int64_t& value, const std::string& what) {
  return Argument(*app_->add_option(name, value, what));
}
Argument Command::option(const std::string& name, std::uint64_t& value, const std::string& what) {
  return Argument(*app_->add_option(name, value, what));
}
void Command::flag(const std::string& name, bool& value, const std::string& what) { app_->add_flag(name, value, what); }

Command Command::command(const std::string& name, const std::string& what) {
  return Command(*app_->add_subcommand(name, what));
}
Command& Command::needs_command() { return app_->require_subcommand(1), *this; }
Command& Command::lets_through() { return app_->fallthrough(), *this; }
Command& Command::footer(const std::string& text) { return app_->footer(text), *this; }
Command& Command::when_chosen(std::function<void()> act) { return app_->callback(std::move(act)), *this; }
bool Command::chosen() const { return app_->parsed(); }

CommandLine::CommandLine(const std::string& what) : CommandLine(std::make_unique<CLI::App>(what)) {}
CommandLine::CommandLine(std::unique_ptr<CLI::App> app) : Command(*app), owned_(std::move(app)) {}
CommandLine::~CommandLine() = default;
std::optional<int> CommandLine::read(int argc, char** argv) {
  try {
    owned_->parse(argc, argv);
    return {};
  } catch (const CLI::ParseError& error) {
    return owned_->exit(error);
  }
}
std::string CommandLine::help() const { return owned_->help(); }

}  // namespace jindu
