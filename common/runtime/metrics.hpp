#pragma once
// Prometheus metrics of the process; served at /metrics.
#include <map>
#include <string>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace jindu::metrics {

using Labels = std::map<std::string, std::string>;
// The same name and labels give the same object; looking up is cheap but not free: keep the reference.
prometheus::Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
prometheus::Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
prometheus::Histogram& seconds(const std::string& name, const std::string& help, const Labels& labels = {});
std::string text();  // exposition format 0.0.4

}  // namespace jindu::metrics
