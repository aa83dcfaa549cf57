#include "common/exchange/service/standstill.hpp"

#include <prometheus/gauge.h>

#include "common/runtime/log.hpp"
#include "common/runtime/metrics.hpp"

namespace jindu::exchange {
namespace {

void show(const std::string& what, bool stands) {
  metrics::gauge("jindu_exchange_stands_still", "Whether this part of the exchange waits for somebody to do something",
                 {{"what", what}})
      .Set(stands ? 1 : 0);
}

}  // namespace

void Standstill::stands(const Error& reason, Instant now) {
  const std::lock_guard lock(mutex_);
  if (trouble_ && trouble_->code == reason.code) return;
  auto fields = log::of(reason);
  fields["what"] = what_;
  // What is away comes back by itself more often than not; everything else wants somebody.
  if (reason.fault == Fault::unavailable)
    log::warn("exchange.stands_still", fields);
  else
    log::error("exchange.stands_still", fields);
  trouble_ = Trouble{what_, reason.code, trouble_ ? trouble_->since : now};
  show(what_, true);
}

void Standstill::goes_on() {
  const std::lock_guard lock(mutex_);
  if (!trouble_) return;
  log::info("exchange.goes_on", {{"what", what_}, {"code", trouble_->code}});
  trouble_.reset();
  show(what_, false);
}

std::optional<Trouble> Standstill::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

}  // namespace jindu::exchange
