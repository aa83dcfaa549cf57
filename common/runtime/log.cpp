#include "common/runtime/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace jindu::log {
namespace {

std::string program_name = "jindu";

void write(spdlog::level::level_enum level, std::string_view event, const Fields& fields) {
  if (!spdlog::should_log(level)) return;
  // Boost.JSON escapes what could break a line or a terminal; nothing else formats untrusted text.
  Fields line;
  line["event"] = event;
  for (const auto& [key, value] : fields) line[key] = value;
  spdlog::log(level, "{}", boost::json::serialize(line).substr(1));
}

}  // namespace

void start(std::string_view program, std::string_view level) {
  program_name = program;
  auto logger = spdlog::stderr_logger_mt("jindu-" + program_name);
  spdlog::set_default_logger(std::move(logger));
  spdlog::set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","program":")" + program_name + R"(",%v)",
                      spdlog::pattern_time_type::utc);
  spdlog::set_level(spdlog::level::from_str(std::string(level)));
  spdlog::flush_on(spdlog::level::info);
}

void debug(std::string_view event, const Fields& fields) { write(spdlog::level::debug, event, fields); }
void info(std::string_view event, const Fields& fields) { write(spdlog::level::info, event, fields); }
void warn(std::string_view event, const Fields& fields) { write(spdlog::level::warn, event, fields); }
void error(std::string_view event, const Fields& fields) { write(spdlog::level::err, event, fields); }

Fields of(const Error& error) {
  Fields fields{{"code", error.code}, {"detail", error.detail}};
  if (!error.field.empty()) fields["field"] = error.field;
  return fields;
}

}  // namespace jindu::log
