// News for open pages, as server-sent events. An answer holds what is new and ends; the browser's EventSource asks
// again by itself after `retry` with the id it saw last. So nobody who only listens keeps a thread.
#include <boost/json/serialize.hpp>
#include <charconv>

#include "intranet-approval/api/api.hpp"
#include "intranet-approval/store/case_rows.hpp"
#include "intranet-approval/store/releases.hpp"

namespace jindu::approval::api {
namespace {

namespace json = boost::json;

constexpr int kNewsMax = 200;
constexpr int kRetryMs = 3'000;
// An event gets its time before its transaction ends: those that ended late are looked for again. The same news twice
// does no harm, as they say what is, not what changed.
constexpr std::chrono::milliseconds kOverlap{2'000};

std::string event(const char* name, const json::object& data, Instant at) {
  return "id: " + std::to_string(to_unix_ms(at)) + "\nevent: " + name + "\ndata: " + json::serialize(data) + "\n\n";
}

}  // namespace

result<http::Response> live(Context& context, http::Request& request) {
  const auto& official = who(request);
  const auto now = context.office.now();
  Instant since = now;
  if (const auto text = request.header("last-event-id"); !text.empty()) {
    std::int64_t ms = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), ms);
    if (code != std::errc{} || end != text.data() + text.size())
      return Error{Fault::invalid, "request.header", "Last-Event-ID is not of this stream", "Last-Event-ID"};
    since = std::min(now, from_unix_ms(ms)) - kOverlap;
  }
  std::string stream;
  auto ok = context.office.database.read([&](storage::Transaction& t) {
    stream = "retry: " + std::to_string(kRetryMs) + "\n\n";
    auto seen = now;
    const auto catalogue = context.office.catalogue(t);
    if (const auto release = store::latest_release(t); release && release->published_at > since)
      stream += event("catalogue", {{"serial", release->serial}}, since);
    if (catalogue && handles_cases(*catalogue, official)) {
      const auto changed = store::changed_since(t, official.department, since, kNewsMax);
      for (const auto& c : changed)
        stream += event(
            "case", {{"case_id", c.case_id}, {"sequence", c.sequence}, {"status", c.status}, {"stage", c.stage}}, c.at);
      if (changed.size() == kNewsMax) seen = changed.back().at;  // the rest comes with the next answer
    }
    // An id without data is remembered and shown to nobody.
    stream += "id: " + std::to_string(to_unix_ms(seen)) + "\n\n";
  });
  if (!ok) return ok.error();
  return http::Response{200, {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}}, std::move(stream)};
}

}  // namespace jindu::approval::api
