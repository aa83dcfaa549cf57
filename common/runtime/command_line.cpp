#include "common/runtime/command_line.hpp"

#include <CLI/CLI.hpp>

#include "common/runtime/terminal.hpp"
#include "common/runtime/texts.hpp"

namespace jindu {
namespace {

// The library's own words. {what} is the argument that a mistake is about, or what the library says of it.
const Texts& texts() {
  static const Texts list({
      {"label.Usage", "用法", "Usage"},
      {"label.OPTIONS", "选项", "OPTIONS"},
      {"label.Positionals", "参数", "Positionals"},
      {"label.SUBCOMMAND", "子命令", "SUBCOMMAND"},
      {"label.REQUIRED", "必填", "REQUIRED"},
      {"label.Env", "环境变量", "Env"},
      {"options", "选项", "Options"},
      {"subcommands", "子命令", "Subcommands"},
      {"help", "显示本说明", "Print this help message and exit"},
      {"language", "zh 或 en；不写则按系统区域设置", "zh or en; otherwise as the locale says"},
      {"json", "以 JSON 输出", "As JSON"},
      {"config", "TOML 配置文件", "Configuration in TOML"},
      {"check_config", "只检查配置文件，说明错误后退出", "Read the configuration, say what is wrong, and end"},
      {"good", "{file}：没有错误", "{file}: good"},
      {"mistake.no_subcommand", "缺少子命令。", "A subcommand is required"},
      {"mistake.missing", "缺少 {what}。", "{what} is required"},
      {"mistake.unknown", "不认识：{what}", "The following argument was not expected: {what}"},
      {"mistake.value", "值不对：{what}", "Could not convert: {what}"},
      {"mistake.other", "命令写得不对：{what}", "{what}"},
      {"see_help", "用法见 --help。", "Run with --help for more information."},
  });
  return list;
}

class Format : public CLI::Formatter {
 public:
  explicit Format(Language language) : options_(texts().say("options", language)) {
    constexpr std::string_view prefix = "label.";
    for (const auto& one : texts().all())
      if (one.key.starts_with(prefix))
        label(std::string(one.key.substr(prefix.size())), texts().say(one.key, language));
  }
  std::string make_group(std::string group, bool positional, std::vector<const CLI::Option*> list) const override {
    return CLI::Formatter::make_group(positional ? std::move(group) : options_, positional, std::move(list));
  }
  // The library counts bytes where signs of two cells stand.
  std::string make_option(const CLI::Option* option, bool positional) const override {
    const auto name = "  " + make_option_name(option, positional) + make_option_opts(option);
    const auto what = make_option_desc(option);
    const auto width = get_column_width();
    if (what.empty()) return name + "\n";
    return (cells(name) < width ? padded(name, width) : name + "\n" + std::string(width, ' ')) + what + "\n";
  }

 private:
  std::string options_;
};

std::string mistake(const CLI::Error& error, Language language) {
  constexpr std::string_view missing = " is required", not_converted = "Could not convert: ";
  const auto kind = static_cast<CLI::ExitCodes>(error.get_exit_code());
  std::string what = error.what(), key = "mistake.other";
  if (what == "A subcommand is required") {
    key = "mistake.no_subcommand";
  } else if (kind == CLI::ExitCodes::RequiredError && what.ends_with(missing)) {
    key = "mistake.missing";
    what.erase(what.size() - missing.size());
  } else if (kind == CLI::ExitCodes::ExtrasError) {
    key = "mistake.unknown";
    what.erase(0, what.find(": ") + 2);
  } else if (kind == CLI::ExitCodes::ConversionError && what.starts_with(not_converted)) {
    key = "mistake.value";
    what.erase(0, not_converted.size());
  }
  return texts().say(key, language, {{"what", what}}) + "\n" + texts().say("see_help", language) + "\n";
}

}  // namespace

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
void Command::language_option() {
  const auto what = texts().say("language", language_);
  app_->add_option("--language", what)->type_name("TEXT")->check(CLI::IsMember({"zh", "en"}));
}
void Command::json_option(bool& value) { flag("--json", value, texts().say("json", language_)); }

Command Command::command(const std::string& name, const std::string& what) {
  return Command(*app_->add_subcommand(name, what), language_);
}
Command& Command::needs_command() { return app_->require_subcommand(1), *this; }
Command& Command::lets_through() { return app_->fallthrough(), *this; }
Command& Command::footer(const std::string& text) { return app_->footer(text), *this; }
Command& Command::when_chosen(std::function<void()> act) { return app_->callback(std::move(act)), *this; }
bool Command::chosen() const { return app_->parsed(); }

CommandLine::CommandLine(const std::string& what, Language language)
    : CommandLine(std::make_unique<CLI::App>(what), language) {}
CommandLine::CommandLine(std::unique_ptr<CLI::App> app, Language language)
    : Command(*app, language), owned_(std::move(app)) {
  owned_->formatter(std::make_shared<Format>(language));
  owned_->group(texts().say("subcommands", language));
  owned_->set_help_flag("-h,--help", texts().say("help", language));
  owned_->failure_message([language](const CLI::App*, const CLI::Error& error) { return mistake(error, language); });
}
CommandLine::~CommandLine() = default;
Argument CommandLine::configuration(std::string& file, bool& only_check) {
  const auto config = option("--config", file, texts().say("config", language_));
  flag("--check-config", only_check, texts().say("check_config", language_));
  return config;
}
std::string CommandLine::good(const std::string& file) const {
  return texts().say("good", language_, {{"file", file}});
}
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
