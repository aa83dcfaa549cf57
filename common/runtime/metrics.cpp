#include "common/runtime/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>

namespace jindu::metrics {
namespace {

struct Everything {
  std::mutex mutex;
  prometheus::Registry registry;
};

Everything& everything() {
  static Everything all;
  return all;
}

}  // namespace

// The registry gives back the family of the same name and help, so this is a lookup after the first time.
prometheus::Counter& counter(const std::string& name, const std::string& help, const Labels& labels) {
  const std::lock_guard lock(everything().mutex);
  return prometheus::BuildCounter().Name(name).Help(help).Register(everything().registry).Add(labels);
}

prometheus::Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels) {
  const std::lock_guard lock(everything().mutex);
  return prometheus::BuildGauge().Name(name).Help(help).Register(everything().registry).Add(labels);
}

prometheus::Histogram& seconds(const std::string& name, const std::string& help, const Labels& labels) {
  const std::lock_guard lock(everything().mutex);
  static const prometheus::Histogram::BucketBoundaries bounds{0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30};
  return prometheus::BuildHistogram().Name(name).Help(help).Register(everything().registry).Add(labels, bounds);
}

std::string text() {
  const std::lock_guard lock(everything().mutex);
  return prometheus::TextSerializer().Serialize(everything().registry.Collect());
}

}  // namespace jindu::metrics
