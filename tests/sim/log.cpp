// Stands in the place of common/runtime/log.cpp: what the product logs is part of the trace.
#include "common/runtime/log.hpp"

#include <boost/json/serialize.hpp>

#include "tests/sim/disk/volume.hpp"

namespace jindu::log {
namespace {

void write(std::string_view level, std::string_view event, const Fields& fields) {
  auto* kernel = sim::Kernel::active();
  if (kernel == nullptr) return;
  const auto* process = kernel->current();
  const auto told = fields.empty() ? std::string{} : boost::json::serialize(fields);
  const auto* volume = process == nullptr ? nullptr : process->volume;
  if (volume != nullptr && volume->is_of_carriers) kernel->look(told.data(), told.size(), "the log of", process->name);
  const bool misses = event == "unit.bytes_missing" || event == "unit.bytes_damaged";
  if (misses && volume != nullptr && volume->keeps_what_is_synced)
    kernel->fail(process->name + " misses the bytes of a bundle that it had taken: " + told);
  kernel->trace((process == nullptr ? "" : process->name) + " " + std::string(level) + " " + std::string(event) +
                (told.empty() ? "" : " " + told));
}

}  // namespace

void start(std::string_view, std::string_view) {}
void debug(std::string_view, const Fields&) {}
void info(std::string_view event, const Fields& fields) { write("info", event, fields); }
void warn(std::string_view event, const Fields& fields) { write("warn", event, fields); }
void error(std::string_view event, const Fields& fields) { write("error", event, fields); }

Fields of(const Error& error) {
  Fields fields{{"code", error.code}, {"detail", error.detail}};
  if (!error.field.empty()) fields["field"] = error.field;
  return fields;
}

}  // namespace jindu::log
