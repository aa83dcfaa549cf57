#include "common/runtime/log.hpp"

#include <unistd.h>

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include "common/runtime/metrics.hpp"

namespace jindu {
namespace {

// What `act` writes to standard error, line by line.
template <class F>
std::vector<boost::json::object> lines_of(F act) {
  char name[] = "/tmp/jindu-log-XXXXXX";
  const int file = ::mkstemp(name), before = ::dup(STDERR_FILENO);
  std::fflush(stderr);
  ::dup2(file, STDERR_FILENO);
  act();
  std::fflush(stderr);
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  ::close(file);
  std::ifstream in(name);
  std::vector<boost::json::object> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(boost::json::parse(line).as_object());
  ::unlink(name);
  return lines;
}

}  // namespace

TEST_CASE("a log line is one JSON object with time, level, program, event and fields, whatever is in them") {
  const auto lines = lines_of([] {
    log::start("test", "info");
    log::debug("not.shown");
    log::info("bundle.stored", {{"id", "x\n\"}{\x1b[31m"}, {"count", 3}});
    log::warn("bundle.late");
    log::error("bundle.lost", log::of({Fault::internal, "a.code", "津渡", "/field"}));
    log::error("bundle.lost", log::of({Fault::internal, "a.code", "no field"}));
  });
  REQUIRE(lines.size() == 4);
  CHECK(lines[0].at("event") == "bundle.stored");
  CHECK(lines[0].at("level") == "info");
  CHECK(lines[0].at("program") == "test");
  CHECK(lines[0].at("id") == "x\n\"}{\x1b[31m");
  CHECK(lines[0].at("count") == 3);
  CHECK(lines[0].at("time").as_string().size() == 24);
  CHECK(lines[1].at("level") == "warning");
  CHECK(lines[2].at("code") == "a.code");
  CHECK(lines[2].at("field") == "/field");
  CHECK(lines[2].at("detail") == "津渡");
  CHECK_FALSE(lines[3].contains("field"));
}

TEST_CASE("metrics of one name and labels are one, and are told in Prometheus's words") {
  auto& first = metrics::counter("jindu_test_total", "Tests", {{"kind", "a"}});
  first.Increment();
  metrics::counter("jindu_test_total", "Tests", {{"kind", "a"}}).Increment(2);
  metrics::counter("jindu_test_total", "Tests", {{"kind", "b"}}).Increment();
  CHECK(&first == &metrics::counter("jindu_test_total", "Tests", {{"kind", "a"}}));
  metrics::gauge("jindu_test_open", "Open").Set(4);
  metrics::seconds("jindu_test_seconds", "Took").Observe(0.02);
  const auto text = metrics::text();
  CHECK(text.find("# TYPE jindu_test_total counter") != std::string::npos);
  CHECK(text.find("jindu_test_total{kind=\"a\"} 3") != std::string::npos);
  CHECK(text.find("jindu_test_total{kind=\"b\"} 1") != std::string::npos);
  CHECK(text.find("jindu_test_open 4") != std::string::npos);
  CHECK(text.find("jindu_test_seconds_bucket{le=\"0.03\"} 1") != std::string::npos);
}

}  // namespace jindu
