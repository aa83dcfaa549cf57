#include <csignal>
#include <ctime>

#include <algorithm>
#include <filesystem>

#include "common/runtime/files.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/worker.hpp"
#include "exchange-gateway/carriers/commands.hpp"
#include "exchange-gateway/carriers/voyage.hpp"

namespace jindu::gateway {
namespace {

namespace fs = std::filesystem;

bool is_mark(const std::string& name) { return name.starts_with("finished-") && !name.ends_with(".part"); }

bool finished(const fs::path& attached) {
  const auto names = names_on(attached.string());
  return std::any_of(names.begin(), names.end(), is_mark);
}

void clear_marks(const fs::path& medium) {
  std::error_code code;
  for (const auto& name : names_on(medium.string()))
    if (name.starts_with("finished-")) fs::remove(medium / name, code);
}

// Sleeps, or answers true when a stop signal came.
bool stop_within(int ms) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  const timespec time{ms / 1000, (ms % 1000) * 1'000'000L};
  return sigtimedwait(&set, nullptr, &time) > 0;
}

}  // namespace

result<void> run_switch(const std::string& outer, const std::string& inner, const std::string& medium,
                        int patience_ms) {
  for (const auto& folder : {outer, inner, fs::path(medium).parent_path().string()})
    if (auto ok = files::make_folder(folder); !ok) return ok;
  const fs::path places[] = {fs::path(outer) / "medium", fs::path(inner) / "medium"};
  std::error_code code;
  // After a crash the medium is where it was.
  for (const auto& place : places)
    if (fs::is_directory(place, code)) {
      fs::rename(place, medium, code);
      if (code)
        return Error{Fault::conflict, "switch.two_media",
                     "there is a medium at " + place.string() + " and one at " + medium};
    }
  if (auto ok = files::make_folder(medium); !ok) return ok;
  log::info("switch.ready", {{"outer", outer}, {"inner", inner}});
  for (int side = 0;; side = 1 - side) {
    clear_marks(medium);
    fs::rename(medium, places[side], code);
    if (code) return Error{Fault::internal, "switch.move", "the medium cannot be attached: " + code.message()};
    bool stop = false;
    for (int waited = 0; waited < patience_ms && !stop && !finished(places[side]); waited += 20) stop = stop_within(20);
    fs::rename(places[side], medium, code);
    if (code) return Error{Fault::internal, "switch.move", "the medium cannot be detached: " + code.message()};
    if (stop || stop_within(50)) return {};
  }
}

}  // namespace jindu::gateway
