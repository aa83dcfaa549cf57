// Submissions per second at a running portal: dossiers are made and their materials uploaded beforehand, then the
// submissions themselves are timed, each answered only when it is on disk, with a signed receipt.
// usage: jindu-bench-submissions ACCESS.json CATALOGUE-FOLDER NUMBER CONNECTIONS CONTENT-BYTES PORTAL-PID
// Prints: submissions NUMBER BODY-BYTES PER-SECOND P50-MS P99-MS PROCESSOR-MS, the last of the portal for each.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <limits>
#include <sstream>
#include <thread>

#include "common/runtime/files.hpp"
#include "common/runtime/ids.hpp"
#include "common/tools/journey/parties.hpp"

namespace {

using namespace jindu;
using namespace jindu::journey;
namespace json = boost::json;
using Watch = std::chrono::steady_clock;

struct Prepared {
  std::string path;
  std::string body;
};

template <class T>
T need(result<T> outcome) {
  if (outcome) return std::move(*outcome);
  std::fprintf(stderr, "jindu-bench-submissions: %s [%s] %s\n", outcome.error().detail.c_str(),
               outcome.error().code.c_str(), outcome.error().field.c_str());
  std::exit(1);
}

// What a process took of the processors so far, in ms: says on a busy machine too what a submission costs.
double processor_ms(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string text;
  std::getline(file, text);
  // The name may hold anything, so the fields are counted from the parenthesis behind it.
  const auto behind = text.rfind(')');
  if (behind == std::string::npos) return std::numeric_limits<double>::quiet_NaN();
  std::istringstream fields(text.substr(behind + 1));
  std::string word;
  for (int i = 0; i < 11; ++i) fields >> word;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) * 1000 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// Everything but the submission itself. The form is padded so that the sealed content has the size to be compared.
Prepared prepare(Company& company, const std::string& item_id, const json::object& item, json::value form,
                 std::size_t content_bytes) {
  const auto short_form = json::serialize(form);
  if (content_bytes > short_form.size() + 4096)
    form.as_object()["padding"] = std::string(content_bytes - short_form.size() - 4096, 'p');
  const auto id = new_uuid(SystemClock().now());
  const auto made =
      need(company.make(item_id, json::serialize(form), sample_materials(item, form), id, SystemClock().now()));
  const auto base = "/api/v1/declarations/" + id;
  for (const auto& material : made.materials) {
    const json::value start{{"upload_id", material.upload_id}, {"sealed_size", material.sealed.size()}};
    need(ask(company.client(), "POST", base + "/uploads", &start));
    need(company.client().send("PUT", base + "/uploads/" + material.upload_id + "?offset=0", material.sealed));
  }
  const json::value body{{"signed_statement", to_base64(made.signed_statement)},
                         {"sealed_content", to_base64(made.sealed_content)}};
  return {base + "/submit", json::serialize(body)};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr,
                 "usage: jindu-bench-submissions ACCESS.json CATALOGUE-FOLDER NUMBER CONNECTIONS CONTENT-BYTES "
                 "PORTAL-PID\n");
    return 2;
  }
  const std::string item_id = "food-business-licence";
  const auto access = need(read_access(argv[1]));
  const auto number = static_cast<std::size_t>(std::strtoull(argv[3], nullptr, 10));
  const auto connections = static_cast<std::size_t>(std::strtoull(argv[4], nullptr, 10));
  const auto content_bytes = static_cast<std::size_t>(std::strtoull(argv[5], nullptr, 10));
  boost::system::error_code code;
  const auto form = json::parse(need(files::read_text(std::string(argv[2]) + "/samples/" + item_id + ".json")), code);
  std::vector<Company> companies;
  for (std::size_t i = 0; i < connections; ++i) companies.push_back(need(Company::enter(access, "ec")));
  const auto item = need(ask(companies.front().client(), "GET", "/api/v1/items/" + item_id)).as_object();

  std::vector<std::vector<Prepared>> prepared(connections);
  const auto on_all = [&](auto work) {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < connections; ++i) threads.emplace_back([&, i] { work(i); });
    for (auto& thread : threads) thread.join();
  };
  on_all([&](std::size_t i) {
    for (std::size_t n = i; n < number; n += connections)
      prepared[i].push_back(prepare(companies[i], item_id, item, form, content_bytes));
  });

  std::vector<std::vector<double>> times(connections);
  std::size_t body_bytes = prepared.front().front().body.size();
  const std::string portal = argv[6];
  const double taken_before = processor_ms(portal);
  const auto begin = Watch::now();
  on_all([&](std::size_t i) {
    for (const auto& one : prepared[i]) {
      const auto sent = Watch::now();
      auto answer = need(companies[i].client().send("POST", one.path, bytes_of(one.body), "application/json"));
      if (auto ok = answer.succeeded(); !ok) need(result<int>(ok.error()));
      times[i].push_back(std::chrono::duration<double, std::milli>(Watch::now() - sent).count());
    }
  });
  const double seconds = std::chrono::duration<double>(Watch::now() - begin).count();
  const double taken = processor_ms(portal) - taken_before;
  std::vector<double> all;
  for (const auto& some : times) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  const auto count = static_cast<double>(all.size());
  std::printf("submissions %zu %zu %.1f %.2f %.2f %.3f\n", all.size(), body_bytes, count / seconds, all[all.size() / 2],
              all[all.size() * 99 / 100], taken / count);
  return 0;
}
